//! Watching: what a GraphQL socket is for, and when it is taken away.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::{
    account::Person, client::Client, data::OpenLog, graphql_socket::GraphqlSocket,
    service::Service, wait::eventually,
};

const AUDIT: &str = "subscription($after: Cursor, $filter: AuditFilter) {
  auditEvents(after: $after, filter: $filter) { __typename
    ... on AuditEvent { cursor type actor { kind id } data } ... on StreamCaughtUp { cursor } } }";

const CHANGES: &str = "subscription($ws: ID) { agentTokenChanged(workspaceId: $ws) { __typename
    ... on AgentTokenChange { change agentToken { name status suspension } } } }";

#[tokio::test]
async fn a_socket_closes_when_its_member_loses_the_permission_it_lives_by() {
    let (client, owner) = scene().await;
    let admin = Person::new(&client).await;
    let workspace = owner.workspace().await;
    let add = "mutation($input: AddMemberInput!) {
      addMember(input: $input) { userErrors { code } } }";
    let input = json!({ "workspaceId": workspace, "username": admin.name, "role": "ADMIN" });
    owner.graphql(add, json!({ "input": input })).await.expect_data();
    let mut watcher = GraphqlSocket::open(&admin.client).await;
    watcher.subscribe("1", CHANGES, json!({ "ws": workspace })).await;
    watcher.caught_up("1").await;

    let viewer = admin.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
    let demote = "mutation($input: ChangeMemberRoleInput!) {
      changeMemberRole(input: $input) { userErrors { code } } }";
    let user = viewer.text_at("/data/viewer/user/id");
    let input = json!({ "workspaceId": workspace, "userId": user, "role": "VIEWER" });
    owner.graphql(demote, json!({ "input": input })).await.expect_data();
    assert_eq!(watcher.closed().await, (4403, "permission_lost".to_owned()));
}

#[tokio::test]
async fn a_socket_outlives_a_permission_that_nothing_on_it_needs_any_more() {
    let (client, owner) = scene().await;
    let other = Person::new(&client).await;
    let workspace = owner.workspace().await;
    let input = json!({ "workspaceId": workspace, "username": other.name, "role": "ADMIN" });
    let add = "mutation($input: AddMemberInput!) {
      addMember(input: $input) { userErrors { code } } }";
    owner.graphql(add, json!({ "input": input })).await.expect_data();
    let mut watcher = GraphqlSocket::open(&other.client).await;
    watcher.subscribe("1", CHANGES, json!({ "ws": workspace })).await;
    watcher.caught_up("1").await;
    watcher.socket.send(json!({ "type": "complete", "id": "1" })).await;
    // Messages are taken in their order: once this is answered, the first is completed.
    watcher.subscribe("2", "{ viewer { user { id } } }", json!({})).await;
    let user = watcher.next("2").await["user"]["id"].clone();

    let remove = "mutation($input: RemoveMemberInput!) {
      removeMember(input: $input) { userErrors { code } } }";
    let input = json!({ "workspaceId": workspace, "userId": user });
    owner.graphql(remove, json!({ "input": input })).await.expect_data();
    watcher.subscribe("3", CHANGES, json!({})).await;
    watcher.caught_up("3").await;
    other.create_token("Desk").await;
    assert_eq!(watcher.next("3").await["change"], "created");
}

#[tokio::test]
async fn an_agent_watches_with_its_own_token_until_that_is_revoked() {
    let (client, person) = scene().await;
    let token = person.create_token_with(json!({ "name": "a", "scopes": ["graphql"] })).await;
    let mut watcher = GraphqlSocket::open(&client.with_bearer(&token.secret)).await;
    watcher.subscribe("1", CHANGES, json!({})).await;
    watcher.caught_up("1").await;
    let other = person.create_token("Desk").await;
    assert_eq!(watcher.next("1").await["agentToken"]["name"], "Desk");
    person.revoke_token(&other.id).await;
    assert_eq!(watcher.next("1").await["agentToken"]["status"], "REVOKED");
    person.revoke_token(&token.id).await;
    assert_eq!(watcher.closed().await, (4401, "token_revoked".to_owned()));
}

#[tokio::test]
async fn the_history_goes_on_from_a_cursor_and_tells_what_the_pages_tell() {
    let (_, person) = scene().await;
    let filter = json!({ "types": ["agent_token.created", "agent_token.revoked"] });
    let mut watcher = GraphqlSocket::open(&person.client).await;
    watcher.subscribe("1", AUDIT, json!({ "filter": filter })).await;
    watcher.caught_up("1").await;
    let token = person.create_token("Desk").await;
    let created = watcher.next("1").await;
    assert_eq!(created["type"], "agent_token.created");
    assert!(created["data"].as_str().unwrap().contains("\"name\":\"Desk\""), "{created}");
    drop(watcher);

    person.revoke_token(&token.id).await;
    let mut watcher = GraphqlSocket::open(&person.client).await;
    let from = json!({ "filter": filter, "after": created["cursor"] });
    watcher.subscribe("2", AUDIT, from).await;
    let missed = watcher.caught_up("2").await;
    let types: Vec<_> = missed.iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["agent_token.revoked"]);

    let page = "query($after: Cursor, $filter: AuditFilter) {
      auditEvents(after: $after, filter: $filter) {
        nodes { __typename cursor type actor { kind id } data } } }";
    let pages = eventually("the page to hold the revocation", || async {
        let asked = json!({ "filter": filter, "after": created["cursor"] });
        let answer = person.graphql(page, asked).await.expect_data();
        let nodes = answer.at("/data/auditEvents/nodes").as_array().unwrap().clone();
        (!nodes.is_empty()).then_some(nodes)
    })
    .await;
    assert_eq!(pages, missed);
}

