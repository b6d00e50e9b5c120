//! What an application asks of a person, and what either is told.

use tests::{
    account::{SECRET, fresh_name},
    application::{Application, LOOPBACK, PAGE, Visitor, consent_form},
    service::Service,
};

#[tokio::test]
async fn nobody_is_sent_anywhere_before_the_application_and_its_address_are_known() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let twice = format!("{}&redirect_uri=http%3A%2F%2Flocalhost%2Fcallback", app.request(&[]));
    for request in [
        app.request(&[("client_id", None)]),
        app.request(&[("client_id", Some("nobody"))]),
        app.request(&[("client_id", Some("a\"b"))]),
        app.request(&[("redirect_uri", Some("https://evil.example/"))]),
        app.request(&[("redirect_uri", Some("http://127.0.0.1:8089/callback"))]),
        app.request(&[("redirect_uri", Some("http://localhost:8089/callback/"))]),
        app.request(&[("redirect_uri", Some("http://localhost:8089/callback#x"))]),
        app.request(&[("redirect_uri", Some("http://localhost.evil.example/callback"))]),
        app.request(&[("redirect_uri", Some("http://u@localhost:8089/callback"))]),
        app.request(&[("redirect_uri", Some("HTTP://localhost:8089/callback"))]),
        twice,
        format!("{}&state=%00", app.request(&[("state", None)])),
        format!("{}&state=%ff", app.request(&[("state", None)])),
    ] {
        let answer = visitor.get(&format!("/oauth/authorize?{request}")).await;
        assert_eq!((answer.status, answer.text.as_str()), (400, ""), "{request}");
        assert!(answer.page.contains("<h1>"), "{request}");
    }
}

#[tokio::test]
async fn all_else_is_told_to_the_application_with_its_state_and_the_issuer() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &["openid"]), Visitor::new(service).await);
    let long = "x".repeat(2049);
    for (changes, error) in [
        (vec![("response_type", Some("token"))], "unsupported_response_type"),
        (vec![("response_type", Some("code id_token"))], "unsupported_response_type"),
        (vec![("response_type", None)], "invalid_request"),
        (vec![("code_challenge", None)], "invalid_request"),
        (vec![("code_challenge", Some("short"))], "invalid_request"),
        (vec![("code_challenge_method", Some("plain"))], "invalid_request"),
        (vec![("code_challenge_method", None)], "invalid_request"),
        (vec![("scope", Some("everything"))], "invalid_scope"),
        (vec![("scope", Some("tokens:manage"))], "invalid_scope"),
        (vec![("max_age", Some("soon"))], "invalid_request"),
        (vec![("response_mode", Some("fragment"))], "invalid_request"),
        (vec![("request", Some("x"))], "request_not_supported"),
        (vec![("request_uri", Some("https://x"))], "request_uri_not_supported"),
        (vec![("prompt", Some("none login"))], "invalid_request"),
        (vec![("nonce", Some(long.as_str()))], "invalid_request"),
    ] {
        let request = app.request(&changes);
        let answer = visitor.get(&format!("/oauth/authorize?{request}")).await;
        assert_eq!(answer.status, 302, "{changes:?}");
        assert!(answer.text.starts_with(&format!("{LOOPBACK}?error=")), "{}", answer.text);
        assert_eq!(answer.query("error").as_deref(), Some(error), "{changes:?}");
        assert_eq!(answer.query("state").as_deref(), Some("s-1"));
        assert_eq!(answer.query("iss").as_deref(), Some(service.address()));
        assert_eq!(answer.query("code"), None);
    }
}

#[tokio::test]
async fn a_person_who_allows_is_sent_back_with_a_code_and_one_who_does_not_without() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &["openid"]), Visitor::new(service).await);
    let state = "ä\r\nSet-Cookie: x=1&error=x#?";
    let request = app.request(&[
        ("state", Some(state)),
        ("redirect_uri", Some("http://localhost:1337/callback")),
    ]);
    let allowed = visitor.allow(&request).await;
    assert_eq!(allowed.status, 303);
    assert!(allowed.text.starts_with("http://localhost:1337/callback?code="));
    assert_eq!(allowed.query("state").as_deref(), Some(state), "byte for byte");
    assert_eq!(allowed.query("iss").as_deref(), Some(service.address()));
    assert!(!allowed.headers.contains_key("set-cookie"));
    let denied = visitor.decide(&request, "deny").await;
    assert_eq!((denied.status, denied.query("error").as_deref()), (303, Some("access_denied")));
    assert_eq!(denied.query("state").as_deref(), Some(state));
}

