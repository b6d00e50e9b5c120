//! The vault: every key under a new master key, while the service serves.

use serde_json::json;
use tests::{
    account::Person,
    log_server::LogServer,
    setup::{MASTER_KEY, Setup},
};

/// 32 other bytes.
const NEW_KEY: &str = "YW5vdGhlciBrZXkgZm9yIHRoZSB0ZXN0cyBvZiBrZXk=";

#[tokio::test]
async fn the_master_key_is_changed_while_the_service_serves() {
    let log = LogServer::start().unwrap();
    let database = tempfile::tempdir().unwrap();
    let start = async |keys: &str| {
        let data = database.path().join("data");
        let setup = Setup::default().log(log.url()).env("MASTER_KEY", keys).data(&data);
        setup.start().await
    };
    let mut service = start(MASTER_KEY).await.unwrap();
    let person = Person::new(&service.client()).await;
    person.create_token("Desk").await;
    service.stop().await.unwrap();

    let mut service = start(&format!("{NEW_KEY},{MASTER_KEY}")).await.unwrap();
    let person = Person::sign_in(&service.client(), &person.name, &person.user_key).await;
    let working = async {
        for number in 0..10 {
            person.create_token(&format!("t{number}")).await;
            if number == 4 {
                return;
            }
        }
    };
    let rotate = ["vault", "rotate-master-key"];
    let command = service.command().arg("--json").args(rotate).output();
    working.await;
    let done: serde_json::Value = serde_json::from_slice(&command.unwrap().stdout).unwrap();
    assert!(done["rewrapped"].as_u64().unwrap() >= 3, "{done}");
    // Run again, there is nothing left to do.
    let again = service.operate(&rotate).unwrap();
    assert_eq!(again["rewrapped"], 0, "{again}");
    service.stop().await.unwrap();

    // The old key is not needed any more, and opens nothing.
    let mut service = start(NEW_KEY).await.unwrap();
    let person = Person::sign_in(&service.client(), &person.name, &person.user_key).await;
    let list = "{ agentTokens { nodes { name } } }";
    let answer = person.graphql(list, json!({})).await.expect_data();
    assert!(answer.text.contains("Desk"), "{}", answer.text);
    service.stop().await.unwrap();
    assert!(start(MASTER_KEY).await.is_err(), "the old key still opens the vault");
}
