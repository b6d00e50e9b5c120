//! Applications: registered by an operator, let in by people, and what they are answered.

use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::{Method, redirect::Policy};
use serde_json::Value;
use url::Url;

use crate::{
    account::{Person, SECRET, fresh_name, register},
    answer::Answer,
    browser::Browser,
    client::Client,
    service::Service,
};

/// A verifier of RFC 7636, and its challenge (appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Where a public application listens in the tests.
pub const LOOPBACK: &str = "http://localhost:8089/callback";
/// The page of a private application in the tests.
pub const PAGE: &str = "https://app.example/cb";

/// An application that may ask people for access.
#[derive(Clone, Debug)]
pub struct Application {
    pub client_id: String,
    /// Of a private one.
    pub secret: Option<String>,
    pub application_id: u64,
    pub redirect_uri: String,
    client: Client,
}

impl Application {
    /// Registers one that runs on people's own machines.
    pub fn public(service: &Service, scopes: &[&str]) -> Self {
        Self::register(service, "public", LOOPBACK, scopes, &[])
    }

    /// Registers one that runs on a server.
    pub fn private(service: &Service, scopes: &[&str]) -> Self {
        Self::register(service, "private", PAGE, scopes, &[])
    }

    /// Registers one by the command line, with more arguments.
    ///
    /// # Panics
    ///
    /// If it refuses.
    pub fn register(
        service: &Service,
        kind: &str,
        redirect_uri: &str,
        scopes: &[&str],
        more: &[&str],
    ) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let client_id = format!("{kind}_test_{}_{number}", std::process::id());
        let mut arguments = vec!["client", "create", "--client-id", &client_id, "--kind", kind];
        arguments.extend(["--name", "Mod Manager", "--redirect-uri", redirect_uri]);
        arguments.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
        arguments.extend(more);
        let created = service.operate(&arguments).expect("an application");
        Self {
            secret: created["client_secret"].as_str().map(str::to_owned),
            application_id: created["application_id"].as_u64().expect("a number"),
            redirect_uri: redirect_uri.to_owned(),
            client: service.client(),
            client_id,
        }
    }

    /// The same with another secret, or with none.
    #[must_use]
    pub fn with_secret(&self, secret: Option<&str>) -> Self {
        Self { secret: secret.map(str::to_owned), ..self.clone() }
    }

    /// The same from another network.
    #[must_use]
    pub fn elsewhere(&self, service: &Service) -> Self {
        Self { client: service.client(), ..self.clone() }
    }

    /// The same at another node.
    #[must_use]
    pub fn at(&self, address: &str) -> Self {
        Self { client: self.client.at(address), ..self.clone() }
    }

    /// The query of an authorization request, with `changes` in place of what it would say.
    pub fn request(&self, changes: &[(&str, Option<&str>)]) -> String {
        let mut pairs = vec![
            ("client_id", self.client_id.as_str()),
            ("response_type", "code"),
            ("scope", ""),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("state", "s-1"),
            ("code_challenge_method", "S256"),
            ("code_challenge", CHALLENGE),
        ];
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            pairs.extend(value.map(|value| (*name, value)));
        }
        encode(&pairs)
    }

    /// A code for `visitor`, who is asked and allows.
    ///
    /// # Panics
    ///
    /// If it answers otherwise: the test fails there.
    pub async fn code(&self, visitor: &Visitor) -> String {
        let location = visitor.allow(&self.request(&[])).await;
        location.query("code").unwrap_or_else(|| panic!("no code: {location:?}"))
    }

    /// First tokens for `visitor`.
    pub async fn tokens(&self, visitor: &Visitor) -> Answer {
        self.exchange(&self.code(visitor).await).await.expect(200)
    }

    /// Redeems a code.
    pub async fn exchange(&self, code: &str) -> Answer {
        self.exchange_with(code, &[]).await
    }

    /// The same, with `changes` in place of what it would say.
    pub async fn exchange_with(&self, code: &str, changes: &[(&str, Option<&str>)]) -> Answer {
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_verifier", VERIFIER),
        ];
        self.add_credentials(&mut pairs);
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            pairs.extend(value.map(|value| (*name, value)));
        }
        self.form("/oauth/token", &pairs).await
    }

    /// Renews access.
    pub async fn refresh(&self, token: &str) -> Answer {
        self.own_form("/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", token)])
            .await
    }

    /// Gives a token back.
    pub async fn revoke(&self, token: &str) -> Answer {
        self.own_form("/oauth/revoke", &[("token", token)]).await
    }

    /// Asks about a token.
    pub async fn introspect(&self, token: &str) -> Answer {
        self.own_form("/oauth/introspect", &[("token", token)]).await
    }

    /// Sends a form with the application's credentials.
    pub async fn own_form(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let mut pairs = pairs.to_vec();
        self.add_credentials(&mut pairs);
        self.form(path, &pairs).await
    }

    /// Sends a form as it stands.
    pub async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.client.post_raw(path, "application/x-www-form-urlencoded", encode(pairs)).await
    }

    fn add_credentials<'a>(&'a self, pairs: &mut Vec<(&'a str, &'a str)>) {
        pairs.push(("client_id", &self.client_id));
        pairs.extend(self.secret.as_deref().map(|secret| ("client_secret", secret)));
    }
}

