//! Agents' sockets: who may hold one, and when it is taken away.

use serde_json::{Value, json};
use tests::{
    account::Person,
    client::Client,
    service::Service,
    setup::Setup,
    socket::{Frame, Refused, Socket},
    wait::{PATIENCE, eventually},
};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_socket_begins_with_hello() {
    let (client, person) = scene().await;
    let token = person.create_token("Desk").await;
    let (_socket, hello) = Socket::agent(&client, &token.secret).await;
    assert_eq!(hello["token_id"], json!(token.id));
    assert_eq!(hello["workspace_id"], json!(person.workspace().await));
    assert_eq!(hello["heartbeat_s"], 30);
    assert!(hello["expires_at"].is_null());
    assert!(hello["connection_id"].is_string() && hello["resume"].is_string(), "{hello}");
}

#[tokio::test]
async fn every_carrier_of_a_token_opens_a_socket() {
    let (client, person) = scene().await;
    let token = person.create_token("Desk").await.secret;
    let bearer = format!("Bearer {token}");
    let protocol = format!("bearer.{token}");
    let carriers = [("authorization", bearer), ("sec-websocket-protocol", protocol)];
    for (name, value) in &carriers {
        let mut socket = Socket::open(&client, "/ws", &[(*name, value)]).await.unwrap();
        assert_eq!(socket.json().await["type"], "hello", "{name}");
    }
    let mut socket = Socket::open(&client, "/ws", &[]).await.unwrap();
    socket.send(json!({ "type": "auth", "token": token })).await;
    assert_eq!(socket.json().await["type"], "hello");
}

#[tokio::test]
async fn a_socket_answers_a_ping() {
    let (client, person) = scene().await;
    let (mut socket, _) = Socket::agent(&client, &person.create_token("Desk").await.secret).await;
    socket.send(json!({ "type": "ping", "t": 7 })).await;
    assert_eq!(socket.json().await, json!({ "type": "pong", "t": 7 }));
}

#[tokio::test]
async fn a_socket_closes_when_its_token_is_revoked() {
    let (client, person) = scene().await;
    let token = person.create_token("Desk").await;
    let (mut socket, _) = Socket::agent(&client, &token.secret).await;
    person.revoke_token(&token.id).await;
    let closing = socket.json_of("closing").await;
    assert_eq!(closing, json!({ "type": "closing", "code": 4401, "reason": "token_revoked" }));
    assert_eq!(socket.next().await, closed(4401, "token_revoked"));
    let refused = Socket::open(&client, &format!("/ws?token={}", token.secret), &[]).await;
    assert_refused(refused, 401, "invalid_token");
}

#[tokio::test]
async fn a_socket_closes_when_its_workspace_loses_the_plan() {
    let service = Setup::default().start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let token = person.create_token("Desk").await;
    let (mut socket, _) = Socket::agent(&service.client(), &token.secret).await;
    service.operate(&["workspace", "set-plan", &person.workspace().await, "free"]).unwrap();
    assert_eq!(socket.closed().await, (4403, "plan_inactive".to_owned()));
    let path = format!("/ws?token={}", token.secret);
    assert_refused(Socket::open(&service.client(), &path, &[]).await, 403, "plan_required");
}

#[tokio::test]
async fn what_is_no_live_token_is_refused_before_the_upgrade() {
    let (client, person) = scene().await;
    let revoked = person.create_token("Desk").await;
    person.revoke_token(&revoked.id).await;
    for token in ["", "nxa_x", "text", &person.user_key, &revoked.secret] {
        let refused = Socket::open(&client, &format!("/ws?token={token}"), &[]).await;
        assert_refused(refused, 401, "invalid_token");
    }
}

#[tokio::test]
async fn a_browser_that_asks_for_it_is_told_by_a_close_code() {
    let (client, person) = scene().await;
    let token = person.create_token("Desk").await;
    person.revoke_token(&token.id).await;
    let path = format!("/ws?token={}&errors=close", token.secret);
    let mut socket = Socket::open(&client, &path, &[]).await.unwrap();
    assert_eq!(socket.closed().await.0, 4401);
}

