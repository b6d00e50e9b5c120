//! Sockets that applications hold open in the name of people.

use serde_json::json;
use tests::{
    application::{Application, Visitor},
    graphql_socket::GraphqlSocket,
    service::Service,
    socket::Socket,
};

/// A socket, and all that could end it.
struct Held {
    app: Application,
    visitor: Visitor,
    access: String,
    refresh: String,
    socket: GraphqlSocket,
}

impl Held {
    async fn new(service: &Service) -> Self {
        let (app, visitor) =
            (Application::public(service, &["graphql"]), Visitor::new(service).await);
        let tokens = app.tokens(&visitor).await;
        let (access, refresh) = (tokens.text_at("/access_token"), tokens.text_at("/refresh_token"));
        let socket = GraphqlSocket::open(&service.client().with_bearer(&access)).await;
        Self { app, visitor, access, refresh, socket }
    }

    async fn ends(mut self, service: &Service) {
        assert_eq!(self.socket.closed().await, (4401, "token_revoked".to_owned()));
        let mut again = GraphqlSocket::silent(&service.client()).await;
        let payload = json!({ "authorization": format!("Bearer {}", self.access) });
        again.send(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(closed(&mut again).await, 4401);
    }
}

async fn closed(socket: &mut Socket) -> u16 {
    socket.closed().await.0
}

#[tokio::test]
async fn a_socket_closes_with_the_access_it_was_opened_with() {
    let service = Service::shared().await;

    let held = Held::new(service).await;
    held.app.revoke(&held.access).await.expect(200);
    held.ends(service).await;

    let held = Held::new(service).await;
    held.app.revoke(&held.refresh).await.expect(200);
    held.ends(service).await;

    let held = Held::new(service).await;
    let used = held.app.refresh(&held.refresh).await.expect(200);
    held.app.refresh(&used.text_at("/refresh_token")).await.expect(200);
    held.app.refresh(&held.refresh).await.expect_refusal(400, "invalid_grant");
    held.ends(service).await;

    let held = Held::new(service).await;
    let list = "{ authorizations { edges { node { id } } } }";
    let listed = held.visitor.person.graphql(list, json!({})).await.expect_data();
    let id = listed.at("/data/authorizations/edges/0/node/id");
    let revoke = "mutation R($id: ID!) { revokeAuthorization(input: { id: $id }) { position } }";
    held.visitor.person.graphql(revoke, json!({ "id": id })).await.expect_data();
    held.ends(service).await;

    let held = Held::new(service).await;
    service.operate(&["client", "suspend", &held.app.client_id, "--reason", "spam"]).unwrap();
    held.ends(service).await;
}
