//! Codes and the tokens they are redeemed for.

use serde_json::json;
use tests::{
    application::{Application, CHALLENGE, Visitor, claims, encode},
    client::Client,
    service::Service,
};

#[tokio::test]
async fn every_row_of_the_error_table() {
    let service = Service::shared().await;
    let visitor = Visitor::new(service).await;
    let (app, other) =
        (Application::public(service, &["openid"]), Application::public(service, &[]));
    let private = Application::private(service, &[]);
    let code = app.code(&visitor).await;
    for (changes, error) in [
        (vec![("grant_type", None)], "invalid_request"),
        (vec![("grant_type", Some("password"))], "unsupported_grant_type"),
        (vec![("client_id", None)], "invalid_request"),
        (vec![("code", None)], "invalid_request"),
        (vec![("code", Some("unknown"))], "invalid_grant"),
        (vec![("scope", Some("profile"))], "invalid_scope"),
        (vec![("scope", Some("nonsense"))], "invalid_scope"),
        (vec![("redirect_uri", None)], "invalid_grant"),
        (vec![("redirect_uri", Some("http://localhost:9999/callback"))], "invalid_grant"),
        (vec![("code_verifier", None)], "invalid_grant"),
        (vec![("code_verifier", Some("6ba7b810-9dad-11d1-80b4-00c04fd430c8"))], "invalid_grant"),
        (vec![("code_verifier", Some(CHALLENGE))], "invalid_grant"),
        (vec![("client_id", Some(other.client_id.as_str()))], "invalid_grant"),
    ] {
        let answer = app.exchange_with(&code, &changes).await;
        answer.expect_refusal(400, error);
    }
    let uuid = app
        .exchange_with(&code, &[("code_verifier", Some("6ba7b810-9dad-11d1-80b4-00c04fd430c8"))])
        .await;
    assert!(uuid.text_at("/error_description").contains("UUID"), "{}", uuid.text);
    let unknown = app.exchange_with(&code, &[("client_id", Some("nobody"))]).await;
    unknown.expect_refusal(401, "invalid_client");
    let wrong = private.with_secret(Some("nxc_wrong"));
    wrong.refresh("x").await.expect_refusal(401, "invalid_client");
    let none = private.with_secret(None);
    none.refresh("x").await.expect_refusal(401, "invalid_client");
    let narrow = [("grant_type", Some("client_credentials"))];
    app.exchange_with("x", &narrow).await.expect_refusal(400, "unauthorized_client");
    // Nothing of all that spent it.
    app.exchange(&code).await.expect(200);
    app.exchange(&code).await.expect_refusal(400, "invalid_grant");
}

#[tokio::test]
async fn the_form_is_read_strictly() {
    let service = Service::shared().await;
    let (app, client) = (Application::private(service, &[]), service.client());
    let form = "application/x-www-form-urlencoded";
    let json = client.post("/oauth/token", json!({ "grant_type": "refresh_token" })).await;
    assert!(json.text.contains("x-www-form-urlencoded"));
    json.expect_refusal(415, "unsupported_media_type");
    let big = format!("grant_type=refresh_token&x={}", "y".repeat(1024 * 1024));
    client.post_raw("/oauth/token", form, big).await.expect_refusal(413, "request_too_large");
    for body in
        ["grant_type=a&grant_type=b", "grant_type=%00", "grant_type=%ff", "grant_type=%zz", ""]
    {
        let answer = client.post_raw("/oauth/token", form, body).await;
        answer.expect_refusal(400, "invalid_request");
    }
    let id = &app.client_id;
    let secret = app.secret.as_deref().unwrap();
    let both = encode(&[("grant_type", "refresh_token"), ("client_secret", secret)]);
    basic(&client, id, secret, &both).await.expect_refusal(400, "invalid_request");
    let twice = encode(&[("grant_type", "refresh_token"), ("client_id", "another")]);
    basic(&client, id, secret, &twice).await.expect_refusal(400, "invalid_request");
    let unknown_ones = "grant_type=client_credentials&unknown=1&unknown2=2";
    basic(&client, id, secret, unknown_ones).await.expect(200);
    let refused = basic(&client, id, "wrong", unknown_ones).await;
    assert!(refused.header("www-authenticate").starts_with("Basic"));
    refused.expect_refusal(401, "invalid_client");
}

#[tokio::test]
async fn the_secret_that_samples_send_for_public_applications_is_ignored() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let code = app.code(&visitor).await;
    let tokens =
        app.exchange_with(&code, &[("client_secret", Some("undefined"))]).await.expect(200);
    let app = app.with_secret(Some("undefined"));
    app.refresh(&tokens.text_at("/refresh_token")).await.expect(200);
}

