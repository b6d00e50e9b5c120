//! Refresh tokens of applications: a successor for each, and the end for whoever comes back.

use futures::future::join_all;
use serde_json::json;
use tests::{
    application::{Application, Visitor, claims},
    service::Service,
};

#[tokio::test]
async fn a_refresh_token_is_replaced_whenever_it_is_used() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &["openid"]), Visitor::new(service).await);
    let mut tokens = app.tokens(&visitor).await;
    let mut seen = vec![];
    for _ in 0..3 {
        let token = tokens.text_at("/refresh_token");
        assert!(!seen.contains(&token));
        tokens = app.refresh(&token).await.expect(200).expect_uncacheable();
        assert_eq!(
            (tokens.at("/expires_in"), tokens.at("/scope")),
            (&json!(21_600), &json!("openid"))
        );
        seen.push(token);
    }
    let narrow = [
        ("grant_type", "refresh_token"),
        ("scope", "openid"),
        ("refresh_token", &tokens.text_at("/refresh_token")),
    ];
    let narrowed = app.own_form("/oauth/token", &narrow).await.expect(200);
    assert_eq!(claims(&narrowed.text_at("/access_token"))["scope"], "openid");
    let more = [
        ("grant_type", "refresh_token"),
        ("scope", "profile"),
        ("refresh_token", &narrowed.text_at("/refresh_token")),
    ];
    app.own_form("/oauth/token", &more).await.expect_refusal(400, "invalid_scope");
    app.refresh(&narrowed.text_at("/refresh_token")).await.expect(200);
}

#[tokio::test]
async fn a_private_application_may_keep_its_refresh_token() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::private(service, &["openid"]), Visitor::new(service).await);
    let rotate = |rotate| {
        let id = app.client_id.as_str();
        service.operate(&["client", "update", id, "--rotate-refresh-tokens", rotate])
    };
    rotate("false").unwrap();
    let kept = app.tokens(&visitor).await.text_at("/refresh_token");
    for answer in join_all((0..16).map(|_| app.refresh(&kept))).await {
        assert_eq!(answer.expect(200).text_at("/refresh_token"), kept);
    }
    let access = app.refresh(&kept).await.expect(200).text_at("/access_token");
    service.client().with_bearer(&access).get("/v1/me").await.expect(200);

    rotate("true").unwrap();
    let next = app.refresh(&kept).await.expect(200).text_at("/refresh_token");
    assert_ne!(next, kept);
    rotate("false").unwrap();
    let again = app.refresh(&kept).await.expect(200).text_at("/refresh_token");
    assert_eq!(again, next, "the answer may have been lost");

    app.revoke(&next).await.expect(200);
    app.refresh(&next).await.expect_refusal(400, "invalid_grant");
}

#[tokio::test]
async fn a_lost_answer_is_given_again_and_a_reuse_ends_the_family() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let first = app.tokens(&visitor).await.text_at("/refresh_token");
    let second = app.refresh(&first).await.expect(200).text_at("/refresh_token");
    let again = app.refresh(&first).await.expect(200).text_at("/refresh_token");
    assert_eq!(second, again, "the same successor");
    let third = app.refresh(&second).await.expect(200);
    let api = service.client().with_bearer(&third.text_at("/access_token"));
    api.get("/v1/me").await.expect(200);
    app.refresh(&first).await.expect_refusal(400, "invalid_grant");
    app.refresh(&third.text_at("/refresh_token")).await.expect_refusal(400, "invalid_grant");
    api.get("/v1/me").await.expect_refusal(401, "invalid_token");
}

#[tokio::test]
async fn noise_and_other_clients_log_nobody_out() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let other = Application::public(service, &[]);
    let live = app.tokens(&visitor).await.text_at("/refresh_token");
    let flipped =
        format!("{}{}", &live[..live.len() - 1], if live.ends_with('0') { '1' } else { '0' });
    for noise in ["x", flipped.as_str(), &visitor.person.refresh_token] {
        app.refresh(noise).await.expect_refusal(400, "invalid_grant");
    }
    other.refresh(&live).await.expect_refusal(400, "invalid_grant");
    other.revoke(&live).await.expect(200);
    app.refresh(&live).await.expect(200);
}

#[tokio::test]
async fn sixty_four_at_once_get_one_successor() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let live = app.tokens(&visitor).await.text_at("/refresh_token");
    let answers = join_all((0..64).map(|_| app.refresh(&live))).await;
    let mut successors: Vec<_> =
        answers.into_iter().map(|answer| answer.expect(200).text_at("/refresh_token")).collect();
    successors.dedup();
    assert_eq!(successors.len(), 1);
    app.refresh(&successors[0]).await.expect(200);
}

#[tokio::test]
async fn sixty_four_redeem_one_code_and_one_of_them_does() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let code = app.code(&visitor).await;
    let answers = join_all((0..64).map(|_| app.exchange(&code))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|it| it.status == 200);
    assert_eq!(won.len(), 1);
    for answer in lost {
        answer.expect_refusal(400, "invalid_grant");
    }
    let refreshed = app.refresh(&won[0].text_at("/refresh_token")).await;
    refreshed.expect_refusal(400, "invalid_grant");
}