/// Somebody in front of a browser, signed in.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub name: String,
    /// The same person by their access token of `/authenticate`.
    pub person: Person,
    address: String,
    cookie: Option<String>,
}

/// Where a browser was sent.
#[derive(Debug)]
pub struct Location {
    pub status: u16,
    /// The whole of it; empty if it was sent nowhere.
    pub text: String,
    /// The page, where there is one.
    pub page: String,
    pub headers: reqwest::header::HeaderMap,
}

impl Location {
    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<String> {
        let url = Url::parse(&self.text).ok()?;
        url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

impl Visitor {
    /// Somebody new.
    ///
    /// # Panics
    ///
    /// If the service refuses.
    pub async fn new(service: &Service) -> Self {
        let name = fresh_name();
        let registered = register(&service.client(), &name, SECRET).await.expect(201);
        Self::registered(service, &name, &registered.text_at("/user_key")).await
    }

    /// Somebody who is registered.
    ///
    /// # Panics
    ///
    /// If the service refuses.
    pub async fn registered(service: &Service, name: &str, user_key: &str) -> Self {
        let client = service.client();
        let name = name.to_owned();
        let person = Person::sign_in(&client, &name, user_key).await;
        let cookie = Some(Browser::log_in(&client, &name).await.cookie().to_owned());
        Self { name, person, address: service.address().to_owned(), cookie }
    }

    /// The same person in a browser that does not know them.
    #[must_use]
    pub fn stranger(&self) -> Self {
        Self { cookie: None, ..self.clone() }
    }

    /// The same browser with other cookies, `name=value`.
    #[must_use]
    pub fn with_cookie(&self, cookie: String) -> Self {
        Self { cookie: Some(cookie), ..self.clone() }
    }

    /// The same at another node.
    #[must_use]
    pub fn at(&self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self.clone() }
    }

    /// The cookie of the login, `name=value`; empty in a browser without one.
    pub fn cookie(&self) -> &str {
        self.cookie.as_deref().unwrap_or_default()
    }

    /// Follows a link of the service; goes nowhere by itself.
    pub async fn get(&self, path: &str) -> Location {
        self.send(Method::GET, path, None).await
    }

    /// Sends a form of a page of the service.
    pub async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Location {
        self.send(Method::POST, path, Some(encode(pairs))).await
    }

    /// Asks for consent, and gives it; returns where the browser goes then.
    pub async fn allow(&self, request: &str) -> Location {
        self.decide(request, "allow").await
    }

    /// Asks for consent, and decides.
    ///
    /// # Panics
    ///
    /// If there is no consent page.
    pub async fn decide(&self, request: &str, decision: &str) -> Location {
        let asked = self.get(&format!("/oauth/authorize?{request}")).await;
        if asked.status != 200 {
            return asked;
        }
        let (action, token) = consent_form(&asked.page);
        self.post(&action, &[("token", &token), ("decision", decision)]).await
    }

    async fn send(&self, method: Method, path: &str, form: Option<String>) -> Location {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client");
        let mut request = http.request(method, format!("{}{path}", self.address));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(form) = form {
            request = request.header("content-type", "application/x-www-form-urlencoded");
            request = request.header("origin", &self.address).body(form);
        }
        let response = request.send().await.expect("an answer");
        let header = |name| response.headers().get(name).and_then(|it| it.to_str().ok());
        Location {
            status: response.status().as_u16(),
            text: header("location").unwrap_or_default().to_owned(),
            headers: response.headers().clone(),
            page: response.text().await.expect("a body"),
        }
    }
}

/// What the form of a consent page leads to, and the token in it.
///
/// # Panics
///
/// If it is none.
pub fn consent_form(page: &str) -> (String, String) {
    let between = |before: &str| {
        let rest = page.split_once(before).unwrap_or_else(|| panic!("no {before}: {page}")).1;
        rest.split_once('"').expect("an end").0.to_owned()
    };
    (between("<form method=\"post\" action=\""), between("name=\"token\" value=\""))
}

/// The claims of a JWT, unverified.
///
/// # Panics
///
/// If it is none.
pub fn claims(jwt: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let claims = jwt.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("JSON")
}

/// Pairs as a form.
pub fn encode(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
