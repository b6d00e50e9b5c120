//! The command line: each command does what it says, beside a running service and from outside.

use std::process::Output;

use serde_json::Value;
use tests::{
    account::{Person, verify},
    service::Service,
    setup::Setup,
};

/// Every command, as it is typed.
const COMMANDS: [&str; 35] = [
    "serve",
    "migrate",
    "token",
    "token create",
    "token list",
    "token revoke",
    "roles",
    "workspace",
    "workspace set-plan",
    "member",
    "member add",
    "member set-role",
    "service-credential",
    "service-credential create",
    "service-credential revoke",
    "client",
    "client create",
    "client list",
    "client update",
    "client rotate-secret",
    "client suspend",
    "client reinstate",
    "client apply",
    "key rotate",
    "vault rotate-master-key",
    "projections list",
    "projections rebuild",
    "projections at",
    "state",
    "audit",
    "audit export",
    "audit replay",
    "graphql",
    "graphql sdl",
    "selftest",
];

#[tokio::test]
async fn every_command_says_what_it_does() {
    let service = Service::shared().await;
    for command in COMMANDS {
        let output = service.command().args(command.split(' ')).arg("--help").output().unwrap();
        let help = printed(&output);
        assert!(help.contains(&format!("Usage: keyledger {command}")), "{command}: {help}");
        assert!(help.lines().next().is_some_and(|line| line.len() > 10), "{command}: {help}");
    }
    for nonsense in [&["nonsense"][..], &["token"], &["serve", "--listen", "nowhere"], &[]] {
        let output = service.command().args(nonsense).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{nonsense:?}");
    }
}

#[tokio::test]
async fn an_operator_looks_after_tokens_members_and_plans() {
    let service = Setup::default().env("DEFAULT_PLAN", "free").start().await.unwrap();
    let (client, verifier) = (service.client(), service.verifier());
    let (ada, bob) = (Person::new(&client).await, Person::new(&client).await);
    let (hers, him) = (format!("@{}", ada.name), format!("@{}", bob.name));

    let create = ["token", "create", "--workspace", &hers, "--name", "Desk"];
    let refused = service.command().args(create).output().unwrap();
    assert!(!refused.status.success(), "the plan has no tokens");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("plan"), "{refused:?}");
    let raised = service.operate(&["workspace", "set-plan", &hers, "pro"]).unwrap();
    assert_eq!(raised["plan"], "pro");

    let scoped =
        ["--scope", "graphql", "--allow", "10.0.0.0/8", "--expires-at", "2126-01-01T00:00:00Z"];
    let token = service.operate(&[&create[..], &scoped].concat()).unwrap();
    assert_eq!((&token["scopes"][0], token["expires_at"].is_string()), (&"graphql".into(), true));
    let plain = service.operate(&create).unwrap();
    let secret = plain["secret"].as_str().unwrap();
    assert_eq!(verify(&verifier, secret).await.at("/code"), "VALID");
    let id = plain["id"].as_str().unwrap();
    for _ in 0..2 {
        let revoked = service.operate(&["token", "revoke", id, "--reason", "lost"]).unwrap();
        assert!(revoked["revoked_at"].is_string(), "{revoked}");
    }
    assert_eq!(verify(&verifier, secret).await.at("/code"), "REVOKED");
    let listed = service.operate(&["token", "list", "--workspace", &hers]).unwrap();
    let status = |id: &Value| {
        let of = listed.as_array().unwrap().iter().find(|it| it["id"] == *id).unwrap();
        of["status"].as_str().unwrap().to_lowercase()
    };
    assert_eq!((status(&token["id"]), status(&plain["id"])), ("active".into(), "revoked".into()));

    let added = service.operate(&["member", "add", &hers, &him, "viewer"]).unwrap();
    assert_eq!(added["role"], "viewer");
    let raised = service.operate(&["member", "set-role", &hers, &him, "admin"]).unwrap();
    assert_eq!(raised["role"], "admin");
    let query = "query($ws: ID) { workspace(id: $ws) { plan agentTokens { totalCount } } }";
    let workspace = ada.workspace().await;
    let seen = bob.graphql(query, serde_json::json!({ "ws": workspace })).await.expect_data();
    assert_eq!(seen.at("/data/workspace/plan"), "PRO");
    let last = service.command().args(["member", "set-role", &hers, &hers, "viewer"]).output();
    let last = last.unwrap();
    assert!(!last.status.success(), "a workspace keeps an owner");
    assert!(String::from_utf8_lossy(&last.stderr).contains("owner"), "{last:?}");
}

#[tokio::test]
async fn what_can_be_printed_is_printed_for_people_and_for_programs() {
    let service = Service::shared().await;
    let run = |arguments: &[&str]| printed(&service.command().args(arguments).output().unwrap());
    let sdl = run(&["graphql", "sdl"]);
    assert_eq!(sdl.trim(), include_str!("../../../api/schema.graphql").trim());
    let roles = service.operate(&["roles"]).unwrap();
    let manage = roles.as_array().unwrap().iter().find(|it| it["permission"] == "tokens:manage");
    assert_eq!(manage.unwrap()["admin"], "yes");
    assert!(run(&["roles"]).contains("tokens:manage"));
    let models = service.operate(&["projections", "list"]).unwrap();
    for model in models.as_array().unwrap() {
        assert_eq!(
            (&model["state"], &model["dead_letters"]),
            (&"LIVE".into(), &0.into()),
            "{model}"
        );
        assert!(run(&["projections", "list"]).contains(model["name"].as_str().unwrap()));
    }
    let same = service.operate(&["projections", "rebuild", "users", "--diff"]);
    assert!(same.is_ok(), "{same:?}");
}

#[tokio::test]
async fn the_schema_is_brought_up_beside_a_service_and_without_one() {
    let mut service = Setup::default().pglite().start().await.unwrap();
    Person::new(&service.client()).await;
    for _ in 0..2 {
        let migrated = service.command().arg("migrate").output().unwrap();
        let said = String::from_utf8_lossy(&migrated.stderr).into_owned();
        assert!(migrated.status.success() && said.contains("release"), "{said}");
        service.stop().await.unwrap();
    }
    service.start_again().await.unwrap();
}

#[tokio::test]
async fn a_history_can_be_replayed_up_to_a_moment_and_exported_bit_by_bit() {
    let service = Setup::default().start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let token = person.create_token("Desk").await;
    let name = format!("@{}", person.name);
    person.revoke_token(&token.id).await;

    let until = ["audit", "replay", "--workspace", &name, "--until", &token.position];
    let reached = printed(&service.command().args(until).output().unwrap());
    assert!(reached.contains("agent_token.created"), "{reached}");
    assert!(!reached.contains("agent_token.revoked"), "{reached}");
    assert!(reached.contains("Desk"), "the state that was reached: {reached}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.ndjson");
    let path = file.to_string_lossy();
    let export = ["audit", "export", "--out", &path];
    printed(&service.command().args(export).output().unwrap());
    let first = std::fs::read_to_string(&file).unwrap();
    let again = service.command().args(export).output().unwrap();
    assert!(!again.status.success(), "an export overwrites nothing");
    person.create_token("Laptop").await;
    printed(&service.command().args(export).arg("--resume").output().unwrap());
    let both = std::fs::read_to_string(&file).unwrap();
    assert!(both.starts_with(&first) && both.len() > first.len());
    let mut ids: Vec<String> = both
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).expect("a line is JSON")["event_id"].to_string()
        })
        .collect();
    let lines = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), lines, "an event was exported twice");
}

/// What a command printed that succeeded.
#[track_caller]
fn printed(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
