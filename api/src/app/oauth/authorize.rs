//! Authorize: what an application asks of a person, judged before the person is asked
//! (RFC 6749 4.1.1, RFC 9700 2.1, OpenID Connect Core 3.1.2).
//!
//! Until the application and its redirect URI are known, nothing is sent anywhere: the person is
//! told. From then on every answer goes back to the application, with `iss` (RFC 9207).

use domain::{
    id::OauthClientId,
    oauth_client::{Client, ClientId, OauthClient},
    pkce::CodeChallenge,
    scope::OauthScopes,
};

use super::{
    interaction::{Interaction, Prompt},
    reply::{Reply, ResponseMode},
    standing::Source,
};
use crate::{app::App, error::Error};

/// The longest `state`, and the longest of any other text that is carried along.
const LONGEST: usize = 2048;

/// The parameters of a request: those that are known, each as it came.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(String, String)>);

/// Why a person is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// To be told to the person, and nobody else.
    Page { status: u16, description: &'static str },
    /// To be told to the application, by the browser.
    Back(Reply),
}

impl Params {
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The value of a parameter; an empty one is none (RFC 6749 3.1).
    fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(known, _)| known == name);
        value.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn repeats(&self, name: &str) -> bool {
        self.0.iter().filter(|(known, _)| known == name).count() > 1
    }
}

/// Parameters that may come once; others are nobody's business.
const KNOWN: [&str; 15] = [
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "prompt",
    "max_age",
    "login_hint",
    "response_mode",
    "request",
    "request_uri",
    "registration",
    "display",
    "ui_locales",
];

