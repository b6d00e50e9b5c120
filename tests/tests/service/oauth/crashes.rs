//! The process ends between what it wrote and what it would have answered.

use reqwest::Method;
use serde_json::Value;
use tests::{
    application::{Application, VERIFIER, Visitor, encode},
    service::Service,
    setup::Setup,
    wait::eventually,
};

/// Posts a form, and gets no answer since there is nobody any more.
async fn unanswered(service: &Service, app: &Application, pairs: &[(&str, &str)]) {
    let body = encode(&[pairs, &[("client_id", app.client_id.as_str())]].concat());
    let request = service.client().request(Method::POST, "/oauth/token");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert!(request.body(body).send().await.is_err(), "it was answered");
    eventually("the crash", || async { (!service.runs()).then_some(()) }).await;
}

#[tokio::test]
async fn a_code_whose_answer_was_lost_is_spent_and_nothing_else_is() {
    for point in ["oauth.redeemed", "oauth.begun"] {
        let folder = tempfile::tempdir().unwrap();
        let setup = Setup::default().data(&folder.path().join("data"));
        let service = setup.clone().crash_at(point, 2).start().await.unwrap();
        let (app, visitor) = (Application::public(&service, &[]), Visitor::new(&service).await);
        let before = app.tokens(&visitor).await;
        let code = app.code(&visitor).await;
        let redeem = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", app.redirect_uri.as_str()),
            ("code_verifier", VERIFIER),
        ];
        unanswered(&service, &app, &redeem).await;

        let service = setup.start().await.unwrap();
        let (app, visitor) = (app.at(service.address()), visitor.at(service.address()));
        app.exchange(&code).await.expect_refusal(400, "invalid_grant");
        app.exchange(&code).await.expect_refusal(400, "invalid_grant");
        let verifier = service.verifier();
        let ended = eventually("the end of what the code began", || async {
            let feed = verifier.get("/oauth/revocations").await.text;
            serde_json::from_str::<Value>(feed.lines().next()?).ok()
        });
        let ended = ended.await;
        assert_eq!(
            (&ended["kind"], &ended["reason"]),
            (&"TOKEN_FAMILY".into(), &"code_replay".into())
        );
        // The person signs in again; what they had, they have still.
        app.refresh(&before.text_at("/refresh_token")).await.expect(200);
        let api = service.client().with_bearer(&before.text_at("/access_token"));
        api.get("/v1/me").await.expect(200);
        app.tokens(&visitor).await;
    }
}

#[tokio::test]
async fn a_rotation_whose_answer_was_lost_is_answered_again_with_the_same_successor() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::default().data(&folder.path().join("data"));
    let service = setup.clone().crash_at("oauth.rotated", 1).start().await.unwrap();
    let (app, visitor) = (Application::public(&service, &[]), Visitor::new(&service).await);
    let first = app.tokens(&visitor).await.text_at("/refresh_token");
    unanswered(&service, &app, &[("grant_type", "refresh_token"), ("refresh_token", &first)]).await;

    let service = setup.start().await.unwrap();
    let app = app.at(service.address());
    let second = app.refresh(&first).await.expect(200).text_at("/refresh_token");
    let again = app.refresh(&first).await.expect(200).text_at("/refresh_token");
    assert_eq!(second, again, "the same successor");
    // It is the one that the crash left: nothing else would be believed.
    let third = app.refresh(&second).await.expect(200);
    let api = service.client().with_bearer(&third.text_at("/access_token"));
    api.get("/v1/me").await.expect(200);
}
