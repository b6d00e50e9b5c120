//! `/oauth/authorize`: an application asks a person, who signs in and decides.

use axum::{
    extract::{FromRequestParts, Path, RawQuery, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY},
    },
    response::{IntoResponse, Response},
};
use domain::oauth_client::Homepage;
use subtle::ConstantTimeEq;

use super::{
    super::{
        Service,
        asking::{Anonymous, session_cookie},
        cookie::LoginCookie,
    },
    form::{self, Form},
    pages::{ConsentPage, ErrorPage, FormPostPage, destination, page, wish},
};
use crate::{
    app::{
        self, App,
        logins::LiveLogin,
        oauth::{
            authorize::{Params, Refusal},
            grants::{Next, Question},
            interaction::Interaction,
            reply::{Reply, ResponseMode},
        },
    },
    error::Error,
    origin,
};

/// An application sent its person here, by a link.
pub(super) async fn begin(
    State(service): State<Service>,
    headers: HeaderMap,
    Anonymous(request): Anonymous,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let query = query.unwrap_or_default();
    start(service.app(), &request, &headers, form::pairs(query.as_bytes())).await
}

/// The same, by a form.
pub(super) async fn begin_by_post(
    State(service): State<Service>,
    request: Request,
) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    let Anonymous(asking) = Anonymous::from_request_parts(&mut parts, &service).await?;
    let pairs = form::pairs_of(&parts.headers, body).await;
    start(service.app(), &asking, &parts.headers, pairs).await
}

async fn start(
    app: &App,
    request: &app::Request,
    headers: &HeaderMap,
    pairs: Result<Vec<(String, String)>, Error>,
) -> Result<Response, Error> {
    let Ok(pairs) = pairs else {
        return wrong(StatusCode::BAD_REQUEST, "The application's request can not be read.");
    };
    match app.judge_authorization(&Params::new(pairs)).await? {
        Ok(interaction) => {
            let handle = app.write_interaction(&interaction)?;
            go_on(app, request, headers, &interaction, &handle).await
        }
        Err(Refusal::Back(reply)) => back(StatusCode::FOUND, &reply),
        Err(Refusal::Page { status, description }) => {
            wrong(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), description)
        }
    }
}

/// A person who signed in comes back to the question.
pub(super) async fn ask(
    State(service): State<Service>,
    headers: HeaderMap,
    Anonymous(request): Anonymous,
    Path(handle): Path<String>,
) -> Result<Response, Error> {
    let app = service.app();
    let Some(interaction) = app.read_interaction(&handle)? else { return expired() };
    go_on(app, &request, &headers, &interaction, &handle).await
}

/// A person decided.
pub(super) async fn decide(
    State(service): State<Service>,
    Anonymous(request): Anonymous,
    Path(handle): Path<String>,
    mut form: Form,
) -> Result<Response, Error> {
    let app = service.app();
    origin::check(app, &form.headers)?;
    let Some(interaction) = app.read_interaction(&handle)? else { return expired() };
    let Some(login) = signed_in(app, &request, &form.headers).await? else {
        return Ok(redirect(StatusCode::SEE_OTHER, &to_login(&handle)));
    };
    let token = form.take("token").unwrap_or_default();
    let expected = app.decision_token(login.id, &handle);
    if !bool::from(token.as_bytes().ct_eq(expected.as_bytes())) {
        return wrong(StatusCode::FORBIDDEN, "This decision did not come from our own page.");
    }
    let allowed = match form.take("decision").as_deref() {
        Some("allow") => true,
        Some("deny") => false,
        _ => return wrong(StatusCode::BAD_REQUEST, "The decision is missing."),
    };
    let reply = app.decide(&request, &interaction, &login, allowed).await?;
    back(StatusCode::SEE_OTHER, &reply)
}

async fn go_on(
    app: &App,
    request: &app::Request,
    headers: &HeaderMap,
    interaction: &Interaction,
    handle: &str,
) -> Result<Response, Error> {
    let login = signed_in(app, request, headers).await?;
    match app.next(request, interaction, handle, login.as_ref()).await? {
        Next::LogIn => Ok(redirect(StatusCode::FOUND, &to_login(handle))),
        Next::Back(reply) => back(StatusCode::SEE_OTHER, &reply),
        Next::Consent(question) => consent(&question, handle),
    }
}

fn consent(question: &Question, handle: &str) -> Result<Response, Error> {
    let registration = &question.client.registration;
    let shown = ConsentPage {
        application: registration.name.as_str(),
        homepage: registration.homepage.as_ref().map(Homepage::as_str),
        username: &question.username,
        wishes: question.scopes.iter().filter_map(wish).collect(),
        destination: destination(&question.redirect_uri),
        handle,
        token: &question.token,
    };
    page(StatusCode::OK, &shown, Some(&question.redirect_uri))
}

/// Who is signed in with this browser, if anybody is: here, or at the identity provider. Of two
/// logins it is the later, which may be the one that was just asked for.
pub(super) async fn signed_in(
    app: &App,
    request: &app::Request,
    headers: &HeaderMap,
) -> Result<Option<LiveLogin>, Error> {
    let own = match LoginCookie::of(app).read(headers) {
        Some(cookie) => live(app.login_of(&cookie).await)?,
        None => None,
    };
    let provided = match session_cookie(app, headers) {
        Some(session) => live(app.login_of_session(&session, &request.client).await)?,
        None => None,
    };
    Ok([own, provided].into_iter().flatten().max_by_key(|login| login.started.auth_time))
}

fn live(login: Result<LiveLogin, Error>) -> Result<Option<LiveLogin>, Error> {
    match login {
        Ok(login) => Ok(Some(login)),
        Err(Error::Unauthenticated) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lets a browser take an answer to the application.
fn back(status: StatusCode, reply: &Reply) -> Result<Response, Error> {
    match reply.mode {
        ResponseMode::Query => Ok(redirect(status, &reply.location())),
        ResponseMode::FormPost => {
            let Reply { redirect_uri, said, .. } = reply;
            let shown = FormPostPage { redirect_uri, said, destination: destination(redirect_uri) };
            page(StatusCode::OK, &shown, Some(redirect_uri))
        }
    }
}

fn to_login(handle: &str) -> String {
    format!("/login?continue={handle}")
}

/// Tells the person, and nobody else.
fn wrong(status: StatusCode, description: &str) -> Result<Response, Error> {
    page(status, &ErrorPage { description }, None)
}

fn expired() -> Result<Response, Error> {
    let description = "This took too long. Go back to the application and begin again.";
    wrong(StatusCode::BAD_REQUEST, description)
}

/// Sends a browser on; a 307 would send what it was given along (RFC 9700 4.12).
pub(super) fn redirect(status: StatusCode, location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return Error::Internal(anyhow::anyhow!("a location is no header")).into_response();
    };
    let headers = [
        (LOCATION, location),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers).into_response()
}
