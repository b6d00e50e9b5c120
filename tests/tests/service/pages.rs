//! Pages: session tokens and tickets, and the sockets that they open.

use futures::future::join_all;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tests::{
    account::Person,
    answer::Answer,
    browser::Browser,
    client::Client,
    graphql_socket::GraphqlSocket,
    service::Service,
    setup::Setup,
    socket::{Frame, Refused, Socket},
};

async fn session_token(person: &Person) -> String {
    person.client.post("/api/session-tokens", json!({})).await.expect(201).text_at("/token")
}

async fn ticket(client: &Client) -> Answer {
    client.post("/api/ws-tickets", json!({})).await
}

async fn refused(client: &Client, path: &str) -> Refused {
    match Socket::open(client, path, &[]).await {
        Ok(_) => panic!("{path} is not refused"),
        Err(refused) => refused,
    }
}

#[tokio::test]
async fn whoever_is_signed_in_gets_a_session_token_and_nobody_else_does() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let body = json!({ "channel": "chat-preview" });
    let answer = person.client.post("/api/session-tokens", body).await.expect(201);
    assert!(answer.text_at("/token").starts_with("nxs_"));
    assert_eq!(answer.at("/expires_in"), 300);
    assert!(answer.text_at("/websocket_url").starts_with("ws://127.0.0.1:"));
    answer.expect_uncacheable();
    let browser = Browser::log_in(&service.client(), &person.name).await;
    browser.post("/api/session-tokens", json!({})).await.expect(201);
    let empty = person.client.post_raw("/api/session-tokens", "", "").await;
    assert_eq!(empty.status, 201, "{}", empty.text);
    let wrong = json!({ "channel": "Chat Preview" });
    let answer = person.client.post("/api/session-tokens", wrong).await;
    answer.expect_refusal(400, "invalid_request");

    service.client().post("/api/session-tokens", json!({})).await.expect(401);
    let agent = person.create_token_with(json!({ "name": "x", "scopes": ["graphql"] })).await;
    let agent = service.client().with_bearer(&agent.secret);
    agent.post("/api/session-tokens", json!({})).await.expect_refusal(403, "insufficient_scope");
    let create = "mutation { createSessionToken(input: { channel: \"chat\" }) {
      token expiresIn websocketUrl } }";
    let answer = person.graphql(create, json!({})).await.expect_data();
    assert!(answer.text_at("/data/createSessionToken/token").starts_with("nxs_"));
    agent.graphql(create, json!({})).await.expect_error("FORBIDDEN");
}

#[tokio::test]
async fn a_session_token_opens_sockets_and_no_other_door() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let token = session_token(&person).await;
    let page = service.client().with_bearer(&token);
    page.graphql("{ viewer { user { id } } }", json!({}))
        .await
        .expect_refusal(401, "invalid_token");
    page.post("/api/session-tokens", json!({})).await.expect_refusal(401, "invalid_token");
    let (_socket, hello) = Socket::agent(&service.client(), &token).await;
    assert!(hello["token_id"].as_str().unwrap().starts_with("sst_"), "{hello}");
    assert!(hello["expires_at"].is_string(), "{hello}");

    let mut socket = GraphqlSocket::open(&page).await;
    socket.subscribe("1", "{ viewer { user { username } } }", json!({})).await;
    assert_eq!(socket.next("1").await["user"]["username"], json!(person.name));
    // It only reads.
    let create = "mutation { createToken(input: { name: \"x\" }) { secret } }";
    socket.subscribe("2", create, json!({})).await;
    let refused = socket.socket.json_of("error").await;
    assert_eq!(refused["payload"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
}

#[tokio::test]
async fn a_graphql_socket_takes_a_session_token_in_its_address() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let token = session_token(&person).await;
    let headers = [("sec-websocket-protocol", "graphql-transport-ws")];
    let open = async |query: &str| {
        let path = format!("/graphql/ws?{query}");
        let mut socket = Socket::open(&service.client(), &path, &headers).await.unwrap();
        socket.send(json!({ "type": "connection_init" })).await;
        socket.next().await
    };
    match open(&format!("token={token}")).await {
        Frame::Json(ack) => assert_eq!(ack["type"], "connection_ack"),
        closed @ Frame::Closed { .. } => panic!("{closed:?}"),
    }
    // Nothing but a session token counts there.
    let access = person.client.bearer().unwrap();
    assert!(matches!(open(&format!("token={access}")).await, Frame::Closed { code: 4401, .. }));
}

