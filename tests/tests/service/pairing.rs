//! Pairing: a code in a dashboard becomes an agent token on a device.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{
    account::{Person, authenticate, verify},
    answer::Answer,
    client::Client,
    graphql_socket::GraphqlSocket,
    service::Service,
    setup::Setup,
    socket::Socket,
    wait::eventually,
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

/// A code that is none of these, without a guess at it being possible.
fn others(live: &[Code]) -> impl Iterator<Item = String> + use<> {
    let live: Vec<String> = live.iter().map(|code| code.text.clone()).collect();
    (0..1_000_000).map(|code| format!("{code:06}")).filter(move |code| !live.contains(code))
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
async fn of_fifty_exchanges_at_once_one_succeeds() {
    let service = Service::shared().await;
    let verifier = service.verifier();
    let person = Person::new(&service.client()).await;
    let code = generate(&person).await.text;
    // Each from a network of its own, so that none is refused for another's failure.
    let devices: Vec<Client> = (0..50).map(|_| service.client()).collect();
    let answers = join_all(devices.iter().map(|device| exchange(device, &code))).await;
    let mut statuses = BTreeMap::new();
    for answer in &answers {
        *statuses.entry(answer.status).or_insert(0) += 1;
    }
    assert_eq!(statuses, BTreeMap::from([(200, 1), (409, 49)]));
    let won = answers.iter().find(|answer| answer.status == 200).unwrap();
    let verdict = verify(&verifier, &won.text_at("/token")).await.expect(200);
    assert_eq!(verdict.at("/code"), "VALID");
    // The losers' slots are free again: nine more tokens fit into the plan, and a tenth does not.
    for number in 0..9 {
        person.create_token(&format!("token {number}")).await;
    }
    let full = person.try_create_token(json!({ "name": "one too many" })).await.expect_data();
    assert_eq!(full.at("/data/createToken/userErrors/0/code"), "TOKEN_LIMIT_REACHED");
}

#[tokio::test]
async fn a_full_workspace_refuses_before_the_code_is_spent() {
    let service = Setup::default().env("PLAN_PRO_TOKENS", "1").start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let token = person.create_token("the only one").await;
    let code = generate(&person).await.text;
    let refused = exchange(&service.client(), &code).await;
    refused.expect_refusal(403, "token_limit_reached");
    person.revoke_token(&token.id).await;
    exchange(&service.client(), &code).await.expect(200);
}

#[tokio::test]
async fn the_creators_rights_are_asked_again_when_the_code_is_exchanged() {
    let service = Service::shared().await;
    let owner = Person::new(&service.client()).await;
    let admin = Person::new(&service.client()).await;
    let workspace = owner.workspace().await;
    let add = "mutation($ws: ID!, $name: String!) { addMember(input: {
      workspaceId: $ws, username: $name, role: ADMIN }) { userErrors { code } } }";
    owner.graphql(add, json!({ "ws": workspace, "name": admin.name })).await.expect_data();
    let code = async || {
        let answer = try_generate(&admin, json!({ "workspaceId": workspace })).await.expect_data();
        answer.text_at("/data/generatePairingCode/code")
    };
    let user = admin.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
    let user = user.text_at("/data/viewer/user/id");
    let role = async |role: &str| {
        let change = json!({ "ws": workspace, "user": user, "role": role });
        owner
            .graphql(
                "mutation($ws: ID!, $user: ID!, $role: Role!) { changeMemberRole(input: {
              workspaceId: $ws, userId: $user, role: $role }) { userErrors { code } } }",
                change,
            )
            .await
            .expect_data();
    };

    let demoted = code().await;
    role("MEMBER").await;
    let refused = exchange(&service.client(), &demoted).await;
    refused.expect_refusal(403, "creator_not_allowed");
    role("ADMIN").await;
    // The refusal left the code as it was.
    exchange(&service.client(), &demoted).await.expect(200);

    let downgraded = code().await;
    let plan = |plan: &str| {
        service.operate(&["workspace", "set-plan", &workspace, plan]).unwrap();
    };
    plan("free");
    exchange(&service.client(), &downgraded).await.expect_refusal(403, "plan_required");
    let refused = try_generate(&admin, json!({ "workspaceId": workspace })).await;
    refused.expect_error("PLAN_REQUIRED");
    plan("pro");
    exchange(&service.client(), &downgraded).await.expect(200);

    let locked = code().await;
    for _ in 0..5 {
        authenticate(&service.client(), &admin.user_key, "wrong horse battery staple").await;
    }
    let refused = exchange(&service.client(), &locked).await;
    refused.expect_refusal(403, "creator_not_allowed");
}

