//! Refusals: each has its status and its code, and nothing at all happened.

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};
use tests::{
    account::{Person, SECRET, authenticate, fresh_name, refresh, register, verify},
    answer::Answer,
    client::Client,
    data::OpenLog,
    identity::{Clerk, deliver, signed},
    platform::access_token,
    service::Service,
    setup::Setup,
    socket::Socket,
};

/// The log of a service, and what stands in it.
struct Before {
    log: OpenLog,
    events: Vec<String>,
}

impl Before {
    async fn of(service: &Service) -> Self {
        let log = OpenLog::of(service.data()).await.unwrap();
        let events = log.events().await.unwrap();
        assert!(!events.is_empty());
        Self { log, events }
    }

    /// Claims that nothing was appended since.
    async fn holds_still(self) {
        let now = self.log.events().await.unwrap();
        assert_eq!(now[self.events.len()..], [] as [String; 0]);
    }
}

#[tokio::test]
async fn who_signs_up_or_in_wrongly_changes_nothing() {
    let service = Setup::default().start().await.unwrap();
    let client = service.client();
    let ada = Person::new(&client).await;
    let rotate = |token: &str| client.post("/refresh/rotate", json!({ "refresh_token": token }));
    let replaced = Person::sign_in(&client, &ada.name, &ada.user_key).await.refresh_token;
    rotate(&replaced).await.expect(200);
    let before = Before::of(&service).await;

    let invalid = "invalid_request";
    for path in ["/register", "/authenticate", "/refresh", "/refresh/rotate", "/login"] {
        for body in [json!({}), json!({ "user_id": 1, "user_key": 1, "refresh_token": 1 })] {
            client.post(path, body).await.expect_refusal(400, invalid);
        }
        let large = json!({ "user_id": "x".repeat(1_000_000) });
        client.post(path, large).await.expect_refusal(413, "request_too_large");
        let text = client.post_raw(path, "text/plain", "{}").await;
        text.expect_refusal(415, "unsupported_media_type");
    }
    for name in ["ab", "nul\0byte", "right\u{202E}left", "bell\u{7}", "p\u{0430}ypal"] {
        register(&client, name, SECRET).await.expect_refusal(400, "invalid_user_id");
    }
    let name = fresh_name();
    for secret in ["short", "password1", &name, &"long".repeat(40)] {
        register(&client, &name, secret).await.expect_refusal(400, "weak_secret");
    }
    let other = "another horse battery staple";
    register(&client, &ada.name, other).await.expect_refusal(409, "user_id_taken");
    for (key, secret) in [(ada.user_key.as_str(), other), ("nxk_x", SECRET), ("", SECRET)] {
        authenticate(&client, key, secret).await.expect_refusal(401, "invalid_credentials");
    }
    let login = json!({ "user_id": "nobody-of-this-name", "user_secret": SECRET });
    client.post("/login", login).await.expect_refusal(401, "invalid_credentials");
    for token in ["", "nxr_x", &replaced, &ada.user_key] {
        refresh(&client, token).await.expect_refusal(400, "invalid_grant");
        rotate(token).await.expect_refusal(400, "invalid_grant");
    }
    before.holds_still().await;
}

#[tokio::test]
async fn a_service_that_is_closed_changes_nothing_for_whoever_knocks() {
    let service = Setup::default().env("REGISTRATION", "closed").start().await.unwrap();
    service.verifier();
    let before = Before::of(&service).await;
    let refused = register(&service.client(), &fresh_name(), SECRET).await;
    refused.expect_refusal(403, "registration_closed");
    before.holds_still().await;
}

/// Somebody's agent tokens, each bad for another reason.
struct Tokens {
    revoked: String,
    elsewhere: String,
    reader: String,
    unpaid: String,
    orphan: String,
}

impl Tokens {
    async fn of(person: &Person, service: &Service) -> Self {
        let secret = async |input: Value| person.create_token_with(input).await.secret;
        let revoked = person.create_token("revoked").await;
        person.revoke_token(&revoked.id).await;
        let poor = Person::new(&service.client()).await;
        let unpaid = poor.create_token("unpaid").await.secret;
        service.operate(&["workspace", "set-plan", &format!("@{}", poor.name), "free"]).unwrap();
        Self {
            revoked: revoked.secret,
            elsewhere: secret(json!({ "name": "a", "allowedCidrs": ["192.0.2.0/24"] })).await,
            reader: secret(json!({ "name": "b", "scopes": ["graphql"] })).await,
            unpaid,
            orphan: orphan(person, service).await,
        }
    }
}

/// A token of somebody who is a viewer by now.
async fn orphan(owner: &Person, service: &Service) -> String {
    let member = Person::new(&service.client()).await;
    let (hers, them) = (format!("@{}", owner.name), format!("@{}", member.name));
    service.operate(&["member", "add", &hers, &them, "admin"]).unwrap();
    let input = json!({ "name": "theirs", "workspaceId": owner.workspace().await });
    let secret = member.create_token_with(input).await.secret;
    service.operate(&["member", "set-role", &hers, &them, "viewer"]).unwrap();
    secret
}

