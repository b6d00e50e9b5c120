//! Exchanges that a crash cuts off between two of their steps: each has one outcome.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{account::Person, in_process::InProcess, setup::Setup, wait::eventually};

use super::{exchange, generate};

/// After which step it is cut; what the same code is answered then; and how the paired tokens
/// stand when all of it is over.
const CUTS: [(&str, u16, &[&str]); 4] = [
    // The code is as good as before.
    ("exchange.slot", 200, &["ACTIVE"]),
    // It is spent, and nobody was told of a token: one that appeared is taken back.
    ("exchange.spent", 409, &[]),
    ("exchange.created", 409, &["REVOKED"]),
    // All of it happened; only the answer is lost. Its person sees the token, and may revoke it.
    ("exchange.issued", 409, &["ACTIVE"]),
];

/// Tokens that the workspace may have.
const PLACES: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_was_cut_off_has_one_outcome_wherever_that_was() {
    futures::future::join_all(CUTS.map(|(point, status, tokens)| cut(point, status, tokens))).await;
}

async fn cut(point: &str, status: u16, tokens: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::default().data(&folder.path().join("data"));
    let setup = setup.env("PLAN_PRO_TOKENS", PLACES.to_string());
    let dying = setup.clone().crash_at(point, 1).start().await.unwrap();
    let person = Person::new(&dying.client()).await;
    let code = generate(&person).await.text;
    let body = json!({ "code": code });
    let lost = dying.client().try_post("/api/agent-tokens/exchange", body).await;
    assert!(lost.is_err(), "{point}: there is an answer");
    eventually(point, || async { (!dying.runs()).then_some(()) }).await;
    drop(dying);

    let node = InProcess::start(&setup).await;
    // A node that has just started does not know yet what a guess costs, and judges none.
    let again = eventually(point, || async {
        let answer = exchange(&node.client(), &code).await;
        (answer.status != 503).then_some(answer)
    })
    .await;
    assert_eq!(again.status, status, "{point}: {}", again.text);
    // What was begun is finished or undone within a minute.
    node.clock.shift(TimeDelta::seconds(61));
    let person = Person::sign_in(&node.client(), &person.name, &person.user_key).await;
    eventually(point, || async { (paired(&person).await == tokens).then_some(()) }).await;
    // Each slot is free that no token holds, and no other is.
    let live = tokens.iter().filter(|status| **status == "ACTIVE").count();
    for _ in live..PLACES {
        eventually(point, || async {
            let created = person.try_create_token(json!({ "name": "another" })).await;
            created.at("/data/createToken/agentToken").is_object().then_some(())
        })
        .await;
    }
    let full = person.try_create_token(json!({ "name": "one too many" })).await.expect_data();
    let refusal = full.at("/data/createToken/userErrors/0/code");
    assert_eq!(refusal, "TOKEN_LIMIT_REACHED", "{point}");
    assert_eq!(paired(&person).await, tokens, "{point}");
    node.stop().await;
}

/// How the tokens stand that came about by pairing.
async fn paired(person: &Person) -> Vec<String> {
    let query = "{ agentTokens(first: 9) { nodes { status origin } } }";
    let answer = person.graphql(query, json!({})).await.expect_data();
    let nodes = answer.at("/data/agentTokens/nodes").as_array().unwrap().clone();
    let paired = nodes.iter().filter(|node| node["origin"] == "PAIRING");
    paired.map(|node: &Value| node["status"].as_str().unwrap().to_owned()).collect()
}
