//! What each scope of a service credential opens, over REST and GraphQL.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tests::{account::Person, answer::Answer, client::Client, setup::Setup};

/// How a door is knocked at.
#[derive(Clone, Copy)]
enum Door {
    Post(&'static str),
    Ask(&'static str),
}

use Door::{Ask, Post};

const DOORS: [(&str, Door); 6] = [
    ("tokens:verify", Post("/api/agent-tokens/verify")),
    (
        "accounts:token",
        Post("/internal/connected-accounts/acc_0000000000000000000000/access-token"),
    ),
    (
        "billing:manage",
        Ask("mutation { changePlan(input: { workspaceId: \"$ws\", plan: TEAM }) {
          userErrors { code } } }"),
    ),
    ("clients:manage", Ask("{ oauthClients { edges { node { id } } } }")),
    ("keys:manage", Ask("mutation { rotateSigningKey(input: {}) { kid } }")),
    (
        "projections:manage",
        Ask("mutation { rebuildProjection(input: { name: \"workspaces\" }) {
          userErrors { code } } }"),
    ),
];

#[tokio::test]
async fn every_scope_of_a_service_opens_its_own_door_and_no_other() {
    let service = Setup::default().start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let workspace = person.workspace().await;
    // People open nothing of what is for services; first, while the plan can still be raised.
    for (needed, door) in DOORS {
        let answer = knock(&person.client, door, &workspace).await;
        let raised = answer.at("/data/changePlan/userErrors/0/code") == "PLAN_RAISE_REFUSED";
        assert!(!is_open(&answer) || raised, "{needed}: {}", answer.text);
    }
    for (scope, _) in DOORS {
        let caller = service.with_scope(scope);
        for (needed, door) in DOORS {
            let answer = knock(&caller, door, &workspace).await;
            let opened = is_open(&answer);
            assert_eq!(opened, scope == needed, "{scope} at {needed}: {}", answer.text);
        }
        // None of them is anybody, or may touch tokens.
        for own in ["{ viewer { user { id } } }", "{ agentTokens { totalCount } }"] {
            let answer = knock(&caller, Ask(own), &workspace).await;
            assert!(!is_open(&answer), "{scope} {own}: {}", answer.text);
        }
    }
}

async fn knock(caller: &Client, door: Door, workspace: &str) -> Answer {
    match door {
        Post(path) => caller.post(path, json!({ "token": "nxa_x" })).await,
        Ask(document) => {
            let mut headers = HeaderMap::new();
            headers.insert("x-workspace", workspace.parse().unwrap());
            let body: Value = json!({ "query": document.replace("$ws", workspace) });
            caller.post_with("/graphql", headers, body).await
        }
    }
}

/// An account that nobody has is not found by those alone who may look for it.
fn is_open(answer: &Answer) -> bool {
    match answer.status {
        404 => answer.at("/error") == "not_found",
        200 => answer.at("/errors").is_null(),
        _ => false,
    }
}
