//! Operations: is it well, how is it doing, and what an operator does beside it.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use tests::{account::Person, service::Service, setup::Setup};

#[tokio::test]
async fn a_running_service_is_healthy_and_ready() {
    let client = Service::shared().await.client();
    client.get("/healthz").await.expect(200);
    let ready = client.get("/readyz").await.expect(200);
    let names: Vec<_> = ready
        .at("/projections")
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap().to_owned())
        .collect();
    for name in ["agent_tokens", "audit_events", "revocations", "users", "workspaces"] {
        assert!(names.iter().any(|it| it == name), "{name}: {names:?}");
    }
}

#[tokio::test]
async fn metrics_are_counted_and_name_nobody() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let token = person.create_token("Desk").await;
    let metrics = service.client().get("/metrics").await.expect(200).text;
    assert!(metrics.contains("# TYPE "), "{metrics}");
    for secret in [&person.name, &token.secret, &token.id] {
        assert!(!metrics.contains(secret.as_str()), "`{secret}` lies open in the metrics");
    }
}

#[tokio::test]
async fn the_data_folder_is_its_owners_alone() {
    let service = Setup::default().start().await.unwrap();
    Person::new(&service.client()).await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(service.data()), 0o700);
    for secret in ["master.key", "log.url", "keyledger.sock"] {
        assert_eq!(mode(&service.data().join(secret)), 0o600, "{secret}");
    }
}

#[tokio::test]
async fn a_second_service_on_the_same_folder_is_refused() {
    let service = Setup::default().start().await.unwrap();
    let second = service.command().args(["serve", "--listen", "127.0.0.1:0"]).output().unwrap();
    assert!(!second.status.success());
    assert!(!second.stderr.is_empty(), "it says why");
}

#[tokio::test]
async fn an_operator_acts_the_same_beside_a_running_service_and_without_one() {
    let mut service = Setup::default().pglite().start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let workspace = person.workspace().await;
    let create = ["token", "create", "--workspace", &workspace, "--name", "beside"];
    let created = service.operate(&create).unwrap();
    assert!(created["secret"].as_str().unwrap().starts_with("nxa_"), "{created}");

    service.stop().await.unwrap();
    let handle = format!("@{}", person.name);
    let create = ["token", "create", "--workspace", &handle, "--name", "without"];
    service.operate(&create).unwrap();
    let listed = service.operate(&["token", "list", "--workspace", &workspace]).unwrap();
    let listed = listed.to_string();
    assert!(listed.contains("beside") && listed.contains("without"), "{listed}");

    let service = service.start_again().await.unwrap();
    let again = Person::sign_in(&service.client(), &person.name, &person.user_key).await;
    let query = "{ agentTokens(first: 10) { nodes { name createdBy { kind } } } }";
    let answer = again.graphql(query, json!({})).await.expect_data();
    assert!(answer.text.contains("beside"), "{}", answer.text);
}

#[tokio::test]
async fn an_operators_mistake_is_answered_with_what_to_do_next() {
    let service = Service::shared().await;
    let mistakes: [&[&str]; 6] = [
        &["workspace", "set-plan", "ws_nothing", "pro"],
        &["token", "revoke", "tok_nothing"],
        &["projections", "rebuild", "weather"],
        &["projections", "at", "users", "AAAAAAAAAAE"],
        &["state", "--stream", "nothing"],
        &["member", "set-role", "--workspace", "@nobody-here", "@nobody-there", "admin"],
    ];
    for arguments in mistakes {
        let output = service.command().args(arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(complaint.len() > 20, "{arguments:?}: `{complaint}`");
        assert!(!complaint.contains("panicked"), "{arguments:?}: {complaint}");
    }
}

#[tokio::test]
async fn a_read_model_is_rebuilt_while_it_serves() {
    let service = Setup::default().start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let token = person.create_token("Desk").await;
    for name in ["agent_tokens", "workspaces", "audit_events"] {
        let rebuilt = service.command().args(["projections", "rebuild", name]).output().unwrap();
        let complaint = String::from_utf8_lossy(&rebuilt.stderr);
        assert!(rebuilt.status.success(), "{name}: {complaint}");
    }
    let query = "query($at: Position!) {
      agentTokens(first: 10, consistency: { atLeast: $at }) { nodes { id } } }";
    let answer = person.graphql(query, json!({ "at": token.position })).await.expect_data();
    assert_eq!(answer.at("/data/agentTokens/nodes/0/id"), &json!(token.id));
}

#[tokio::test]
async fn a_read_model_is_printed_as_it_stood() {
    let service = Setup::default().pglite().start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let first = person.create_token("first").await;
    let second = person.create_token("second").await;
    let then: [(_, &[&str]); 2] =
        [(&first.position, &["first"]), (&second.position, &["first", "second"])];
    for (position, expected) in then {
        let mut printed = service.command();
        printed.args(["projections", "at", "agent_tokens", position]);
        let output = printed.output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let rows: Vec<_> = lines.filter(|line| line["table"] == "token").collect();
        let name = |line: &Value| line["row"]["name"].as_str().unwrap().to_owned();
        let mut names: Vec<_> = rows.iter().map(name).collect();
        // As they lie in the table: a row that was changed lies behind the others.
        names.sort();
        assert_eq!(names, expected);
    }
}

#[tokio::test]
async fn the_configuration_is_refused_with_all_its_faults_at_once() {
    let service = Service::shared().await;
    let output = service
        .command()
        .args(["serve"])
        .env("KEYLEDGER_DEFAULT_PLAN", "gold")
        .env("KEYLEDGER_REGISTRATION", "maybe")
        .env("KEYLEDGER_MASTER_KEY", "short")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let complaint = String::from_utf8_lossy(&output.stderr);
    for name in ["KEYLEDGER_DEFAULT_PLAN", "KEYLEDGER_REGISTRATION", "KEYLEDGER_MASTER_KEY"] {
        assert!(complaint.contains(name), "{complaint}");
    }
    assert!(!complaint.contains("short"), "a secret's text is repeated: {complaint}");
}

#[tokio::test]
async fn the_whole_story_runs_in_one_process() {
    let service = Service::shared().await;
    let output = service.command().arg("selftest").output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{complaint}");
    assert!(printed.matches('✓').count() >= 8, "{printed}");
}