#[tokio::test]
async fn pkce_can_be_left_out_only_by_private_applications_and_is_never_stripped() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::private(service, &[]), Visitor::new(service).await);
    let bare = app.request(&[("code_challenge", None), ("code_challenge_method", None)]);
    let code = visitor.allow(&bare).await.query("code").unwrap();
    app.exchange(&code).await.expect_refusal(400, "invalid_grant");
    app.exchange_with(&code, &[("code_verifier", None)]).await.expect(200);
    let stateless =
        app.request(&[("code_challenge", None), ("code_challenge_method", None), ("state", None)]);
    let refused = visitor.get(&format!("/oauth/authorize?{stateless}")).await;
    assert_eq!(refused.query("error").as_deref(), Some("invalid_request"));
    let strict = ["--require-pkce"];
    let strict = Application::register(service, "private", "https://s.example/cb", &[], &strict);
    let bare = strict.request(&[("code_challenge", None), ("code_challenge_method", None)]);
    let refused = visitor.get(&format!("/oauth/authorize?{bare}")).await;
    assert_eq!(refused.query("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn a_code_that_comes_back_ends_all_that_came_of_it() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let code = app.code(&visitor).await;
    let tokens = app.exchange(&code).await.expect(200);
    let api = service.client().with_bearer(&tokens.text_at("/access_token"));
    api.get("/v2/me").await.expect(200);
    app.exchange(&code).await.expect_refusal(400, "invalid_grant");
    api.get("/v2/me").await.expect_refusal(401, "invalid_token");
    app.refresh(&tokens.text_at("/refresh_token")).await.expect_refusal(400, "invalid_grant");
    app.tokens(&visitor).await;
}

#[tokio::test]
async fn an_application_that_signs_people_in_is_told_who_they_are() {
    let service = Service::shared().await;
    let visitor = Visitor::new(service).await;
    let app = Application::private(service, &["openid", "profile"]);
    let request = app.request(&[("nonce", Some("n-0S6_WzA2Mj"))]);
    let code = visitor.allow(&request).await.query("code").unwrap();
    let tokens = app.exchange(&code).await.expect(200);
    let id = claims(&tokens.text_at("/id_token"));
    assert_eq!(id["iss"], json!(service.address()));
    assert_eq!((&id["aud"], &id["nonce"]), (&json!(app.client_id), &json!("n-0S6_WzA2Mj")));
    assert_eq!(id["preferred_username"], json!(visitor.name));
    assert!(id["auth_time"].is_i64() && id["at_hash"].is_string());
    let api = service.client().with_bearer(&tokens.text_at("/access_token"));
    let info = api.get("/oauth/userinfo").await.expect(200);
    assert_eq!(
        (info.at("/sub"), info.at("/preferred_username")),
        (&id["sub"], &json!(visitor.name))
    );
    let plain = Application::public(service, &[]).tokens(&visitor).await;
    let plain = service.client().with_bearer(&plain.text_at("/access_token"));
    plain.get("/oauth/userinfo").await.expect_refusal(403, "insufficient_scope");
    // An id_token opens nothing.
    let wrong = service.client().with_bearer(&tokens.text_at("/id_token"));
    wrong.get("/v1/me").await.expect_refusal(401, "invalid_token");
}

#[tokio::test]
async fn the_standard_profile_is_rfc_9068() {
    let service = Service::shared().await;
    let visitor = Visitor::new(service).await;
    let standard = ["--claims-profile", "standard", "--access-token-ttl", "300"];
    let app =
        Application::register(service, "private", "https://r.example/cb", &["graphql"], &standard);
    let tokens = app.tokens(&visitor).await;
    assert_eq!(tokens.at("/expires_in"), 300);
    let token = tokens.text_at("/access_token");
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let claims = claims(&token);
    assert_eq!(claims["iss"], json!(service.address()));
    assert_eq!((&claims["aud"], &claims["scope"]), (&json!(["nexushub"]), &json!("graphql")));
    assert!(claims["auth_time"].is_i64() && claims["client_id"] == json!(app.client_id));
    assert_eq!(claims["user"]["username"], "", "a name only with `profile`");
    let api = service.client().with_bearer(&token);
    api.get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn graphql_is_open_to_applications_within_their_scopes() {
    let service = Service::shared().await;
    let visitor = Visitor::new(service).await;
    let tokens = async |scopes: &[&str]| {
        let tokens = Application::public(service, scopes).tokens(&visitor).await;
        service.client().with_bearer(&tokens.text_at("/access_token"))
    };
    let viewer = "{ viewer { user { username } permissions } }";
    let list = "{ agentTokens { totalCount } }";
    let create = "mutation { createToken(input: { name: \"x\" }) { secret userErrors { code } } }";
    let nothing = tokens(&[]).await.graphql(viewer, json!({})).await;
    nothing.expect_refusal(403, "insufficient_scope");
    let reader = tokens(&["graphql", "tokens:read"]).await;
    let seen = reader.graphql(viewer, json!({})).await.expect_data();
    assert_eq!(seen.at("/data/viewer/user/username"), &json!(visitor.name));
    assert_eq!(seen.at("/data/viewer/permissions"), &json!(["tokens:read"]));
    reader.graphql(list, json!({})).await.expect_data();
    reader.graphql(create, json!({})).await.expect_error("FORBIDDEN");
    reader.graphql("{ sessions { id } }", json!({})).await.expect_error("FORBIDDEN");
    reader
        .graphql("{ authorizations { edges { node { id } } } }", json!({}))
        .await
        .expect_error("FORBIDDEN");
    let manager = tokens(&["graphql", "tokens:read", "tokens:manage"]).await;
    let created = manager.graphql(create, json!({})).await.expect_data();
    assert!(created.at("/data/createToken/secret").is_string(), "{}", created.text);
}

async fn basic(client: &Client, id: &str, secret: &str, body: &str) -> tests::answer::Answer {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let credentials = STANDARD.encode(format!("{id}:{secret}"));
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", format!("Basic {credentials}").parse().unwrap());
    client.post_form("/oauth/token", headers, body).await
}
