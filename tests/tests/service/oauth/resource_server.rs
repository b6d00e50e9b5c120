//! A service that verifies access tokens by itself, with the crate that is made for it.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::{Algorithm, DecodingKey, crypto, jwk::JwkSet};
use resource_server::{Config, Refusal, ResourceServer, Why};
use serde_json::{Value, json};
use tests::{
    account::SECRET,
    application::{Application, Visitor},
    client::Client,
    service::Service,
    setup::Setup,
    wait::within,
};

/// How soon after its answer a revocation is known to whoever follows the feed.
const BOUND: Duration = Duration::from_secs(5);

pub(super) fn config(service: &Service) -> Config {
    let verifier = service.verifier();
    Config::new(service.address(), "nexushub", verifier.bearer().unwrap())
}

async fn connect(service: &Service) -> ResourceServer {
    ResourceServer::connect(config(service)).await.unwrap()
}

async fn refused(server: &ResourceServer, token: &str) {
    within(BOUND, "the token to be refused", || async {
        match server.verify(token).await {
            Err(Refusal::Invalid(Why::Revoked)) => Some(()),
            Ok(_) => None,
            Err(other) => panic!("{other}"),
        }
    })
    .await;
}

#[tokio::test]
async fn tokens_of_each_kind_are_believed_and_nothing_else_is() {
    let service = Service::shared().await;
    let (server, visitor) = (connect(service).await, Visitor::new(service).await);
    let app = Application::private(service, &["openid", "graphql"]);
    let tokens = app.tokens(&visitor).await;
    let access = server.verify(&tokens.text_at("/access_token")).await.unwrap();
    assert_eq!(access.client_id(), Some(app.client_id.as_str()));
    assert!(access.allows("graphql") && access.require("profile").is_err());
    assert_eq!(access.user().unwrap()["username"], json!(visitor.name));

    let standard = ["--claims-profile", "standard"];
    let standard = Application::register(service, "public", "nxm://cb", &[], &standard);
    let token = standard.tokens(&visitor).await.text_at("/access_token");
    assert_eq!(server.verify(&token).await.unwrap().subject(), access.subject());
    let own = server.verify(visitor.person.client.bearer().unwrap()).await.unwrap();
    assert_eq!((own.subject(), own.client_id()), (access.subject(), None));
    let itself = app.own_form("/oauth/token", &[("grant_type", "client_credentials")]).await;
    let itself = server.verify(&itself.text_at("/access_token")).await.unwrap();
    assert_eq!(itself.subject(), app.client_id);

    for wrong in ["id_token", "refresh_token"] {
        let wrong = server.verify(&tokens.text_at(&format!("/{wrong}"))).await;
        assert!(matches!(wrong, Err(Refusal::Invalid(_))), "{wrong:?}");
    }
}

#[tokio::test]
async fn whatever_ends_access_ends_it_there_too() {
    let service = Service::shared().await;
    let server = connect(service).await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);

    let tokens = app.tokens(&visitor).await;
    let (token, refresh) = (tokens.text_at("/access_token"), tokens.text_at("/refresh_token"));
    server.verify(&token).await.unwrap();
    app.revoke(&token).await.expect(200);
    refused(&server, &token).await;
    let token = app.refresh(&refresh).await.expect(200).text_at("/access_token");
    server.verify(&token).await.unwrap();
    app.revoke(&refresh).await.expect(200);
    refused(&server, &token).await;

    // The person takes back what they allowed.
    let token = app.tokens(&visitor).await.text_at("/access_token");
    server.verify(&token).await.unwrap();
    let list = "{ authorizations { edges { node { id } } } }";
    let listed = visitor.person.graphql(list, json!({})).await.expect_data();
    let id = listed.at("/data/authorizations/edges/0/node/id");
    let revoke = "mutation R($id: ID!) { revokeAuthorization(input: { id: $id }) { position } }";
    visitor.person.graphql(revoke, json!({ "id": id })).await.expect_data();
    refused(&server, &token).await;

    // All their logins end, and what was issued later counts.
    let token = app.tokens(&visitor).await.text_at("/access_token");
    let again = json!({
        "user_key": visitor.person.user_key, "user_secret": SECRET, "revoke_others": true,
    });
    let anew = service.client().post("/authenticate", again).await.expect(200);
    refused(&server, &token).await;
    server.verify(&anew.text_at("/access_token")).await.unwrap();

    // An application is suspended, and reinstated.
    let visitor = Visitor::new(service).await;
    let token = app.tokens(&visitor).await.text_at("/access_token");
    server.verify(&token).await.unwrap();
    service.operate(&["client", "suspend", &app.client_id, "--reason", "spam"]).unwrap();
    refused(&server, &token).await;
    service.operate(&["client", "reinstate", &app.client_id]).unwrap();
    within(BOUND, "the application to be back", || async { server.verify(&token).await.ok() })
        .await;

    // Who comes later knows it all.
    let late = connect(service).await;
    late.verify(&token).await.unwrap();
    app.revoke(&token).await.expect(200);
    refused(&late, &token).await;
    refused(&connect(service).await, &token).await;
}