#[tokio::test]
async fn an_application_may_have_its_answer_posted() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::private(service, &[]), Visitor::new(service).await);
    let state = "\"><script>";
    let request = app.request(&[("response_mode", Some("form_post")), ("state", Some(state))]);
    let allowed = visitor.allow(&request).await;
    assert_eq!((allowed.status, allowed.text.as_str()), (200, ""));
    assert!(allowed.page.contains(&format!("action=\"{PAGE}\"")), "{}", allowed.page);
    assert!(!allowed.page.contains("<script"), "{}", allowed.page);
    let policy = allowed.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://app.example"), "{policy}");
    let code = allowed.page.split_once("name=\"code\" value=\"").unwrap().1;
    app.exchange(code.split_once('"').unwrap().0).await.expect(200);
    let wrong = app.request(&[("response_mode", Some("form_post")), ("scope", Some("x"))]);
    let wrong = visitor.get(&format!("/oauth/authorize?{wrong}")).await;
    assert!(wrong.status == 200 && wrong.page.contains("value=\"invalid_scope\""));
    let program = Application::register(service, "public", "nxm://oauth/callback", &[], &[]);
    let nowhere = program.request(&[("response_mode", Some("form_post"))]);
    let nowhere = visitor.get(&format!("/oauth/authorize?{nowhere}")).await;
    assert_eq!(nowhere.query("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn whoever_is_not_signed_in_signs_in_first_and_comes_back_to_the_question() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let stranger = visitor.stranger();
    let sent = stranger.get(&format!("/oauth/authorize?{}", app.request(&[]))).await;
    assert_eq!(sent.status, 302);
    assert!(sent.text.starts_with("/login?continue=") && !sent.text.contains("localhost"));
    let page = stranger.get(&sent.text).await;
    assert!(page.page.contains("Mod Manager") && page.page.contains("user_secret"));
    let wrong =
        stranger.post(&sent.text, &[("user_id", &visitor.name), ("user_secret", "no")]).await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.page.contains("wrong") && wrong.page.contains(&visitor.name));
    let right = [("user_id", visitor.name.as_str()), ("user_secret", tests::account::SECRET)];
    let back = stranger.post(&sent.text, &right).await;
    assert_eq!(back.status, 303);
    assert!(back.text.starts_with("/oauth/authorize/") && back.headers.contains_key("set-cookie"));
    let asked = visitor.get(&back.text).await;
    assert_eq!(asked.status, 200);
    assert!(asked.page.contains("Mod Manager"));
}

