//! The one place where an operator's request is carried out.
//!
//! It translates: what was typed becomes what the application takes, and its answer becomes JSON.

mod audit;
mod clients;
mod keys;
mod people;
mod projections;
mod service_credentials;
mod tokens;
mod vault;
mod workspaces;

use domain::Time;
use serde_json::Value;
use store::random;

use super::{
    Operation, Reports,
    frame::{Failure, GoneAway},
    operation::AuditOperation,
};
use crate::{
    app::{App, Caller, ClientInfo, Request},
    error::Error,
};

/// Who asks: an account on the service's own machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    pub uid: u32,
}

/// Carries out `operation` and reports what comes of it, to the end.
pub async fn carry_out(app: &App, operator: Operator, operation: Operation, reports: Reports) {
    let request = Request {
        id: random::uuid(),
        caller: Some(Caller::operator(operator.uid)),
        client: ClientInfo::default(),
        idempotency_key: None,
    };
    let outcome = match operation {
        Operation::Token(operation) => tokens::token(app, &request, operation).await,
        Operation::SetPlan(set) => workspaces::set_plan(app, &request, set).await,
        Operation::Member(operation) => workspaces::member(app, &request, operation).await,
        Operation::ServiceCredential(operation) => {
            service_credentials::service_credential(app, &request, operation).await
        }
        Operation::Client(operation) => clients::client(app, &request, operation).await,
        Operation::Key(operation) => keys::key(app, &request, operation).await,
        Operation::Projections(operation) => {
            projections::projections(app, &request, operation, &reports).await
        }
        Operation::Vault(operation) => vault::vault(app, operator, operation, &reports).await,
        Operation::State(state) => audit::state(app, &request, state).await,
        Operation::Audit(AuditOperation::Export(export)) => {
            audit::export(app, &request, export, &reports).await
        }
        Operation::Audit(AuditOperation::Replay(replay)) => {
            audit::replay(app, &request, replay, &reports).await
        }
    };
    reports.end(outcome.map_err(|error| failure(&error))).await;
}

/// What an operator is told of an error. Unlike a stranger they may know what went wrong on our
/// side; the texts of our errors hold no secrets.
fn failure(error: &Error) -> Failure {
    error.log();
    let message = match error {
        Error::Internal(cause) | Error::Unavailable(cause) => format!("{error}: {cause:#}"),
        error => error.to_string(),
    };
    Failure { code: error.describe().graphql.to_owned(), message }
}

impl From<GoneAway> for Error {
    fn from(gone: GoneAway) -> Self {
        Self::Internal(gone.into())
    }
}

/// RFC 3339, milliseconds.
fn time(time: Time) -> Value {
    time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().into()
}
