//! Audit: what happened, as it was, told to those who may know; and that they asked.

use std::process::Output;

use serde_json::{Value, json};
use tests::{
    account::Person, graphql_socket::GraphqlSocket, service::Service, setup::Setup,
    wait::eventually,
};

const EVENTS: &str = "query($first: Int, $after: Cursor, $filter: AuditFilter) {
  auditEvents(first: $first, after: $after, filter: $filter) {
    nodes { id position stream revision type schemaVersion occurredAt actor { kind id label }
      workspaceId correlationId clientIp userAgent data redactedFields }
    edges { cursor } pageInfo { hasNextPage endCursor } head } }";

#[tokio::test]
async fn each_step_of_a_token_stands_in_the_history_with_who_and_from_where() {
    let person = Person::new(&Service::shared().await.client()).await;
    let token = person.create_token("Desk").await;
    person.revoke_token(&token.id).await;
    let of_token = |event: &Value| event["type"].as_str().unwrap().starts_with("agent_token.");
    let events = eventually("the history to hold both steps", || async {
        let answer = person.graphql(EVENTS, json!({ "first": 100 })).await.expect_data();
        let nodes = answer.at("/data/auditEvents/nodes").as_array().unwrap().clone();
        let events: Vec<Value> = nodes.into_iter().filter(of_token).collect();
        (events.len() == 2).then_some(events)
    })
    .await;
    let types: Vec<_> = events.iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert!(types.contains(&"agent_token.created") && types.contains(&"agent_token.revoked"));
    for event in &events {
        assert_eq!(event["actor"]["kind"], "USER");
        assert_eq!(event["actor"]["label"], json!(person.name));
        assert_eq!(event["clientIp"], json!(person.client.network().to_string()));
        assert!(event["occurredAt"].is_string() && event["correlationId"].is_string());
        assert!(!event["data"].as_str().unwrap().contains(&token.secret));
    }
}

#[tokio::test]
async fn the_history_is_paged_without_gap_or_repetition() {
    let person = Person::new(&Service::shared().await.client()).await;
    for number in 0..4 {
        person.create_token(&format!("t{number}")).await;
    }
    let filter = json!({ "types": ["agent_token.created"] });
    let whole = eventually("the history to hold all four", || async {
        let asked = json!({ "first": 100, "filter": filter });
        let answer = person.graphql(EVENTS, asked).await.expect_data();
        let nodes = answer.at("/data/auditEvents/nodes").as_array().unwrap().clone();
        (nodes.len() == 4).then_some(nodes)
    })
    .await;
    let (mut paged, mut after) = (Vec::new(), Value::Null);
    loop {
        let asked = json!({ "first": 3, "after": after, "filter": filter });
        let answer = person.graphql(EVENTS, asked).await.expect_data();
        paged.extend(answer.at("/data/auditEvents/nodes").as_array().unwrap().clone());
        after = answer.at("/data/auditEvents/pageInfo/endCursor").clone();
        if answer.at("/data/auditEvents/pageInfo/hasNextPage") == &json!(false) {
            break;
        }
    }
    assert_eq!(paged, whole);
}

#[tokio::test]
async fn reading_the_history_is_itself_recorded() {
    let person = Person::new(&Service::shared().await.client()).await;
    person.graphql(EVENTS, json!({ "first": 10 })).await.expect_data();
    let filter = json!({ "types": ["audit.read"] });
    eventually("the reading to be recorded", || async {
        let asked = json!({ "first": 10, "filter": filter });
        let answer = person.graphql(EVENTS, asked).await.expect_data();
        let nodes = answer.at("/data/auditEvents/nodes").as_array().unwrap();
        nodes.iter().any(|it| it["type"] == "audit.read").then_some(())
    })
    .await;
}

#[tokio::test]
async fn nobody_reads_the_history_of_another_workspace() {
    let client = Service::shared().await.client();
    let (person, stranger) = (Person::new(&client).await, Person::new(&client).await);
    let token = person.create_token("Desk").await;
    stranger.create_token("Own").await;
    let id = token.id.trim_start_matches("tok_");
    eventually("the stranger's own history", || async {
        let answer = stranger.graphql(EVENTS, json!({ "first": 100 })).await.expect_data();
        assert!(!answer.text.contains(id), "{}", answer.text);
        answer.text.contains("agent_token.created").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_watcher_of_the_history_is_told_what_happens_but_not_that_they_watch() {
    let person = Person::new(&Service::shared().await.client()).await;
    let mut watcher = GraphqlSocket::open(&person.client).await;
    let query = "subscription { auditEvents { __typename
      ... on AuditEvent { type stream actor { kind } } ... on StreamCaughtUp { cursor } } }";
    watcher.subscribe("1", query, json!({})).await;
    watcher.caught_up("1").await;
    person.create_token("Desk").await;
    loop {
        let event = watcher.next("1").await;
        assert_ne!(event["type"], "audit.read", "{event}");
        if event["type"] == "agent_token.created" {
            break;
        }
    }
}

#[tokio::test]
async fn a_token_can_be_seen_as_it_was() {
    let person = Person::new(&Service::shared().await.client()).await;
    let token = person.create_token("Desk").await;
    let query = "query($id: ID!, $at: AsOf) {
      agentToken(id: $id, asOf: $at) { name status revoked revision createdAt } }";
    let now = person.graphql(query, json!({ "id": token.id })).await.expect_data();
    let created = now.text_at("/data/agentToken/createdAt");
    person.revoke_token(&token.id).await;
    for at in [json!({ "position": token.position }), json!({ "time": created })] {
        let then = person.graphql(query, json!({ "id": token.id, "at": at })).await.expect_data();
        assert_eq!(then.at("/data/agentToken/status"), "ACTIVE", "{at}: {}", then.text);
        assert_eq!(then.at("/data/agentToken/revoked"), false);
    }
    let list = "query($at: AsOf) { agentTokens(asOf: $at, first: 10) { nodes { id status } } }";
    let at = json!({ "at": { "position": token.position } });
    let then = person.graphql(list, at).await.expect_data();
    assert_eq!(then.at("/data/agentTokens/nodes/0/status"), "ACTIVE", "{}", then.text);
    let before = json!({ "id": token.id, "at": { "time": "2020-01-01T00:00:00Z" } });
    let before = person.graphql(query, before).await;
    assert!(before.at("/data/agentToken").is_null(), "{}", before.text);
    let filtered = "query($at: AsOf) {
      agentTokens(asOf: $at, filter: { status: [ACTIVE] }) { totalCount } }";
    let at = json!({ "at": { "position": token.position } });
    person.graphql(filtered, at).await.expect_error("BAD_USER_INPUT");
}

