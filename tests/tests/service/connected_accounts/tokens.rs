//! Platforms' tokens: handed out, renewed once for all, lost, revoked and destroyed.

use serde_json::json;
use tests::{
    account::Person,
    cluster::Cluster,
    graphql_socket::GraphqlSocket,
    platform::{Platform, Platforms, access_token},
    setup::Setup,
    socket::Socket,
    wait::eventually,
};

use super::{Scene, fetcher};

#[tokio::test]
async fn a_service_gets_a_token_that_lasts_and_nobody_else_does() {
    let discord = Platform::discord();
    let scene = Scene::of(&[&discord]).await;
    let person = scene.person().await;
    let id = person.connect(&discord).await;
    let reader = fetcher(&scene.service);
    let answer = access_token(&reader, &id).await.expect(200).expect_uncacheable();
    assert_eq!(answer.text_at("/access_token").len(), 48);
    assert!(answer.at("/expires_in").as_u64().unwrap() > 14_000, "{}", answer.text);
    assert_eq!(answer.at("/scopes"), &json!(["identify"]));
    assert_eq!(discord.refreshes().await, 0);
    let path = format!("/internal/connected-accounts/{id}/access-token");
    let much = json!({ "min_validity": 14_200 });
    let half_used = reader.post(&path, much).await.expect(200);
    assert_ne!(half_used.at("/access_token"), &json!(null));

    scene.service.client().post(&path, json!({})).await.expect_refusal(401, "invalid_token");
    person.client.post(&path, json!({})).await.expect_refusal(403, "insufficient_scope");
    scene.service.verifier().post(&path, json!({})).await.expect_refusal(403, "insufficient_scope");
    access_token(&reader, "acc_nothing").await.expect_refusal(404, "not_found");
    let wrong = reader.post(&path, json!({ "min_validity": -1 })).await;
    wrong.expect_refusal(400, "invalid_request");
}

