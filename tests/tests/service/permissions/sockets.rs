//! What each role may watch: subscriptions over GraphQL, and topics of `/ws`.

use serde_json::json;
use tests::{
    graphql_socket::GraphqlSocket,
    setup::Setup,
    socket::{Frame, Socket},
};

use super::{ROLES, Scene, has};

const SUBSCRIPTIONS: [(&str, &str); 4] = [
    ("tokens:read", "tokenRevocations(workspaceId: \"$ws\") { __typename }"),
    ("tokens:read", "agentTokenChanged(workspaceId: \"$ws\") { __typename }"),
    ("accounts:read", "connectedAccountChanged(workspaceId: \"$ws\") { __typename }"),
    ("audit:read", "auditEvents { __typename }"),
];

const TOPICS: [(Option<&str>, &str); 3] =
    [(None, "self"), (Some("tokens:read"), "revocations"), (Some("accounts:read"), "accounts")];

#[tokio::test]
async fn every_role_watches_what_the_table_says_and_nothing_else() {
    let service = Setup::default().start().await.unwrap();
    let scene = Scene::new(&service).await;
    for role in ROLES {
        scene.role(role).await;
        for (permission, field) in SUBSCRIPTIONS {
            // The history of a workspace that is not named is of one's own.
            let (client, may) = match permission {
                "audit:read" => (&scene.member.client, true),
                _ => (&scene.member.client, has(role, permission)),
            };
            let mut socket = GraphqlSocket::open(client).await;
            let watch = format!("subscription {{ {} }}", field.replace("$ws", &scene.workspace));
            socket.subscribe("1", &watch, json!({})).await;
            let frame = socket.socket.json().await;
            if may {
                assert_eq!(frame["type"], "next", "{role} {field}: {frame}");
            } else {
                assert_eq!(frame["type"], "error", "{role} {field}: {frame}");
                let extensions = &frame["payload"][0]["extensions"];
                assert_eq!(extensions["code"], "FORBIDDEN", "{role} {field}: {frame}");
                assert_eq!(extensions["permission"], permission, "{role} {field}: {frame}");
            }
        }
        let issue =
            scene.member.client.post_with("/api/session-tokens", scene.headers(), json!({}));
        let token = issue.await.expect(201).text_at("/token");
        let (mut socket, _) = Socket::agent(&service.client(), &token).await;
        for (permission, topic) in TOPICS {
            let may = permission.is_none_or(|permission| has(role, permission));
            let subscribe = json!({ "type": "subscribe", "id": topic, "topic": topic });
            socket.send(subscribe).await;
            let answer = loop {
                match socket.next().await {
                    Frame::Json(frame) if frame["type"] == "caught_up" => {}
                    Frame::Json(frame) => break frame,
                    closed @ Frame::Closed { .. } => panic!("{role} {topic}: {closed:?}"),
                }
            };
            let expected = if may { "subscribed" } else { "error" };
            assert_eq!(answer["type"], expected, "{role} {topic}: {answer}");
        }
    }
}

/// Whoever loses a permission loses what they watch by it.
#[tokio::test]
async fn a_socket_ends_with_the_permission_that_it_watches_by() {
    let service = Setup::default().start().await.unwrap();
    let scene = Scene::new(&service).await;
    scene.role("AUDITOR").await;
    scene.auditors_read_tokens(true).await;
    let issue = scene.member.client.post_with("/api/session-tokens", scene.headers(), json!({}));
    let token = issue.await.expect(201).text_at("/token");
    let (mut socket, _) = Socket::agent(&service.client(), &token).await;
    socket.send(json!({ "type": "subscribe", "id": "1", "topic": "revocations" })).await;
    socket.json_of("caught_up").await;
    scene.auditors_read_tokens(false).await;
    assert_eq!(socket.closed().await, (4403, "permission_lost".to_owned()));
}
