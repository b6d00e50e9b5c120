//! What is wrong brings about nothing: no token, no event, no word of what was sent.

use reqwest::{Method, header::HeaderMap};
use serde_json::json;
use tests::{
    application::{Application, CHALLENGE, Visitor},
    service::Service,
    setup::Setup,
};

/// The number of events in the log that an authorization server writes.
fn events(service: &Service) -> usize {
    let output = service.command().args(["--json", "audit", "replay"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let ours = ["auth_code.", "family.", "grant.", "client."];
    text.lines().filter(|line| ours.iter().any(|noun| line.contains(noun))).count()
}

#[tokio::test]
async fn a_refused_request_issues_and_appends_nothing() {
    let service = Setup::default().start().await.unwrap();
    let (app, visitor) =
        (Application::private(&service, &["openid"]), Visitor::new(&service).await);
    let code = app.code(&visitor).await;
    let before = events(&service);
    assert!(before > 0);
    for changes in [
        vec![("grant_type", Some("password"))],
        vec![("code", Some("unknown-canary"))],
        vec![("redirect_uri", Some("https://app.example/cb/canary"))],
        vec![("code_verifier", None)],
        vec![("code_verifier", Some(CHALLENGE))],
        vec![("client_secret", Some("canary"))],
        vec![("client_secret", None)],
        vec![("scope", Some("canary"))],
    ] {
        let answer = app.exchange_with(&code, &changes).await;
        assert!(answer.status == 400 || answer.status == 401, "{changes:?}: {}", answer.text);
        assert!(!answer.text.contains("canary") && answer.at("/access_token").is_null());
    }
    app.refresh("nxr_canary").await.expect_refusal(400, "invalid_grant");
    app.revoke("canary").await.expect(200);
    for (changes, status) in [
        (vec![("redirect_uri", Some("https://APP.example/cb"))], 400),
        (vec![("redirect_uri", Some("https://u:p@app.example/cb"))], 400),
        (vec![("redirect_uri", Some("https://\u{e4}pp.example/cb"))], 400),
        (vec![("redirect_uri", Some("https://app.example/cb\r\nx: y"))], 400),
        (vec![("code_challenge_method", Some("plain"))], 302),
        (vec![("scope", Some("tokens:manage"))], 302),
    ] {
        let request = app.request(&changes);
        let answer = visitor.get(&format!("/oauth/authorize?{request}")).await;
        assert_eq!(answer.status, status, "{changes:?}");
        assert!(answer.query("code").is_none() && !answer.headers.contains_key("x"));
    }
    assert_eq!(events(&service), before);
    app.exchange(&code).await.expect(200);
}

#[tokio::test]
async fn any_change_of_any_character_is_an_unknown_token() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::private(service, &[]), Visitor::new(service).await);
    let tokens = app.tokens(&visitor).await;
    let inactive = json!({ "active": false });
    for (name, step) in [("/refresh_token", 3), ("/access_token", 29)] {
        let token = tokens.text_at(name);
        for (place, character) in token.char_indices().step_by(step) {
            let other = if character == 'A' { 'B' } else { 'A' };
            let changed = format!("{}{other}{}", &token[..place], &token[place + 1..]);
            for wrong in [changed.as_str(), &token[..place], &format!("{token}{other}")] {
                if !wrong.is_empty() {
                    assert_eq!(app.introspect(wrong).await.expect(200).json, inactive, "{place}");
                }
            }
        }
        assert_eq!(app.introspect(&token).await.at("/active"), true, "{name}");
    }
}

#[tokio::test]
async fn a_live_credential_gets_no_4xx_because_others_of_its_network_guessed() {
    let service = Setup::default().env("REFUSED_REFRESHES_PER_MINUTE", "5").start().await.unwrap();
    let (app, visitor) = (Application::public(&service, &[]), Visitor::new(&service).await);
    let live = app.tokens(&visitor).await.text_at("/refresh_token");
    for _ in 0..5 {
        app.refresh("x").await.expect_refusal(400, "invalid_grant");
    }
    let put_off = app.refresh(&live).await;
    assert_eq!(put_off.header("retry-after"), "1");
    put_off.expect_refusal(503, "temporarily_unavailable");
    app.elsewhere(&service).refresh(&live).await.expect(200);
}

#[tokio::test]
async fn no_page_of_others_may_read_where_a_person_decides() {
    let service = Service::shared().await;
    let app = Application::public(service, &[]);
    for path in [&format!("/oauth/authorize?{}", app.request(&[])), "/login"] {
        for method in [Method::GET, Method::OPTIONS, Method::POST] {
            let mut headers = HeaderMap::new();
            headers.insert("origin", "https://evil.example".parse().unwrap());
            headers.insert("access-control-request-method", "POST".parse().unwrap());
            let asked = service.client().request(method.clone(), path).headers(headers);
            let answer = asked.send().await.unwrap();
            let allows = answer.headers().keys().any(|name| name.as_str().contains("allow-origin"));
            assert!(!allows, "{method} {path}");
        }
    }
}
