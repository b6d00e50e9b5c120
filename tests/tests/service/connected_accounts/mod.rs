//! Connected accounts: consent at a platform, its tokens kept and renewed, and their end.

mod browsers;
mod crashes;
mod tokens;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    account::Person,
    client::Client,
    platform::{Brought, Platform, Platforms},
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
}

/// A caller that may have platforms' tokens.
fn fetcher(service: &Service) -> Client {
    service.with_scope("accounts:token")
}

fn refusal(answer: &tests::answer::Answer, field: &str) -> Value {
    answer.at(&format!("/data/{field}/userErrors/0/code")).clone()
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