#[tokio::test]
async fn a_failing_platform_breaks_nothing_and_one_that_ended_its_grant_is_connected_again() {
    let discord = Platform::discord();
    let scene = Scene::of(&[&discord]).await;
    let person = scene.person().await;
    discord.set(json!({ "expires_in": 1 })).await;
    let id = person.connect(&discord).await;
    let reader = fetcher(&scene.service);
    discord.set(json!({ "mode": "500" })).await;
    let answer = eventually("the platform to be asked", || async {
        let answer = access_token(&reader, &id).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    answer.expect_refusal(503, "provider_unavailable");
    // Nobody asks again at once.
    let asked = discord.refreshes().await;
    access_token(&reader, &id).await.expect_refusal(503, "provider_unavailable");
    assert_eq!(discord.refreshes().await, asked);
    let account = person.accounts().await.remove(0);
    assert_eq!(account["status"], "CONNECTED");
    assert_eq!(account["refreshFailureCode"], "server_error");
    discord.set(json!({ "mode": "ok", "expires_in": 604_800 })).await;
    eventually("the platform to be asked again", || async {
        (access_token(&reader, &id).await.status == 200).then_some(())
    })
    .await;

    // What was granted ends at the platform.
    let twitch = Platform::twitch();
    let scene = Scene::of(&[&twitch]).await;
    let person = scene.person().await;
    twitch.set(json!({ "expires_in": 1 })).await;
    let id = person.connect(&twitch).await;
    let reader = fetcher(&scene.service);
    let mut watcher = GraphqlSocket::open(&person.client).await;
    let changes = "subscription { connectedAccountChanged { __typename
      ... on ConnectedAccountChange { change connectedAccount { id status } } } }";
    watcher.subscribe("1", changes, json!({})).await;
    watcher.caught_up("1").await;
    twitch.set(json!({ "mode": "forget" })).await;
    eventually("the grant to be over", || async {
        let answer = access_token(&reader, &id).await;
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
    access_token(&reader, &id).await.expect(200);
}

#[tokio::test]
async fn a_page_watches_the_accounts_of_its_workspace_and_comes_back_where_it_was() {
    let discord = Platform::discord();
    let scene = Scene::of(&[&discord]).await;
    let (person, stranger) = (scene.person().await, scene.person().await);
    let client = scene.service.client();
    let page = async |person: &Person, after: Option<&serde_json::Value>| {
        let issued = person.client.post("/api/session-tokens", json!({})).await.expect(201);
        let (mut socket, _) = Socket::agent(&client, &issued.text_at("/token")).await;
        let subscribe =
            json!({ "type": "subscribe", "id": "1", "topic": "accounts", "after": after });
        socket.send(subscribe).await;
        socket.json_of("subscribed").await;
        socket
    };
    let (mut own, mut other) = (page(&person, None).await, page(&stranger, None).await);
    own.json_of("caught_up").await;
    other.json_of("caught_up").await;
    let id = person.connect(&discord).await;
    let connected = own.json_of("event").await;
    assert_eq!(connected["topic"], "accounts");
    assert_eq!(connected["data"]["change"], "connected");
    let account = &connected["data"]["account"];
    assert_eq!((&account["id"], &account["status"]), (&json!(id), &json!("CONNECTED")));
    assert_eq!(account["platform_username"], "Nelly");
    person.disconnect(&id).await.expect_data();
    let disconnected = own.json_of("event").await;
    assert_eq!(disconnected["data"]["change"], "disconnected");
    assert_eq!(disconnected["data"]["account"]["status"], "DISCONNECTED");
    // Who comes back with a cursor misses nothing and gets nothing twice.
    let mut again = page(&person, Some(&connected["cursor"])).await;
    assert_eq!(again.json().await, disconnected);
    assert_eq!(again.json().await["type"], "caught_up");
    // Nobody else is told; what comes next is their own.
    let theirs = stranger.connect(&discord).await;
    assert_eq!(other.json_of("event").await["data"]["account"]["id"], json!(theirs));
}

#[tokio::test]
async fn disconnecting_revokes_at_the_platform_and_destroys_the_tokens() {
    for platform in [Platform::twitch(), Platform::discord()] {
        let scene = Scene::of(&[&platform]).await;
        let person = scene.person().await;
        let id = person.connect(&platform).await;
        let reader = fetcher(&scene.service);
        access_token(&reader, &id).await.expect(200);
        platform.set(json!({ "mode": "500" })).await;
        let answer = person.disconnect(&id).await.expect_data();
        let account = answer.at("/data/disconnectAccount/connectedAccount");
        assert_eq!(account["status"], "DISCONNECTED");
        access_token(&reader, &id).await.expect_refusal(404, "not_found");
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
    let reader = fetcher(&scene.service);
    eventually("the token to end", || async {
        let answer = access_token(&reader, &id).await;
        (answer.status == 409).then(|| answer.expect_refusal(409, "needs_reconnect"))
    })
    .await;
    eventually("its person to be told", || async {
        let account = person.accounts().await.remove(0);
        (account["refreshFailureCode"] == "no_refresh_token").then_some(())
    })
    .await;
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
    let reader = fetcher(&scene.service);
    let mut tokens = Vec::new();
    // Its access tokens live for four seconds, and its refresh tokens are good once.
    while tokens.len() < 4 {
        let token = access_token(&reader, &id).await.expect(200).text_at("/access_token");
        if tokens.last() != Some(&token) {
            tokens.push(token);
        }
        tokio::task::yield_now().await;
    }
    assert!(oidc.refreshes().await >= 3);
    assert_eq!(person.accounts().await[0]["status"], "CONNECTED");
    person.disconnect(&id).await.expect_data();
    access_token(&reader, &id).await.expect_refusal(404, "not_found");
}

#[tokio::test]
async fn a_hundred_readers_at_two_nodes_refresh_once() {
    let discord = Platform::discord();
    let platforms = Platforms::of(&[&discord]);
    let nodes = Cluster::start(platforms.known_to(Setup::default())).await;
    let person = Person::new(&nodes.one.client()).await;
    // It has ended before anybody wants it.
    discord.set(json!({ "expires_in": 0, "renewed_expires_in": 604_800 })).await;
    let id = person.connect(&discord).await;
    let here = fetcher(&nodes.one);
    let fetchers = [here.at(nodes.other.address()), here];
    let reads = (0..100).map(|number| access_token(&fetchers[number % 2], &id));
    let answers = futures::future::join_all(reads).await;
    let tokens: std::collections::BTreeSet<_> =
        answers.into_iter().map(|answer| answer.expect(200).text_at("/access_token")).collect();
    assert_eq!((tokens.len(), discord.refreshes().await), (1, 1));
}

fn stream(id: &str) -> String {
    let id = domain::id::ConnectedAccountId::from_public(id).unwrap();
    format!("connected_account-{id}")
}
