//! Stories that leave as many secrets, names and addresses behind as they can.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tests::{
    account::{Person, SECRET, verify},
    application::{Application, Visitor},
    browser::Browser,
    graphql_socket::GraphqlSocket,
    identity::{Clerk, tell},
    platform::{CLIENT_SECRET, Platform, access_token},
    service::Service,
    socket::Socket,
    wait::eventually,
};

use super::Canaries;

/// Somebody who registers, signs in, and has tokens, a browser and a watcher.
pub(super) async fn of_a_person(service: &Service, canaries: &mut Canaries) {
    let client = service.client();
    let person = Person::new(&client).await;
    let token = person.create_token("Canary's own machine").await;
    let verifier = service.verifier();
    verify(&verifier, &token.secret).await.expect(200);
    verify(&client, &token.secret).await.expect(401);
    let (mut socket, _) = Socket::agent(&client, &token.secret).await;
    let mut watcher = GraphqlSocket::open(&person.client).await;
    watcher.subscribe("1", "subscription { auditEvents { __typename } }", json!({})).await;
    let rotate = json!({ "refresh_token": person.refresh_token });
    let rotated = client.post("/refresh/rotate", rotate).await.expect(200);
    let revoke = "mutation($id: ID!) { revokeToken(input: {
      id: $id, reason: \"Canary has lost it\" }) { userErrors { code } } }";
    person.graphql(revoke, json!({ "id": token.id })).await.expect_data();
    socket.closed().await;
    let mut headers = HeaderMap::new();
    headers.insert("user-agent", "canary-browser/7".parse().unwrap());
    let body = json!({ "query": "mutation { createToken(input: { name: \"Second canary\" }) {
      secret } }" });
    let second = person.client.post_with("/graphql", headers, body).await.expect_data();
    let browser = Browser::log_in(&client, &person.name).await;

    canaries.secret("a person's secret", SECRET);
    canaries.credential("an agent token", &token.secret);
    canaries.credential("another", &second.text_at("/data/createToken/secret"));
    canaries.credential("a service credential", verifier.bearer().unwrap());
    canaries.credential("a refresh token", &person.refresh_token);
    canaries.credential("its successor", &rotated.text_at("/refresh_token"));
    canaries.credential("a cookie", browser.cookie());
    canaries.jwt("an access token", person.client.bearer().unwrap());
    canaries.person("a name", &person.name);
    canaries.person("a token's name", "Canary's own machine");
    canaries.person("a reason", "Canary has lost it");
    canaries.person("a browser", "canary-browser/7");
    canaries.person("an address", &client.network().to_string());
    canaries.person("a verifier's address", &verifier.network().to_string());
}

/// Codes that are superseded, used, used again and guessed at.
pub(super) async fn of_pairing(service: &Service, canaries: &mut Canaries) {
    let (client, device) = (service.client(), service.client());
    let person = Person::new(&client).await;
    let generate = "mutation { generatePairingCode(input: { tokenName: \"Canary's nest\" }) {
      code deepLink } }";
    let mut code = async || {
        let answer = person.graphql(generate, json!({})).await.expect_data();
        let code = answer.text_at("/data/generatePairingCode/code");
        canaries.code(&code);
        code
    };
    let (old, new) = (code().await, code().await);
    let exchange = async |code: &str| {
        let body = json!({ "code": code, "device_name": "Canary's desktop" });
        device.post("/api/agent-tokens/exchange", body).await
    };
    let paired = exchange(&new).await.expect(200);
    exchange(&new).await.expect_refusal(409, "pairing_code_used");
    exchange(&old).await.expect_refusal(410, "pairing_code_expired");
    device.get(&format!("/api/agent-tokens/exchange?code={old}")).await;
    let again = code().await;
    let exchange = "mutation($code: String!) { exchangeCode(input: { code: $code }) { secret } }";
    let answer = person.graphql(exchange, json!({ "code": again })).await.expect_data();
    canaries.credential("a paired token", &paired.text_at("/token"));
    canaries.credential("another paired", &answer.text_at("/data/exchangeCode/secret"));
    canaries.person("a device", "Canary's desktop");
    canaries.person("a paired token's name", "Canary's nest");
    canaries.person("a device's address", &device.network().to_string());
}

/// Credentials in addresses, headers and frames; some of them of no use.
pub(super) async fn of_sockets(service: &Service, canaries: &mut Canaries) {
    let client = service.client();
    let person = Person::new(&client).await;
    let secret = person.create_token("Another").await.secret;
    client.get(&format!("/ws?token={secret}&errors=1")).await;
    client.get(&format!("/nowhere?token={secret}")).await;
    let bearer = format!("bearer.{secret}");
    Socket::open(&client, "/ws", &[("sec-websocket-protocol", &bearer)]).await.unwrap();
    let mut silent = Socket::open(&client, "/ws", &[]).await.unwrap();
    silent.send(json!({ "type": "auth", "token": secret })).await;
    silent.json_of("hello").await;
    let browser = Browser::log_in(&client, &person.name).await;
    let mut page = async || {
        let answer = browser.post("/api/session-tokens", json!({})).await.expect(201);
        let token = answer.text_at("/token");
        canaries.credential("a session token", &token);
        token
    };
    let (first, second) = (page().await, page().await);
    let (mut socket, _) = Socket::agent(&client, &first).await;
    socket.send(json!({ "type": "reauth", "token": second })).await;
    socket.json_of("hello").await;
    client.get(&format!("/graphql/ws?token={second}&code=unspoken-canary")).await;
    let ticket = client.with_bearer(&secret).post("/api/ws-tickets", json!({})).await.expect(201);
    let ticket = ticket.text_at("/ticket");
    let path = format!("/ws?ticket={ticket}");
    Socket::open(&client, &path, &[]).await.unwrap();
    Socket::open(&client, &path, &[]).await.unwrap_err();
    canaries.credential("a socket's token", &secret);
    canaries.credential("a ticket", &ticket);
    canaries.secret("a parameter called code", "unspoken-canary");
}