#[tokio::test]
async fn a_token_may_be_used_only_from_its_networks_and_for_its_scopes() {
    let (client, person) = scene().await;
    let elsewhere = json!({ "name": "a", "allowedCidrs": ["192.0.2.0/24"] });
    let elsewhere = person.create_token_with(elsewhere).await.secret;
    let refused = Socket::open(&client, &format!("/ws?token={elsewhere}"), &[]).await;
    assert_refused(refused, 403, "network_not_allowed");
    let reader = person.create_token_with(json!({ "name": "b", "scopes": ["graphql"] })).await;
    let refused = Socket::open(&client, &format!("/ws?token={}", reader.secret), &[]).await;
    assert_refused(refused, 403, "insufficient_scope");
}

#[tokio::test]
async fn a_token_on_pro_holds_five_sockets_at_most() {
    let (client, person) = scene().await;
    let token = person.create_token("Desk").await;
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(Socket::agent(&client, &token.secret).await);
    }
    let query = "query($id: ID!) { agentToken(id: $id) { activeConnections } }";
    let answer = person.graphql(query, json!({ "id": token.id })).await.expect_data();
    assert_eq!(answer.at("/data/agentToken/activeConnections"), 5);
    let path = format!("/ws?token={}", token.secret);
    assert_refused(Socket::open(&client, &path, &[]).await, 429, "too_many_connections");
    sockets.pop();
    let again = || async { Socket::open(&client, &path, &[]).await.ok() };
    eventually("a closed socket to make room", again).await;
}

#[tokio::test]
async fn a_subscriber_to_revocations_learns_of_them_and_can_resume() {
    let (client, person) = scene().await;
    let watcher = person.create_token("Watcher").await;
    let (mut socket, _) = Socket::agent(&client, &watcher.secret).await;
    socket.send(json!({ "type": "subscribe", "id": "1", "topic": "revocations" })).await;
    assert_eq!(socket.json_of("subscribed").await["id"], "1");
    let caught_up = socket.json_of("caught_up").await;

    let mut revoked = Vec::new();
    for name in ["one", "two"] {
        let token = person.create_token(name).await;
        person.revoke_token(&token.id).await;
        let event = socket.json_of("event").await;
        assert_eq!(event["topic"], "revocations");
        assert!(event.to_string().contains(&token.id), "{event}");
        revoked.push(event);
    }
    for (after, expected) in [(&caught_up, &revoked[..]), (&revoked[0], &revoked[1..])] {
        let (mut socket, _) = Socket::agent(&client, &watcher.secret).await;
        let subscribe = json!({ "type": "subscribe", "id": "1", "topic": "revocations",
            "after": after["cursor"] });
        socket.send(subscribe).await;
        socket.json_of("subscribed").await;
        for event in expected {
            assert_eq!(&socket.json().await, event);
        }
        assert_eq!(socket.json().await["type"], "caught_up");
    }
}

#[tokio::test]
async fn a_socket_is_told_of_its_own_token() {
    let (client, person) = scene().await;
    let token = person.create_token("Desk").await;
    let (mut socket, _) = Socket::agent(&client, &token.secret).await;
    socket.send(json!({ "type": "subscribe", "id": "me", "topic": "self" })).await;
    socket.json_of("caught_up").await;
    let rename = "mutation($input: RenameTokenInput!) { renameToken(input: $input) {
      userErrors { code } } }";
    let input = json!({ "input": { "id": token.id, "name": "Laptop" } });
    person.graphql(rename, input).await.expect_data();
    let event = socket.json_of("event").await;
    assert_eq!((&event["id"], &event["topic"]), (&json!("me"), &json!("self")));
    assert!(event.to_string().contains("renamed"), "{event}");
}

#[tokio::test]
async fn a_socket_hears_nothing_more_once_its_token_is_revoked() {
    let (client, person) = scene().await;
    // What is looked up while the news wait is a race; many tries meet each of its outcomes.
    for _ in 0..30 {
        let token = person.create_token("Desk").await;
        let (mut socket, _) = Socket::agent(&client, &token.secret).await;
        for topic in ["self", "revocations"] {
            socket.send(json!({ "type": "subscribe", "id": topic, "topic": topic })).await;
            socket.json_of("caught_up").await;
        }
        person.revoke_token(&token.id).await;
        let closing = json!({ "type": "closing", "code": 4401, "reason": "token_revoked" });
        assert_eq!(socket.json().await, closing);
        assert_eq!(socket.next().await, closed(4401, "token_revoked"));
    }
}

