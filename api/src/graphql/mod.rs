//! The GraphQL schema. Resolvers translate; they decide nothing.
//!
//! One file or folder a noun: its type, its queries, mutations and subscriptions. What is not
//! built yet is absent.
//!
//! Read in this order: `ask`, `error`, then one noun, e.g. `agent_token`.

mod ask;
mod error;
mod guard;
mod scalar;

mod actor;
mod agent_token;
mod audit;
mod authorization;
mod connected_account;
mod node;
mod oauth_client;
mod pairing;
mod projection;
mod session;
mod session_token;
mod signing_key;
mod user;
mod viewer;
mod workspace;

mod command_answer;
mod feed;
mod page_info;
mod socket;
#[cfg(test)]
mod tests;

use async_graphql::{MergedObject, MergedSubscription, SchemaBuilder};

pub use self::ask::Asked;
pub(crate) use self::socket::open as open_socket;
use crate::app::App;

#[derive(Default, MergedObject)]
pub struct Query(
    node::NodeQuery,
    viewer::ViewerQuery,
    agent_token::AgentTokenQuery,
    audit::AuditQuery,
    authorization::AuthorizationQuery,
    oauth_client::OauthClientQuery,
    projection::ProjectionQuery,
    session::SessionQuery,
    connected_account::PlatformQuery,
);

#[derive(Default, MergedObject)]
pub struct Mutation(
    agent_token::AgentTokenMutation,
    authorization::AuthorizationMutation,
    oauth_client::OauthClientMutation,
    pairing::PairingMutation,
    projection::ProjectionMutation,
    session::SessionMutation,
    session_token::SessionTokenMutation,
    signing_key::SigningKeyMutation,
    user::UserMutation,
    workspace::WorkspaceMutation,
    connected_account::ConnectedAccountMutation,
);

#[derive(Default, MergedSubscription)]
pub struct Subscription(
    agent_token::AgentTokenSubscription,
    audit::AuditSubscription,
    connected_account::ConnectedAccountSubscription,
    pairing::PairingSubscription,
    projection::ProjectionSubscription,
);

pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// The library's own complexity: one a field.
const COMPLEXITY: usize = 1_000;

/// The library's own depth; introspection goes deeper than the guard lets data go.
const DEPTH: usize = 20;

/// The schema, for requests that carry an [`Asked`].
pub fn schema(app: App) -> Schema {
    builder().data(app).finish()
}

/// The schema's text, as it is checked in.
pub fn sdl() -> String {
    builder().finish().sdl()
}

/// A request of `asked`: whoever has not said who they are may not look around.
pub fn request(request: async_graphql::Request, app: &App, asked: Asked) -> async_graphql::Request {
    let hidden = asked.request.caller.is_none() && !app.settings.graphql.introspection;
    let request = if hidden { request.disable_introspection() } else { request };
    request.data(asked)
}

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .extension(guard::Guard::default())
        .limit_depth(DEPTH)
        .limit_complexity(COMPLEXITY)
        .limit_directives(guard::DIRECTIVES)
        .disable_suggestions()
}
