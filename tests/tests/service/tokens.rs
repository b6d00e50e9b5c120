//! Agent tokens: created, renamed, rotated, revoked.

use serde_json::{Value, json};
use tests::{account::Person, service::Service, setup::Setup};

#[tokio::test]
async fn a_new_token_shows_its_secret_once() {
    let person = Person::new(&Service::shared().await.client()).await;
    let answer = person.try_create_token(json!({ "name": "  Desk  " })).await.expect_data();
    let token = answer.at("/data/createToken/agentToken");
    let secret = answer.text_at("/data/createToken/secret");
    assert!(secret.starts_with("nxa_") && secret.len() == 4 + 22 + 1 + 43 + 6, "{secret}");
    assert_eq!(token["name"], "Desk");
    assert_eq!(token["status"], "ACTIVE");
    assert_eq!(token["scopes"], json!(["ws:connect"]));
    assert_eq!(token["hint"], format!("nxa_...{}", &secret[secret.len() - 4..]));
    assert_eq!(answer.at("/data/createToken/secretAvailable"), true);
    let id = answer.text_at("/data/createToken/agentToken/id");
    let found = person.graphql(TOKEN, json!({ "id": id })).await.expect_data();
    assert!(!found.text.contains(&secret), "{}", found.text);
    answer.expect_uncacheable();
}

#[tokio::test]
async fn a_token_created_with_a_key_is_created_once_and_its_secret_is_not_shown_again() {
    let person = Person::new(&Service::shared().await.client()).await;
    let input = json!({ "name": "Desk", "idempotencyKey": "first", "clientMutationId": "m1" });
    let first = person.try_create_token(input.clone()).await.expect_data();
    let again = person.try_create_token(input).await.expect_data();
    let id = |answer: &tests::answer::Answer| answer.text_at("/data/createToken/agentToken/id");
    assert_eq!(id(&first), id(&again));
    assert_eq!(first.at("/data/createToken/clientMutationId"), "m1");
    assert!(again.at("/data/createToken/secret").is_null(), "{}", again.text);
    assert_eq!(again.at("/data/createToken/secretAvailable"), false);
    assert_eq!(count(&person).await, 1);
}

#[tokio::test]
async fn what_cannot_be_a_token_is_refused_in_the_payload() {
    let person = Person::new(&Service::shared().await.client()).await;
    let long = "x".repeat(101);
    let refusals = [
        (json!({ "name": "" }), "NAME_REQUIRED"),
        (json!({ "name": "   " }), "NAME_REQUIRED"),
        (json!({ "name": long }), "NAME_TOO_LONG"),
        (json!({ "name": "nul\0" }), "INVALID_INPUT"),
        (json!({ "name": "right\u{202E}left" }), "INVALID_INPUT"),
        (json!({ "name": "bell\u{7}" }), "INVALID_INPUT"),
        (json!({ "name": "a", "expiresAt": "2001-01-01T00:00:00Z" }), "EXPIRES_IN_PAST"),
        (json!({ "name": "a", "scopes": ["tokens:manage"] }), "SCOPE_NOT_ALLOWED"),
        (json!({ "name": "a", "allowedCidrs": ["10.0.0.0/40"] }), "INVALID_INPUT"),
    ];
    for (input, code) in refusals {
        let answer = person.try_create_token(input.clone()).await.expect_data();
        let errors = answer.at("/data/createToken/userErrors");
        assert_eq!(errors[0]["code"], code, "{input}: {}", answer.text);
        assert!(answer.at("/data/createToken/agentToken").is_null(), "{}", answer.text);
        assert!(answer.at("/data/createToken/secret").is_null(), "{}", answer.text);
    }
    assert_eq!(count(&person).await, 0);
}

#[tokio::test]
async fn a_workspace_on_pro_has_ten_tokens_at_most_also_under_a_race() {
    let person = Person::new(&Service::shared().await.client()).await;
    let attempts = (0..14).map(|n| person.try_create_token(json!({ "name": format!("t{n}") })));
    let answers = futures::future::join_all(attempts).await;
    let codes: Vec<_> =
        answers.iter().map(|it| it.at("/data/createToken/userErrors/0/code").clone()).collect();
    let refused = codes.iter().filter(|code| **code == "TOKEN_LIMIT_REACHED").count();
    let made = codes.iter().filter(|code| code.is_null()).count();
    assert_eq!((made, refused), (10, 4), "{codes:?}");

    let id = answers.iter().find_map(|it| it.at("/data/createToken/agentToken/id").as_str());
    person.revoke_token(id.unwrap()).await;
    person.create_token("one more, since one is gone").await;
}

#[tokio::test]
async fn the_free_plan_has_no_tokens() {
    let service = Setup::default().env("DEFAULT_PLAN", "free").start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let answer = person.try_create_token(json!({ "name": "Desk" })).await;
    let extensions = answer.at("/errors/0/extensions").clone();
    answer.expect_error("PLAN_REQUIRED");
    assert_eq!(extensions["requiredPlan"], "PRO");
    assert_eq!(extensions["currentPlan"], "FREE");
}