#[tokio::test]
async fn who_uses_a_credential_wrongly_changes_nothing() {
    let service = Clerk::new().known_to(Setup::default()).start().await.unwrap();
    let client = service.client();
    let person = Person::new(&client).await;
    let tokens = Tokens::of(&person, &service).await;
    let verifier = service.verifier();
    let fetcher = service.with_scope("accounts:token");
    let codes = [code(&person).await, code(&person).await];
    exchange(&client, &codes[1]).await.expect(200);
    let before = Before::of(&service).await;

    for body in [json!({}), json!({ "token": 1 }), json!({ "token": "x", "scope": "y" })] {
        let answer = verifier.post("/api/agent-tokens/verify", body).await;
        answer.expect_refusal(400, "invalid_request");
    }
    verify(&client, "x").await.expect_refusal(401, "invalid_token");
    verify(&fetcher, "x").await.expect_refusal(403, "insufficient_scope");
    for (token, code) in [("x", "NOT_FOUND"), (tokens.revoked.as_str(), "REVOKED")] {
        assert_eq!(verify(&verifier, token).await.expect(200).at("/code"), code);
    }

    for (token, status, code) in [
        ("x", 401, "invalid_token"),
        (tokens.revoked.as_str(), 401, "invalid_token"),
        (&tokens.unpaid, 403, "plan_required"),
        (&tokens.reader, 403, "insufficient_scope"),
        (&tokens.elsewhere, 403, "network_not_allowed"),
        (&tokens.orphan, 403, "creator_not_allowed"),
    ] {
        let refused = Socket::open(&client, &format!("/ws?token={token}"), &[]).await.unwrap_err();
        assert_eq!((refused.status, &refused.body["error"]), (status, &json!(code)));
    }

    for (code, status, error) in [
        ("12345", 400, "invalid_request"),
        ("ZZZZZZ", 404, "pairing_code_invalid"),
        (codes[0].as_str(), 410, "pairing_code_expired"),
        (codes[1].as_str(), 409, "pairing_code_used"),
    ] {
        exchange(&client, code).await.expect_refusal(status, error);
    }

    let agent = client.with_bearer(&tokens.reader);
    client.post("/api/session-tokens", json!({})).await.expect_refusal(401, "invalid_token");
    let refused = agent.post("/api/session-tokens", json!({})).await;
    refused.expect_refusal(403, "insufficient_scope");
    client.post("/api/ws-tickets", json!({})).await.expect_refusal(401, "invalid_token");
    access_token(&client, "acc_x").await.expect_refusal(401, "invalid_token");
    access_token(&verifier, "acc_0000000000000000000000")
        .await
        .expect_refusal(403, "insufficient_scope");
    access_token(&fetcher, "acc_x").await.expect_refusal(404, "not_found");
    let unsigned = deliver(&client, HeaderMap::new(), "{}").await;
    unsigned.expect_refusal(400, "invalid_signature");
    let large = "x".repeat(70_000);
    let refused = deliver(&client, signed("msg_1", &large), &large).await;
    refused.expect_refusal(413, "request_too_large");
    let answer = client.request(Method::DELETE, "/graphql").send().await.unwrap();
    assert_eq!(answer.status(), 405);
    before.holds_still().await;
}