#[tokio::test]
async fn what_can_not_be_read_is_told_and_passed_by() {
    let service = Service::start_default().await.unwrap();
    let person = Person::new(&service.client()).await;
    let first = person.create_token("First").await;
    let mut live = GraphqlSocket::open(&person.client).await;
    live.subscribe("1", CHANGES, json!({})).await;
    live.caught_up("1").await;

    let log = OpenLog::of(service.data()).await.unwrap();
    let client = eventstore::Client::new(log.url().parse().unwrap()).unwrap();
    let odd = eventstore::EventData::binary("agent_token.revoked", "no JSON".into());
    let new = eventstore::AppendToStreamOptions::default()
        .expected_revision(eventstore::ExpectedRevision::NoStream);
    let stream = "agent_token-018f0000-0000-7000-8000-000000000000";
    client.append_to_stream(stream, &new, odd).await.unwrap();
    person.revoke_token(&first.id).await;

    let told = live.next("1").await;
    assert_eq!(told["__typename"], "StreamUnreadable");
    assert_eq!(live.next("1").await["change"], "revoked");

    // Whoever catches up learns of it at the same place, and of what followed.
    let resume = "subscription($after: Cursor) { agentTokenChanged(after: $after) { __typename
        ... on AgentTokenChange { cursor change } ... on StreamUnreadable { cursor } } }";
    let mut late = GraphqlSocket::open(&person.client).await;
    late.subscribe("1", resume, json!({ "after": first.position })).await;
    let missed = late.caught_up("1").await;
    let kinds: Vec<_> = missed.iter().map(|it| it["__typename"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["StreamUnreadable", "AgentTokenChange"]);
    late.subscribe("2", resume, json!({ "after": missed[0]["cursor"] })).await;
    assert_eq!(late.caught_up("2").await, missed[1..]);
    log.close().await;
}

#[tokio::test]
async fn queries_and_mutations_may_come_by_socket_and_pass_the_same_guard() {
    let (_, person) = scene().await;
    let mut socket = GraphqlSocket::open(&person.client).await;
    let create = "mutation { createToken(input: { name: \"Desk\" }) { secret } }";
    socket.subscribe("1", create, json!({})).await;
    assert!(socket.next("1").await["secret"].as_str().unwrap().starts_with("nxa_"));
    assert_eq!(socket.socket.json_of("complete").await["id"], "1");
    let aliases: Vec<_> = (0..16).map(|n| format!("a{n}: projections {{ name }}")).collect();
    socket.subscribe("2", &format!("{{ {} }}", aliases.join(" ")), json!({})).await;
    let error = socket.socket.json_of("error").await;
    assert_eq!(error["payload"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX", "{error}");
}

#[tokio::test]
async fn a_bad_cursor_ends_the_operation_and_not_the_socket() {
    let (_, person) = scene().await;
    let mut socket = GraphqlSocket::open(&person.client).await;
    socket.subscribe("1", AUDIT, json!({ "after": "nonsense" })).await;
    let error = socket.socket.json_of("error").await;
    assert_eq!(error["payload"][0]["extensions"]["code"], "BAD_USER_INPUT", "{error}");
    socket.subscribe("1", AUDIT, json!({})).await;
    socket.caught_up("1").await;
}

#[tokio::test]
async fn a_list_can_be_seen_as_it_was_at_a_time() {
    let (_, person) = scene().await;
    let first = person.create_token("First").await;
    let query = "query($id: ID!) { agentToken(id: $id) { createdAt } }";
    let created = person.graphql(query, json!({ "id": first.id })).await.expect_data();
    let time = created.text_at("/data/agentToken/createdAt");
    let second = person.create_token("Second").await;
    person.revoke_token(&first.id).await;
    let list = "query($at: AsOf) {
      agentTokens(asOf: $at) { totalCount nodes { id status lastUsedAt } } }";
    let then = eventually("the history to hold the first token", || async {
        let answer = person.graphql(list, json!({ "at": { "time": time } })).await.expect_data();
        (answer.at("/data/agentTokens/totalCount") == &json!(1)).then_some(answer)
    })
    .await;
    let only = json!([{ "id": first.id, "status": "ACTIVE", "lastUsedAt": null }]);
    assert_eq!(then.at("/data/agentTokens/nodes"), &only);
    let at = json!({ "at": { "position": second.position } });
    let later = person.graphql(list, at).await.expect_data();
    let ids: Vec<&Value> = later
        .at("/data/agentTokens/nodes")
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(ids, [&json!(second.id), &json!(first.id)]);
}

async fn scene() -> (Client, Person) {
    let client = Service::shared().await.client();
    (client.clone(), Person::new(&client).await)
}

#[tokio::test]
async fn read_models_are_seen_to_move_on() {
    let (_, owner) = scene().await;
    let known = owner.graphql("{ projections { name } }", json!({})).await.expect_data();
    let known = known.at("/data/projections").as_array().unwrap().len();
    let mut watcher = GraphqlSocket::open(&owner.client).await;
    let watch = "subscription { projectionStatus { name state position } }";
    watcher.subscribe("1", watch, json!({})).await;
    let mut positions = BTreeMap::new();
    for _ in 0..known {
        let status = watcher.next("1").await;
        assert_eq!(status["state"], "LIVE");
        positions.insert(status["name"].to_string(), status["position"].clone());
    }
    assert_eq!(positions.len(), known, "each of them once");
    owner.create_token("Moves them on").await;
    let moved = watcher.next("1").await;
    assert_ne!(moved["position"], positions[&moved["name"].to_string()], "{moved}");
}
