//! What each plan allows: tokens, pairing, sockets, connected accounts, and how far one looks back.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{
    account::Person,
    in_process::InProcess,
    platform::{Platform, Platforms},
    setup::Setup,
    socket::Socket,
    wait::eventually,
};

/// A plan, the tokens it allows, and the sockets of one token. What a plan lacks is 0.
const PLANS: [(&str, usize, usize); 4] =
    [("free", 0, 0), ("pro", 10, 5), ("team", 50, 20), ("enterprise", 60, 100)];

#[tokio::test]
async fn every_plan_allows_what_the_table_says_and_nothing_more() {
    // The largest plan's five hundred tokens would only take their time.
    let setup = Setup::default().env("DEFAULT_PLAN", "free");
    let service = setup.env("PLAN_ENTERPRISE_TOKENS", "60").start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let workspace = person.workspace().await;
    let mut made = Vec::new();
    for (plan, tokens, sockets) in PLANS {
        service.operate(&["workspace", "set-plan", &workspace, plan]).unwrap();
        while made.len() < tokens {
            made.push(person.create_token(&format!("token {}", made.len())).await);
        }
        let more = person.try_create_token(json!({ "name": "one too many" })).await;
        let generate = "mutation { generatePairingCode(input: {}) { code } }";
        let pairing = person.graphql(generate, json!({})).await;
        if tokens == 0 {
            let more = more.expect_error("PLAN_REQUIRED");
            assert_eq!(more.at("/errors/0/extensions/requiredPlan"), "PRO");
            assert_eq!(more.at("/errors/0/extensions/currentPlan"), "FREE");
            pairing.expect_error("PLAN_REQUIRED");
            continue;
        }
        let refused = more.expect_data();
        assert_eq!(refused.at("/data/createToken/userErrors/0/code"), "TOKEN_LIMIT_REACHED");
        pairing.expect_data();
        let secret = &made[0].secret;
        let mut open = Vec::new();
        for _ in 0..sockets {
            open.push(Socket::agent(&service.client(), secret).await.0);
        }
        let path = format!("/ws?token={secret}");
        let refused = Socket::open(&service.client(), &path, &[]).await.unwrap_err();
        assert_eq!((refused.status, &refused.body["error"]), (429, &json!("too_many_connections")));
        drop(open);
        // Gone sockets are counted out before the next plan's are counted.
        eventually("the sockets to be gone", async || {
            Socket::open(&service.client(), &path, &[]).await.ok().map(drop)
        })
        .await;
    }
}

/// A plan, and the accounts it allows. The larger two are told to be smaller, for their time.
const ACCOUNTS: [(&str, usize); 4] = [("free", 2), ("pro", 10), ("team", 12), ("enterprise", 14)];

#[tokio::test]
async fn every_plan_connects_as_many_accounts_as_the_table_says() {
    let twitch = Platform::twitch();
    let platforms = Platforms::of(&[&twitch]);
    let setup = platforms.known_to(Setup::default()).env("DEFAULT_PLAN", "free");
    let setup = setup.env("PLAN_TEAM_ACCOUNTS", "12").env("PLAN_ENTERPRISE_ACCOUNTS", "14");
    let service = setup.start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let workspace = person.workspace().await;
    let mut connected = 0;
    for (plan, accounts) in ACCOUNTS {
        service.operate(&["workspace", "set-plan", &workspace, plan]).unwrap();
        while connected < accounts {
            twitch.set(json!({ "user": connected.to_string() })).await;
            person.connect(&twitch).await;
            connected += 1;
        }
        twitch.set(json!({ "user": "one too many" })).await;
        let brought = person.agree(&twitch).await;
        let more = person.try_connect(&twitch, &brought).await.expect_data();
        let refused = more.at("/data/connectAccount/userErrors/0/code");
        assert_eq!(refused, "ACCOUNT_LIMIT_REACHED", "{plan}");
    }
}

/// A plan, and the days that its dashboard looks back; the highest shows all.
const DAYS: [(&str, i64); 4] = [("free", 7), ("pro", 30), ("team", 365), ("enterprise", 4_000)];

#[tokio::test(flavor = "multi_thread")]
async fn every_plan_looks_as_far_back_as_the_table_says_and_the_log_keeps_all() {
    let service = InProcess::start(&Setup::default()).await;
    let began = Person::new(&service.client()).await;
    began.create_token("Long ago").await;
    let workspace = began.workspace().await;
    let mut passed = TimeDelta::zero();
    // An hour before each of these days ends, and an hour after it.
    let moments = DAYS.iter().flat_map(|(_, days)| {
        [-1, 1].map(|hours| TimeDelta::days(*days) + TimeDelta::hours(hours))
    });
    for moment in moments {
        service.clock.shift(moment - passed);
        passed = moment;
        let person = Person::sign_in(&service.client(), &began.name, &began.user_key).await;
        for (plan, days) in DAYS {
            service.operate(&["workspace", "set-plan", &workspace, plan]).await;
            let shown = eventually("the history", || async { history(&person).await }).await;
            let found = shown.iter().any(|kind| kind == "agent_token.created");
            let reaches = plan == "enterprise" || moment < TimeDelta::days(days);
            assert_eq!(found, reaches, "{plan} after {} hours", moment.num_hours());
        }
    }
    service.stop().await;
}

/// What the dashboard shows to have happened, by type.
async fn history(person: &Person) -> Option<Vec<Value>> {
    let query = "{ auditEvents(first: 100) { edges { node { type } } } }";
    let answer = person.graphql(query, json!({})).await;
    let edges = answer.at("/data/auditEvents/edges").as_array()?;
    Some(edges.iter().map(|edge| edge["node"]["type"].clone()).collect())
}