#[tokio::test]
async fn what_a_compromised_key_signed_is_refused_there_too() {
    let service = Setup::default().start().await.unwrap();
    let server = connect(&service).await;
    let (app, visitor) = (Application::public(&service, &[]), Visitor::new(&service).await);
    let token = app.tokens(&visitor).await.text_at("/access_token");
    server.verify(&token).await.unwrap();
    service.operate(&["key", "rotate", "--compromised"]).unwrap();
    within(BOUND, "the key to be distrusted", || async { server.verify(&token).await.err() }).await;
    let token = app.tokens(&visitor).await.text_at("/access_token");
    server.verify(&token).await.unwrap();
}

#[tokio::test]
async fn without_the_service_nothing_is_believed_and_nothing_refused_for_good() {
    let other = Setup::default().env("PUBLIC_URL", "http://127.0.0.1:1").start().await.unwrap();
    let wrong = ResourceServer::connect(config(&other)).await;
    assert!(wrong.is_err(), "the issuer is called something else");
    drop(other);

    let mut service = Setup::default().start().await.unwrap();
    let bound = Duration::from_secs(8);
    let server = ResourceServer::connect(config(&service).max_staleness(bound)).await.unwrap();
    let (app, visitor) = (Application::public(&service, &[]), Visitor::new(&service).await);
    let token = app.tokens(&visitor).await.text_at("/access_token");
    server.verify(&token).await.unwrap();
    service.signal("STOP").unwrap();
    let unavailable =
        within(2 * bound, "the feed to be missed", || async { server.verify(&token).await.err() });
    assert_eq!(unavailable.await, Refusal::Unavailable);
    service.signal("CONT").unwrap();
    within(4 * bound, "the feed to be back", || async { server.verify(&token).await.ok() }).await;
    service.kill().unwrap();
}

#[tokio::test]
async fn the_feed_is_for_services_of_the_operator() {
    let service = Service::shared().await;
    let client = service.client();
    client.get("/oauth/revocations").await.expect_refusal(401, "invalid_token");
    let visitor = Visitor::new(service).await;
    let person = client.with_bearer(visitor.person.client.bearer().unwrap());
    person.get("/oauth/revocations").await.expect_refusal(403, "insufficient_scope");
    let other = service.with_scope("keys:manage");
    other.get("/oauth/revocations").await.expect_refusal(403, "insufficient_scope");
    let verifier = service.verifier();
    for wrong in ["after=x", "after=", "after=AAAAAAAAAAAAAAAA", "after=%00"] {
        let answer = verifier.get(&format!("/oauth/revocations?{wrong}")).await;
        answer.expect_refusal(400, "invalid_request");
    }
    let discovered = client.get("/.well-known/openid-configuration").await;
    let uri = format!("{}/oauth/revocations", service.address());
    assert_eq!(discovered.at("/revocation_feed_uri"), &json!(uri));
}

#[tokio::test]
async fn pages_are_signed_and_go_on_from_a_cursor() {
    let service = Setup::default().start().await.unwrap();
    let (app, visitor) = (Application::public(&service, &[]), Visitor::new(&service).await);
    let verifier = service.verifier();
    assert_eq!(page(&verifier, "").await, Vec::<Value>::new());
    let tokens = app.tokens(&visitor).await;
    let token = tokens.text_at("/access_token");
    app.revoke(&token).await.expect(200);
    let first = entries(&verifier, "", 1).await;
    let claims = tests::application::claims(&token);
    assert_eq!(
        (&first[0]["kind"], &first[0]["id"], &first[0]["exp"]),
        (&json!("ACCESS_TOKEN"), &claims["jti"], &claims["exp"])
    );
    app.revoke(&tokens.text_at("/refresh_token")).await.expect(200);
    let cursor = first[0]["cursor"].as_str().unwrap();
    let second = entries(&verifier, cursor, 1).await;
    assert_eq!(
        (&second[0]["kind"], &second[0]["id"], &second[0]["reason"]),
        (&json!("TOKEN_FAMILY"), &claims["fam"], &json!("client"))
    );
    let cursor = second[0]["cursor"].as_str().unwrap();
    assert_eq!(page(&verifier, cursor).await, Vec::<Value>::new());
    assert_eq!(entries(&verifier, "", 2).await, [first, second].concat());
}

/// So many entries after a cursor, once there are so many.
async fn entries(verifier: &Client, after: &str, count: usize) -> Vec<Value> {
    within(BOUND, "the entries", || async {
        let entries = page(verifier, after).await;
        (entries.len() == count).then_some(entries)
    })
    .await
}

/// A page whose signature is right.
async fn page(verifier: &Client, after: &str) -> Vec<Value> {
    let query = if after.is_empty() { String::new() } else { format!("?after={after}") };
    let page = verifier.get(&format!("/oauth/revocations{query}")).await.expect(200);
    assert_eq!(page.header("content-type"), "application/x-ndjson");
    let (header, signature) = page.header("x-jws-signature").split_once("..").unwrap();
    let place: Value = serde_json::from_slice(&BASE64URL.decode(header).unwrap()).unwrap();
    assert_eq!((&place["typ"], &place["after"]), (&json!("revocations"), &json!(after)));
    let keys = verifier.get("/oauth/jwks").await.expect(200).json;
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let key = DecodingKey::from_jwk(keys.find(place["kid"].as_str().unwrap()).unwrap()).unwrap();
    let text = format!("{header}.{}", BASE64URL.encode(&page.text));
    assert!(crypto::verify(signature, text.as_bytes(), &key, Algorithm::RS256).unwrap());
    page.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
