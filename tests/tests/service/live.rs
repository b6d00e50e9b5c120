//! Live: subscriptions that miss nothing and get nothing twice.

use serde_json::{Value, json};
use tests::{
    account::Person,
    client::Client,
    graphql_socket::GraphqlSocket,
    service::Service,
    socket::{Frame, Socket},
};

const REVOCATIONS: &str = "subscription($after: Cursor) {
  tokenRevocations(after: $after) { __typename
    ... on TokenRevocation { cursor position kind credentialId reason occurredAt
      revokedBy { kind id } agentToken { id name status revoked } }
    ... on StreamCaughtUp { cursor head } ... on StreamLagged { skipped resumeFrom } } }";

const CHANGES: &str = "subscription { agentTokenChanged { __typename
    ... on AgentTokenChange { change agentToken { id name status revision } } } }";

#[tokio::test]
async fn a_watcher_learns_of_a_revocation_with_the_state_it_brought() {
    let (_, person) = scene().await;
    let token = person.create_token("Desk").await;
    let mut watcher = GraphqlSocket::open(&person.client).await;
    assert!(watcher.acknowledged["position"].is_string(), "{}", watcher.acknowledged);
    watcher.subscribe("1", REVOCATIONS, json!({})).await;
    watcher.caught_up("1").await;
    person.revoke_token(&token.id).await;
    let message = watcher.next("1").await;
    assert_eq!(message["__typename"], "TokenRevocation");
    assert_eq!(
        (&message["kind"], &message["credentialId"]),
        (&json!("AGENT_TOKEN"), &json!(token.id))
    );
    assert_eq!(message["agentToken"]["status"], "REVOKED");
    assert_eq!(message["agentToken"]["name"], "Desk");
    assert_eq!(message["revokedBy"]["kind"], "USER");
}

#[tokio::test]
async fn a_watcher_who_comes_back_with_a_cursor_misses_nothing_and_gets_nothing_twice() {
    let (_, person) = scene().await;
    let mut tokens = Vec::new();
    for number in 0..6 {
        tokens.push(person.create_token(&format!("t{number}")).await.id);
    }
    let mut watcher = GraphqlSocket::open(&person.client).await;
    watcher.subscribe("1", REVOCATIONS, json!({})).await;
    watcher.caught_up("1").await;
    person.revoke_token(&tokens[0]).await;
    let cursor = watcher.next("1").await["cursor"].clone();
    drop(watcher);

    for id in &tokens[1..4] {
        person.revoke_token(id).await;
    }
    let mut watcher = GraphqlSocket::open(&person.client).await;
    watcher.subscribe("2", REVOCATIONS, json!({ "after": cursor })).await;
    let mut seen: Vec<_> = ids(&watcher.caught_up("2").await);
    for id in &tokens[4..] {
        person.revoke_token(id).await;
        seen.extend(ids(&[watcher.next("2").await]));
    }
    assert_eq!(seen, tokens[1..]);
}