#[tokio::test]
async fn whoever_has_no_account_makes_one_and_comes_back_to_the_question() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let stranger = visitor.stranger();
    let sent = stranger.get(&format!("/oauth/authorize?{}", app.request(&[]))).await;
    let new = sent.text.replacen("/login", "/login/new", 1);
    assert!(stranger.get(&sent.text).await.page.contains(&format!("href=\"{new}\"")));
    assert!(stranger.get(&new).await.page.contains("Make an account"));
    let name = fresh_name();
    for (name, secret, status) in [
        ("x", SECRET, 400),
        (name.as_str(), "12345678", 400),
        (visitor.name.as_str(), "another long secret", 409),
    ] {
        let wrong = stranger.post(&new, &[("user_id", name), ("user_secret", secret)]).await;
        assert_eq!((wrong.status, wrong.headers.get("set-cookie")), (status, None), "{name}");
        assert!(wrong.page.contains("role=\"alert\""), "{}", wrong.page);
    }
    let made = stranger.post(&new, &[("user_id", &name), ("user_secret", SECRET)]).await;
    assert_eq!(made.status, 303);
    assert!(made.text.starts_with("/oauth/authorize/") && made.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn a_decision_counts_only_from_our_own_page_for_whoever_was_asked() {
    let service = Service::shared().await;
    let app = Application::public(service, &[]);
    let (visitor, other) = (Visitor::new(service).await, Visitor::new(service).await);
    let asked = visitor.get(&format!("/oauth/authorize?{}", app.request(&[]))).await;
    let (action, token) = consent_form(&asked.page);
    let allow = |token: String| [("token", token), ("decision", "allow".to_owned())];
    for token in [String::new(), format!("{token}x"), "x".repeat(43)] {
        let pairs = allow(token);
        let pairs = pairs.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(visitor.post(&action, &pairs).await.status, 403);
    }
    let pairs = [("token", token.as_str()), ("decision", "allow")];
    assert_eq!(other.post(&action, &pairs).await.status, 403, "somebody else's decision");
    let nobody = visitor.stranger().post(&action, &pairs).await;
    assert!(nobody.text.starts_with("/login"));
    let forged = visitor.post(&format!("{action}x"), &pairs).await;
    assert_eq!((forged.status, forged.text.as_str()), (400, ""));
    assert_eq!(visitor.post(&action, &pairs).await.status, 303);
}

#[tokio::test]
async fn a_consent_is_remembered_only_for_applications_on_servers() {
    let service = Service::shared().await;
    let visitor = Visitor::new(service).await;
    let ask = async |app: &Application, changes: &[(&str, Option<&str>)]| {
        visitor.get(&format!("/oauth/authorize?{}", app.request(changes))).await
    };
    let public = Application::public(service, &[]);
    public.code(&visitor).await;
    assert_eq!(ask(&public, &[]).await.status, 200, "asked again");
    let scheme = Application::register(service, "public", "nxm://oauth/callback", &[], &[]);
    assert!(
        visitor.allow(&scheme.request(&[])).await.text.starts_with("nxm://oauth/callback?code=")
    );
    assert_eq!(ask(&scheme, &[]).await.status, 200, "asked again");

    let private = Application::private(service, &["openid", "profile"]);
    let some = [("scope", Some("openid"))];
    assert_eq!(ask(&private, &some).await.status, 200);
    visitor.allow(&private.request(&some)).await;
    let again = ask(&private, &some).await;
    assert!(again.text.starts_with(&format!("{PAGE}?code=")), "{again:?}");
    assert_eq!(ask(&private, &[("scope", Some("openid profile"))]).await.status, 200, "more");
    let consent = [("scope", Some("openid")), ("prompt", Some("consent"))];
    assert_eq!(ask(&private, &consent).await.status, 200, "as it wished");
}

#[tokio::test]
async fn prompts_are_heeded() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::private(service, &["openid"]), Visitor::new(service).await);
    let ask = async |visitor: &Visitor, changes: &[(&str, Option<&str>)]| {
        visitor.get(&format!("/oauth/authorize?{}", app.request(changes))).await
    };
    let none = [("prompt", Some("none"))];
    let stranger = ask(&visitor.stranger(), &none).await;
    assert_eq!(stranger.query("error").as_deref(), Some("login_required"));
    let asked = ask(&visitor, &none).await;
    assert_eq!(asked.query("error").as_deref(), Some("consent_required"));
    app.code(&visitor).await;
    assert!(ask(&visitor, &none).await.query("code").is_some());
    for again in
        [("prompt", Some("login")), ("prompt", Some("select_account")), ("max_age", Some("0"))]
    {
        let sent = ask(&visitor, &[again]).await;
        assert!(sent.text.starts_with("/login"), "{again:?}: {sent:?}");
    }
    assert!(ask(&visitor, &[("max_age", Some("3600"))]).await.query("code").is_some());
    let hinted = ask(&visitor.stranger(), &[("login_hint", Some("ada"))]).await;
    assert!(visitor.get(&hinted.text).await.page.contains("value=\"ada\""));
}

#[tokio::test]
async fn the_challenge_of_the_guide_opens_the_page_and_is_met_by_nobody() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let hex = "086d23129028fba8a4850d77ed6bb0c3ef3a61b05dd03450edba8b24544a6275";
    let code = visitor.allow(&app.request(&[("code_challenge", Some(hex))])).await.query("code");
    app.exchange(&code.unwrap()).await.expect_refusal(400, "invalid_grant");
}