#[tokio::test]
async fn a_token_can_be_renamed_at_the_revision_one_saw() {
    let person = Person::new(&Service::shared().await.client()).await;
    let token = person.create_token("Desk").await;
    let rename = |name: &'static str, revision: Value| {
        let input = json!({ "id": token.id, "name": name, "expectedRevision": revision });
        person.graphql(RENAME, json!({ "input": input }))
    };
    let renamed = rename("Laptop", json!(0)).await.expect_data();
    assert_eq!(renamed.at("/data/renameToken/agentToken/name"), "Laptop");
    let revision = renamed.at("/data/renameToken/agentToken/revision").clone();

    let late = rename("Tablet", json!(0)).await;
    assert_eq!(late.at("/errors/0/extensions/currentRevision"), &revision, "{}", late.text);
    late.expect_error("VERSION_CONFLICT");
    rename("Tablet", revision).await.expect_data();
}

#[tokio::test]
async fn revoking_twice_is_revoking_once() {
    let person = Person::new(&Service::shared().await.client()).await;
    let token = person.create_token("Desk").await;
    let first = person.revoke_token(&token.id).await;
    let again = person.revoke_token(&token.id).await;
    let path = "/data/revokeToken/agentToken";
    assert_eq!(first.at(&format!("{path}/status")), "REVOKED");
    assert_eq!(first.at(path), again.at(path));
}

#[tokio::test]
async fn a_revoked_token_can_be_neither_renamed_nor_rotated() {
    let person = Person::new(&Service::shared().await.client()).await;
    let token = person.create_token("Desk").await;
    person.revoke_token(&token.id).await;
    let rename = json!({ "input": { "id": token.id, "name": "Laptop" } });
    let answer = person.graphql(RENAME, rename).await.expect_data();
    assert_eq!(answer.at("/data/renameToken/userErrors/0/code"), "TOKEN_REVOKED");
    let answer = person.graphql(ROTATE, json!({ "input": { "id": token.id } })).await;
    let answer = answer.expect_data();
    assert_eq!(answer.at("/data/rotateToken/userErrors/0/code"), "TOKEN_REVOKED");
}

#[tokio::test]
async fn rotating_gives_a_new_token_that_takes_the_slot_of_the_old_one() {
    let person = Person::new(&Service::shared().await.client()).await;
    let old = person.create_token("Desk").await;
    let input = json!({ "id": old.id, "overlapSeconds": 600 });
    let answer = person.graphql(ROTATE, json!({ "input": input })).await.expect_data();
    let new = answer.text_at("/data/rotateToken/agentToken/id");
    assert_eq!(answer.at("/data/rotateToken/agentToken/name"), "Desk");
    assert_eq!(answer.at("/data/rotateToken/agentToken/origin"), "ROTATION");
    assert_ne!(answer.text_at("/data/rotateToken/secret"), old.secret);
    let position = answer.text_at("/data/rotateToken/position");
    let before = json!({ "id": old.id, "atLeast": { "atLeast": position } });
    let before = person.graphql(TOKEN, before).await.expect_data();
    assert_eq!(before.at("/data/agentToken/replacedBy/id"), &json!(new), "{}", before.text);
    assert_eq!(before.at("/data/agentToken/status"), "ACTIVE");
}

#[tokio::test]
async fn all_tokens_can_be_revoked_at_once() {
    let person = Person::new(&Service::shared().await.client()).await;
    let mut created = Vec::new();
    for number in 0..3 {
        created.push(person.create_token(&format!("t{number}")).await.id);
    }
    let answer = person.graphql(REVOKE_ALL, json!({ "input": { "reason": "spring" } })).await;
    let answer = answer.expect_data();
    let mut revoked: Vec<String> =
        serde_json::from_value(answer.at("/data/revokeAllTokens/revokedIds").clone()).unwrap();
    revoked.sort_unstable();
    created.sort_unstable();
    assert_eq!(revoked, created);
}

#[tokio::test]
async fn a_list_that_waits_for_a_position_holds_what_was_just_created() {
    let person = Person::new(&Service::shared().await.client()).await;
    let token = person.create_token("Desk").await;
    let list = "query($at: Position!) {
      agentTokens(first: 10, consistency: { atLeast: $at }) { totalCount nodes { id name } } }";
    let answer = person.graphql(list, json!({ "at": token.position })).await.expect_data();
    assert_eq!(answer.at("/data/agentTokens/nodes/0/id"), &json!(token.id));
}

/// Live tokens of the person's workspace, as of everything the person has done.
async fn count(person: &Person) -> u64 {
    let query = "{ agentTokens(first: 1) { totalCount position } }";
    let answer = person.graphql(query, json!({})).await.expect_data();
    let query = "query($at: Position!) {
      agentTokens(first: 1, consistency: { atLeast: $at }) { totalCount } }";
    let at = answer.text_at("/data/agentTokens/position");
    let answer = person.graphql(query, json!({ "at": at })).await.expect_data();
    answer.at("/data/agentTokens/totalCount").as_u64().unwrap()
}

const TOKEN: &str = "query($id: ID!, $atLeast: Consistency) {
  agentToken(id: $id, consistency: $atLeast) {
    id name hint status revoked expiresAt lastUsedAt createdAt createdBy { kind id }
    origin scopes allowedCidrs replacedBy { id } revision activeConnections
  } }";

const RENAME: &str = "mutation($input: RenameTokenInput!) {
  renameToken(input: $input) {
    agentToken { id name revision } userErrors { code message } position } }";

const ROTATE: &str = "mutation($input: RotateTokenInput!) {
  rotateToken(input: $input) {
    agentToken { id name origin status } secret userErrors { code message } position } }";

const REVOKE_ALL: &str = "mutation($input: RevokeAllTokensInput!) {
  revokeAllTokens(input: $input) { revokedIds position userErrors { code } } }";
