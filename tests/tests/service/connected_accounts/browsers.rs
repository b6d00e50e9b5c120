//! Browsers on their way to a platform and back.

use std::collections::BTreeMap;

use reqwest::{Url, redirect::Policy};
use serde_json::json;
use tests::{
    browser::Browser,
    platform::{Brought, Platform},
};

use super::Scene;

#[tokio::test]
async fn a_browser_connects_twitch_and_comes_back() {
    let twitch = Platform::twitch();
    let scene = Scene::of(&[&twitch]).await;
    let person = scene.person().await;
    let browser = Browser::log_in(&scene.service.client(), &person.name).await;
    // One that does not follow, so that each step is seen.
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let go = async |path: &str| {
        let url = Url::parse(scene.service.address()).unwrap().join(path).unwrap();
        let answer = http.get(url).header("cookie", browser.cookie()).send().await.unwrap();
        let location = answer.headers().get("location").map(|it| it.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location.unwrap_or_default())
    };
    let (status, consent) = go("/connect/twitch?return_to=/settings?tab=accounts").await;
    assert_eq!(status, 303);
    let back = twitch.consent(&consent).await;
    assert!(back.as_str().starts_with(&format!("{}/connect/twitch", scene.service.address())));
    let callback = format!("{}?{}", back.path(), back.query().unwrap());
    let (status, page) = go(&callback).await;
    assert_eq!(status, 303);
    let page: Url = page.parse().unwrap();
    let query: BTreeMap<String, String> = page.query_pairs().into_owned().collect();
    assert_eq!((page.path(), query["tab"].as_str()), ("/settings", "accounts"));
    let accounts = person.accounts().await;
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0]["id"], query["connected"].as_str());
    assert_eq!(accounts[0]["platformUserId"], "141981764");
    assert_eq!(accounts[0]["platformUsername"], "TwitchDev");
    assert_eq!(accounts[0]["scopes"], json!(["user:read:email"]));
    assert_eq!(accounts[0]["status"], "CONNECTED");

    // The same callback again, a forged one, and one without a state.
    for wrong in
        [callback.as_str(), "/connect/twitch/callback?code=x&state=y", "/connect/twitch/callback"]
    {
        let (status, page) = go(wrong).await;
        assert_eq!(status, 303);
        assert!(page.ends_with("?connect_error=state_mismatch"), "{page}");
    }
    assert_eq!(twitch.seen().await["code"], 1, "the code was shown to the platform once");
    let (status, _) = go("/connect/myspace").await;
    assert_eq!(status, 404);
    let (status, _) = go("/connect/twitch?return_to=https://evil.example/").await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn who_says_no_at_the_platform_comes_back_with_nothing() {
    let twitch = Platform::twitch();
    let scene = Scene::of(&[&twitch]).await;
    let person = scene.person().await;
    let browser = Browser::log_in(&scene.service.client(), &person.name).await;
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let get = async |path: &str| {
        let url = format!("{}{path}", scene.service.address());
        let answer = http.get(url).header("cookie", browser.cookie()).send().await.unwrap();
        answer.headers()["location"].to_str().unwrap().to_owned()
    };
    let brought = Brought::read(&twitch.consent(&get("/connect/twitch").await).await);
    let refused = format!("/connect/twitch/callback?error=access_denied&state={}", brought.state);
    assert!(get(&refused).await.ends_with("/?connect_error=access_denied"));
    // The state is spent by that.
    let late = format!("/connect/twitch/callback?code={}&state={}", brought.code, brought.state);
    assert!(get(&late).await.ends_with("/?connect_error=state_mismatch"));
    assert!(person.accounts().await.is_empty());
}

#[tokio::test]
async fn a_callback_without_a_session_hands_over_to_the_page_that_asked() {
    let discord = Platform::discord();
    let scene = Scene::of(&[&discord]).await;
    let person = scene.person().await;
    let input = json!({ "platform": "discord", "returnTo": "/accounts" });
    let start = "mutation($input: StartAccountConnectionInput!) {
      startAccountConnection(input: $input) { authorizationUrl } }";
    let answer = person.graphql(start, json!({ "input": input })).await.expect_data();
    let url = answer.text_at("/data/startAccountConnection/authorizationUrl");
    let back = discord.consent(&url).await;
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let answer = http.get(back).send().await.unwrap();
    let page: Url = answer.headers()["location"].to_str().unwrap().parse().unwrap();
    assert_eq!(page.path(), "/accounts");
    let answer = person.try_connect(&discord, &Brought::read(&page)).await.expect_data();
    let account = answer.at("/data/connectAccount/connectedAccount");
    assert_eq!(account["platformUsername"], "Nelly", "{}", answer.text);
}
