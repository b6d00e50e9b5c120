//! People of the identity provider, and the applications that they let in.

use serde_json::{Value, json};
use tests::{
    application::{Application, Visitor},
    identity::{Clerk, Session, tell},
    service::Service,
    setup::Setup,
    wait::eventually,
};
use url::Url;

const SIGN_IN: &str = "https://clerk.example/sign-in?theme=plain";

async fn service(clerk: &Clerk) -> Service {
    clerk.known_to(Setup::default()).env("CLERK_SIGN_IN_URL", SIGN_IN).start().await.unwrap()
}

/// The cookie that the provider's pages keep.
fn cookie(clerk: &Clerk, session: &Session) -> String {
    format!("__session={}", clerk.token(session))
}

#[tokio::test]
async fn whoever_signs_in_at_the_provider_comes_back_to_the_question_and_decides() {
    let clerk = Clerk::new();
    let service = service(&clerk).await;
    let (app, session) = (Application::private(&service, &["profile"]), Clerk::sign_in());
    tell(&service.client(), &session.said("user.created", "Ada", 1_000)).await.expect(204);
    let stranger = Visitor::new(&service).await.stranger();
    let asking = format!("/oauth/authorize?{}", app.request(&[]));

    let login = stranger.get(&asking).await;
    let page = stranger.get(&login.text).await.page;
    let link = page.split_once("class=\"button\" href=\"").expect("a link").1;
    let link = link.split_once('"').unwrap().0.replace("&#38;", "&").replace("&amp;", "&");
    let mut link: Url = link.parse().unwrap();
    let back = link.query_pairs().find(|(name, _)| name == "redirect_url").unwrap().1.into_owned();
    assert!(page.contains("Continue with clerk.example"));
    link.set_query(Some("theme=plain"));
    assert_eq!(link.as_str(), SIGN_IN);

    let ada = stranger.with_cookie(cookie(&clerk, &session));
    let handle = back.strip_prefix(service.address()).expect("a page of the service's own");
    let asked = ada.get(handle).await;
    assert!(asked.page.contains("Ada Lovelace"), "{}", asked.page);
    let code = ada.allow(&app.request(&[])).await.query("code").unwrap();
    let tokens = app.exchange(&code).await.expect(200);
    let api = service.client().with_bearer(&tokens.text_at("/access_token"));
    let me = api.get("/v1/me").await.expect(200);
    assert!(session.user.starts_with(me.at("/username").as_str().unwrap()), "{}", me.text);
    assert!(ada.get("/account/applications").await.page.contains("Mod Manager"));
}

#[tokio::test]
async fn of_two_logins_the_later_decides() {
    let clerk = Clerk::new();
    let service = service(&clerk).await;
    let app = Application::private(&service, &["profile"]);
    let own = Visitor::new(&service).await;
    let asking = format!("/oauth/authorize?{}", app.request(&[("prompt", Some("login"))]));
    let handle = own.get(&asking).await.text.replace("/login?continue=", "/oauth/authorize/");
    // Signed in before the question: has to do so again, and does at the provider, whose times are
    // whole seconds.
    assert_eq!(own.get(&handle).await.status, 302);
    let asked = eventually("a later login", || async {
        let session = cookie(&clerk, &Clerk::sign_in());
        let both = own.with_cookie(format!("{}; {session}", own.cookie()));
        let asked = both.get(&handle).await;
        (asked.status == 200).then_some(asked)
    })
    .await;
    assert!(!asked.page.contains(&own.name), "{}", asked.page);
}

#[tokio::test]
async fn a_session_that_ended_or_that_nobody_vouches_for_decides_nothing() {
    let clerk = Clerk::new();
    let service = service(&clerk).await;
    let (app, session) = (Application::private(&service, &["profile"]), Clerk::sign_in());
    let stranger = Visitor::new(&service).await.stranger();
    let asking = format!("/oauth/authorize?{}", app.request(&[]));
    let ada = stranger.with_cookie(cookie(&clerk, &session));
    assert_eq!(ada.get(&asking).await.status, 200);
    let forged = [
        cookie(&Clerk::new(), &session),
        format!("__session={}", clerk.token_with(&session, &json!({ "exp": 1 }))),
        "__session=a.b.c".to_owned(),
        format!("__session={}", ada.person.refresh_token),
    ];
    for cookie in forged {
        let sent = stranger.with_cookie(cookie).get(&asking).await;
        assert!(sent.text.starts_with("/login?"), "{}", sent.page);
    }
    let ended: Value = json!({ "type": "session.ended", "data": { "id": session.session } });
    tell(&service.client(), &ended).await.expect(204);
    assert!(ada.get(&asking).await.text.starts_with("/login?"));
    assert!(ada.get("/account/applications").await.text.starts_with("/login"));

    // Where no provider is believed, its cookie is nobody's.
    let alone = Service::shared().await;
    let app = Application::private(alone, &["profile"]);
    let somebody = Visitor::new(alone).await.with_cookie(cookie(&clerk, &Clerk::sign_in()));
    let sent = somebody.get(&format!("/oauth/authorize?{}", app.request(&[]))).await;
    assert!(sent.text.starts_with("/login?"));
}
