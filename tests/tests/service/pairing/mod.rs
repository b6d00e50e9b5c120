//! Pairing: a code in a dashboard becomes an agent token on a device.

mod crashes;
mod guessing;
mod rights;

use serde_json::{Value, json};
use tests::{
    account::Person, answer::Answer, client::Client, graphql_socket::GraphqlSocket,
    service::Service, socket::Socket, wait::eventually,
};

/// A code as its person sees it.
#[derive(Clone, Debug)]
struct Code {
    id: String,
    text: String,
}

async fn generate(person: &Person) -> Code {
    let answer = try_generate(person, json!({})).await.expect_data();
    assert_eq!(answer.at("/data/generatePairingCode/userErrors"), &json!([]), "{}", answer.text);
    Code {
        id: answer.text_at("/data/generatePairingCode/pairingCode/id"),
        text: answer.text_at("/data/generatePairingCode/code"),
    }
}

async fn try_generate(person: &Person, input: Value) -> Answer {
    let generate = "mutation($input: GeneratePairingCodeInput!) {
      generatePairingCode(input: $input) {
        pairingCode { id createdAt expiresAt usedAt createdBy { id } agentToken { id } }
        code deepLink expiresAt position userErrors { code }
      } }";
    person.graphql(generate, json!({ "input": input })).await
}

async fn exchange(client: &Client, code: &str) -> Answer {
    let body = json!({ "code": code, "device_name": "DESK-1" });
    client.post("/api/agent-tokens/exchange", body).await
}

#[tokio::test]
async fn a_code_becomes_a_token_that_works_and_its_generator_sees_it() {
    let service = Service::shared().await;
    let (client, device) = (service.client(), service.client());
    let person = Person::new(&client).await;
    let answer = try_generate(&person, json!({})).await.expect_data();
    let code = answer.text_at("/data/generatePairingCode/code");
    assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
    let link = answer.text_at("/data/generatePairingCode/deepLink");
    assert_eq!(link, format!("nexmod://pair?code={code}"));
    let id = answer.text_at("/data/generatePairingCode/pairingCode/id");

    let mut watcher = GraphqlSocket::open(&person.client).await;
    let watch = "subscription($id: ID!) {
      pairingCodeExchanged(pairingCodeId: $id) { id usedAt agentToken { id name origin } } }";
    watcher.subscribe("1", watch, json!({ "id": id })).await;
    let paired = exchange(&device, &code).await.expect(200).expect_uncacheable();
    assert_eq!(paired.at("/name"), "Desktop App (DESK-1)");
    assert_eq!(paired.at("/expires_at"), &json!(null));
    assert_eq!(paired.at("/scopes"), &json!(["ws:connect"]));
    let address = service.address().replacen("http", "ws", 1);
    assert_eq!(paired.at("/websocket_url"), &json!(format!("{address}/ws")));
    assert_eq!(paired.text_at("/workspace_id"), person.workspace().await);

    let seen = watcher.next("1").await;
    assert_eq!((&seen["id"], seen["usedAt"].is_string()), (&json!(id), true), "{seen}");
    assert_eq!(&seen["agentToken"]["id"], paired.at("/token_id"));
    assert_eq!(seen["agentToken"]["origin"], "PAIRING");

    let (_socket, hello) = Socket::agent(&device, &paired.text_at("/token")).await;
    assert_eq!(&hello["token_id"], paired.at("/token_id"));
    exchange(&device, &code).await.expect_refusal(409, "pairing_code_used");
    // Whoever asks for it late is told at once.
    watcher.subscribe("2", watch, json!({ "id": id })).await;
    assert_eq!(watcher.next("2").await["agentToken"]["id"], seen["agentToken"]["id"]);
}

#[tokio::test]
async fn a_code_is_read_as_people_type_it() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let code = generate(&person).await.text;
    let typed = format!(" {}-{} ", &code[..3], &code[3..]);
    let body = json!({ "code": typed });
    let paired = service.client().post("/api/agent-tokens/exchange", body).await.expect(200);
    assert_eq!(paired.at("/name"), "Desktop App");
}

#[tokio::test]
async fn a_token_may_be_named_and_given_an_end_when_its_code_is_generated() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let ends = "2126-01-01T00:00:00.000Z";
    let input = json!({ "tokenName": "Workbench", "tokenExpiresAt": ends });
    let answer = try_generate(&person, input).await.expect_data();
    let code = answer.text_at("/data/generatePairingCode/code");
    let paired = exchange(&service.client(), &code).await.expect(200);
    assert_eq!(paired.at("/name"), "Workbench");
    assert!(paired.text_at("/expires_at").starts_with("2126-01-01T00:00:00"), "{}", paired.text);
    let past = json!({ "tokenExpiresAt": "2020-01-01T00:00:00Z" });
    let refused = try_generate(&person, past).await.expect_data();
    assert_eq!(refused.at("/data/generatePairingCode/userErrors/0/code"), "EXPIRES_IN_PAST");
}

