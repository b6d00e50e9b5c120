//! GraphQL over HTTP: who is answered, and what is refused before it costs anything.

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::{account::Person, client::Client, service::Service, setup::Setup};

const VIEWER: &str = "{ viewer { user { id } } }";

#[tokio::test]
async fn the_viewer_sees_who_they_are_and_what_they_may() {
    let (_, person) = scene().await;
    let query = "{ viewer { user { id number username } permissions
      memberships { role permissions workspace { id name plan } } } }";
    let answer = person.graphql(query, json!({})).await.expect_data();
    let viewer = answer.at("/data/viewer");
    assert_eq!(viewer["user"]["username"], json!(person.name));
    assert_eq!(viewer["memberships"][0]["role"], "OWNER");
    assert_eq!(viewer["memberships"][0]["workspace"]["plan"], "PRO");
    let permissions = viewer["memberships"][0]["permissions"].as_array().unwrap();
    assert!(permissions.contains(&json!("tokens:manage")), "{}", answer.text);
}

#[tokio::test]
async fn nobody_is_answered_without_a_credential() {
    let (client, _) = scene().await;
    let answer = client.graphql(VIEWER, json!({})).await.expect(401);
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
}

#[tokio::test]
async fn a_stranger_sees_the_schema_only_where_the_operator_says_so() {
    let schema = "{ __schema { queryType { name } } }";
    let (client, _) = scene().await;
    client.graphql(schema, json!({})).await.expect(401);
    let service = Setup::default().env("GRAPHQL_INTROSPECTION", "on").start().await.unwrap();
    let stranger = service.client();
    let seen = stranger.graphql(schema, json!({})).await.expect_data();
    assert_eq!(seen.at("/data/__schema/queryType/name"), "Query", "{}", seen.text);
    let person = stranger.graphql(VIEWER, json!({})).await;
    assert!(person.at("/data/viewer").is_null(), "{}", person.text);
    assert!(person.text.contains("UNAUTHENTICATED"), "{}", person.text);
}

#[tokio::test]
async fn only_a_json_body_that_was_posted_is_executed() {
    let (_, person) = scene().await;
    let client = &person.client;
    let document = json!({ "query": VIEWER }).to_string();
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        client.post_raw("/graphql", media_type, document.clone()).await.expect(415);
    }
    let get = client.get("/graphql?query=%7Bviewer%7Buser%7Bid%7D%7D%7D").await;
    assert_eq!(get.status, 405, "{}", get.text);
    for body in ["", "text", "{", "null", "[]", "{\"query\":1}"] {
        client.post_raw("/graphql", "application/json", body).await.expect(400);
    }
    let batch = json!([{ "query": VIEWER }, { "query": VIEWER }]);
    client.post("/graphql", batch).await.expect(400);
    let large = json!({ "query": format!("{VIEWER} # {}", "x".repeat(70_000)) });
    client.post("/graphql", large).await.expect(413);
}

