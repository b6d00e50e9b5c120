//! Time: what expires does so to the second, on a clock that the test holds.

use api::clock::Clock;
use chrono::{SecondsFormat, TimeDelta};
use reqwest::header::HeaderMap;
use serde_json::json;
use tests::{
    account::{Person, refresh, verify},
    client::Client,
    graphql_socket::GraphqlSocket,
    in_process::InProcess,
    setup::Setup,
    socket::Socket,
};

const VIEWER: &str = "{ viewer { user { id } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_expires_to_the_second() {
    let node = Clocked::start().await;
    let person = Person::new(&node.client).await;
    let token = person.create_token_with(json!({ "name": "a", "expiresAt": node.in_(3600) })).await;
    let code = async || verify(&node.verifier, &token.secret).await.text_at("/code");
    assert_eq!(code().await, "VALID");
    node.clock.shift(TimeDelta::seconds(3540));
    assert_eq!(code().await, "VALID");
    node.clock.shift(TimeDelta::seconds(60));
    assert_eq!(code().await, "EXPIRED");
    let refused = Socket::open(&node.client, &format!("/ws?token={}", token.secret), &[]).await;
    assert_eq!(refused.expect_err("it was let in").status, 401);
    node.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_closes_when_its_token_expires() {
    let node = Clocked::start().await;
    let person = Person::new(&node.client).await;
    let token = person.create_token_with(json!({ "name": "a", "expiresAt": node.in_(3600) })).await;
    // A few seconds are left when it connects.
    node.clock.shift(TimeDelta::seconds(3596));
    let (mut socket, hello) = Socket::agent(&node.client, &token.secret).await;
    assert!(hello["expires_at"].is_string(), "{hello}");
    assert_eq!(socket.closed().await, (4401, "token_expired".to_owned()));
    node.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graphql_socket_closes_when_its_access_token_expires_unless_it_got_another() {
    let node = Clocked::start().await;
    let person = Person::new(&node.client).await;
    let renewed = refresh(&node.client, &person.refresh_token).await.expect(200);
    node.clock.shift(TimeDelta::seconds(3590));
    let later = refresh(&node.client, &person.refresh_token).await.expect(200);
    let mut kept = GraphqlSocket::open(&person.client).await;
    let mut ended =
        GraphqlSocket::open(&node.client.with_bearer(&renewed.text_at("/access_token"))).await;
    let payload = json!({ "authorization": format!("Bearer {}", later.text_at("/access_token")) });
    kept.socket.send(json!({ "type": "ping", "payload": payload })).await;
    assert_eq!(ended.closed().await, (4401, "token_expired".to_owned()));
    kept.subscribe("1", VIEWER, json!({})).await;
    assert!(kept.next("1").await["user"]["id"].is_string());
    node.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_must_last_a_minute_at_least() {
    let node = Clocked::start().await;
    let person = Person::new(&node.client).await;
    for seconds in [-1, 0, 50] {
        let input = json!({ "name": "a", "expiresAt": node.in_(seconds) });
        let answer = person.try_create_token(input).await.expect_data();
        let code = answer.at("/data/createToken/userErrors/0/code");
        assert_eq!(code, "EXPIRES_IN_PAST", "{seconds} s");
    }
    node.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_makes_room_for_another() {
    let node = Clocked::start().await;
    let person = Person::new(&node.client).await;
    for number in 0..10 {
        let input = json!({ "name": format!("t{number}"), "expiresAt": node.in_(3600) });
        person.create_token_with(input).await;
    }
    let full = person.try_create_token(json!({ "name": "one more" })).await.expect_data();
    assert_eq!(full.at("/data/createToken/userErrors/0/code"), "TOKEN_LIMIT_REACHED");
    node.clock.shift(TimeDelta::seconds(3601));
    let person = Person::sign_in(&node.client, &person.name, &person.user_key).await;
    person.create_token("one more").await;
    node.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_token_works_until_its_overlap_ends() {
    let node = Clocked::start().await;
    let person = Person::new(&node.client).await;
    let old = person.create_token("Desk").await;
    let rotate = "mutation($id: ID!) {
      rotateToken(input: { id: $id, overlapSeconds: 600 }) { secret } }";
    let new = person.graphql(rotate, json!({ "id": old.id })).await.expect_data();
    let new = new.text_at("/data/rotateToken/secret");
    for (seconds, code) in [(590, "VALID"), (20, "REVOKED")] {
        node.clock.shift(TimeDelta::seconds(seconds));
        assert_eq!(verify(&node.verifier, &old.secret).await.at("/code"), code);
        assert_eq!(verify(&node.verifier, &new).await.at("/code"), "VALID");
    }
    node.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_lasts_an_hour_and_a_login_a_month_unused() {
    let node = Clocked::start().await;
    let person = Person::new(&node.client).await;
    node.clock.shift(TimeDelta::seconds(3500));
    person.graphql(VIEWER, json!({})).await.expect_data();
    node.clock.shift(TimeDelta::seconds(200));
    person.graphql(VIEWER, json!({})).await.expect(401);

    // Each use gives it another month, up to three in all.
    for _ in 0..3 {
        node.clock.shift(TimeDelta::days(29));
        let fresh = refresh(&node.client, &person.refresh_token).await.expect(200);
        let fresh = node.client.with_bearer(&fresh.text_at("/access_token"));
        fresh.graphql(VIEWER, json!({})).await.expect_data();
    }
    node.clock.shift(TimeDelta::days(5));
    let ended = refresh(&node.client, &person.refresh_token).await;
    ended.expect_refusal(400, "invalid_grant");

    let unused = Person::sign_in(&node.client, &person.name, &person.user_key).await;
    node.clock.shift(TimeDelta::days(31));
    let ended = refresh(&node.client, &unused.refresh_token).await;
    ended.expect_refusal(400, "invalid_grant");
    node.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_can_be_repeated_for_half_a_minute() {
    let node = Clocked::start().await;
    let person = Person::new(&node.client).await;
    let rotate = async || {
        let mut headers = HeaderMap::new();
        headers.insert("idempotency-key", "once".parse().unwrap());
        let body = json!({ "refresh_token": person.refresh_token });
        node.client.post_with("/refresh/rotate", headers, body).await
    };
    let successor = rotate().await.expect(200).text_at("/refresh_token");
    node.clock.shift(TimeDelta::seconds(20));
    assert_eq!(rotate().await.expect(200).text_at("/refresh_token"), successor);
    node.clock.shift(TimeDelta::seconds(20));
    rotate().await.expect_refusal(400, "invalid_grant");
    refresh(&node.client, &successor).await.expect(200);
    node.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_brings_nothing_back_to_life() {
    let node = Clocked::start().await;
    let person = Person::new(&node.client).await;
    let token = person.create_token("Desk").await;
    node.clock.shift(TimeDelta::minutes(30));
    person.revoke_token(&token.id).await;
    node.clock.shift(TimeDelta::hours(-2));
    assert_eq!(verify(&node.verifier, &token.secret).await.at("/code"), "REVOKED");
    node.end().await;
}

/// A node in this process, whose clock can be moved.
struct Clocked {
    node: InProcess,
    clock: Clock,
    client: Client,
    verifier: Client,
}

impl Clocked {
    async fn start() -> Self {
        let node = InProcess::start(&Setup::default()).await;
        let (clock, client) = (node.clock.clone(), node.client());
        let verifier = node.verifier().await;
        Self { node, clock, client, verifier }
    }

    /// So many seconds from now, on its clock.
    fn in_(&self, seconds: i64) -> String {
        let time = self.clock.now() + TimeDelta::seconds(seconds);
        time.to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    async fn end(self) {
        self.node.stop().await;
    }
}
