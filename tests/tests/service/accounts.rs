//! Accounts: signing in, and what guessing costs.

use serde_json::json;
use tests::{
    account::{Person, SECRET, authenticate, fresh_name, refresh, register},
    service::Service,
};

#[tokio::test]
async fn signing_in_gives_an_access_token_and_a_refresh_token() {
    let client = Service::shared().await.client();
    let person = Person::new(&client).await;
    let answer = authenticate(&client, &person.user_key, SECRET).await.expect(200);
    assert!(answer.text_at("/refresh_token").starts_with("nxr_"));
    assert_eq!(answer.text_at("/access_token").split('.').count(), 3);
    assert_eq!(answer.at("/token_type"), "Bearer");
    assert_eq!(answer.at("/expires_in"), 3600);
    assert!(!answer.header("x-position").is_empty());
    answer.expect_uncacheable();
}

#[tokio::test]
async fn an_unknown_key_and_a_wrong_secret_get_the_same_answer() {
    let client = Service::shared().await.client();
    let person = Person::new(&client).await;
    let wrong = authenticate(&client, &person.user_key, "wrong horse battery staple").await;
    let mut unknown = person.user_key.clone();
    let last = if unknown.ends_with('0') { '1' } else { '0' };
    unknown.pop();
    unknown.push(last);
    let unknown = authenticate(&client, &unknown, SECRET).await;
    assert_eq!(wrong.at("/error_description"), unknown.at("/error_description"));
    for answer in [wrong, unknown] {
        answer.expect_refusal(401, "invalid_credentials");
    }
    for nonsense in ["", "nxk_", "ada", "nxk_00000000000000000000000000000"] {
        let answer = authenticate(&client, nonsense, SECRET).await;
        answer.expect_refusal(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn signing_in_without_its_members_is_refused() {
    let client = Service::shared().await.client();
    for body in [json!({}), json!([1]), json!({ "user_key": 1, "user_secret": 2 })] {
        client.post("/authenticate", body).await.expect_refusal(400, "invalid_request");
    }
}

#[tokio::test]
async fn guessing_a_secret_is_slowed_down_after_five_failures() {
    let client = Service::shared().await.client();
    let person = Person::new(&client).await;
    let mut failures = 0;
    loop {
        let guess = format!("wrong horse battery {failures}");
        let answer = authenticate(&client, &person.user_key, &guess).await;
        if answer.status == 429 {
            answer.expect_refusal(429, "too_many_attempts");
            break;
        }
        answer.expect_refusal(401, "invalid_credentials");
        failures += 1;
        assert!(failures < 12, "nothing slows a guesser down");
    }
    assert!(failures >= 5, "slowed down after {failures} failures");
}

#[tokio::test]
async fn a_guesser_locks_nobody_out_of_what_they_hold() {
    let client = Service::shared().await.client();
    let person = Person::new(&client).await;
    for guess in 0..6 {
        let guess = format!("wrong horse battery {guess}");
        authenticate(&client, &person.user_key, &guess).await;
    }
    refresh(&client, &person.refresh_token).await.expect(200);
    person.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
}

#[tokio::test]
async fn a_network_may_sign_in_sixty_times_a_minute() {
    let client = Service::shared().await.client();
    // The budget fills up while it is used, by one each second.
    for attempt in 0..200 {
        // Another key each time, or it is the key that is counted.
        let answer = authenticate(&client, &format!("nxk_nobody{attempt}"), SECRET).await;
        if answer.status == 429 {
            assert!(attempt >= 60, "refused after {attempt}");
            answer.expect_refusal(429, "too_many_attempts");
            return;
        }
        answer.expect_refusal(401, "invalid_credentials");
    }
    panic!("nothing slows a network down");
}

#[tokio::test]
async fn signing_in_may_end_all_other_logins() {
    let client = Service::shared().await.client();
    let before = Person::new(&client).await;
    let body = json!({ "user_key": before.user_key, "user_secret": SECRET, "revoke_others": true });
    let now = client.post("/authenticate", body).await.expect(200);
    let old = refresh(&client, &before.refresh_token).await;
    old.expect_refusal(400, "invalid_grant");
    let query = "{ viewer { user { id } } }";
    before.graphql(query, json!({})).await.expect(401);
    refresh(&client, &now.text_at("/refresh_token")).await.expect(200);
    let now = client.with_bearer(&now.text_at("/access_token"));
    now.graphql(query, json!({})).await.expect_data();
}

#[tokio::test]
async fn a_name_is_not_a_key() {
    let (client, name) = (Service::shared().await.client(), fresh_name());
    register(&client, &name, SECRET).await.expect(201);
    authenticate(&client, &name, SECRET).await.expect_refusal(401, "invalid_credentials");
}
