//! Guessing: hopeless for a network, and for all networks at all nodes together.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{
    account::{Person, verify},
    client::Client,
    cluster::Cluster,
    service::Service,
    setup::Setup,
};

use super::{Code, exchange, generate};

/// A code that is none of these, without a guess at it being possible.
fn others(live: &[Code]) -> impl Iterator<Item = String> + use<> {
    let live: Vec<String> = live.iter().map(|code| code.text.clone()).collect();
    (0..1_000_000).map(|code| format!("{code:06}")).filter(move |code| !live.contains(code))
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

/// Twenty codes live; ten thousand guesses come from two hundred networks, at two nodes.
#[tokio::test]
async fn guessing_finds_nothing_and_trips_the_breaker_and_pairing_goes_on() {
    const CODES: usize = 20;
    const NETWORKS: usize = 200;
    const GUESSES: usize = 50;
    let nodes = Cluster::start(Setup::default().env("REGISTRATIONS_PER_HOUR", "1000")).await;
    let node = |number: usize| if number.is_multiple_of(2) { &nodes.one } else { &nodes.other };
    let client = nodes.one.client();
    let mut people = Vec::new();
    for _ in 0..CODES {
        people.push(Person::new(&client).await);
    }
    let codes = join_all(people.iter().enumerate().map(async |(number, person)| {
        let client = person.client.at(node(number).address());
        generate(&Person { client, ..person.clone() }).await
    }))
    .await;
    let mut guesses = others(&codes);
    let askers: Vec<(Client, Vec<String>)> = (0..NETWORKS)
        .map(|number| (node(number).client(), guesses.by_ref().take(GUESSES).collect()))
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
    for number in [0, 1] {
        let answer = exchange(&node(number).client(), &codes[0].text).await;
        answer.expect_refusal(410, "pairing_code_expired");
    }
    // and the honest user's next code is longer to guess, and works at any node.
    let next = generate(&people[0]).await.text;
    assert!(next.len() == 6 && next.bytes().any(|it| it.is_ascii_uppercase()), "{next}");
    exchange(&nodes.other.client(), &next.to_lowercase()).await.expect(200);

    // What the breaker let happen before it tripped is in the history: a hundredth, and what was
    // on its way.
    let now = now();
    let stream = format!("pairing_guard-{}", now.date_naive());
    let at = now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let guard = nodes.one.operate(&["state", "--stream", &stream, "--at", &at]).unwrap();
    let risk = find(&guard, "risk").and_then(Value::as_u64).expect("the day's risk");
    assert!((10_000..13_000).contains(&risk), "{guard}");
    assert_eq!(find(&guard, "tripped"), Some(&json!(true)), "{guard}");
}

#[tokio::test]
async fn of_fifty_exchanges_at_once_at_two_nodes_one_succeeds() {
    let nodes = Cluster::start(Setup::default()).await;
    let verifier = nodes.one.verifier();
    let person = Person::new(&nodes.one.client()).await;
    let code = generate(&person).await.text;
    // Each from a network of its own, so that none is refused for another's failure.
    let devices: Vec<Client> = (0..50)
        .map(|number| if number < 25 { nodes.one.client() } else { nodes.other.client() })
        .collect();
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
