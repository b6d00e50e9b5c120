//! Outages: the log or Postgres goes away, and comes back.

use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tests::{
    account::{Person, SECRET, authenticate, fresh_name, register, verify},
    answer::Answer,
    client::Client,
    database,
    driver::Driver,
    ledger::Ledger,
    log_server::LogServer,
    prober::{Bad, Prober},
    reconcile::{Sources, reconcile},
    setup::Setup,
    wait::eventually,
};
use xtask::postgres;

const LIST: &str = "{ agentTokens(first: 1) { totalCount } }";

#[tokio::test]
async fn while_the_log_is_away_nothing_is_promised_and_afterwards_nothing_is_missing() {
    let mut log = LogServer::start().unwrap();
    let service = Setup::default().log(log.url()).env("MAX_STALENESS", "1").start().await.unwrap();
    let (client, verifier) = (service.client(), service.verifier());
    let person = Person::new(&client).await;
    let (token, revoked) = (person.create_token("a").await, person.create_token("b").await);
    person.revoke_token(&revoked.id).await;
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::create(&folder.path().join("ledger")).unwrap();
    let driver = Driver::new(ledger, service.address());
    let prober = Prober::start(&verifier);
    prober.add(Bad::Agent(revoked.secret.clone()));
    let workers: Vec<_> = (0..4).map(|_| tokio::spawn(driver.clone().work())).collect();

    for _ in 0..2 {
        let before = driver.acknowledged();
        eventually("load", || async { (driver.acknowledged() > before + 4).then_some(()) }).await;
        log.kill().unwrap();
        eventually("verification to fail closed", || async {
            let answer = verify(&verifier, &token.secret).await;
            assert!([200, 503].contains(&answer.status), "{} {}", answer.status, answer.text);
            (answer.status == 503).then_some(answer)
        })
        .await
        .expect_refusal(503, "stale");
        register(&client, &fresh_name(), SECRET).await.expect_refusal(503, "unavailable");
        let unready = || async { (client.get("/readyz").await.status == 503).then_some(()) };
        eventually("it to say that it is not ready", unready).await;
        client.get("/healthz").await.expect(200);

        log.start_again().unwrap();
        recovered(&verifier, &token.secret).await;
        eventually("it to be ready", || async {
            (client.get("/readyz").await.status == 200).then_some(())
        })
        .await;
    }
    driver.stop();
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    prober.assert_nothing_worked();
    let sources = Sources {
        log: log.url().to_owned(),
        ledger: Some(driver.ledger().path().to_owned()),
        models: None,
    };
    let report = reconcile(sources).await.unwrap();
    assert!(report.differences.is_empty(), "{report}");
    assert!(report.commands > 20, "{report}");
}

#[tokio::test]
async fn a_log_that_hangs_is_noticed_and_forgiven() {
    let log = LogServer::start().unwrap();
    let service = Setup::default().log(log.url()).env("MAX_STALENESS", "1").start().await.unwrap();
    let verifier = service.verifier();
    let token = Person::new(&service.client()).await.create_token("Desk").await;
    log.hang().unwrap();
    eventually("verification to fail closed", || async {
        (verify(&verifier, &token.secret).await.status == 503).then_some(())
    })
    .await;
    log.wake().unwrap();
    recovered(&verifier, &token.secret).await;
}