#[tokio::test]
async fn a_session_token_ends_with_the_login_it_was_asked_for_by() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let browser = Browser::log_in(&service.client(), &person.name).await;
    let token = browser.post("/api/session-tokens", json!({})).await.expect(201).text_at("/token");
    let (mut socket, _) = Socket::agent(&service.client(), &token).await;
    browser.log_out().await.expect(204);
    assert_eq!(socket.closed().await, (4401, "session_ended".into()));
    assert_eq!(refused(&service.client(), &format!("/ws?token={token}")).await.status, 401);
    // The other one is not touched by that.
    let token = session_token(&person).await;
    let (mut socket, _) = Socket::agent(&service.client(), &token).await;
    socket.send(json!({ "type": "ping", "t": 1 })).await;
    assert_eq!(socket.json_of("pong").await["t"], 1);
}

#[tokio::test]
async fn a_page_closes_when_its_person_leaves_the_workspace_and_loses_topics_with_the_role() {
    let service = Service::shared().await;
    let owner = Person::new(&service.client()).await;
    let admin = Person::new(&service.client()).await;
    let workspace = owner.workspace().await;
    let add = "mutation($ws: ID!, $name: String!) { addMember(input: {
      workspaceId: $ws, username: $name, role: ADMIN }) { userErrors { code } } }";
    owner.graphql(add, json!({ "ws": workspace, "name": admin.name })).await.expect_data();
    let mut headers = HeaderMap::new();
    headers.insert("x-workspace", workspace.parse().unwrap());
    let token = admin.client.post_with("/api/session-tokens", headers, json!({})).await;
    let token = token.expect(201).text_at("/token");
    let (mut watching, hello) = Socket::agent(&service.client(), &token).await;
    assert_eq!(hello["workspace_id"], json!(workspace));
    let (mut idle, _) = Socket::agent(&service.client(), &token).await;
    watching.send(json!({ "type": "subscribe", "id": "1", "topic": "revocations" })).await;
    watching.json_of("subscribed").await;

    let user = admin.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
    let user = user.text_at("/data/viewer/user/id");
    let change = "mutation($ws: ID!, $user: ID!) { changeMemberRole(input: {
      workspaceId: $ws, userId: $user, role: VIEWER }) { userErrors { code } } }";
    owner.graphql(change, json!({ "ws": workspace, "user": user })).await.expect_data();
    assert_eq!(watching.closed().await, (4403, "permission_lost".into()));
    idle.send(json!({ "type": "subscribe", "id": "1", "topic": "revocations" })).await;
    assert_eq!(idle.json_of("error").await["code"], "insufficient_scope");
    let remove = "mutation($ws: ID!, $user: ID!) { removeMember(input: {
      workspaceId: $ws, userId: $user }) { userErrors { code } } }";
    owner.graphql(remove, json!({ "ws": workspace, "user": user })).await.expect_data();
    assert_eq!(idle.closed().await, (4403, "permission_lost".into()));
}

#[tokio::test]
async fn a_page_renews_its_token_on_the_open_socket() {
    let service = Setup::default().env("SESSION_TOKEN_TTL", "5").start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let (first, second) = (session_token(&person).await, session_token(&person).await);
    let (mut kept, _) = Socket::agent(&service.client(), &first).await;
    let (mut left, _) = Socket::agent(&service.client(), &first).await;
    kept.send(json!({ "type": "reauth", "token": "nxs_nonsense" })).await;
    assert_eq!(kept.json_of("error").await["code"], "invalid_token");
    kept.send(json!({ "type": "reauth", "token": second })).await;
    kept.json_of("hello").await;
    let stranger = session_token(&Person::new(&service.client()).await).await;
    kept.send(json!({ "type": "reauth", "token": stranger })).await;
    assert_eq!(kept.json_of("error").await["code"], "invalid_token");
    // A token that outlives both session tokens keeps the one that swaps to it.
    let agent = person.create_token("Desk").await;
    kept.send(json!({ "type": "reauth", "token": agent.secret })).await;
    assert_eq!(kept.json_of("hello").await["token_id"], json!(agent.id));
    assert_eq!(left.closed().await, (4401, "token_expired".into()));
    kept.send(json!({ "type": "ping", "t": 2 })).await;
    assert_eq!(kept.json_of("pong").await["t"], 2);
}

