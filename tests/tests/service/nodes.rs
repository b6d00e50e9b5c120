//! Nodes: two on one log and one Postgres are one service.

use std::{sync::Arc, time::Instant};

use domain::Secret;
use projections::DatabaseConfig;
use serde_json::json;
use tests::{
    account::{Person, Token, verify},
    client::Client,
    cluster::Cluster,
    driver::Driver,
    graphql_socket::GraphqlSocket,
    ledger::Ledger,
    prober::{Bad, Prober, STALENESS},
    reconcile::{Sources, reconcile},
    setup::{MASTER_KEY, Setup},
    socket::Socket,
    wait::{eventually, within},
};

#[tokio::test]
async fn nodes_restarted_one_after_the_other_under_load_lose_nothing() {
    let cluster = Cluster::start(Setup::default()).await;
    let Cluster { one, other, log, database, .. } = cluster;
    let verifier = one.verifier();
    let probers = [&one, &other].map(|node| Prober::start(&verifier.at(node.address())));
    let folder = tempfile::tempdir().unwrap();
    let drivers = [("one", &one), ("other", &other)].map(|(name, node)| {
        Driver::new(Ledger::create(&folder.path().join(name)).unwrap(), node.address())
    });
    let workers: Vec<_> = drivers
        .iter()
        .flat_map(|driver| [driver, driver])
        .map(|driver| tokio::spawn(Arc::clone(driver).work()))
        .collect();
    let mut presented = [0, 0];
    let mut present = || {
        for (node, known) in presented.iter_mut().enumerate() {
            let revoked = drivers[node].revoked.lock().unwrap()[*known..].to_vec();
            *known += revoked.len();
            for secret in revoked.into_iter().take(20) {
                probers[node].add(Bad::Agent(secret.clone()));
                probers[1 - node].add_elsewhere(Bad::Agent(secret));
            }
        }
    };
    let progress = async || {
        let before = drivers.each_ref().map(|driver| driver.acknowledged());
        eventually("load on both nodes", || async {
            let moved =
                drivers.iter().zip(before).all(|(it, before)| it.acknowledged() > before + 2);
            moved.then_some(())
        })
        .await;
    };
    let mut restarted = Vec::new();
    for (number, mut node) in [one, other].into_iter().enumerate() {
        progress().await;
        present();
        node.stop().await.unwrap();
        let node = node.start_again().await.unwrap();
        drivers[number].moved(node.address());
        probers[number].moved(node.address());
        restarted.push(node);
        progress().await;
        present();
    }
    for driver in &drivers {
        driver.stop();
    }
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    for prober in &probers {
        println!("what ended elsewhere worked for {:?} at most", prober.slowest());
        prober.assert_nothing_worked();
    }
    for driver in &drivers {
        let models = DatabaseConfig {
            url: Some(Secret::new(database.clone())),
            data_dir: folder.path().to_owned(),
            connections: 4,
        };
        let sources = Sources {
            log: log.url().to_owned(),
            ledger: Some(driver.ledger().path().to_owned()),
            models: Some((models, Secret::new(MASTER_KEY.to_owned()))),
        };
        let report = reconcile(sources).await.unwrap();
        assert!(report.differences.is_empty(), "{report}");
    }
}

/// Somebody who signed in at one node and has a token, and callers of the other.
async fn scene(cluster: &Cluster) -> (Person, Token, Client) {
    let person = Person::new(&cluster.one.client()).await;
    let token = person.create_token("Desk").await;
    (person, token, cluster.other.client())
}