impl App {
    /// Judges a request.
    pub async fn judge_authorization(
        &self,
        params: &Params,
    ) -> Result<Result<Interaction, Refusal>, Error> {
        let trusted = match self.trusted(params).await? {
            Ok(trusted) => trusted,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Trusted { id, client, redirect_uri } = trusted;
        let state = params.get("state").filter(|state| state.len() <= LONGEST);
        let asked = ask(&client, params, &redirect_uri);
        let interaction = |asked: Asked| Interaction {
            client: id,
            redirect_uri: redirect_uri.clone(),
            redirect_uri_stated: params.get("redirect_uri").is_some(),
            state: state.map(str::to_owned),
            scopes: asked.scopes,
            challenge: asked.challenge,
            nonce: asked.nonce,
            prompt: asked.prompt,
            max_age: asked.max_age,
            login_hint: asked.login_hint,
            response_mode: asked.response_mode,
            asked_at: self.clock.now(),
        };
        Ok(asked.map(interaction).map_err(|(code, description)| {
            // A state that came twice is nobody's.
            let state = state.filter(|_| !params.repeats("state"));
            let mode = ResponseMode::read(params.get("response_mode"));
            let mode = mode.filter(|mode| fits(*mode, &redirect_uri)).unwrap_or_default();
            Refusal::Back(self.refusal(&redirect_uri, mode, state, code, description))
        }))
    }

    /// Finds the application and where it is answered.
    async fn trusted(&self, params: &Params) -> Result<Result<Trusted, Refusal>, Error> {
        let page = |status, description| Ok(Err(Refusal::Page { status, description }));
        if params.repeats("client_id") || params.repeats("redirect_uri") {
            return page(400, "The application's request says twice who it is or where to go.");
        }
        let Some(client_id) = params.get("client_id") else {
            return page(400, "The request does not say which application it is from.");
        };
        let Ok(client_id) = client_id.parse::<ClientId>() else {
            return page(400, "There is no such application.");
        };
        let id = client_id.stream();
        let mut loaded = self.look_up::<OauthClient>(id, Source::Memory).await?;
        if !loaded.state.client().is_some_and(Client::is_active) {
            loaded = self.look_up::<OauthClient>(id, Source::Log).await?;
        }
        let Some(client) = loaded.state.client() else {
            return page(400, "There is no such application.");
        };
        if !client.is_active() {
            return page(403, "This application is suspended. It can not ask for access now.");
        }
        let registered = &client.registration.redirect_uris;
        let redirect_uri = match params.get("redirect_uri") {
            Some(uri) if registered.iter().any(|known| known.matches(uri)) => uri.to_owned(),
            None if registered.len() == 1 => registered[0].to_string(),
            None => return page(400, "The request does not say where to go afterwards."),
            Some(_) => {
                return page(400, "The request would lead to an address that is not registered.");
            }
        };
        Ok(Ok(Trusted { id, client: client.clone(), redirect_uri }))
    }

    /// A refusal for an application.
    pub(super) fn refusal(
        &self,
        redirect_uri: &str,
        mode: ResponseMode,
        state: Option<&str>,
        code: &str,
        description: &str,
    ) -> Reply {
        let said = vec![("error", code.to_owned()), ("error_description", description.to_owned())];
        self.reply(redirect_uri, mode, state, said)
    }

    /// An answer for an application, with what every one has.
    pub(super) fn reply(
        &self,
        redirect_uri: &str,
        mode: ResponseMode,
        state: Option<&str>,
        mut said: Vec<(&'static str, String)>,
    ) -> Reply {
        said.extend(state.map(|state| ("state", state.to_owned())));
        said.push(("iss", self.settings.issuer().to_owned()));
        Reply { redirect_uri: redirect_uri.to_owned(), mode, said }
    }
}

struct Trusted {
    id: OauthClientId,
    client: Client,
    redirect_uri: String,
}

/// What is asked, once it is known who asks.
struct Asked {
    scopes: OauthScopes,
    challenge: Option<CodeChallenge>,
    nonce: Option<String>,
    prompt: Prompt,
    max_age: Option<u32>,
    login_hint: Option<String>,
    response_mode: ResponseMode,
}

/// Whether an address can be answered in a mode: a form is posted to nothing but a web server.
fn fits(mode: ResponseMode, redirect_uri: &str) -> bool {
    mode == ResponseMode::Query
        || ["http:", "https:"].iter().any(|scheme| redirect_uri.starts_with(scheme))
}

type Judged<T> = Result<T, (&'static str, &'static str)>;

fn ask(client: &Client, params: &Params, redirect_uri: &str) -> Judged<Asked> {
    const INVALID: &str = "invalid_request";
    if KNOWN.iter().any(|name| params.repeats(name)) {
        return Err((INVALID, "a parameter is repeated"));
    }
    if params.get("request").is_some() {
        return Err(("request_not_supported", "request objects are not supported"));
    }
    if params.get("request_uri").is_some() {
        return Err(("request_uri_not_supported", "request_uri is not supported"));
    }
    match params.get("response_type") {
        Some("code") => {}
        None => return Err((INVALID, "response_type is missing")),
        Some(_) => return Err(("unsupported_response_type", "response_type is code")),
    }
    let response_mode = ResponseMode::read(params.get("response_mode"))
        .filter(|mode| fits(*mode, redirect_uri))
        .ok_or((INVALID, "response_mode is query, or form_post where the address is a page"))?;
    for name in ["state", "nonce", "login_hint"] {
        if params.get(name).is_some_and(|text| text.len() > LONGEST) {
            return Err((INVALID, "a parameter is too long"));
        }
    }
    let challenge = challenge(client, params)?;
    let nonce = params.get("nonce").map(str::to_owned);
    if params.get("state").is_none() && challenge.is_none() && nonce.is_none() {
        return Err((INVALID, "state is required where there is neither PKCE nor a nonce"));
    }
    let max_age = match params.get("max_age").map(str::parse) {
        None => None,
        Some(Ok(seconds)) => Some(seconds),
        Some(Err(_)) => return Err((INVALID, "max_age is a number of seconds")),
    };
    Ok(Asked {
        scopes: scopes(client, params)?,
        challenge,
        nonce,
        prompt: prompt(params)?,
        max_age,
        login_hint: params.get("login_hint").map(str::to_owned),
        response_mode,
    })
}

fn challenge(client: &Client, params: &Params) -> Judged<Option<CodeChallenge>> {
    const INVALID: &str = "invalid_request";
    match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (None, _) if client.requires_pkce() => Err((INVALID, "code_challenge required")),
        (None, None) => Ok(None),
        (None, Some(_)) => Err((INVALID, "code_challenge_method without code_challenge")),
        (Some(challenge), Some("S256")) => CodeChallenge::parse(challenge)
            .map(Some)
            .map_err(|_| (INVALID, "code_challenge has 43 to 128 unreserved characters")),
        (Some(_), _) => Err((INVALID, "only S256")),
    }
}

fn scopes(client: &Client, params: &Params) -> Judged<OauthScopes> {
    const INVALID: (&str, &str) = ("invalid_scope", "a scope is unknown or not this application's");
    let allowed = &client.registration.scopes;
    let Some(asked) = params.get("scope") else { return Ok(allowed.clone()) };
    let asked = super::scopes(asked).map_err(|_| INVALID)?;
    if asked.is_empty() {
        return Ok(allowed.clone());
    }
    if asked.is_subset(allowed) { Ok(asked) } else { Err(INVALID) }
}

fn prompt(params: &Params) -> Judged<Prompt> {
    let mut prompt = Prompt::default();
    for word in params.get("prompt").unwrap_or_default().split(' ').filter(|it| !it.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            // Unknown wishes are not granted, and no reason to refuse the others.
            _ => {}
        }
    }
    if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
        return Err(("invalid_request", "prompt=none goes with nothing else"));
    }
    Ok(prompt)
}