/// An application of a server: its secrets, and what it is given.
pub(super) async fn of_applications(service: &Service, canaries: &mut Canaries) {
    let contact = ["--contact", "canary@contact.example"];
    let page = tests::application::PAGE;
    let app = Application::register(service, "private", page, &["openid"], &contact);
    let visitor = Visitor::new(service).await;
    let code = app.code(&visitor).await;
    let tokens = app.exchange(&code).await.expect(200);
    let renewed = app.refresh(&tokens.text_at("/refresh_token")).await.expect(200);
    app.introspect(&renewed.text_at("/access_token")).await.expect(200);
    app.with_secret(Some("wrong canary secret")).refresh("x").await.expect(401);
    let rotate = ["client", "rotate-secret", &app.client_id];
    let rotated = service.operate(&rotate).unwrap();
    canaries.credential("a client secret", app.secret.as_deref().unwrap());
    canaries.credential("its successor", rotated["client_secret"].as_str().unwrap());
    canaries.secret("a secret that is none", "wrong canary secret");
    canaries.secret("a code of OAuth", &code);
    for answer in [&tokens, &renewed] {
        canaries.jwt("an application's access token", &answer.text_at("/access_token"));
        canaries.credential("its refresh token", &answer.text_at("/refresh_token"));
    }
    canaries.jwt("an id token", &visitor_id_token(&app, &visitor).await);
    canaries.person("a contact", "canary@contact.example");
    canaries.person("a visitor", &visitor.name);
}

async fn visitor_id_token(app: &Application, visitor: &Visitor) -> String {
    let request = app.request(&[("scope", Some("openid"))]);
    let code = visitor.allow(&request).await.query("code").unwrap();
    app.exchange(&code).await.expect(200).text_at("/id_token")
}

/// Accounts on platforms: connected, renewed, handed out, lost and disconnected.
pub(super) async fn of_accounts(
    service: &Service,
    platforms: &[&Platform],
    canaries: &mut Canaries,
) {
    let fetcher = service.with_scope("accounts:token");
    let person = Person::new(&service.client()).await;
    for platform in platforms {
        let user = json!({ "user": format!("canary-{}", platform.name()) });
        platform.set(user.clone()).await;
        platform.set(json!({ "expires_in": 0, "renewed_expires_in": 14_124 })).await;
        let id = person.connect(platform).await;
        let told = access_token(&fetcher, &id).await.expect(200);
        let again = person.agree(platform).await;
        person.try_connect(platform, &again).await;
        let back = format!(
            "/connect/{}/callback?code={}&state={}",
            platform.name(),
            again.code,
            again.state
        );
        service.client().get(&back).await;
        if platform.name() == "twitch" {
            person.disconnect(&id).await.expect_data();
            eventually("the platform to be told", || async {
                (platform.seen().await["revoke"] == 1).then_some(())
            })
            .await;
        }
        canaries.secret("a token handed out", &told.text_at("/access_token"));
        for secret in platform.secrets().await {
            canaries.secret("what went to a platform", &secret);
        }
        canaries.person("an id at a platform", &format!("canary-{}", platform.name()));
    }
    canaries.person("a name at Twitch", "TwitchDev");
    canaries.person("a name at Discord", "Nelly");
    canaries.credential("a fetcher", fetcher.bearer().unwrap());
    for written in [CLIENT_SECRET, "their+secret", "their%20secret"] {
        canaries.secret("our secret at a platform", written);
    }
}

/// Somebody of the identity provider, and what it says of them.
pub(super) async fn of_clerk(service: &Service, clerk: &Clerk, canaries: &mut Canaries) {
    let session = Clerk::sign_in();
    let token = clerk.token(&session);
    let client = service.client().with_bearer(&token);
    tell(&client, &session.said("user.created", "Canaria", 1_000)).await.expect(204);
    let query = "{ viewer { user { displayName } } }";
    eventually("the person to be known", || async {
        let answer = client.graphql(query, json!({})).await;
        let name: &Value = answer.at("/data/viewer/user/displayName");
        (name == "Canaria Lovelace").then_some(())
    })
    .await;
    let ended = json!({ "type": "session.ended", "data": { "id": session.session } });
    tell(&client, &ended).await.expect(204);
    canaries.jwt("a session of the identity provider", &token);
    canaries.secret("the webhook's secret", tests::identity::WEBHOOK_SECRET);
    canaries.person("a full name", "Canaria Lovelace");
    canaries.person("an e-mail address", "ada@example.org");
    canaries.person("an image", "img.clerk.com");
    canaries.person("an id at the identity provider", &session.user);
    canaries.person("a session's id there", &session.session);
}
