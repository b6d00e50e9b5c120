//! Registration: a name, a secret, and the key that names the account from then on.

use futures::future::join_all;
use serde_json::json;
use tests::{
    account::{Person, SECRET, authenticate, fresh_name, register},
    service::Service,
    setup::Setup,
};

#[tokio::test]
async fn registering_answers_with_the_user_key_and_nothing_else() {
    let client = Service::shared().await.client();
    let answer = register(&client, &fresh_name(), SECRET).await.expect(201);
    assert!(answer.text_at("/user_key").starts_with("nxk_"), "{}", answer.text);
    assert_eq!(answer.json.as_object().map(serde_json::Map::len), Some(1), "{}", answer.text);
    assert!(!answer.header("x-position").is_empty());
    answer.expect_uncacheable();
}

#[tokio::test]
async fn a_registration_whose_answer_was_lost_can_be_sent_again() {
    let (client, name) = (Service::shared().await.client(), fresh_name());
    let first = register(&client, &name, SECRET).await.expect(201);
    let again = register(&client, &name, SECRET).await.expect(201);
    assert_eq!(first.text_at("/user_key"), again.text_at("/user_key"));
}

#[tokio::test]
async fn a_name_that_somebody_has_is_refused_however_it_is_written() {
    let (client, name) = (Service::shared().await.client(), fresh_name());
    register(&client, &name, SECRET).await.expect(201);
    let full_width: String =
        name.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)).collect();
    for spelling in [name.clone(), name.to_uppercase(), full_width] {
        let answer = register(&client, &spelling, "another horse battery staple").await;
        answer.expect_refusal(409, "user_id_taken");
    }
}

#[tokio::test]
async fn of_racing_registrations_of_one_name_one_wins() {
    let (service, name) = (Service::shared().await, fresh_name());
    // The losers have guessed wrong, so to say; a sixth would be slowed down for that.
    let attempts = (0..5).map(|number| {
        let (client, name) = (service.client(), name.clone());
        async move {
            let secret = format!("{number} horses battery staple");
            let answer = register(&client, &name, &secret).await;
            (answer.status, answer.json["user_key"].as_str().map(str::to_owned), secret)
        }
    });
    let answers = join_all(attempts).await;
    let winners: Vec<_> = answers.iter().filter(|(status, ..)| *status == 201).collect();
    let [(_, Some(user_key), secret)] = winners.as_slice() else { panic!("{answers:?}") };
    assert!(answers.iter().all(|(status, ..)| [201, 409].contains(status)), "{answers:?}");
    authenticate(&service.client(), user_key, secret).await.expect(200);
}

#[tokio::test]
async fn a_name_that_could_deceive_a_reader_is_refused() {
    let client = Service::shared().await.client();
    let too_long = "x".repeat(65);
    let names = [
        "",
        "ab",
        &too_long,
        "white space",
        "tab\there",
        "line\nbreak",
        "nul\0byte",
        "bell\u{7}",
        "right\u{202E}left",
        "zero\u{200B}width",
        "joi\u{200D}ner",
        "p\u{0430}ypal",
        "\u{FEFF}name",
    ];
    for name in names {
        let answer = register(&client, name, SECRET).await;
        answer.expect_refusal(400, "invalid_user_id");
    }
}

#[tokio::test]
async fn a_secret_that_is_easily_guessed_is_refused() {
    let (client, name) = (Service::shared().await.client(), fresh_name());
    let too_long = "long".repeat(40);
    let too_many_bytes = "\u{1F40E}".repeat(129);
    for secret in
        ["", "sh0rt!", "password", "password1", "qwertyuiop", &name, &too_long, &too_many_bytes]
    {
        register(&client, &name, secret).await.expect_refusal(400, "weak_secret");
    }
    // Nothing was taken by the refusals.
    register(&client, &name, SECRET).await.expect(201);
}

#[tokio::test]
async fn a_registration_without_its_members_is_refused() {
    let client = Service::shared().await.client();
    let bodies = [
        json!({}),
        json!([]),
        json!("text"),
        json!(null),
        json!({ "user_id": fresh_name() }),
        json!({ "user_secret": SECRET }),
        json!({ "user_id": 1, "user_secret": SECRET }),
        json!({ "user_id": fresh_name(), "user_secret": ["a"] }),
        json!({ "user_id": null, "user_secret": null }),
    ];
    for body in bodies {
        client.post("/register", body).await.expect_refusal(400, "invalid_request");
    }
}

#[tokio::test]
async fn members_that_nobody_knows_are_ignored() {
    let client = Service::shared().await.client();
    let body = json!({ "user_id": fresh_name(), "user_secret": SECRET, "is_admin": true });
    client.post("/register", body).await.expect(201);
}

#[tokio::test]
async fn a_form_registers_as_well() {
    let (client, name) = (Service::shared().await.client(), fresh_name());
    let form = format!("user_id={name}&user_secret=correct+horse+battery+staple");
    let media_type = "application/x-www-form-urlencoded";
    let answer = client.post_raw("/register", media_type, form).await.expect(201);
    Person::sign_in(&client, &name, &answer.text_at("/user_key")).await;
}

#[tokio::test]
async fn the_eleventh_registration_of_a_network_within_an_hour_is_refused() {
    let client = Service::shared().await.client();
    for _ in 0..10 {
        register(&client, &fresh_name(), SECRET).await.expect(201);
    }
    let answer = register(&client, &fresh_name(), SECRET).await;
    let answer = answer.expect_refusal(429, "too_many_attempts");
    assert_eq!(answer.header("ratelimit-policy"), "\"register\";q=10;w=3600");
    let wait = answer.header("retry-after");
    assert_eq!(answer.header("ratelimit"), format!("\"register\";r=0;t={wait}"));
}

#[tokio::test]
async fn a_service_that_is_closed_registers_nobody() {
    let service = Setup::default().env("REGISTRATION", "closed").start().await.unwrap();
    let answer = register(&service.client(), &fresh_name(), SECRET).await;
    answer.expect_refusal(403, "registration_closed");
}
