//! Clerk: people who sign in elsewhere, what is said of them, and how they are forgotten.

use serde_json::{Value, json};
use tests::{
    account::{Person, SECRET, authenticate, register},
    answer::Answer,
    client::Client,
    graphql_socket::GraphqlSocket,
    identity::{Clerk, Session, deliver, fresh, headers, signed, signed_at, tell},
    platform::Platform,
    service::Service,
    setup::Setup,
    wait::eventually,
};

const VIEWER: &str = "{ viewer { user { id username displayName imageUrl deactivatedAt }
  memberships { role workspace { id } } } }";

async fn service(clerk: &Clerk) -> Service {
    clerk.known_to(Setup::default()).start().await.unwrap()
}

async fn viewer(client: &Client) -> Answer {
    client.graphql(VIEWER, json!({})).await
}

/// Who somebody is, and that they have a workspace of their own: from the first answer on.
async fn known(client: &Client) -> Value {
    let answer = viewer(client).await.expect_data();
    let viewer = answer.at("/data/viewer").clone();
    assert_ne!(viewer["memberships"], json!([]));
    viewer
}

#[tokio::test]
async fn a_first_request_makes_a_person_and_the_webhook_says_who_they_are() {
    let clerk = Clerk::new();
    let service = service(&clerk).await;
    let session = Clerk::sign_in();
    let client = service.client().with_bearer(&clerk.token(&session));
    let first = known(&client).await;
    assert_eq!(first["user"]["displayName"], Value::Null);
    assert_eq!(first["memberships"][0]["role"], "OWNER");
    tell(&client, &session.said("user.created", "Ada", 1_000)).await.expect(204);
    eventually("the profile", || async {
        let viewer = known(&client).await;
        (viewer["user"]["displayName"] == "Ada Lovelace").then_some(())
    })
    .await;
    let again = known(&client).await;
    assert_eq!(again["user"]["id"], first["user"]["id"], "they are the same person");
    assert_eq!(again["user"]["imageUrl"], "https://img.clerk.com/ada.png");

    // The same session as a cookie of our own page, and of another's.
    let cookie = format!("__session={}", clerk.token(&session));
    for (origin, status) in [(service.address(), 200), ("https://evil.example", 403)] {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("cookie", cookie.parse().unwrap());
        headers.insert("origin", origin.parse().unwrap());
        let page = service.client();
        let answer = page.post_with("/graphql", headers, json!({ "query": VIEWER })).await;
        assert_eq!(answer.status == 200, status == 200, "{origin}: {}", answer.text);
    }
}