#[tokio::test]
async fn a_ticket_opens_one_socket_in_its_credentials_stead() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let agent = person.create_token("Desk").await;
    let holder = service.client().with_bearer(&agent.secret);
    let answer = ticket(&holder).await.expect(201).expect_uncacheable();
    assert_eq!(answer.at("/expires_in"), 30);
    let text = answer.text_at("/ticket");
    assert!(text.starts_with("nxt_"));
    let path = format!("/ws?ticket={text}");
    let mut socket = Socket::open(&service.client(), &path, &[]).await.unwrap();
    assert_eq!(socket.json().await["token_id"], json!(agent.id));
    assert_eq!(refused(&service.client(), &path).await.status, 401);
    // It lives and ends as the token does.
    person.revoke_token(&agent.id).await;
    assert_eq!(socket.closed().await, (4401, "token_revoked".into()));
    ticket(&holder).await.expect(401);
}

#[tokio::test]
async fn every_credential_that_opens_sockets_may_be_stood_in_for() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let browser = Browser::log_in(&service.client(), &person.name).await;
    let page = service.client().with_bearer(&session_token(&person).await);
    let by_browser = browser.post("/api/ws-tickets", json!({})).await;
    for answer in [ticket(&person.client).await, ticket(&page).await, by_browser] {
        let path = format!("/ws?ticket={}", answer.expect(201).text_at("/ticket"));
        let mut socket = Socket::open(&service.client(), &path, &[]).await.unwrap();
        let hello = socket.json().await;
        assert_eq!(hello["workspace_id"], json!(person.workspace().await), "{hello}");
    }
    ticket(&service.verifier()).await.expect_refusal(403, "insufficient_scope");
    ticket(&service.client()).await.expect(401);
    ticket(&service.client().with_bearer("nxa_nonsense")).await.expect(401);
}

#[tokio::test]
async fn of_many_sockets_with_one_ticket_one_opens() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let agent = person.create_token("Desk").await;
    let answer = ticket(&service.client().with_bearer(&agent.secret)).await.expect(201);
    let path = format!("/ws?ticket={}", answer.text_at("/ticket"));
    let clients: Vec<Client> = (0..20).map(|_| service.client()).collect();
    let opened = join_all(clients.iter().map(|client| Socket::open(client, &path, &[]))).await;
    let statuses: Vec<u16> =
        opened.iter().filter_map(|it| it.as_ref().err()).map(|it| it.status).collect();
    assert_eq!(statuses, [401; 19]);
}

#[tokio::test]
async fn every_way_to_hand_over_a_token_works_with_a_session_token() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let token = session_token(&person).await;
    let protocol = format!("bearer.{token}, keyledger");
    let bearer = format!("Bearer {token}");
    for (path, headers) in [
        (format!("/ws?token={token}"), vec![]),
        ("/ws".to_owned(), vec![("authorization", &*bearer)]),
        ("/ws".to_owned(), vec![("sec-websocket-protocol", &*protocol)]),
    ] {
        let mut socket = Socket::open(&service.client(), &path, &headers).await.unwrap();
        assert_eq!(socket.json().await["type"], "hello", "{headers:?}");
    }
    let mut socket = Socket::open(&service.client(), "/ws", &[]).await.unwrap();
    socket.send(json!({ "type": "auth", "token": token })).await;
    assert_eq!(socket.json().await["type"], "hello");
}

#[tokio::test]
async fn session_tokens_are_in_no_list() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    session_token(&person).await;
    let list = "{ agentTokens { totalCount } sessions { kind } }";
    let answer = person.graphql(list, json!({})).await.expect_data();
    assert_eq!(answer.at("/data/agentTokens/totalCount"), 0);
    let kinds: Vec<&Value> =
        answer.at("/data/sessions").as_array().unwrap().iter().map(|it| &it["kind"]).collect();
    assert!(kinds.iter().all(|kind| **kind == "TOKEN_FAMILY"), "{kinds:?}");
}