#[tokio::test]
async fn while_postgres_is_away_commands_and_verification_go_on() {
    let start = tokio::task::spawn_blocking(postgres::Server::start);
    let mut postgres = start.await.unwrap().unwrap();
    let url = database::create(&postgres.url()).await.unwrap();
    let service = Setup::default().database(url).start().await.unwrap();
    let (client, verifier) = (service.client(), service.verifier());
    let person = Person::new(&client).await;
    for round in 0..2 {
        postgres.stop().unwrap();
        // Without a position to wait for, which would be answered as stale.
        eventually("queries to be unavailable", || async {
            let answer = person.client.post("/graphql", json!({ "query": LIST })).await;
            is_unavailable(&answer).then_some(())
        })
        .await;

        let token = person.create_token(&format!("made while away, {round}")).await;
        let stale = person.graphql(LIST, json!({})).await.expect_error("STALE_READ");
        assert!(stale.at("/data").is_null(), "{}", stale.text);
        assert_eq!(verify(&verifier, &token.secret).await.at("/code"), "VALID");
        let other = Person::new(&client).await;
        authenticate(&client, &other.user_key, SECRET).await.expect(200);
        person.revoke_token(&token.id).await;
        assert_eq!(verify(&verifier, &token.secret).await.at("/code"), "REVOKED");

        postgres.start_again().unwrap();
        let list = "query($at: Position!) {
          agentTokens(first: 9, consistency: { atLeast: $at }) { totalCount } }";
        eventually("the read models to catch up", || async {
            let answer = person.graphql(list, json!({ "at": token.position })).await;
            (answer.at("/data/agentTokens/totalCount") == round + 1).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_node_whose_read_models_stand_still_is_not_ready() {
    let start = tokio::task::spawn_blocking(postgres::Server::start);
    let postgres = start.await.unwrap().unwrap();
    let url = database::create(&postgres.url()).await.unwrap();
    let service = Setup::default().database(url.clone()).start().await.unwrap();
    let client = service.client();
    let person = Person::new(&client).await;
    let mut somebody = PgConnection::connect(&url).await.unwrap();
    let lock = "begin; lock table agent_tokens.token in access exclusive mode";
    somebody.execute(lock).await.unwrap();
    person.create_token("Desk").await;
    let readiness = async |status: u16, stalled: bool| {
        eventually("readiness to follow", || async {
            let answer = client.get("/readyz").await;
            let models = answer.at("/projections").as_array()?.clone();
            let some = models.iter().any(|model| model["stalled"] == true);
            (answer.status == status && some == stalled).then_some(())
        })
        .await;
    };
    readiness(503, true).await;
    somebody.execute("rollback").await.unwrap();
    readiness(200, false).await;
}

#[tokio::test]
async fn a_database_that_was_emptied_is_filled_again_from_the_log() {
    let start = tokio::task::spawn_blocking(postgres::Server::start);
    let postgres = start.await.unwrap().unwrap();
    let first = database::create(&postgres.url()).await.unwrap();
    let second = database::create(&postgres.url()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut service = Setup::default().data(&data).database(first).start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let token = person.create_token("Desk").await;
    service.stop().await.unwrap();
    let service = Setup::default().data(&data).database(second).start().await.unwrap();
    holds(&service.client(), &person, &token.id, &token.position).await;
}

#[tokio::test]
async fn read_models_in_the_data_folder_that_were_deleted_are_filled_again() {
    let mut service = Setup::default().pglite().start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let token = person.create_token("Desk").await;
    service.stop().await.unwrap();
    std::fs::remove_dir_all(service.data().join("pglite")).unwrap();
    let mut service = service.start_again().await.unwrap();
    holds(&service.client(), &person, &token.id, &token.position).await;

    // Nor does rubbish in their place keep the service from starting.
    service.stop().await.unwrap();
    let control = service.data().join("pglite");
    for entry in std::fs::read_dir(&control).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::write(path, b"rubbish").unwrap();
        }
    }
    let service = service.start_again().await.unwrap();
    holds(&service.client(), &person, &token.id, &token.position).await;
    assert!(service.output().to_lowercase().contains("warn"), "nobody was warned");
}

async fn holds(client: &Client, person: &Person, id: &str, position: &str) {
    let person = Person::sign_in(client, &person.name, &person.user_key).await;
    let list = "query($at: Position!) {
      agentTokens(first: 9, consistency: { atLeast: $at }) { nodes { id name } } }";
    eventually("the read models to be filled", || async {
        let answer = person.graphql(list, json!({ "at": position })).await;
        let first = answer.at("/data/agentTokens/nodes/0");
        (first == &json!({ "id": id, "name": "Desk" })).then_some(())
    })
    .await;
}

async fn recovered(verifier: &Client, token: &str) {
    eventually("verification to recover by itself", || async {
        let answer = verify(verifier, token).await;
        (answer.at("/code") == "VALID").then_some(())
    })
    .await;
}

fn is_unavailable(answer: &Answer) -> bool {
    answer.status == 503 || answer.at("/errors/0/extensions/code") == "UNAVAILABLE"
}
