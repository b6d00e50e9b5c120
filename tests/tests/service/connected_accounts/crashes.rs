//! Nodes that die between a platform's answer and what they store of it.

use std::path::Path;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use tests::{
    account::Person,
    client::Client,
    in_process::InProcess,
    platform::{Platform, Platforms, access_token},
    service::Service,
    setup::Setup,
    wait::eventually,
};

use super::{fetcher, refusal};

/// A platform, and a data folder for one service after another.
struct Cut {
    platform: Platform,
    setup: Setup,
    _platforms: Platforms,
}

impl Cut {
    fn at(platform: Platform, data: &Path) -> Self {
        let platforms = Platforms::of(&[&platform]);
        let setup = platforms.known_to(Setup::default().data(data));
        Self { platform, setup, _platforms: platforms }
    }

    async fn dying(&self, point: &str) -> Service {
        self.setup.clone().crash_at(point, 1).start().await.unwrap()
    }
}

async fn dead(service: Service) {
    eventually("the crash", || async { (!service.runs()).then_some(()) }).await;
}

async fn again(node: &InProcess, person: &Person) -> Person {
    Person::sign_in(&node.client(), &person.name, &person.user_key).await
}

/// What a platform gave and nobody stored is lost; its person begins anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_cut_off_is_begun_anew() {
    for point in ["connect.answered", "connect.stored"] {
        let folder = tempfile::tempdir().unwrap();
        let cut = Cut::at(Platform::discord(), &folder.path().join("data"));
        let dying = cut.dying(point).await;
        let person = Person::new(&dying.client()).await;
        let brought = person.agree(&cut.platform).await;
        let connect = json!({ "query": "mutation($code: String!, $state: String!) {
            connectAccount(input: { platform: \"discord\", code: $code, state: $state }) {
              userErrors { code } } }",
            "variables": { "code": brought.code, "state": brought.state } });
        assert!(person.client.try_post("/graphql", connect).await.is_err(), "{point}");
        dead(dying).await;

        let node = InProcess::start(&cut.setup).await;
        let person = again(&node, &person).await;
        let answer = person.try_connect(&cut.platform, &brought).await.expect_data();
        assert_eq!(refusal(&answer, "connectAccount"), "STATE_MISMATCH", "{point}");
        assert!(person.accounts().await.is_empty(), "{point}");
        if point == "connect.stored" {
            // The identity is taken until what was begun is given up, within a minute.
            let brought = person.agree(&cut.platform).await;
            let answer = person.try_connect(&cut.platform, &brought).await.expect_data();
            assert_eq!(refusal(&answer, "connectAccount"), "ACCOUNT_ALREADY_CONNECTED");
            node.clock.shift(TimeDelta::minutes(1));
        }
        let person = again(&node, &person).await;
        eventually("the identity to be free", || async {
            let brought = person.agree(&cut.platform).await;
            let answer = person.try_connect(&cut.platform, &brought).await.expect_data();
            answer.at("/data/connectAccount/connectedAccount").is_object().then_some(())
        })
        .await;
        assert_eq!(person.accounts().await.len(), 1, "{point}");
        node.stop().await;
    }
}

/// An account whose tokens have ended, of a service that dies while it renews them.
async fn renewal(cut: &Cut, point: &str) -> (Client, Person, String) {
    let dying = cut.dying(point).await;
    let person = Person::new(&dying.client()).await;
    let reader = fetcher(&dying);
    cut.platform.set(json!({ "expires_in": 0, "renewed_expires_in": 14_124 })).await;
    let id = person.connect(&cut.platform).await;
    let path = format!("/internal/connected-accounts/{id}/access-token");
    let lost = reader.request(Method::POST, &path).json(&json!({})).send().await;
    assert!(lost.is_err(), "{point}: there is an answer");
    dead(dying).await;
    assert_eq!(cut.platform.refreshes().await, 1, "{point}");
    (reader, person, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_whose_answer_was_lost_is_tried_once_more() {
    // One keeps its refresh token; the other has spent it, and its person must connect again.
    for (platform, status) in [(Platform::twitch(), 200), (Platform::discord(), 409)] {
        let folder = tempfile::tempdir().unwrap();
        let cut = Cut::at(platform, &folder.path().join("data"));
        let (fetcher, person, id) = renewal(&cut, "refresh.answered").await;
        let node = InProcess::start(&cut.setup).await;
        // The dead node's claim ends by itself.
        node.clock.shift(TimeDelta::seconds(31));
        let fetcher = fetcher.at(node.client().address());
        let answer = access_token(&fetcher, &id).await;
        assert_eq!(answer.status, status, "{}: {}", cut.platform.name(), answer.text);
        assert_eq!(cut.platform.refreshes().await, 2);
        if status == 409 {
            let person = again(&node, &person).await;
            assert_eq!(person.connect(&cut.platform).await, id, "it is the same account");
            access_token(&fetcher, &id).await.expect(200);
        }
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_was_stored_and_not_recorded_is_found() {
    for platform in [Platform::twitch(), Platform::discord()] {
        let folder = tempfile::tempdir().unwrap();
        let cut = Cut::at(platform, &folder.path().join("data"));
        let (fetcher, person, id) = renewal(&cut, "refresh.stored").await;
        let node = InProcess::start(&cut.setup).await;
        let fetcher = fetcher.at(node.client().address());
        // It is handed out at once,
        let first = access_token(&fetcher, &id).await.expect(200).text_at("/access_token");
        // and on record as soon as the dead node's claim has ended.
        node.clock.shift(TimeDelta::seconds(31));
        let second = access_token(&fetcher, &id).await.expect(200).text_at("/access_token");
        assert_eq!(first, second);
        let person = again(&node, &person).await;
        eventually("the record", || async {
            let account = person.accounts().await.remove(0);
            account["lastRefreshedAt"].is_string().then_some(())
        })
        .await;
        assert_eq!(cut.platform.refreshes().await, 1, "nothing was asked twice");
        node.stop().await;
    }
}