#[tokio::test]
async fn each_change_of_a_token_is_told_in_its_order() {
    let (_, person) = scene().await;
    let mut watcher = GraphqlSocket::open(&person.client).await;
    watcher.subscribe("1", CHANGES, json!({})).await;
    watcher.caught_up("1").await;
    let token = person.create_token("Desk").await;
    let rename = "mutation($id: ID!) {
      renameToken(input: { id: $id, name: \"Laptop\" }) { position } }";
    person.graphql(rename, json!({ "id": token.id })).await.expect_data();
    person.revoke_token(&token.id).await;
    let mut told = Vec::new();
    for _ in 0..3 {
        let message = watcher.next("1").await;
        let token = &message["agentToken"];
        told.push((token["name"].clone(), token["status"].clone(), token["revision"].clone()));
    }
    let expected = [("Desk", "ACTIVE", 0), ("Laptop", "ACTIVE", 1), ("Laptop", "REVOKED", 2)];
    let expected: Vec<_> =
        expected.iter().map(|(n, s, r)| (json!(n), json!(s), json!(r))).collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn nobody_watches_another_workspace() {
    let (client, person) = scene().await;
    let stranger = Person::new(&client).await;
    let mut watcher = GraphqlSocket::open(&stranger.client).await;
    watcher.subscribe("1", REVOCATIONS, json!({})).await;
    watcher.caught_up("1").await;
    let (theirs, own) = (person.create_token("a").await, stranger.create_token("b").await);
    person.revoke_token(&theirs.id).await;
    stranger.revoke_token(&own.id).await;
    assert_eq!(watcher.next("1").await["credentialId"], json!(own.id));
    let foreign = "subscription($ws: ID) { tokenRevocations(workspaceId: $ws) { __typename } }";
    watcher.subscribe("2", foreign, json!({ "ws": person.workspace().await })).await;
    let error = watcher.socket.json_of("error").await;
    assert!(error.to_string().contains("NOT_FOUND"), "{error}");
}

#[tokio::test]
async fn a_socket_closes_when_its_login_ends() {
    let (client, person) = scene().await;
    let mut watcher = GraphqlSocket::open(&person.client).await;
    watcher.subscribe("1", CHANGES, json!({})).await;
    watcher.caught_up("1").await;
    let body = json!({ "user_key": person.user_key, "user_secret": tests::account::SECRET,
        "revoke_others": true });
    client.post("/authenticate", body).await.expect(200);
    assert_eq!(watcher.closed().await.0, 4401);
}

#[tokio::test]
async fn a_socket_lives_on_when_it_signs_in_again() {
    let (client, person) = scene().await;
    let other = Person::sign_in(&client, &person.name, &person.user_key).await;
    let mut watcher = GraphqlSocket::open(&person.client).await;
    let bearer = format!("Bearer {}", other.client.bearer().unwrap());
    let ping = json!({ "type": "ping", "payload": { "authorization": bearer } });
    watcher.socket.send(ping).await;
    let answer = watcher.socket.json_of("pong").await;
    assert!(answer["payload"]["expiresAt"].is_string(), "{answer}");
    // It lives by the second login from now on: the first may end, and only the second ends it.
    end_login(&other, &person).await;
    watcher.subscribe("1", CHANGES, json!({})).await;
    watcher.caught_up("1").await;
    // What is not accepted changes nothing.
    let forged = json!({ "type": "ping", "payload": { "authorization": "Bearer x" } });
    let mut stranger = GraphqlSocket::open(&other.client).await;
    stranger.socket.send(forged).await;
    assert_eq!(stranger.closed().await.0, 4401);
    let third = Person::sign_in(&client, &person.name, &person.user_key).await;
    end_login(&third, &other).await;
    assert_eq!(watcher.closed().await.0, 4401);
}

/// Ends a login of the same person's.
async fn end_login(by: &Person, of: &Person) {
    let query = "{ sessions { id current } }";
    let sessions = of.graphql(query, json!({})).await.expect_data();
    let sessions = sessions.at("/data/sessions").as_array().unwrap().clone();
    let current = sessions.iter().find(|session| session["current"] == true).expect("it is listed");
    let end = "mutation($id: ID!) { revokeSession(input: { id: $id }) { revokedIds } }";
    by.graphql(end, json!({ "id": current["id"] })).await.expect_data();
}

#[tokio::test]
async fn the_protocols_rules_are_kept_by_their_close_codes() {
    let (client, person) = scene().await;
    let init = json!({ "type": "connection_init",
        "payload": { "authorization": format!("Bearer {}", person.client.bearer().unwrap()) } });
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": { "query": CHANGES } });
    let forged = json!({ "type": "connection_init", "payload": { "authorization": "Bearer x" } });
    let conversations: [(&[&Value], u16); 5] = [
        (&[&subscribe], 4401),
        (&[&forged], 4401),
        (&[&init, &init], 4429),
        (&[&init, &subscribe, &subscribe], 4409),
        (&[&init, &json!({ "type": "dance" })], 4400),
    ];
    for (frames, code) in conversations {
        let mut socket = GraphqlSocket::silent(&client).await;
        for frame in frames {
            socket.send((*frame).clone()).await;
        }
        assert_eq!(socket.closed().await.0, code, "{frames:?}");
    }
    // Nothing said at all: the three seconds are the service's, not ours.
    assert_eq!(GraphqlSocket::silent(&client).await.closed().await.0, 4408);
    match Socket::open(&client, "/graphql/ws", &[]).await {
        Ok(mut socket) => assert_eq!(socket.closed().await.0, 4406),
        Err(refused) => assert_eq!(refused.status, 400),
    }
}

#[tokio::test]
async fn a_page_of_another_origin_opens_no_socket() {
    let (client, _) = scene().await;
    let headers =
        [("sec-websocket-protocol", "graphql-transport-ws"), ("origin", "https://evil.example")];
    let refused = Socket::open(&client, "/graphql/ws", &headers).await.expect_err("let in");
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn a_socket_holds_twenty_subscriptions_at_most() {
    let (_, person) = scene().await;
    let mut watcher = GraphqlSocket::open(&person.client).await;
    for number in 0..21 {
        watcher.subscribe(&number.to_string(), CHANGES, json!({})).await;
    }
    loop {
        match watcher.socket.next().await {
            Frame::Json(frame) if frame["type"] == "error" => {
                assert_eq!(frame["id"], "20", "{frame}");
                break;
            }
            Frame::Json(_) => {}
            Frame::Closed { code, .. } => {
                assert_eq!(code, 4429);
                break;
            }
        }
    }
}

fn ids(messages: &[Value]) -> Vec<String> {
    messages.iter().map(|it| it["credentialId"].as_str().unwrap().to_owned()).collect()
}

async fn scene() -> (Client, Person) {
    let client = Service::shared().await.client();
    (client.clone(), Person::new(&client).await)
}