#[tokio::test]
async fn a_network_has_five_wrong_codes_and_right_ones_cost_nothing() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let guesser = service.client();
    for _ in 0..2 {
        let code = generate(&person).await.text;
        exchange(&guesser, &code).await.expect(200);
    }
    for _ in 0..5 {
        exchange(&guesser, "ZZZZZZ").await.expect(404);
    }
    exchange(&guesser, "ZZZZZZ").await.expect_refusal(429, "too_many_attempts");
    let code = generate(&person).await.text;
    exchange(&guesser, &code).await.expect_refusal(429, "too_many_attempts");
    exchange(&service.client(), &code).await.expect(200);
    // Many at once try no more than as many in a row.
    let burst = service.client();
    let answers = join_all((0..20).map(|_| exchange(&burst, "ZZZZZZ"))).await;
    let judged = answers.iter().filter(|answer| answer.status == 404).count();
    assert_eq!((judged, answers.len() - judged), (5, 15));
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

/// Twenty codes live; ten thousand guesses come from two hundred networks.
#[tokio::test]
async fn guessing_finds_nothing_and_trips_the_breaker_and_pairing_goes_on() {
    const CODES: usize = 20;
    const NETWORKS: usize = 200;
    const GUESSES: usize = 50;
    let service = Setup::default().env("REGISTRATIONS_PER_HOUR", "1000").start().await.unwrap();
    let client = service.client();
    let mut people = Vec::new();
    for _ in 0..CODES {
        people.push(Person::new(&client).await);
    }
    let codes = join_all(people.iter().map(generate)).await;
    let mut guesses = others(&codes);
    let askers: Vec<(Client, Vec<String>)> = (0..NETWORKS)
        .map(|_| (service.client(), guesses.by_ref().take(GUESSES).collect()))
        .collect();
    let mut statuses = BTreeMap::new();
    for some in askers.chunks(8) {
        let answers = join_all(some.iter().map(async |(client, guesses)| {
            let mut told = Vec::new();
            for guess in guesses {
                told.push(exchange(client, guess).await.status);
            }
            told
        }));
        for status in answers.await.into_iter().flatten() {
            *statuses.entry(status).or_insert(0_usize) += 1;
        }
    }
    // Five each were judged, and none was right.
    assert_eq!(statuses, BTreeMap::from([(404, 5 * NETWORKS), (429, 45 * NETWORKS)]));

    // A hundredth of a chance was used up long before, so codes of digits are dead,
    let device = service.client();
    exchange(&device, &codes[0].text).await.expect_refusal(410, "pairing_code_expired");
    // and the honest user's next code is longer to guess, and works.
    let next = generate(&people[0]).await.text;
    assert!(next.len() == 6 && next.bytes().any(|it| it.is_ascii_uppercase()), "{next}");
    exchange(&service.client(), &next.to_lowercase()).await.expect(200);

    // What the breaker let happen before it tripped is in the history: a hundredth, and what was
    // on its way.
    let now = now();
    let stream = format!("pairing_guard-{}", now.date_naive());
    let at = now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let guard = service.operate(&["state", "--stream", &stream, "--at", &at]).unwrap();
    let risk = find(&guard, "risk").and_then(Value::as_u64).expect("the day's risk");
    assert!((10_000..12_000).contains(&risk), "{guard}");
    assert_eq!(find(&guard, "tripped"), Some(&json!(true)), "{guard}");
}

#[expect(clippy::disallowed_methods, reason = "the day that the service calls today")]
fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

/// A member of that name, wherever it is.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => {
            members.get(name).or_else(|| members.values().find_map(|member| find(member, name)))
        }
        Value::Array(items) => items.iter().find_map(|item| find(item, name)),
        _ => None,
    }
}

#[tokio::test]
async fn a_person_without_a_plan_has_no_codes() {
    let service = Setup::default().env("DEFAULT_PLAN", "free").start().await.unwrap();
    let client = service.client();
    let person = Person::new(&client).await;
    let answer = try_generate(&person, json!({})).await.expect_error("PLAN_REQUIRED");
    assert_eq!(answer.at("/errors/0/extensions/requiredPlan"), "PRO");
}