#[tokio::test]
async fn many_first_requests_at_once_make_one_person() {
    let clerk = Clerk::new();
    let service = service(&clerk).await;
    let session = Clerk::sign_in();
    let client = service.client().with_bearer(&clerk.token(&session));
    let said = session.said("user.created", "Ada", 1_000);
    let (answers, told) = tokio::join!(
        futures::future::join_all((0..12).map(|_| viewer(&client))),
        tell(&client, &said),
    );
    assert!(told.status == 204 || told.status == 503 || told.status == 409, "{}", told.text);
    let accepted = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(accepted > 0);
    let viewer = known(&client).await;
    assert_eq!(viewer["memberships"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_session_makes_it_nobodys() {
    let clerk = Clerk::new();
    let service = service(&clerk).await;
    let session = Clerk::sign_in();
    for wrong in [
        clerk.token_with(&session, &json!({ "exp": 1 })),
        clerk.token_with(&session, &json!({ "nbf": 9_999_999_999_i64 })),
        clerk.token_with(&session, &json!({ "iss": "https://evil.example" })),
        clerk.token_with(&session, &json!({ "azp": "https://evil.example" })),
        clerk.token_with(&session, &json!({ "sub": 1 })),
        Clerk::new().token(&session),
    ] {
        let client = service.client().with_bearer(&wrong);
        viewer(&client).await.expect_refusal(401, "invalid_token");
    }
}

#[tokio::test]
async fn late_doubled_and_disordered_messages_leave_the_newest() {
    let clerk = Clerk::new();
    let service = service(&clerk).await;
    let client = service.client();
    let session = Clerk::sign_in();
    // The update comes before the creation that it belongs to.
    let newest = session.said("user.updated", "Newest", 3_000).to_string();
    let id = fresh("msg");
    deliver(&client, signed(&id, &newest), &newest).await.expect(204);
    tell(&client, &session.said("user.created", "Oldest", 1_000)).await.expect(204);
    tell(&client, &session.said("user.updated", "Older", 2_000)).await.expect(204);
    let person = service.client().with_bearer(&clerk.token(&session));
    let name = known(&person).await["user"]["displayName"].clone();
    assert_eq!(name, "Newest Lovelace");
    // The same message again appends nothing.
    let before = service.exported();
    for _ in 0..3 {
        deliver(&client, signed(&id, &newest), &newest).await.expect(204);
    }
    let count = |text: &str, what: &str| text.matches(what).count();
    let after = service.exported();
    for kind in ["user.profile_changed", "user.registered", "user.profile_change_ignored"] {
        assert_eq!(count(&after, kind), count(&before, kind), "{kind}");
    }
    assert_eq!(count(&after, "user.profile_change_ignored"), 2);
    assert!(!after.contains("ada@example.org") && !after.contains("Newest"), "it is sealed");
}

#[tokio::test]
async fn a_message_that_is_not_signed_now_by_the_provider_is_refused() {
    let clerk = Clerk::new();
    let service = service(&clerk).await;
    let client = service.client();
    let body = r#"{"type":"email.created","data":{}}"#;
    let now = i64::try_from(
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(),
    )
    .unwrap();
    deliver(&client, signed("msg_1", body), body).await.expect(204);
    // Among other signatures, as while a secret is changed.
    let mut rotating = signed_at("msg_1", now, body);
    let both = format!("v1,AAAA v1a,x {}", rotating["svix-signature"].to_str().unwrap());
    rotating.insert("svix-signature", both.parse().unwrap());
    deliver(&client, rotating, body).await.expect(204);
    let other = "{}";
    let wrong = [
        headers("msg_1", &now.to_string(), "v1,AAAA"),
        headers("msg_1", &now.to_string(), ""),
        headers("msg_1", "yesterday", "v1,AAAA"),
        signed("msg_1", other),
        signed_at("msg_1", now - 301, body),
        signed_at("msg_1", now + 302, body),
        reqwest::header::HeaderMap::new(),
        // The published example, years later.
        headers(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ];
    for headers in wrong {
        deliver(&client, headers, body).await.expect_refusal(400, "invalid_signature");
    }
    let huge = "x".repeat(70_000);
    deliver(&client, signed("msg_1", &huge), &huge).await.expect_refusal(413, "request_too_large");
}

#[tokio::test]
async fn a_session_that_ended_there_has_ended_here() {
    let clerk = Clerk::new();
    let service = service(&clerk).await;
    let session = Clerk::sign_in();
    let client = service.client().with_bearer(&clerk.token(&session));
    known(&client).await;
    let other = Session { session: fresh("sess"), ..session.clone() };
    let elsewhere = service.client().with_bearer(&clerk.token(&other));
    known(&elsewhere).await;
    let mut socket = GraphqlSocket::open(&client).await;
    let end = |sid: &str| json!({ "type": "session.revoked", "data": { "id": sid } });
    tell(&client, &end(&session.session)).await.expect(204);
    viewer(&client).await.expect_refusal(401, "invalid_token");
    assert_eq!(socket.socket.closed().await.0, 4401);
    viewer(&elsewhere).await.expect_data();
    // One that ended before it was ever seen.
    let unseen = Session { session: fresh("sess"), ..session };
    tell(&client, &end(&unseen.session)).await.expect(204);
    let late = service.client().with_bearer(&clerk.token(&unseen));
    viewer(&late).await.expect_refusal(401, "invalid_token");
}

#[tokio::test]
async fn who_is_deleted_there_is_forgotten_here() {
    let (clerk, twitch) = (Clerk::new(), Platform::twitch());
    let platforms = tests::platform::Platforms::of(&[&twitch]);
    let setup = clerk.known_to(platforms.known_to(Setup::default()));
    let service = setup.start().await.unwrap();
    let session = Clerk::sign_in();
    let client = service.client().with_bearer(&clerk.token(&session));
    tell(&client, &session.said("user.created", "Ada", 1_000)).await.expect(204);
    known(&client).await;
    let person = Person {
        name: String::new(),
        user_key: String::new(),
        refresh_token: String::new(),
        client: client.clone(),
    };
    let token = person.create_token("Desk").await;
    person.connect(&twitch).await;
    let deleted = json!({ "type": "user.deleted",
        "data": { "id": session.user, "deleted": true, "object": "user" } });
    tell(&client, &deleted).await.expect(204);
    viewer(&client).await.expect_refusal(401, "invalid_token");
    let verifier = service.verifier();
    eventually("the token to be revoked", || async {
        let answer = tests::account::verify(&verifier, &token.secret).await;
        (answer.at("/code") == "REVOKED").then_some(())
    })
    .await;
    eventually("the platform to be told", || async {
        (twitch.seen().await["revoke"] == 1).then_some(())
    })
    .await;
    let exported = service.once_erased().await;
    assert!(exported.contains("subject.key_destroyed"));
    // What comes late brings nobody back.
    tell(&client, &session.said("user.updated", "Ada", 9_000)).await.expect(204);
    tell(&client, &session.said("user.created", "Ada", 1_000)).await.expect(204);
    tell(&client, &deleted).await.expect(204);
    let other = Session { session: fresh("sess"), ..session };
    let back = service.client().with_bearer(&clerk.token(&other));
    viewer(&back).await.expect_refusal(401, "invalid_token");
    // Nor somebody whose deletion came before everything else.
    let unseen = Clerk::sign_in();
    let deleted = json!({ "type": "user.deleted", "data": { "id": unseen.user } });
    tell(&client, &deleted).await.expect(204);
    tell(&client, &unseen.said("user.created", "Eve", 1)).await.expect(204);
    let never = service.client().with_bearer(&clerk.token(&unseen));
    viewer(&never).await.expect_refusal(401, "invalid_token");
}

#[tokio::test]
async fn keys_are_asked_for_when_they_change_and_not_at_whoevers_will() {
    let server = Platform::twitch();
    let clerk = Clerk::at(server.address());
    server.set(json!({ "jwks": clerk.keys() })).await;
    let service = clerk.named_to(Setup::default()).start().await.unwrap();
    let session = Clerk::sign_in();
    known(&service.client().with_bearer(&clerk.token(&session))).await;
    assert_eq!(server.seen().await["keys"], 1);
    let forger = Clerk::at(server.address());
    let client = service.client().with_bearer(&forger.token(&session));
    for answer in futures::future::join_all((0..20).map(|_| viewer(&client))).await {
        answer.expect_refusal(401, "invalid_token");
    }
    assert_eq!(server.seen().await["keys"], 1, "an unknown key is no reason to ask at once");
    // The provider has another key; within the bound it is asked for again.
    let changed = Clerk::at(server.address());
    server.set(json!({ "jwks": changed.keys() })).await;
    let client = service.client().with_bearer(&changed.token(&session));
    eventually("the new key", || async { (viewer(&client).await.status == 200).then_some(()) })
        .await;
    assert_eq!(server.seen().await["keys"], 2);
}

#[tokio::test]
async fn whoever_hangs_up_while_the_keys_are_fetched_leaves_nobody_without_them() {
    let server = Platform::twitch();
    let clerk = Clerk::at(server.address());
    server.set(json!({ "jwks": clerk.keys(), "mode": "hold" })).await;
    let service = clerk.named_to(Setup::default()).start().await.unwrap();
    let client = service.client().with_bearer(&clerk.token(&Clerk::sign_in()));
    let first = tokio::spawn({
        let client = client.clone();
        async move { viewer(&client).await.status }
    });
    eventually("the keys to be asked for", || async {
        (server.seen().await["keys"] == 1).then_some(())
    })
    .await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    server.set(json!({ "mode": "ok" })).await;
    known(&client).await;
    assert_eq!(server.seen().await["keys"], 1);
}

#[tokio::test]
async fn linked_registration_is_for_people_of_the_provider() {
    let clerk = Clerk::new();
    let setup = clerk.known_to(Setup::default()).env("REGISTRATION", "linked");
    let service = setup.start().await.unwrap();
    let stranger = service.client();
    let name = tests::account::fresh_name();
    register(&stranger, &name, SECRET).await.expect_refusal(403, "registration_closed");
    let forged = stranger.with_bearer(&Clerk::new().token(&Clerk::sign_in()));
    register(&forged, &name, SECRET).await.expect_refusal(403, "registration_closed");

    let session = Clerk::sign_in();
    let linked = stranger.with_bearer(&clerk.token(&session));
    let key = register(&linked, &name, SECRET).await.expect(201).text_at("/user_key");
    let again = register(&linked, &name, SECRET).await.expect(201);
    assert_eq!(again.text_at("/user_key"), key, "a lost answer is no lost name");
    authenticate(&stranger, &key, SECRET).await.expect(200);
    // Both ways in lead to the same person.
    let person = Person::sign_in(&stranger, &name, &key).await;
    let here = known(&person.client).await["user"]["id"].clone();
    assert_eq!(known(&linked).await["user"]["id"], here);
    // The account there has its name, and the name its account.
    let other = stranger.with_bearer(&clerk.token(&Clerk::sign_in()));
    register(&other, &name, SECRET).await.expect_refusal(409, "user_id_taken");

    // Somebody whose first request made them known is given a name later.
    let session = Clerk::sign_in();
    let known_first = stranger.with_bearer(&clerk.token(&session));
    let id = known(&known_first).await["user"]["id"].clone();
    let name = tests::account::fresh_name();
    let key = register(&known_first, &name, SECRET).await.expect(201).text_at("/user_key");
    let person = Person::sign_in(&stranger, &name, &key).await;
    assert_eq!(known(&person.client).await["user"]["id"], id);
}

#[tokio::test]
async fn of_many_accounts_that_claim_one_name_at_once_one_gets_it_and_the_others_stay_free() {
    let clerk = Clerk::new();
    let setup = clerk.known_to(Setup::default()).env("REGISTRATION", "linked");
    let service = setup.start().await.unwrap();
    let name = tests::account::fresh_name();
    let claim = || service.client().with_bearer(&clerk.token(&Clerk::sign_in()));
    let claimants: Vec<_> = std::iter::repeat_with(claim).take(4).collect();
    let claims = claimants.iter().map(|claimant| register(claimant, &name, SECRET));
    let statuses = futures::future::join_all(claims).await.into_iter().map(|answer| answer.status);
    let (won, lost): (Vec<_>, Vec<_>) =
        claimants.iter().zip(statuses).partition(|(_, status)| *status == 201);
    assert_eq!(won.len(), 1, "{lost:?}");
    let holder = known(won[0].0).await["user"]["id"].clone();
    for (claimant, status) in lost {
        assert_eq!(status, 409);
        assert_ne!(known(claimant).await["user"]["id"], holder);
    }
}