#[tokio::test]
async fn what_is_no_code_and_what_is_nobodys_are_told_apart() {
    let client = Service::shared().await.client();
    for wrong in ["", "12345", "1234567", "12345u", "abc def g"] {
        exchange(&client, wrong).await.expect_refusal(400, "invalid_request");
    }
    let body = json!({ "code": "123456", "device_name": "x".repeat(65) });
    client.post("/api/agent-tokens/exchange", body).await.expect_refusal(400, "invalid_request");
    exchange(&client, "ZZZZZZ").await.expect_refusal(404, "pairing_code_invalid");
}

#[tokio::test]
async fn a_new_code_supersedes_the_old_and_a_cancelled_one_is_worthless() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let (old, new) = (generate(&person).await, generate(&person).await);
    exchange(&service.client(), &old.text).await.expect_refusal(410, "pairing_code_expired");
    let cancel = "mutation($id: ID!) { cancelPairingCode(input: { id: $id }) {
      pairingCode { id cancelledAt supersededAt } userErrors { code } } }";
    let cancelled = person.graphql(cancel, json!({ "id": new.id })).await.expect_data();
    let at = cancelled.at("/data/cancelPairingCode/pairingCode/cancelledAt");
    assert!(at.is_string(), "{}", cancelled.text);
    exchange(&service.client(), &new.text).await.expect_refusal(410, "pairing_code_expired");
    // What was superseded is as good as cancelled.
    let again = person.graphql(cancel, json!({ "id": old.id })).await.expect_data();
    let at = again.at("/data/cancelPairingCode/pairingCode/supersededAt");
    assert!(at.is_string(), "{}", again.text);
    let stranger = Person::new(&service.client()).await;
    stranger.graphql(cancel, json!({ "id": new.id })).await.expect_error("NOT_FOUND");
}

#[tokio::test]
async fn a_workspace_lists_its_pairings_and_never_a_code() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let (first, second) = (generate(&person).await, generate(&person).await);
    let list = "query($all: Boolean) { workspace { pairingCodes(activeOnly: $all) {
      edges { node { id usedAt supersededAt agentToken { id } } } pageInfo { hasNextPage } } } }";
    let ids = async |active: bool| {
        let answer = person.graphql(list, json!({ "all": active })).await.expect_data();
        let edges = answer.at("/data/workspace/pairingCodes/edges").as_array().unwrap().clone();
        let ids: Vec<_> =
            edges.iter().map(|edge| edge["node"]["id"].as_str().unwrap().to_owned()).collect();
        (ids, answer.text)
    };
    assert_eq!(ids(true).await.0, std::slice::from_ref(&second.id));
    let (all, text) = ids(false).await;
    assert_eq!(all, [second.id.clone(), first.id.clone()]);
    assert!(!text.contains(&second.text), "{text}");
    exchange(&service.client(), &second.text).await.expect(200);
    eventually("the code to be used up", async || (ids(true).await.0.is_empty()).then_some(()))
        .await;
    let node = "query($id: ID!) { node(id: $id) { id ... on PairingCode { usedAt } } }";
    let shown = person.graphql(node, json!({ "id": second.id })).await.expect_data();
    assert!(shown.at("/data/node/usedAt").is_string(), "{}", shown.text);
    let stranger = Person::new(&service.client()).await;
    let hidden = stranger.graphql(node, json!({ "id": second.id })).await.expect_data();
    assert!(hidden.at("/data/node").is_null(), "{}", hidden.text);
}

#[tokio::test]
async fn the_code_can_be_exchanged_over_graphql_too() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let code = generate(&person).await.text;
    let exchange = "mutation($code: String!) { exchangeCode(input: { code: $code }) {
      agentToken { id name } secret secretAvailable userErrors { code } } }";
    let answer = person.graphql(exchange, json!({ "code": code })).await.expect_data();
    assert!(answer.text_at("/data/exchangeCode/secret").starts_with("nxa_"), "{}", answer.text);
    for (code, refusal) in [(&*code, "USED"), ("ZZZZZZ", "INVALID"), ("nothing", "INVALID")] {
        let answer = person.graphql(exchange, json!({ "code": code })).await.expect_data();
        let expected = format!("PAIRING_CODE_{refusal}");
        assert_eq!(answer.at("/data/exchangeCode/userErrors/0/code"), &json!(expected));
    }
}
