//! Logins: a refresh token and its successors.

use reqwest::header::HeaderMap;
use serde_json::json;
use tests::{
    account::{Person, refresh},
    answer::Answer,
    client::Client,
    service::Service,
};

#[tokio::test]
async fn refreshing_gives_an_access_token_and_leaves_the_refresh_token_as_it_is() {
    let client = Service::shared().await.client();
    let person = Person::new(&client).await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let answer = refresh(&client, &person.refresh_token).await.expect(200);
        let members = answer.json.as_object().map(serde_json::Map::len);
        assert_eq!(members, Some(3), "{}", answer.text);
        assert_eq!(answer.at("/token_type"), "Bearer");
        assert_eq!(answer.at("/expires_in"), 3600);
        tokens.push(answer.text_at("/access_token"));
        answer.expect_uncacheable();
    }
    let newest = client.with_bearer(&tokens[2]);
    newest.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!(tokens.len(), 3, "an access token was handed out twice");
}

#[tokio::test]
async fn what_is_no_live_refresh_token_is_a_finished_grant() {
    let client = Service::shared().await.client();
    let live = Person::new(&client).await.refresh_token;
    let shorter = &live[..live.len() - 1];
    let longer = format!("{live}0");
    let flipped = flip_last(&live);
    let other_prefix = live.replacen("nxr_", "nxa_", 1);
    for token in ["", "nxr_", "text", shorter, &longer, &flipped, &other_prefix] {
        refresh(&client, token).await.expect_refusal(400, "invalid_grant");
    }
    refresh(&client, &live).await.expect(200);
}

#[tokio::test]
async fn refreshing_without_a_token_is_refused() {
    let client = Service::shared().await.client();
    for body in [json!({}), json!([]), json!({ "refresh_token": 1 })] {
        for path in ["/refresh", "/refresh/rotate"] {
            client.post(path, body.clone()).await.expect_refusal(400, "invalid_request");
        }
    }
}

#[tokio::test]
async fn rotating_gives_a_successor_and_ends_what_was_presented() {
    let client = Service::shared().await.client();
    let person = Person::new(&client).await;
    let answer = rotate(&client, &person.refresh_token, None).await.expect(200);
    let successor = answer.text_at("/refresh_token");
    assert_ne!(successor, person.refresh_token);
    assert!(answer.at("/access_token").is_string() && answer.at("/expires_in") == 3600);
    assert!(!answer.header("x-position").is_empty());
    answer.expect_uncacheable();
    let old = refresh(&client, &person.refresh_token).await;
    old.expect_refusal(400, "invalid_grant");
    refresh(&client, &successor).await.expect(200);
}

#[tokio::test]
async fn a_rotation_whose_answer_was_lost_can_be_sent_again_with_its_key() {
    let client = Service::shared().await.client();
    let presented = Person::new(&client).await.refresh_token;
    let first = rotate(&client, &presented, Some("once")).await.expect(200);
    let again = rotate(&client, &presented, Some("once")).await.expect(200);
    assert_eq!(first.text_at("/refresh_token"), again.text_at("/refresh_token"));
    refresh(&client, &first.text_at("/refresh_token")).await.expect(200);
}

#[tokio::test]
async fn whoever_holds_a_replaced_token_can_neither_follow_the_owner_nor_log_them_out() {
    let client = Service::shared().await.client();
    let leaked = Person::new(&client).await.refresh_token;
    let successor = rotate(&client, &leaked, Some("owner")).await.expect(200);
    let successor = successor.text_at("/refresh_token");
    for key in [None, Some("thief")] {
        rotate(&client, &leaked, key).await.expect_refusal(400, "invalid_grant");
        refresh(&client, &leaked).await.expect_refusal(400, "invalid_grant");
    }
    refresh(&client, &successor).await.expect(200);
}

#[tokio::test]
async fn an_old_generation_revokes_nothing() {
    let client = Service::shared().await.client();
    let mut generations = vec![Person::new(&client).await.refresh_token];
    for _ in 0..4 {
        let answer = rotate(&client, generations.last().unwrap(), None).await.expect(200);
        generations.push(answer.text_at("/refresh_token"));
    }
    let newest = generations.pop().unwrap();
    for old in &generations {
        refresh(&client, old).await.expect_refusal(400, "invalid_grant");
    }
    refresh(&client, &newest).await.expect(200);
}

#[tokio::test]
async fn of_racing_rotations_one_wins() {
    let client = Service::shared().await.client();
    for _ in 0..5 {
        let presented = Person::new(&client).await.refresh_token;
        let attempts = (0..8).map(|_| rotate(&client, &presented, None));
        let answers = futures::future::join_all(attempts).await;
        let successors: Vec<_> = answers
            .iter()
            .filter(|answer| answer.status == 200)
            .map(|answer| answer.text_at("/refresh_token"))
            .collect();
        let [successor] = successors.as_slice() else { panic!("{successors:?}") };
        for loser in answers.into_iter().filter(|answer| answer.status != 200) {
            // Finished, or busy; never logged out for being slow.
            assert!([400, 503].contains(&loser.status), "{} {}", loser.status, loser.text);
        }
        refresh(&client, successor).await.expect(200);
    }
}

#[tokio::test]
async fn a_login_does_not_end_another() {
    let client = Service::shared().await.client();
    let one = Person::new(&client).await;
    let other = Person::sign_in(&client, &one.name, &one.user_key).await;
    rotate(&client, &one.refresh_token, None).await.expect(200);
    refresh(&client, &other.refresh_token).await.expect(200);
}

async fn rotate(client: &Client, token: &str, key: Option<&str>) -> Answer {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        headers.insert("idempotency-key", key.parse().unwrap());
    }
    client.post_with("/refresh/rotate", headers, json!({ "refresh_token": token })).await
}

fn flip_last(token: &str) -> String {
    let last = if token.ends_with('0') { '1' } else { '0' };
    let mut flipped = token.to_owned();
    flipped.pop();
    flipped.push(last);
    flipped
}