/// Apollo's automatic persisted queries: the digest alone, then with the text, then alone again.
#[tokio::test]
async fn a_document_that_was_sent_once_is_named_by_its_digest() {
    let (_, person) = scene().await;
    let ask = async |query: Option<&str>, of: &str| {
        let digest = hex::encode(Sha256::digest(of));
        let named = json!({ "persistedQuery": { "version": 1, "sha256Hash": digest } });
        let body = match query {
            Some(text) => json!({ "query": text, "extensions": named }),
            None => json!({ "extensions": named }),
        };
        person.client.post("/graphql", body).await
    };
    let document = "query Persisted { viewer { user { id } } }";
    let unknown = ask(None, document).await.expect_error("PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(unknown.at("/errors/0/message"), "PersistedQueryNotFound");
    ask(Some(document), document).await.expect_data();
    ask(None, document).await.expect_data();
    ask(Some("{ projections { name } }"), document).await.expect_error("BAD_USER_INPUT");
    // What the guard refuses is not kept: its digest leads nowhere.
    let dear = fan(10, 12);
    ask(Some(&dear), &dear).await.expect_error("QUERY_TOO_COMPLEX");
    ask(None, &dear).await.expect_error("PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn a_document_that_would_be_dear_is_refused() {
    let (_, person) = scene().await;
    let aliased = |count: usize, field: &str| {
        let fields: Vec<String> = (0..count).map(|n| format!("a{n}: {field}")).collect();
        format!("{{ {} }}", fields.join(" "))
    };
    let directives = "@include(if: true) ".repeat(9);
    let mut bombs = vec![
        aliased(1000, "viewer { user { id } }"),
        aliased(11, "projections { name }"),
        format!("{{ viewer {directives} {{ user {{ id }} }} }}"),
        format!("{{ viewer {{ user {{ id }} }} }} # {}", "x".repeat(17_000)),
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
    ];
    bombs.extend([(4, 10), (4, 14), (2, 30), (10, 12)].map(|(width, depth)| fan(width, depth)));
    for bomb in bombs {
        let answer = person.graphql(&bomb, json!({})).await;
        let code = answer.at("/errors/0/extensions/code");
        let shown: String = bomb.chars().take(60).collect();
        assert_eq!(code, "QUERY_TOO_COMPLEX", "{shown}: {}", answer.text);
        assert!(answer.at("/data").is_null());
    }
    let large = json!({ "filter": { "nameContains": "x".repeat(9000) } });
    let query = "query($filter: AgentTokenFilter) { agentTokens(filter: $filter) { totalCount } }";
    person.graphql(query, large).await.expect_error("QUERY_TOO_COMPLEX");
}

#[tokio::test]
async fn a_document_carries_one_sensitive_mutation() {
    let (_, person) = scene().await;
    let two = r#"mutation {
      a: createToken(input: { name: "a" }) { secret }
      b: createToken(input: { name: "b" }) { secret } }"#;
    person.graphql(two, json!({})).await.expect_error("QUERY_TOO_COMPLEX");
}

#[tokio::test]
async fn what_no_schema_knows_is_the_callers_fault() {
    let (_, person) = scene().await;
    for query in
        ["{ viewre { id } }", "{ viewer { user { nme } } }", "{", "query Q($a: X) { viewer }"]
    {
        let answer = person.graphql(query, json!({})).await;
        assert!(!answer.text.to_lowercase().contains("did you mean"), "{}", answer.text);
        answer.expect_error("BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn a_page_has_a_hundred_tokens_at_most() {
    let (_, person) = scene().await;
    let pages = ["first: 101", "first: -1", "last: 101", "first: 1, last: 1", "after: \"x\""];
    for arguments in pages {
        let query = format!("{{ agentTokens({arguments}) {{ totalCount }} }}");
        person.graphql(&query, json!({})).await.expect_error("BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn a_malformed_id_or_position_is_the_callers_fault() {
    let (_, person) = scene().await;
    let token = "query($id: ID!, $c: Consistency, $at: AsOf) {
      agentToken(id: $id, consistency: $c, asOf: $at) { id } }";
    let id = person.create_token("Desk").await.id;
    let malformed = [
        json!({ "id": id, "c": { "atLeast": "12" } }),
        json!({ "id": id, "c": { "atLeast": "" } }),
        json!({ "id": id, "at": {} }),
        json!({ "id": id, "at": { "time": "yesterday" } }),
        json!({ "id": id, "at": { "position": "x" } }),
    ];
    for variables in malformed {
        let answer = person.graphql(token, variables.clone()).await;
        assert_eq!(answer.at("/errors/0/extensions/code"), "BAD_USER_INPUT", "{variables}");
    }
}

#[tokio::test]
async fn what_belongs_to_another_workspace_is_not_found() {
    let (client, person) = scene().await;
    let stranger = Person::new(&client).await;
    let token = person.create_token("Desk").await;
    let workspace = person.workspace().await;
    let (id, ws) = (json!({ "id": token.id }), json!({ "ws": workspace }));
    let asked = [
        ("query($id: ID!) { agentToken(id: $id) { id } }", &id),
        ("query($id: ID!) { explainToken(id: $id) { code } }", &id),
        ("query($ws: ID) { workspace(id: $ws) { id } }", &ws),
        ("query($ws: ID) { agentTokens(workspaceId: $ws) { totalCount } }", &ws),
        ("mutation($id: ID!) { revokeToken(input: { id: $id }) { position } }", &id),
        ("mutation($id: ID!) { renameToken(input: { id: $id, name: \"x\" }) { position } }", &id),
        ("mutation($id: ID!) { rotateToken(input: { id: $id }) { secret } }", &id),
        (
            "mutation($ws: ID!) { changePlan(input: { workspaceId: $ws, plan: FREE }) { position } }",
            &ws,
        ),
    ];
    for (query, variables) in asked {
        let answer = stranger.graphql(query, variables.clone()).await;
        assert!(is_not_found(&answer.json), "{query}: {}", answer.text);
        assert!(!answer.text.contains("FORBIDDEN"), "{}", answer.text);
    }
    let create = json!({ "name": "x", "workspaceId": workspace });
    stranger.try_create_token(create).await.expect_error("NOT_FOUND");
    let mut headers = HeaderMap::new();
    headers.insert("x-workspace", workspace.parse().unwrap());
    let list = json!({ "query": "{ agentTokens { totalCount } }" });
    let answer = stranger.client.post_with("/graphql", headers, list).await;
    answer.expect_error("NOT_FOUND");
    let node = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }";
    let answer = stranger.graphql(node, id).await;
    assert!(answer.at("/data/node").is_null() && answer.at("/data/nodes/0").is_null());
    person
        .graphql("query($id: ID!) { agentToken(id: $id) { status } }", json!({ "id": token.id }))
        .await
        .expect_data();
}

#[tokio::test]
async fn an_unknown_id_is_not_found_whatever_it_looks_like() {
    let (_, person) = scene().await;
    for id in ["", "tok_", "tok_0000000000000000000000", "usr_0", "x", "tok_zzzzzzzzzzzzzzzzzzzzzz"]
    {
        let query = "query($id: ID!) { agentToken(id: $id) { id } }";
        let answer = person.graphql(query, json!({ "id": id })).await;
        let found = answer.at("/data/agentToken");
        assert!(found.is_null(), "{id}: {}", answer.text);
    }
}

#[tokio::test]
async fn an_agent_token_reads_but_never_manages() {
    let (client, person) = scene().await;
    let token = person.create_token_with(json!({ "name": "a", "scopes": ["graphql"] })).await;
    let agent = client.with_bearer(&token.secret);
    agent.graphql("{ agentTokens { totalCount } }", json!({})).await.expect_data();
    let create = r#"mutation { createToken(input: { name: "b" }) { secret } }"#;
    agent.graphql(create, json!({})).await.expect_error("FORBIDDEN");
    let plan = "mutation($ws: ID!) {
      changePlan(input: { workspaceId: $ws, plan: FREE }) { position } }";
    let workspace = json!({ "ws": person.workspace().await });
    agent.graphql(plan, workspace).await.expect_error("FORBIDDEN");
}

#[tokio::test]
async fn an_error_of_ours_says_nothing_but_the_requests_id() {
    let (client, _) = scene().await;
    let answer = client.request(Method::POST, "/nowhere").send().await.unwrap();
    assert_eq!(answer.status(), 404);
}

/// Fragments that each spread the next one `width` times: `width` to the power of `depth` fields.
fn fan(width: usize, depth: usize) -> String {
    let fragment = |level: usize| {
        let spreads = format!("...F{} ", level + 1).repeat(width);
        format!("fragment F{level} on Query {{ {spreads} }}")
    };
    let fragments: Vec<String> = (0..depth).map(fragment).collect();
    let last = format!("fragment F{depth} on Query {{ __typename }}");
    format!("{{ ...F0 }} {} {last}", fragments.join(" "))
}

fn is_not_found(answer: &Value) -> bool {
    answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        || answer["data"].as_object().is_some_and(|data| data.values().all(Value::is_null))
}

async fn scene() -> (Client, Person) {
    let client = Service::shared().await.client();
    (client.clone(), Person::new(&client).await)
}
