//! Signing keys: one takes over from another, and no reader of the key set is ever surprised.

use std::{collections::HashSet, time::Instant};

use domain::{
    actor::Actor,
    id::CommandId,
    keyring::{Command, Keyring, KeyringId},
};
use jsonwebtoken::jwk::JwkSet;
use resource_server::ResourceServer;
use serde_json::json;
use store::{Context, random};
use tests::{
    account::{Person, refresh},
    application::{Application, Visitor},
    client::Client,
    in_process::InProcess,
    service::Service,
    setup::Setup,
    wait::eventually,
};

async fn fetch(client: &Client) -> JwkSet {
    serde_json::from_value(client.get("/oauth/jwks").await.expect(200).json).unwrap()
}

#[tokio::test]
async fn a_key_takes_over_under_load_and_nobody_who_keeps_the_key_set_notices() {
    let service = Setup::default().env("JWKS_MAX_AGE", "1").start().await.unwrap();
    let (app, visitor) = (Application::public(&service, &[]), Visitor::new(&service).await);
    // It keeps the key set for as long as it may.
    let verifier = ResourceServer::connect(super::resource_server::config(&service)).await.unwrap();
    let mut seen = HashSet::new();
    let mut accept = async |token: String| {
        seen.insert(jsonwebtoken::decode_header(&token).unwrap().kid.expect("a kid"));
        verifier.verify(&token).await.map(|_| seen.len()).map_err(|refusal| refusal.to_string())
    };
    let too_soon = service.operate(&["key", "rotate", "--activate-after", "1"]).unwrap_err();
    assert!(too_soon.to_string().contains("twice"), "{too_soon}");
    let first = app.tokens(&visitor).await;
    assert_eq!(accept(first.text_at("/access_token")).await, Ok(1));
    service.operate(&["key", "rotate", "--activate-after", "2"]).unwrap();
    let mut refresh_token = first.text_at("/refresh_token");
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < tests::wait::PATIENCE, "no key took over");
        let renewed = app.refresh(&refresh_token).await.expect(200);
        refresh_token = renewed.text_at("/refresh_token");
        let api = service.client().with_bearer(&renewed.text_at("/access_token"));
        api.get("/v1/me").await.expect(200);
        if accept(renewed.text_at("/access_token")).await.unwrap() == 2 {
            break;
        }
    }
    // What the former key signed is believed still.
    assert_eq!(accept(first.text_at("/access_token")).await, Ok(2));
    assert_eq!(states(&service), ["retired", "active"]);
}

#[tokio::test]
async fn what_a_compromised_key_signed_is_believed_no_more() {
    let service = Setup::default().start().await.unwrap();
    let (app, visitor) = (Application::public(&service, &[]), Visitor::new(&service).await);
    let tokens = app.tokens(&visitor).await;
    let api = service.client().with_bearer(&tokens.text_at("/access_token"));
    api.get("/v1/me").await.expect(200);
    service.operate(&["key", "rotate", "--compromised"]).unwrap();
    eventually("the key to be distrusted", || async {
        (api.get("/v1/me").await.status == 401).then_some(())
    })
    .await;
    assert_eq!(states(&service), ["compromised", "active"]);
    let published = fetch(&service.client()).await;
    assert_eq!(published.keys.len(), 1);
    let renewed = app.refresh(&tokens.text_at("/refresh_token")).await.expect(200);
    let api = service.client().with_bearer(&renewed.text_at("/access_token"));
    api.get("/v1/me").await.expect(200);
}

/// As after a crash between the two steps that replace a key that leaked.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_to_sign_with_logins_are_put_off_and_the_node_is_not_ready() {
    let node = InProcess::start(&Setup::default()).await;
    let client = node.client();
    let person = Person::new(&client).await;
    let log = &node.app().log;
    let keyring = log.load::<Keyring>(KeyringId).await.unwrap().state;
    let compromise = Command::Compromise { kid: keyring.active().unwrap().kid.clone() };
    log.execute::<Keyring>(KeyringId, &compromise, &context(&node)).await.unwrap();

    let not_ready = eventually("the node to notice", || async {
        let answer = client.get("/readyz").await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    assert_eq!(not_ready.at("/signing_key"), false);
    let put_off = refresh(&client, &person.refresh_token).await.expect(503);
    assert!(!put_off.header("retry-after").is_empty());

    node.operate(&["key", "rotate", "--compromised"]).await;
    client.get("/readyz").await.expect(200);
    refresh(&client, &person.refresh_token).await.expect(200);
    node.stop().await;
}

fn context(node: &InProcess) -> Context {
    let id = random::uuid();
    Context {
        command_id: CommandId::from_uuid(id),
        command: "CompromiseSigningKey",
        correlation_id: id,
        causation_id: None,
        actor: Actor::system("tests"),
        on_behalf_of: None,
        workspace_id: None,
        occurred_at: node.clock.now(),
        client: None,
        auth: None,
    }
}

#[tokio::test]
async fn only_services_with_the_scope_replace_keys() {
    let service = Setup::default().start().await.unwrap();
    let ops = service.with_scope("keys:manage");
    let rotate = "mutation { rotateSigningKey { kid activatesAt position } }";
    let rotated = ops.graphql(rotate, json!({})).await.expect_data();
    assert!(rotated.at("/data/rotateSigningKey/kid").is_string());
    assert_eq!(states(&service), ["active", "announced"]);
    let visitor = Visitor::new(&service).await;
    visitor.person.graphql(rotate, json!({})).await.expect_error("FORBIDDEN");
}

fn states(service: &Service) -> Vec<String> {
    let keys = service.operate(&["key", "list"]).unwrap();
    keys.as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap().to_owned()).collect()
}
