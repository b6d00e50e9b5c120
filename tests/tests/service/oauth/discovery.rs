//! What clients find by the issuer's name.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;
use tests::{
    application::{Application, Visitor, claims},
    service::Service,
    setup::Setup,
};

#[tokio::test]
async fn the_document_names_what_is_there_and_nothing_else() {
    let client = Service::shared().await.client();
    let answer = client.get("/.well-known/openid-configuration").await.expect(200);
    assert_eq!(answer.at("/issuer"), client.address());
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(answer.header("cache-control").contains("max-age=300"));
    let members = answer.json.as_object().unwrap();
    let there =
        members.iter().filter(|(name, _)| name.ends_with("_endpoint") || name.ends_with("_uri"));
    for (name, address) in there {
        let path = address.as_str().unwrap().strip_prefix(client.address()).expect("our own");
        let status = client.get(path).await.status;
        assert!(status != 404, "{name} is not there");
    }
    let other = client.get("/.well-known/oauth-authorization-server").await.expect(200);
    assert_eq!(other.json, answer.json);
    let etag = answer.header("etag").to_owned();
    let again = client.request(reqwest::Method::GET, "/.well-known/openid-configuration");
    let again = again.header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn the_host_of_a_request_is_believed_by_nobody() {
    let client = Service::shared().await.client();
    for header in ["host", "x-forwarded-host", "forwarded"] {
        let request = client.request(reqwest::Method::GET, "/.well-known/openid-configuration");
        let answer = request.header(header, "evil.example").send().await.unwrap();
        assert!(!answer.text().await.unwrap().contains("evil"), "{header}");
    }
}

#[tokio::test]
async fn an_access_token_is_checked_with_the_pem() {
    let service = Service::shared().await;
    let visitor = Visitor::new(service).await;
    let tokens = Application::public(service, &[]).tokens(&visitor).await;
    let pem = service.client().get("/oauth/public-key.pem").await.expect(200);
    assert_eq!(pem.header("content-type"), "application/x-pem-file");
    assert!(pem.text.lines().all(|line| line.len() <= 64) && !pem.text.contains('\r'));
    let lines = pem.text.lines().filter(|line| !line.starts_with("-----"));
    let der = STANDARD.decode(lines.collect::<String>()).unwrap();
    let token = tokens.text_at("/access_token");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der);
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    key.verify(signed.as_bytes(), &signature).expect("a signature of that key");
}

#[tokio::test]
async fn the_claims_are_those_that_the_clients_of_old_expect() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let tokens = app.tokens(&visitor).await.expect_uncacheable();
    assert_eq!(tokens.at("/token_type"), "Bearer");
    assert_eq!(tokens.at("/expires_in"), 21_600);
    assert_eq!(tokens.at("/scope"), "");
    assert!(tokens.at("/id_token").is_null());
    let claims = claims(&tokens.text_at("/access_token"));
    assert_eq!(claims["application_id"], json!(app.application_id));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 21_600);
    assert_eq!(claims["iat"], *tokens.at("/created_at"));
    assert_eq!(claims["iss"], "nexus-user-service");
    assert_eq!(claims["sub"], json!(claims["user"]["id"].to_string()));
    assert!(claims["jti"].is_string() && claims.get("aud").is_none());
    let user = claims["user"].as_object().unwrap();
    let names: Vec<_> = user.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "group_id",
            "id",
            "joined",
            "membership_roles",
            "other_group_ids",
            "permissions",
            "premium_expiry",
            "username"
        ]
    );
    assert_eq!(user["username"], json!(visitor.name));
    assert_eq!(user["membership_roles"], json!(["member"]));
    assert_eq!((&user["other_group_ids"], &user["permissions"]), (&json!(""), &json!({})));
    assert_eq!((&user["group_id"], &user["premium_expiry"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn another_issuer_than_before_is_refused_unless_it_is_wished_for() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let at = |issuer: &str| Setup::default().pglite().data(&data).env("PUBLIC_URL", issuer);
    let mut first = at("https://users.example").start().await.unwrap();
    let document = first.client().get("/.well-known/openid-configuration").await;
    assert_eq!(document.at("/issuer"), "https://users.example");
    assert_eq!(document.at("/token_endpoint"), "https://users.example/oauth/token");
    first.stop().await.unwrap();
    let mut other = first.command();
    other.args(["serve", "--listen", "127.0.0.1:0"]);
    other.env("KEYLEDGER_PUBLIC_URL", "https://users.example/");
    let refused = tokio::task::spawn_blocking(move || other.output().unwrap()).await.unwrap();
    assert!(!refused.status.success(), "one slash more is another issuer");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("https://users.example"), "{said}");
    let mut same = at("https://users.example").start().await.unwrap();
    same.stop().await.unwrap();
}
