//! `/login` and `POST /logout`: a browser's session, held by a cookie.

use axum::{
    extract::{Query, State},
    http::{
        HeaderMap, StatusCode,
        header::{LOCATION, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use domain::Secret;
use serde::Deserialize;
use url::Url;

use super::{
    Service,
    answer::{At, CREDENTIAL, Limit},
    asking::Anonymous,
    body::{FORM, Fields, is_of_type, secret},
    cookie::LoginCookie,
    oauth::pages::{self, LoginPage},
    sign_up,
};
use crate::{
    app::{App, logins::LoggedIn},
    error::Error,
    origin,
};

#[derive(Deserialize)]
pub(super) struct Credentials {
    pub(super) user_id: String,
    #[serde(deserialize_with = "secret")]
    pub(super) user_secret: Secret<String>,
}

/// Where a person goes once they have signed in.
#[derive(Default, Deserialize)]
pub(super) struct Onwards {
    /// The handle of an authorization request; never an address.
    #[serde(default, rename = "continue")]
    handle: Option<String>,
}

impl Onwards {
    /// The handle, where it could be one; else nothing.
    pub(super) fn handle(&self) -> &str {
        self.handle.as_deref().filter(|handle| is_handle(handle)).unwrap_or_default()
    }
}

/// The page to sign in on.
pub(super) async fn page(
    State(service): State<Service>,
    Query(onwards): Query<Onwards>,
) -> Result<Response, Error> {
    shown(service.app(), &onwards, StatusCode::OK, "", None).await
}

pub(super) async fn login(
    State(service): State<Service>,
    Query(onwards): Query<Onwards>,
    headers: HeaderMap,
    Anonymous(request): Anonymous,
    Fields(credentials): Fields<Credentials>,
) -> Result<Response, Error> {
    let app = service.app();
    // A page of somebody else's must not sign its visitor in as whom it likes.
    origin::check(app, &headers)?;
    let cookie = LoginCookie::of(app);
    let Credentials { user_id, user_secret } = credentials;
    let rates = &app.throttle.authentications;
    let by_a_person = is_of_type(&headers, FORM);
    let begun = match app.log_in(&request, &user_id, user_secret, cookie.read(&headers)).await {
        Err(error @ (Error::InvalidCredentials | Error::RateLimited { .. })) if by_a_person => {
            let status = StatusCode::from_u16(error.describe().status);
            let status = status.unwrap_or(StatusCode::UNAUTHORIZED);
            let problem = match error {
                Error::InvalidCredentials => "The user name or the password is wrong.",
                _ => "Too many attempts. Wait a little before the next.",
            };
            return shown(app, &onwards, status, &user_id, Some(problem)).await;
        }
        begun => begun?,
    };
    let limit = Limit::of(rates, rates.peek(request.client.ip, app.clock.now()));
    if by_a_person {
        return Ok((limit, onwards_with(app, &begun, &onwards)).into_response());
    }
    let set = [(SET_COOKIE, cookie.set(&begun.cookie, app.settings.login_ttl))];
    let answer = (At(begun.position), limit, CREDENTIAL, set);
    Ok((StatusCode::NO_CONTENT, answer).into_response())
}

/// The page of the identity provider, which leads back to where somebody is on their way.
fn provider(app: &App, handle: &str) -> Option<Url> {
    let mut page = app.identity.sign_in.clone()?;
    let back = Url::parse(app.settings.issuer()).ok()?.join(&next(handle)).ok()?;
    page.query_pairs_mut().append_pair("redirect_url", back.as_str());
    Some(page)
}

/// Where a person goes once they have signed in.
fn next(handle: &str) -> String {
    match handle {
        "" => "/account/applications".to_owned(),
        handle => format!("/oauth/authorize/{handle}"),
    }
}

/// Lets a browser go on with its new login.
pub(super) fn onwards_with(app: &App, begun: &LoggedIn, onwards: &Onwards) -> Response {
    let cookie = LoginCookie::of(app).set(&begun.cookie, app.settings.login_ttl);
    let (to, set) = ([(LOCATION, next(onwards.handle()))], [(SET_COOKIE, cookie)]);
    (StatusCode::SEE_OTHER, to, set, At(begun.position), CREDENTIAL).into_response()
}

async fn shown(
    app: &App,
    onwards: &Onwards,
    status: StatusCode,
    name: &str,
    problem: Option<&str>,
) -> Result<Response, Error> {
    let handle = onwards.handle();
    let interaction = app.read_interaction(handle)?;
    let application = match &interaction {
        Some(interaction) => app.application_name(interaction.client).await?,
        None => None,
    };
    let hint = interaction.as_ref().and_then(|it| it.login_hint.as_deref()).unwrap_or_default();
    let name = if name.is_empty() { hint } else { name };
    let (open, provider) = (sign_up::is_open(app), provider(app, handle));
    let application = application.as_deref();
    let shown = LoginPage { handle, application, name, problem, open, provider };
    pages::page(status, &shown, interaction.as_ref().map(|it| it.redirect_uri.as_str()))
}

/// What can be put into an address and a page as it stands.
fn is_handle(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
}

/// Signs out; a browser that was not signed in is told the same.
pub(super) async fn logout(
    State(service): State<Service>,
    headers: HeaderMap,
    Anonymous(request): Anonymous,
) -> Result<impl IntoResponse, Error> {
    let (app, cookie) = (service.app(), LoginCookie::of(service.app()));
    if let Some(value) = cookie.read(&headers) {
        origin::require(app, &headers)?;
        app.log_out(&request, &value).await?;
    }
    Ok((StatusCode::NO_CONTENT, CREDENTIAL, [(SET_COOKIE, cookie.clear())]))
}