#[tokio::test]
async fn a_denial_is_explained_by_the_event_that_decided_it() {
    let person = Person::new(&Service::shared().await.client()).await;
    let token = person.create_token("Desk").await;
    let explain = "query($id: ID!) {
      explainToken(id: $id) { valid code decidedBy { type } evaluatedAt } }";
    let id = json!({ "id": token.id });
    let live = person.graphql(explain, id.clone()).await.expect_data();
    assert_eq!(live.at("/data/explainToken/code"), "VALID", "{}", live.text);
    person.revoke_token(&token.id).await;
    let revoked = person.graphql(explain, id).await.expect_data();
    assert_eq!(revoked.at("/data/explainToken/code"), "REVOKED");
    let decided = revoked.at("/data/explainToken/decidedBy/type");
    assert_eq!(decided, "agent_token.revoked", "{}", revoked.text);
}

#[tokio::test]
async fn the_history_of_a_workspace_is_exported_a_line_an_event() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let token = person.create_token("Desk of somebody").await;
    let export = async |query: &str| person.client.get(&format!("/audit/export{query}")).await;
    let first = export("").await.expect(200);
    assert_eq!(first.header("content-type"), "application/x-ndjson");
    assert!(!first.text.contains("Desk of somebody") && !first.text.contains(&token.secret));
    let (line, rest) = first.text.split_once('\n').unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    let types: Vec<Value> =
        first.text.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert!(types.iter().any(|it| it["type"] == "agent_token.created"), "{}", first.text);

    // Whoever was cut off goes on behind the last line; that they exported is history by then.
    let position = line["position"].as_str().unwrap();
    let second = export(&format!("?format=ndjson&after={position}")).await.expect(200);
    assert!(second.text.starts_with(rest), "{rest}\n\n{}", second.text);
    assert!(second.text.contains("audit.exported"), "{}", second.text);

    let stranger = Person::new(&service.client()).await;
    let theirs = stranger.graphql("{ workspace { id } }", json!({})).await.expect_data();
    let theirs = format!("?workspace={}", theirs.text_at("/data/workspace/id"));
    for (query, status) in [
        (theirs.as_str(), 404),
        ("?workspace=ws_nothing", 404),
        ("?format=csv", 400),
        ("?after=nothing", 400),
        ("?after=a&after=b", 400),
    ] {
        assert_eq!(export(query).await.status, status, "{query}");
    }
    service.client().get("/audit/export").await.expect(401);
}

#[tokio::test]
async fn the_command_line_replays_exports_and_shows_states_as_they_were() {
    let service = Setup::default().start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let token = person.create_token("Desk").await;
    person.revoke_token(&token.id).await;
    let workspace = person.workspace().await;

    let replay = ["--json", "audit", "replay", "--workspace", &workspace];
    let replayed = lines(&service.command().args(replay).output().unwrap());
    let of = |kind: &str| replayed.iter().find(|it| it["type"] == kind).cloned();
    let (created, revoked) = (of("agent_token.created"), of("agent_token.revoked"));
    let created = created.unwrap_or_else(|| panic!("{replayed:#?}"));
    let revoked = revoked.unwrap_or_else(|| panic!("{replayed:#?}"));
    assert!(!revoked["changes"].as_array().unwrap().is_empty(), "{revoked}");
    assert_eq!(revoked["actor"]["kind"], "USER");

    let stream = created["stream"].as_str().unwrap();
    let before = service.operate(&["state", "--stream", stream, "--at", &token.position]).unwrap();
    let now = service.operate(&["state", "--stream", stream]).unwrap();
    assert_ne!(before, now);

    let export = ["--json", "audit", "export"];
    let export = service.command().args(export).output().unwrap();
    let exported = lines(&export);
    let streams: Vec<_> = exported.iter().filter_map(|it| it["stream"].as_str()).collect();
    assert!(streams.contains(&stream), "{streams:?}");
    let vault = |it: &&str| it.starts_with("secret-") || it.starts_with("subject_key-");
    assert!(!streams.iter().any(vault), "{streams:?}");
    let text = String::from_utf8(export.stdout).unwrap();
    for secret in [person.name.as_str(), &token.secret, "Desk"] {
        assert!(!text.contains(secret), "`{secret}` lies open in the export");
    }
}

fn lines(output: &Output) -> Vec<Value> {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}
