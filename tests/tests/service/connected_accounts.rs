//! Connected accounts: consent at a platform, its tokens kept and renewed, and their end.

use std::collections::BTreeMap;

use reqwest::{Method, Url, redirect::Policy};
use serde_json::{Value, json};
use tests::{
    account::Person,
    browser::Browser,
    client::Client,
    graphql_socket::GraphqlSocket,
    platform::{Brought, Platform, Platforms, access_token},
    service::Service,
    setup::Setup,
    wait::eventually,
};

/// A service that knows some platforms.
struct Scene {
    service: Service,
    _platforms: Platforms,
}

impl Scene {
    async fn of(platforms: &[&Platform]) -> Self {
        let described = Platforms::of(platforms);
        let service = described.known_to(Setup::default()).start().await.unwrap();
        Self { service, _platforms: described }
    }

    async fn person(&self) -> Person {
        Person::new(&self.service.client()).await
    }

    /// A service that may have platforms' tokens.
    fn fetcher(&self) -> Client {
        let create = ["service-credential", "create", "--name", "bot", "--scope", "accounts:token"];
        let created = self.service.operate(&create).unwrap();
        self.service.client().with_bearer(created["secret"].as_str().unwrap())
    }
}

fn refusal(answer: &tests::answer::Answer, field: &str) -> Value {
    answer.at(&format!("/data/{field}/userErrors/0/code")).clone()
}

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

#[tokio::test]
async fn a_state_is_for_one_person_in_one_session_once() {
    let discord = Platform::discord();
    let scene = Scene::of(&[&discord]).await;
    let (person, other) = (scene.person().await, scene.person().await);
    let brought = person.agree(&discord).await;
    let elsewhere = Person::sign_in(&scene.service.client(), &person.name, &person.user_key).await;
    for foreign in [&other, &elsewhere] {
        let answer = foreign.try_connect(&discord, &brought).await.expect_data();
        assert_eq!(refusal(&answer, "connectAccount"), "STATE_MISMATCH");
    }
    let forged = Brought { state: "x".repeat(76), ..brought.clone() };
    let answer = person.try_connect(&discord, &forged).await.expect_data();
    assert_eq!(refusal(&answer, "connectAccount"), "STATE_MISMATCH");

    // Of many that come with it at the same time one goes on.
    let tries = (0..8).map(|_| person.try_connect(&discord, &brought));
    let answers = futures::future::join_all(tries).await;
    let connected = answers
        .iter()
        .filter(|answer| answer.at("/data/connectAccount/connectedAccount").is_object())
        .count();
    assert_eq!((connected, discord.seen().await["code"].clone()), (1, json!(1)));
}

#[tokio::test]
async fn a_platform_that_does_not_do_its_part_leaves_nothing_behind() {
    let twitch = Platform::twitch();
    let scene = Scene::of(&[&twitch]).await;
    let person = scene.person().await;
    for mode in ["html", "500", "huge", "redirect", "hang"] {
        let brought = person.agree(&twitch).await;
        twitch.set(json!({ "mode": mode })).await;
        let answer = person.try_connect(&twitch, &brought).await.expect_data();
        assert_eq!(refusal(&answer, "connectAccount"), "PROVIDER_REJECTED", "{mode}");
        twitch.set(json!({ "mode": "ok" })).await;
        let answer = person.try_connect(&twitch, &brought).await.expect_data();
        assert_eq!(refusal(&answer, "connectAccount"), "STATE_MISMATCH", "{mode}");
    }
    assert!(person.accounts().await.is_empty());
    person.connect(&twitch).await;
}

#[tokio::test]
async fn scopes_are_those_that_were_granted_and_a_refresh_token_may_be_missing() {
    let twitch = Platform::twitch();
    let scene = Scene::of(&[&twitch]).await;
    let person = scene.person().await;
    let behaviour = json!({ "mode": "no refresh token", "scopes": ["bits:read"], "expires_in": 2 });
    twitch.set(behaviour).await;
    let id = person.connect(&twitch).await;
    assert_eq!(person.accounts().await[0]["scopes"], json!(["bits:read"]));
    // It is handed out while it lasts, and then only its person can bring it back.
    let fetcher = scene.fetcher();
    eventually("the token to end", || async {
        let answer = access_token(&fetcher, &id).await;
        (answer.status == 409).then(|| answer.expect_refusal(409, "needs_reconnect"))
    })
    .await;
    let account = &person.accounts().await[0];
    assert_eq!(account["refreshFailureCode"], "no_refresh_token", "{account}");
}

