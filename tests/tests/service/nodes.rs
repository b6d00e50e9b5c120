//! Nodes: two on one log and one Postgres are one service.

use serde_json::json;
use tests::{
    account::{Person, Token, verify},
    client::Client,
    database,
    graphql_socket::GraphqlSocket,
    log_server::LogServer,
    service::Service,
    setup::Setup,
    socket::Socket,
    wait::eventually,
};
use xtask::postgres;

/// A log, a Postgres server and two nodes on them.
struct Cluster {
    one: Service,
    other: Service,
    _log: LogServer,
    _postgres: postgres::Server,
}

impl Cluster {
    async fn start() -> Self {
        let log = LogServer::start().unwrap();
        let postgres = tokio::task::spawn_blocking(postgres::Server::start).await.unwrap().unwrap();
        let url = database::create(&postgres.url()).await.unwrap();
        let node = |name: &str| Setup::default().log(log.url()).database(&url).env("NODE", name);
        let one = node("one").start().await.unwrap();
        let other = node("other").start().await.unwrap();
        Self { one, other, _log: log, _postgres: postgres }
    }

    /// Somebody who signed in at one node and has a token, and callers of the other.
    async fn scene(&self) -> (Person, Token, Client) {
        let person = Person::new(&self.one.client()).await;
        let token = person.create_token("Desk").await;
        (person, token, self.other.client())
    }
}

#[tokio::test]
async fn what_one_node_did_the_other_knows() {
    let cluster = Cluster::start().await;
    let (person, token, elsewhere) = cluster.scene().await;
    let verifier = cluster.one.verifier().at(cluster.other.address());

    // A token works at the other node the moment it is handed out.
    assert_eq!(verify(&verifier, &token.secret).await.at("/code"), "VALID");
    let (mut socket, _) = Socket::agent(&elsewhere, &token.secret).await;
    let there = person.client.at(cluster.other.address());
    let mut watcher = GraphqlSocket::open(&there).await;
    let revocations = "subscription { tokenRevocations { __typename
      ... on TokenRevocation { credentialId } ... on StreamCaughtUp { cursor } } }";
    watcher.subscribe("1", revocations, json!({})).await;
    watcher.caught_up("1").await;

    // A list there holds it, if it is told to wait for it.
    let list = "query($at: Position!) {
      agentTokens(first: 1, consistency: { atLeast: $at }) { nodes { id } } }";
    let answer = there.graphql(list, json!({ "at": token.position })).await.expect_data();
    assert_eq!(answer.at("/data/agentTokens/nodes/0/id"), &json!(token.id));

    // A revocation here closes the socket there, and is told there.
    person.revoke_token(&token.id).await;
    assert_eq!(socket.closed().await, (4401, "token_revoked".to_owned()));
    assert_eq!(watcher.next("1").await["credentialId"], json!(token.id));
    eventually("the other node to refuse the token", || async {
        let answer = verify(&verifier, &token.secret).await;
        (answer.at("/code") == "REVOKED").then_some(())
    })
    .await;

    // A login that ended here has ended there.
    let body = json!({ "user_key": person.user_key, "user_secret": tests::account::SECRET,
        "revoke_others": true });
    cluster.one.client().post("/authenticate", body).await.expect(200);
    eventually("the other node to refuse the login", || async {
        let answer = there.graphql("{ viewer { user { id } } }", json!({})).await;
        (answer.status == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn one_node_goes_on_when_the_other_dies() {
    let mut cluster = Cluster::start().await;
    let (person, token, _) = cluster.scene().await;
    cluster.one.kill().unwrap();
    let there = Person::sign_in(&cluster.other.client(), &person.name, &person.user_key).await;
    let made = there.create_token("Laptop").await;
    there.revoke_token(&token.id).await;
    let list = "query($at: Position!) {
      agentTokens(first: 9, consistency: { atLeast: $at, timeoutMs: 10000 }) { totalCount } }";
    eventually("the other node to keep the read models", || async {
        let answer = there.graphql(list, json!({ "at": made.position })).await;
        (answer.at("/data/agentTokens/totalCount") == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn racing_registrations_at_two_nodes_have_one_winner() {
    let cluster = Cluster::start().await;
    for _ in 0..5 {
        let name = tests::account::fresh_name();
        let (one, other) = (cluster.one.client(), cluster.other.client());
        let secrets = ["one horse battery staple", "other horse battery staple"];
        let (a, b) = tokio::join!(
            tests::account::register(&one, &name, secrets[0]),
            tests::account::register(&other, &name, secrets[1]),
        );
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{} {}", a.text, b.text);
    }
}
