//! The crate `oauth2`, unchanged: what a program written in Rust would bring.

use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, PkceCodeChallenge, RedirectUrl, RequestTokenError, RevocationUrl, Scope,
    StandardRevocableToken, TokenResponse as _, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType},
};
use tests::{
    application::{Application, Visitor},
    service::Service,
};

use super::libraries::addresses;

#[tokio::test]
async fn oauth2_of_rust() {
    let service = Service::shared().await;
    for (kind, uri, at) in addresses() {
        let ways: &[_] = if kind == "private" {
            &[AuthType::BasicAuth, AuthType::RequestBody]
        } else {
            &[AuthType::BasicAuth]
        };
        for way in ways {
            let app = Application::register(service, kind, uri, &["openid", "profile"], &[]);
            walk(service, &app, at, way.clone()).await;
        }
    }
}

/// From the person's consent to the end of what it brought.
async fn walk(service: &Service, app: &Application, at: &str, way: AuthType) {
    let document = service.client().get("/.well-known/oauth-authorization-server").await.json;
    let endpoint = |name: &str| document[name].as_str().unwrap().to_owned();
    // The crate gives tokens back by TLS only, which here nobody speaks; see `send`.
    let revocation = endpoint("revocation_endpoint").replacen("http:", "https:", 1);
    let mut client = BasicClient::new(ClientId::new(app.client_id.clone()))
        .set_auth_uri(AuthUrl::new(endpoint("authorization_endpoint")).unwrap())
        .set_token_uri(TokenUrl::new(endpoint("token_endpoint")).unwrap())
        .set_revocation_url(RevocationUrl::new(revocation).unwrap())
        .set_redirect_uri(RedirectUrl::new(at.to_owned()).unwrap())
        .set_auth_type(way);
    if let Some(secret) = &app.secret {
        client = client.set_client_secret(ClientSecret::new(secret.clone()));
    }

    let visitor = Visitor::new(service).await;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = client
        .authorize_url(CsrfToken::new_random)
        .add_scope(Scope::new("openid".into()))
        .set_pkce_challenge(challenge)
        .url();
    let arrived = visitor.allow(url.query().unwrap()).await;
    assert!(arrived.text.starts_with(at), "{arrived:?}");
    assert_eq!(arrived.query("state").as_ref(), Some(state.secret()));

    let code = AuthorizationCode::new(arrived.query("code").unwrap());
    let first = client.exchange_code(code).set_pkce_verifier(verifier);
    let first = first.request_async(&send).await.unwrap();
    assert_eq!(first.expires_in().unwrap().as_secs(), 21_600);
    assert_eq!(first.scopes().unwrap(), &[Scope::new("openid".into())]);
    let former = first.refresh_token().unwrap();
    let second = client.exchange_refresh_token(former).request_async(&send).await.unwrap();
    let current = second.refresh_token().unwrap();
    assert_ne!(current.secret(), former.secret());
    let api = service.client().with_bearer(second.access_token().secret());
    api.get("/v1/me").await.expect(200);

    let token = StandardRevocableToken::RefreshToken(current.clone());
    client.revoke_token(token).unwrap().request_async(&send).await.unwrap();
    api.get("/v1/me").await.expect_refusal(401, "invalid_token");
    let refused = client.exchange_refresh_token(current).request_async(&send).await.unwrap_err();
    let RequestTokenError::ServerResponse(refused) = refused else { panic!("{refused}") };
    assert_eq!(refused.error(), &BasicErrorResponseType::InvalidGrant);
}

/// Sends what the crate made, and follows nothing.
async fn send(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let mut request = reqwest::Request::try_from(request)?;
    request.url_mut().set_scheme("http").expect("one scheme for another");
    let response = http.execute(request).await?;
    let mut answer = HttpResponse::default();
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    *answer.body_mut() = response.bytes().await?.to_vec();
    Ok(answer)
}
