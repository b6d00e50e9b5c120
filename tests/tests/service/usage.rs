//! Last use: shown within seconds, history once a day and network, and what nobody uses.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{
    account::{Person, Token},
    client::Client,
    in_process::InProcess,
    setup::Setup,
    wait::eventually,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_use_is_shown_soon_and_is_history_once_a_day_and_for_each_network() {
    let node = InProcess::start(&Setup::default()).await;
    let verifier = node.verifier().await;
    let person = Person::new(&node.client()).await;
    let token = person.create_token("Desk").await;
    assert_eq!(shown(&person, &token).await["lastUsedAt"], Value::Null);
    for _ in 0..50 {
        used(&verifier, &token, "192.0.2.7").await;
    }
    let first = observed(&person, &token, 1).await;
    assert!(first["lastUsedAt"].is_string(), "{first}");
    // Coarse: the network and not the address.
    let from = first["lastUsedFrom"].as_str().unwrap_or_default();
    assert!(from.contains("192.0.2.0/24") && !from.contains("192.0.2.7"), "{first}");

    // Another address of the same network is nothing new, another network is.
    used(&verifier, &token, "192.0.2.99").await;
    used(&verifier, &token, "198.51.100.1").await;
    observed(&person, &token, 2).await;
    // Another day is, too.
    node.clock.shift(TimeDelta::days(1));
    let person = Person::sign_in(&node.client(), &person.name, &person.user_key).await;
    for _ in 0..50 {
        used(&verifier, &token, "192.0.2.7").await;
    }
    let later = observed(&person, &token, 3).await;
    assert!(later["lastUsedAt"].as_str() > first["lastUsedAt"].as_str(), "{first} {later}");
    // A refused use is none.
    person.revoke_token(&token.id).await;
    let refused = verifier.post("/api/agent-tokens/verify", json!({ "token": token.secret })).await;
    assert_eq!(refused.at("/code"), "REVOKED");
    assert_eq!(shown(&person, &token).await["lastUsedAt"], later["lastUsedAt"]);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_used_for_long_is_listed_and_revoked_at_once() {
    let node = InProcess::start(&Setup::default()).await;
    let verifier = node.verifier().await;
    let person = Person::new(&node.client()).await;
    let used_lately = person.create_token("Used lately").await;
    let never = person.create_token("Never used").await;
    let long_ago = person.create_token("Used long ago").await;
    let over = person.create_token("Over anyway").await;
    person.revoke_token(&over.id).await;
    used(&verifier, &long_ago, "192.0.2.7").await;
    node.clock.shift(TimeDelta::days(91));
    used(&verifier, &used_lately, "192.0.2.7").await;
    let person = Person::sign_in(&node.client(), &person.name, &person.user_key).await;
    let new = person.create_token("New").await;

    let workspace = format!("@{}", person.name);
    let list = ["token", "list", "--workspace", &workspace, "--unused-for", "90"];
    let listed = node.operate(&list).await;
    let mut names: Vec<_> =
        listed.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Never used", "Used long ago"]);
    let revoke = ["token", "revoke-unused", "--workspace", &workspace, "--days", "90"];
    let revoked = node.operate(&revoke).await;
    let ids: Vec<_> = revoked["revoked"].as_array().unwrap().iter().collect();
    assert!(
        ids.len() == 2
            && ids.iter().all(|id| [&never.id, &long_ago.id].iter().any(|it| *id == it.as_str())),
        "{revoked}"
    );
    for (token, code) in
        [(&used_lately, "VALID"), (&new, "VALID"), (&never, "REVOKED"), (&long_ago, "REVOKED")]
    {
        let body = json!({ "token": token.secret });
        let answer = verifier.post("/api/agent-tokens/verify", body).await;
        assert_eq!(answer.at("/code"), code);
    }
    // There is nothing left to do.
    assert_eq!(node.operate(&list).await, json!([]));
    assert_eq!(node.operate(&revoke).await["revoked"], json!([]));
    node.stop().await;
}

async fn used(verifier: &Client, token: &Token, ip: &str) {
    let body = json!({ "token": token.secret, "ip": ip });
    let answer = verifier.post("/api/agent-tokens/verify", body).await.expect(200);
    assert_eq!(answer.at("/code"), "VALID", "{}", answer.text);
}

async fn shown(person: &Person, token: &Token) -> Value {
    let query = "query($id: ID!) { agentToken(id: $id) { lastUsedAt lastUsedFrom } }";
    let answer = person.graphql(query, json!({ "id": token.id })).await.expect_data();
    answer.at("/data/agentToken").clone()
}

/// Waits until so many uses are history, and no more; how the token is shown then.
async fn observed(person: &Person, token: &Token, times: usize) -> Value {
    let query = "{ auditEvents(first: 50, filter: { types: [\"agent_token.usage_observed\"] }) {
      edges { node { id } } } }";
    eventually("the use to be history", || async {
        let answer = person.graphql(query, json!({})).await.expect_data();
        let seen = answer.at("/data/auditEvents/edges").as_array().unwrap().len();
        assert!(seen <= times, "{seen} uses are history: {}", answer.text);
        (seen == times).then_some(())
    })
    .await;
    shown(person, token).await
}
