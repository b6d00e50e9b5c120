//! Connected accounts where several nodes serve: one refresh at the platform, whoever asks where,
//! and one outcome when a node dies in the middle.

use reqwest::Method;
use serde_json::json;
use tests::{
    account::Person,
    client::Client,
    platform::{Platform, Platforms, access_token},
    service::Service,
    setup::Setup,
    wait::eventually,
};

/// Two nodes on one log and one database, both of which know a platform.
struct Nodes {
    one: Service,
    other: Service,
    log: tests::log_server::LogServer,
    _postgres: xtask::postgres::Server,
    _platforms: Platforms,
}

impl Nodes {
    async fn know(platform: &Platform) -> Self {
        let log = tests::log_server::LogServer::start().unwrap();
        let postgres = tokio::task::spawn_blocking(xtask::postgres::Server::start);
        let postgres = postgres.await.unwrap().unwrap();
        let database = tests::database::create(&postgres.url()).await.unwrap();
        let platforms = Platforms::of(&[platform]);
        let node = |name: &str| {
            let setup = Setup::default().log(log.url()).database(&database).env("NODE", name);
            platforms.known_to(setup)
        };
        let one = node("one").start().await.unwrap();
        let other = node("other").start().await.unwrap();
        Self { one, other, log, _postgres: postgres, _platforms: platforms }
    }

    fn fetchers(&self) -> [Client; 2] {
        let create = ["service-credential", "create", "--name", "b", "--scope", "accounts:token"];
        let created = self.one.operate(&create).unwrap();
        let here = self.one.client().with_bearer(created["secret"].as_str().unwrap());
        [here.at(self.other.address()), here]
    }
}

#[tokio::test]
async fn a_hundred_readers_at_two_nodes_refresh_once() {
    let discord = Platform::discord();
    let nodes = Nodes::know(&discord).await;
    let person = Person::new(&nodes.one.client()).await;
    // It has ended before anybody wants it.
    discord.set(json!({ "expires_in": 0, "renewed_expires_in": 604_800 })).await;
    let id = person.connect(&discord).await;
    let fetchers = nodes.fetchers();
    let reads = (0..100).map(|number| access_token(&fetchers[number % 2], &id));
    let answers = futures::future::join_all(reads).await;
    let tokens: std::collections::BTreeSet<_> =
        answers.into_iter().map(|answer| answer.expect(200).text_at("/access_token")).collect();
    assert_eq!((tokens.len(), discord.refreshes().await), (1, 1));
    drop(nodes.log);
}

#[tokio::test]
async fn a_node_that_dies_before_it_stored_the_answer_leaves_one_outcome() {
    for (platform, status) in [(Platform::twitch(), 200), (Platform::discord(), 409)] {
        let log = tests::log_server::LogServer::start().unwrap();
        let platforms = Platforms::of(&[&platform]);
        let node = async || {
            let setup = platforms.known_to(Setup::default().log(log.url()));
            setup.start().await.unwrap()
        };
        let mut dying = node().await;
        let person = Person::new(&dying.client()).await;
        let create = ["service-credential", "create", "--name", "b", "--scope", "accounts:token"];
        let created = dying.operate(&create).unwrap();
        let fetcher = dying.client().with_bearer(created["secret"].as_str().unwrap());
        let behaviour = json!({ "mode": "hold", "expires_in": 0, "renewed_expires_in": 14_124 });
        platform.set(behaviour).await;
        let id = person.connect(&platform).await;
        let path = format!("/internal/connected-accounts/{id}/access-token");
        let request = fetcher.request(Method::POST, &path);
        let unanswered = tokio::spawn(request.send());
        eventually("the platform to be asked", || async {
            (platform.refreshes().await == 1).then_some(())
        })
        .await;
        dying.kill().unwrap();
        assert!(unanswered.await.unwrap().is_err(), "the node is dead");
        platform.set(json!({ "mode": "ok" })).await;
        // Another node waits out what the dead one had claimed, and tries the old pair once.
        let other = node().await;
        let fetcher = fetcher.at(other.address());
        let minute = std::time::Duration::from_mins(1);
        let answer = tests::wait::within(minute, "the claim to end", || async {
            let answer = access_token(&fetcher, &id).await;
            (answer.status != 503).then_some(answer)
        })
        .await;
        assert_eq!(answer.status, status, "{}: {}", platform.name(), answer.text);
        assert_eq!(platform.refreshes().await, 2);
    }
}
