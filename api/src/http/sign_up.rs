//! `/login/new`: somebody makes an account, and goes on as if they had signed in with it.

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    Service,
    asking::Anonymous,
    body::Fields,
    cookie::LoginCookie,
    login::{Credentials, Onwards, onwards_with},
    oauth::pages::{self, SignUpPage},
};
use crate::{app::App, config::Registration, error::Error, origin};

pub(super) async fn page(
    State(service): State<Service>,
    Query(onwards): Query<Onwards>,
) -> Result<Response, Error> {
    shown(service.app(), &onwards, StatusCode::OK, "", None)
}

pub(super) async fn sign_up(
    State(service): State<Service>,
    Query(onwards): Query<Onwards>,
    headers: HeaderMap,
    Anonymous(request): Anonymous,
    Fields(credentials): Fields<Credentials>,
) -> Result<Response, Error> {
    let app = service.app();
    // A page of somebody else's must not sign its visitor in as whom it likes.
    origin::check(app, &headers)?;
    let Credentials { user_id, user_secret } = credentials;
    if let Err(error) = app.register(&request, &user_id, user_secret.clone()).await {
        let Some(problem) = problem(&error) else { return Err(error) };
        let status = StatusCode::from_u16(error.describe().status);
        let status = status.unwrap_or(StatusCode::BAD_REQUEST);
        return shown(app, &onwards, status, &user_id, Some(problem));
    }
    let cookie = LoginCookie::of(app);
    let begun = app.log_in(&request, &user_id, user_secret, cookie.read(&headers)).await?;
    Ok(onwards_with(app, &begun, &onwards))
}

/// Whether anybody may make an account here.
pub(super) fn is_open(app: &App) -> bool {
    app.settings.registration == Registration::Open
}

/// What a person can do about it; nothing about the rest.
fn problem(error: &Error) -> Option<&'static str> {
    match error {
        Error::Rejected { code: "INVALID_USER_ID", .. } => {
            Some("A user name has 3 to 64 letters or digits of one alphabet. Choose another.")
        }
        Error::Rejected { code: "WEAK_SECRET", .. } => {
            Some("This password is too short, or too easily guessed. Choose a longer one.")
        }
        Error::Rejected { code: "USER_ID_TAKEN", .. } => {
            Some("Somebody else has this user name. Choose another.")
        }
        Error::RateLimited { .. } => Some("Too many attempts. Wait a little before the next."),
        _ => None,
    }
}

fn shown(
    app: &App,
    onwards: &Onwards,
    status: StatusCode,
    name: &str,
    problem: Option<&str>,
) -> Result<Response, Error> {
    if !is_open(app) {
        return Err(Error::RegistrationClosed);
    }
    let handle = onwards.handle();
    let interaction = app.read_interaction(handle)?;
    let page = SignUpPage { handle, name, problem };
    pages::page(status, &page, interaction.as_ref().map(|it| it.redirect_uri.as_str()))
}