#[tokio::test]
async fn what_one_node_did_the_other_knows() {
    let cluster = Cluster::start(Setup::default()).await;
    let (person, token, elsewhere) = scene(&cluster).await;
    let verifier = cluster.one.verifier().at(cluster.other.address());

    // A token works at the other node the moment it is handed out.
    assert_eq!(verify(&verifier, &token.secret).await.at("/code"), "VALID");
    let (mut socket, _) = Socket::agent(&elsewhere, &token.secret).await;
    let there = person.client.at(cluster.other.address());
    let mut watcher = GraphqlSocket::open(&there).await;
    let revocations = "subscription { tokenRevocations { __typename
      ... on TokenRevocation { credentialId } ... on StreamCaughtUp { cursor } } }";
    watcher.subscribe("1", revocations, json!({})).await;
    watcher.caught_up("1").await;

    // A list there holds it, if it is told to wait for it.
    let list = "query($at: Position!) {
      agentTokens(first: 1, consistency: { atLeast: $at }) { nodes { id } } }";
    let answer = there.graphql(list, json!({ "at": token.position })).await.expect_data();
    assert_eq!(answer.at("/data/agentTokens/nodes/0/id"), &json!(token.id));

    // A revocation here closes the socket there, and is told there.
    person.revoke_token(&token.id).await;
    assert_eq!(socket.closed().await, (4401, "token_revoked".to_owned()));
    assert_eq!(watcher.next("1").await["credentialId"], json!(token.id));
    eventually("the other node to refuse the token", || async {
        let answer = verify(&verifier, &token.secret).await;
        (answer.at("/code") == "REVOKED").then_some(())
    })
    .await;

    // A login that ended here has ended there.
    let body = json!({ "user_key": person.user_key, "user_secret": tests::account::SECRET,
        "revoke_others": true });
    cluster.one.client().post("/authenticate", body).await.expect(200);
    eventually("the other node to refuse the login", || async {
        let answer = there.graphql("{ viewer { user { id } } }", json!({})).await;
        (answer.status == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_revocation_counts_here_at_once_and_elsewhere_within_the_bound() {
    let cluster = Cluster::start(Setup::default()).await;
    let (person, _, _) = scene(&cluster).await;
    let here = cluster.one.verifier();
    let there = here.at(cluster.other.address());
    let mut took = Vec::new();
    for _ in 0..30 {
        let token = person.create_token("Desk").await;
        // Both nodes remember that it is good.
        for verifier in [&here, &there] {
            assert_eq!(verify(verifier, &token.secret).await.at("/code"), "VALID");
        }
        person.revoke_token(&token.id).await;
        let acknowledged = Instant::now();
        assert_eq!(verify(&here, &token.secret).await.at("/code"), "REVOKED");
        within(STALENESS, "the other node to refuse the token", || async {
            (verify(&there, &token.secret).await.at("/code") == "REVOKED").then_some(())
        })
        .await;
        took.push(acknowledged.elapsed());
    }
    took.sort_unstable();
    println!("elsewhere after {:?} in the middle, {:?} at most", took[15], took[29]);
}

#[tokio::test]
async fn one_node_goes_on_when_the_other_dies() {
    let mut cluster = Cluster::start(Setup::default()).await;
    let (person, token, _) = scene(&cluster).await;
    cluster.one.kill().unwrap();
    let there = Person::sign_in(&cluster.other.client(), &person.name, &person.user_key).await;
    let made = there.create_token("Laptop").await;
    there.revoke_token(&token.id).await;
    let list = "query($at: Position!) {
      agentTokens(first: 9, consistency: { atLeast: $at, timeoutMs: 10000 }) { totalCount } }";
    eventually("the other node to keep the read models", || async {
        let answer = there.graphql(list, json!({ "at": made.position })).await;
        (answer.at("/data/agentTokens/totalCount") == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn racing_registrations_at_two_nodes_have_one_winner() {
    let cluster = Cluster::start(Setup::default()).await;
    for _ in 0..5 {
        let name = tests::account::fresh_name();
        let (one, other) = (cluster.one.client(), cluster.other.client());
        let secrets = ["one horse battery staple", "other horse battery staple"];
        let (a, b) = tokio::join!(
            tests::account::register(&one, &name, secrets[0]),
            tests::account::register(&other, &name, secrets[1]),
        );
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{} {}", a.text, b.text);
    }
}