#[tokio::test]
async fn a_socket_can_change_its_token_and_lives_on_with_the_new_one() {
    let (client, person) = scene().await;
    let (old, new) = (person.create_token("Old").await, person.create_token("New").await);
    let (mut socket, _) = Socket::agent(&client, &old.secret).await;
    socket.send(json!({ "type": "reauth", "token": new.secret })).await;
    socket.send(json!({ "type": "ping", "t": 1 })).await;
    socket.json_of("pong").await;
    person.revoke_token(&old.id).await;
    socket.send(json!({ "type": "ping", "t": 2 })).await;
    assert_eq!(socket.json_of("pong").await["t"], 2);
    person.revoke_token(&new.id).await;
    assert_eq!(socket.closed().await, (4401, "token_revoked".to_owned()));
}

#[tokio::test]
async fn an_unknown_topic_is_an_error_and_leaves_the_socket_open() {
    let (client, person) = scene().await;
    let (mut socket, _) = Socket::agent(&client, &person.create_token("Desk").await.secret).await;
    socket.send(json!({ "type": "subscribe", "id": "1", "topic": "weather" })).await;
    let error = socket.json().await;
    assert_eq!(error, json!({ "type": "error", "id": "1", "code": "unknown_topic" }));
    socket.send(json!({ "type": "ping", "t": 1 })).await;
    socket.json_of("pong").await;
}

#[tokio::test]
async fn a_message_that_is_none_closes_the_socket() {
    let (client, person) = scene().await;
    let token = person.create_token("Desk").await.secret;
    let too_long = format!(r#"{{"type":"ping","t":"{}"}}"#, "x".repeat(70_000));
    let messages = [
        Message::text("text"),
        Message::text("{}"),
        Message::text(r#"{"type":"dance"}"#),
        Message::binary(vec![0, 159, 146, 150]),
        Message::text(too_long),
    ];
    for message in messages {
        let described = message.to_string().chars().take(40).collect::<String>();
        let (mut socket, _) = Socket::agent(&client, &token).await;
        socket.send_raw(message).await;
        let (code, _) = socket.closed().await;
        assert!([4400, 1003, 1007, 1009].contains(&code), "{described}: {code}");
    }
}

#[tokio::test]
async fn whoever_does_not_read_is_let_go() {
    let (client, person) = scene().await;
    let token = person.create_token("Desk").await;
    let (mut socket, _) = Socket::agent(&client, &token.secret).await;
    // Each is answered with as much, and nobody takes the answers.
    let ping = json!({ "type": "ping", "t": "x".repeat(50_000) });
    let flood = async { while socket.try_send(ping.clone()).await.is_ok() {} };
    timeout(PATIENCE, flood).await.expect("it is held open");
    let query = "query($id: ID!) { agentToken(id: $id) { activeConnections } }";
    eventually("its place to be free", || async {
        let answer = person.graphql(query, json!({ "id": token.id })).await;
        (answer.at("/data/agentToken/activeConnections") == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_service_that_ends_tells_its_sockets_to_come_back() {
    let mut service = Setup::default().start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let token = person.create_token("Desk").await;
    let (mut socket, _) = Socket::agent(&service.client(), &token.secret).await;
    let (stopped, closed) = tokio::join!(service.stop(), socket.closed());
    stopped.unwrap();
    assert_eq!(closed, (1012, "restart".to_owned()));
}

async fn scene() -> (Client, Person) {
    let client = Service::shared().await.client();
    (client.clone(), Person::new(&client).await)
}

fn closed(code: u16, reason: &str) -> Frame {
    Frame::Closed { code, reason: reason.to_owned() }
}

#[track_caller]
fn assert_refused(outcome: Result<Socket, Refused>, status: u16, code: &str) {
    let refused = outcome.expect_err("it was let in");
    assert_eq!((refused.status, &refused.body["error"]), (status, &Value::from(code)));
}