#[tokio::test]
async fn an_identity_is_connected_once_in_a_workspace_and_up_to_the_plans_limit() {
    let (twitch, discord) = (Platform::twitch(), Platform::discord());
    let scene = Scene::of(&[&twitch, &discord]).await;
    let person = scene.person().await;
    person.connect(&twitch).await;
    let again = person.agree(&twitch).await;
    let answer = person.try_connect(&twitch, &again).await.expect_data();
    assert_eq!(refusal(&answer, "connectAccount"), "ACCOUNT_ALREADY_CONNECTED");
    // Elsewhere it is another.
    scene.person().await.connect(&twitch).await;

    let own = format!("@{}", person.name);
    scene.service.operate(&["workspace", "set-plan", &own, "free"]).unwrap();
    let id = person.connect(&discord).await;
    twitch.set(json!({ "user": "3" })).await;
    let third = person.agree(&twitch).await;
    let answer = person.try_connect(&twitch, &third).await.expect_data();
    assert_eq!(refusal(&answer, "connectAccount"), "ACCOUNT_LIMIT_REACHED");
    person.disconnect(&id).await.expect_data();
    eventually("the place to be free", || async {
        let third = person.agree(&twitch).await;
        let answer = person.try_connect(&twitch, &third).await.expect_data();
        answer.at("/data/connectAccount/connectedAccount").is_object().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_service_gets_a_token_that_lasts_and_nobody_else_does() {
    let discord = Platform::discord();
    let scene = Scene::of(&[&discord]).await;
    let person = scene.person().await;
    let id = person.connect(&discord).await;
    let fetcher = scene.fetcher();
    let answer = access_token(&fetcher, &id).await.expect(200).expect_uncacheable();
    assert_eq!(answer.text_at("/access_token").len(), 48);
    assert!(answer.at("/expires_in").as_u64().unwrap() > 14_000, "{}", answer.text);
    assert_eq!(answer.at("/scopes"), &json!(["identify"]));
    assert_eq!(discord.refreshes().await, 0);
    let path = format!("/internal/connected-accounts/{id}/access-token");
    let much = json!({ "min_validity": 14_200 });
    let half_used = fetcher.post(&path, much).await.expect(200);
    assert_ne!(half_used.at("/access_token"), &json!(null));

    scene.service.client().post(&path, json!({})).await.expect_refusal(401, "invalid_token");
    person.client.post(&path, json!({})).await.expect_refusal(403, "insufficient_scope");
    scene.service.verifier().post(&path, json!({})).await.expect_refusal(403, "insufficient_scope");
    access_token(&fetcher, "acc_nothing").await.expect_refusal(404, "not_found");
    let wrong = fetcher.post(&path, json!({ "min_validity": -1 })).await;
    wrong.expect_refusal(400, "invalid_request");
}

#[tokio::test]
async fn a_failing_platform_breaks_nothing_and_one_that_ended_its_grant_is_connected_again() {
    let discord = Platform::discord();
    let scene = Scene::of(&[&discord]).await;
    let person = scene.person().await;
    discord.set(json!({ "expires_in": 1 })).await;
    let id = person.connect(&discord).await;
    let fetcher = scene.fetcher();
    discord.set(json!({ "mode": "500" })).await;
    let answer = eventually("the platform to be asked", || async {
        let answer = access_token(&fetcher, &id).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    answer.expect_refusal(503, "provider_unavailable");
    // Nobody asks again at once.
    let asked = discord.refreshes().await;
    access_token(&fetcher, &id).await.expect_refusal(503, "provider_unavailable");
    assert_eq!(discord.refreshes().await, asked);
    let account = person.accounts().await.remove(0);
    assert_eq!(account["status"], "CONNECTED");
    assert_eq!(account["refreshFailureCode"], "server_error");
    discord.set(json!({ "mode": "ok", "expires_in": 604_800 })).await;
    eventually("the platform to be asked again", || async {
        (access_token(&fetcher, &id).await.status == 200).then_some(())
    })
    .await;

    // What was granted ends at the platform.
    let twitch = Platform::twitch();
    let scene = Scene::of(&[&twitch]).await;
    let person = scene.person().await;
    twitch.set(json!({ "expires_in": 1 })).await;
    let id = person.connect(&twitch).await;
    let fetcher = scene.fetcher();
    let mut watcher = GraphqlSocket::open(&person.client).await;
    let changes = "subscription { connectedAccountChanged { __typename
      ... on ConnectedAccountChange { change connectedAccount { id status } } } }";
    watcher.subscribe("1", changes, json!({})).await;
    watcher.caught_up("1").await;
    twitch.set(json!({ "mode": "forget" })).await;
    eventually("the grant to be over", || async {
        let answer = access_token(&fetcher, &id).await;
        (answer.status == 409).then_some(())
    })
    .await;
    let told = loop {
        let told = watcher.next("1").await;
        if told["change"] != "refreshed" {
            break told;
        }
    };
    assert_eq!(told["change"], "needs_reconnect");
    assert_eq!(told["connectedAccount"], json!({ "id": id, "status": "NEEDS_RECONNECT" }));
    twitch.set(json!({ "mode": "ok", "expires_in": 14_124 })).await;
    assert_eq!(person.connect(&twitch).await, id, "the account is the same");
    access_token(&fetcher, &id).await.expect(200);
}

#[tokio::test]
async fn disconnecting_revokes_at_the_platform_and_destroys_the_tokens() {
    for platform in [Platform::twitch(), Platform::discord()] {
        let scene = Scene::of(&[&platform]).await;
        let person = scene.person().await;
        let id = person.connect(&platform).await;
        let fetcher = scene.fetcher();
        access_token(&fetcher, &id).await.expect(200);
        platform.set(json!({ "mode": "500" })).await;
        let answer = person.disconnect(&id).await.expect_data();
        let account = answer.at("/data/disconnectAccount/connectedAccount");
        assert_eq!(account["status"], "DISCONNECTED");
        access_token(&fetcher, &id).await.expect_refusal(404, "not_found");
        assert!(person.accounts().await.is_empty());
        platform.set(json!({ "mode": "ok" })).await;
        let revoked = eventually("the platform to be told", || async {
            let revoked = platform.seen().await["revoked"].clone();
            (revoked != json!([])).then_some(revoked)
        })
        .await;
        let kind = if platform.name() == "twitch" { "access_token" } else { "refresh_token" };
        assert_eq!(revoked, json!([kind]));
        eventually("the tokens to be gone", || async {
            let history = scene.service.operate(&["state", "--stream", &stream(&id)]).ok()?;
            history.to_string().contains("\"destroyed\":true").then_some(())
        })
        .await;
        person.disconnect(&id).await.expect_data();
    }
}

fn stream(id: &str) -> String {
    let id = domain::id::ConnectedAccountId::from_public(id).unwrap();
    format!("connected_account-{id}")
}

#[tokio::test]
async fn accounts_are_seen_by_every_member_and_managed_by_most() {
    let discord = Platform::discord();
    let scene = Scene::of(&[&discord]).await;
    let owner = scene.person().await;
    let id = owner.connect(&discord).await;
    let workspace = owner.workspace().await;
    let list =
        "query($ws: ID!) { workspace(id: $ws) { connectedAccounts { edges { node { id } } } } }";
    let start = "mutation($ws: ID!) { startAccountConnection(input: {
      workspaceId: $ws, platform: \"discord\" }) { authorizationUrl userErrors { code } } }";
    let add = "mutation($input: AddMemberInput!) {
      addMember(input: $input) { userErrors { code } } }";
    for (role, manages) in
        [("VIEWER", false), ("AUDITOR", false), ("MEMBER", true), ("ADMIN", true)]
    {
        let member = scene.person().await;
        let input = json!({ "workspaceId": workspace, "username": member.name, "role": role });
        let added = owner.graphql(add, json!({ "input": input })).await.expect_data();
        assert_eq!(added.at("/data/addMember/userErrors"), &json!([]), "{role}");
        let ws = json!({ "ws": workspace });
        eventually("the membership", || async {
            let seen = member.graphql(list, ws.clone()).await;
            (seen.at("/data/workspace/connectedAccounts/edges/0/node/id") == &json!(id))
                .then_some(())
        })
        .await;
        let started = member.graphql(start, ws).await;
        let gone = member.disconnect("acc_00000000000000000000zz").await;
        gone.expect_error("NOT_FOUND");
        if manages {
            started.expect_data();
        } else {
            started.expect_error("FORBIDDEN");
            member.disconnect(&id).await.expect_error("FORBIDDEN");
        }
    }
    let stranger = scene.person().await;
    stranger.graphql(list, json!({ "ws": workspace })).await.expect_error("NOT_FOUND");
    stranger.disconnect(&id).await.expect_error("NOT_FOUND");
    // An agent has its person's eyes, never their hands.
    let input = json!({ "name": "bot", "scopes": ["graphql"] });
    let token = owner.create_token_with(input).await;
    let agent = scene.service.client().with_bearer(&token.secret);
    agent.graphql(list, json!({ "ws": workspace })).await.expect_data();
    agent.graphql(start, json!({ "ws": workspace })).await.expect_error("FORBIDDEN");
    let connect = format!("{}/connect/discord", scene.service.address());
    let answer = agent.request(Method::GET, "/connect/discord").send().await.unwrap();
    assert_eq!(answer.status(), 403, "{connect}");
}

#[tokio::test]
async fn it_connects_to_a_provider_that_nobody_here_wrote() {
    let oidc = Platform::oidc();
    let scene = Scene::of(&[&oidc]).await;
    let person = scene.person().await;
    let id = person.connect(&oidc).await;
    let account = person.accounts().await.remove(0);
    assert_eq!(account["platformUserId"], "ada");
    assert_eq!(account["platformUsername"], "Ada Lovelace");
    let fetcher = scene.fetcher();
    let mut tokens = Vec::new();
    // Its access tokens live for four seconds, and its refresh tokens are good once.
    while tokens.len() < 4 {
        let token = access_token(&fetcher, &id).await.expect(200).text_at("/access_token");
        if tokens.last() != Some(&token) {
            tokens.push(token);
        }
        tokio::task::yield_now().await;
    }
    assert!(oidc.refreshes().await >= 3);
    assert_eq!(person.accounts().await[0]["status"], "CONNECTED");
    person.disconnect(&id).await.expect_data();
    access_token(&fetcher, &id).await.expect_refusal(404, "not_found");
}