#[tokio::test]
async fn what_graphql_refuses_changes_nothing() {
    let service = Setup::default().env("PLAN_PRO_TOKENS", "2").start().await.unwrap();
    let client = service.client();
    let (ada, bob, eve) =
        (Person::new(&client).await, Person::new(&client).await, Person::new(&client).await);
    let workspace = ada.workspace().await;
    let (hers, his) = (format!("@{}", ada.name), format!("@{}", bob.name));
    service.operate(&["member", "add", &hers, &his, "viewer"]).unwrap();
    service.operate(&["workspace", "set-plan", &his, "free"]).unwrap();
    let [token, revoked] = [ada.create_token("kept").await.id, ada.create_token("gone").await.id];
    ada.revoke_token(&revoked).await;
    ada.create_token("second").await;
    let me = ada.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
    let me = me.text_at("/data/viewer/user/id");
    let before = Before::of(&service).await;

    let create = "createToken(input: { name: \"x\" }) { secret }";
    let thousand = (0..1000).map(|n| format!("a{n}: {create}")).collect::<Vec<_>>().join(" ");
    let rename = |id: &str, more: &str| {
        format!(
            "renameToken(input: {{ id: \"{id}\", name: \"new\" {more} }}) {{ position userErrors {{ code }} }}"
        )
    };
    let at = json!({ "at": { "atLeast": "no position" } });
    let stale = "query($at: Consistency) { agentTokens(consistency: $at) { totalCount } }";
    let mutation = |field: &str| format!("mutation {{ {field} }}");
    let theirs =
        format!("createToken(input: {{ name: \"x\", workspaceId: \"{workspace}\" }}) {{ secret }}");
    for (who, document, variables, code) in [
        (&bob, mutation(&theirs), json!({}), "FORBIDDEN"),
        (&bob, mutation(create), json!({}), "PLAN_REQUIRED"),
        (&eve, mutation(&theirs), json!({}), "NOT_FOUND"),
        (&eve, mutation(&rename(&token, "")), json!({}), "NOT_FOUND"),
        (&ada, mutation(&rename("tok_x", "")), json!({}), "NOT_FOUND"),
        (&ada, mutation(&rename(&token, ", expectedRevision: 7")), json!({}), "VERSION_CONFLICT"),
        (&ada, stale.to_owned(), at, "BAD_USER_INPUT"),
        (&ada, mutation("createToken(input: { name: 1 }) { secret }"), json!({}), "BAD_USER_INPUT"),
        (&ada, mutation(&thousand), json!({}), "QUERY_TOO_COMPLEX"),
    ] {
        let answer = who.graphql(&document, variables).await;
        assert_eq!(answer.at("/errors/0/extensions/code"), code, "{document:.80}: {}", answer.text);
    }

    let long = "x".repeat(101);
    for (input, code) in [
        (json!({ "name": " " }), "NAME_REQUIRED"),
        (json!({ "name": long }), "NAME_TOO_LONG"),
        (json!({ "name": "nul\0" }), "INVALID_INPUT"),
        (json!({ "name": "right\u{202E}left" }), "INVALID_INPUT"),
        (json!({ "name": "a", "expiresAt": "2001-01-01T00:00:00Z" }), "EXPIRES_IN_PAST"),
        (json!({ "name": "a", "scopes": ["tokens:manage"] }), "SCOPE_NOT_ALLOWED"),
        (json!({ "name": "a", "allowedCidrs": ["10.0.0.0/40"] }), "INVALID_INPUT"),
        (json!({ "name": "one too many" }), "TOKEN_LIMIT_REACHED"),
    ] {
        let answer = ada.try_create_token(input.clone()).await.expect_data();
        assert_eq!(answer.at("/data/createToken/userErrors/0/code"), code, "{input}");
    }
    let codes = "{ userErrors { code } }";
    let member = |user: &str| format!("input: {{ workspaceId: \"{workspace}\", {user} }}");
    for (field, code) in [
        (rename(&revoked, ""), "TOKEN_REVOKED"),
        (
            format!(
                "changeMemberRole({}) {codes}",
                member(&format!("userId: \"{me}\", role: ADMIN"))
            ),
            "LAST_OWNER",
        ),
        (
            format!(
                "addMember({}) {codes}",
                member(&format!("username: \"{}\", role: MEMBER", bob.name))
            ),
            "ALREADY_MEMBER",
        ),
        (
            format!("addMember({}) {codes}", member("username: \"nobody-here\", role: MEMBER")),
            "USER_NOT_FOUND",
        ),
        (format!("changePlan({}) {codes}", member("plan: TEAM")), "PLAN_RAISE_REFUSED"),
    ] {
        let answer = ada.graphql(&format!("mutation {{ done: {field} }}"), json!({})).await;
        let answer = answer.expect_data();
        assert_eq!(answer.at("/data/done/userErrors/0/code"), code, "{field}: {}", answer.text);
    }
    before.holds_still().await;
}

#[tokio::test]
async fn who_asks_too_often_is_put_off_and_changes_nothing() {
    let limited = [
        ("SESSION_TOKENS_PER_MINUTE", "1"),
        ("REFUSED_REFRESHES_PER_MINUTE", "1"),
        ("REGISTRATIONS_PER_HOUR", "1"),
        ("AUTHENTICATIONS_PER_MINUTE", "2"),
    ];
    let setup =
        limited.iter().fold(Setup::default(), |setup, (name, value)| setup.env(name, *value));
    let service = setup.start().await.unwrap();
    let client = service.client();
    let person = Person::new(&client).await;
    for path in ["/api/session-tokens", "/api/ws-tickets"] {
        person.client.post(path, json!({})).await.expect(201);
    }
    authenticate(&client, "nxk_x", SECRET).await.expect(401);
    refresh(&client, "nxr_x").await.expect(400);
    let before = Before::of(&service).await;

    let often = "too_many_attempts";
    for path in ["/api/session-tokens", "/api/ws-tickets"] {
        person.client.post(path, json!({})).await.expect_refusal(429, often);
    }
    register(&client, &fresh_name(), SECRET).await.expect_refusal(429, often);
    authenticate(&client, &person.user_key, SECRET).await.expect_refusal(429, often);
    let login = json!({ "user_id": person.name, "user_secret": SECRET });
    client.post("/login", login).await.expect_refusal(429, often);
    // Whoever is told 4xx here takes their login for finished: this is said as a 503.
    refresh(&client, "nxr_x").await.expect_refusal(503, "unavailable");
    before.holds_still().await;
}

async fn code(person: &Person) -> String {
    let generate = "mutation { generatePairingCode(input: {}) { code } }";
    let answer = person.graphql(generate, json!({})).await.expect_data();
    answer.text_at("/data/generatePairingCode/code")
}

async fn exchange(client: &Client, code: &str) -> Answer {
    client.post("/api/agent-tokens/exchange", json!({ "code": code })).await
}
