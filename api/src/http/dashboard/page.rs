//! Page: the one document, and what it is told of the service before it asks anything.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::number_sequence::{NumberSequence, Sequence};
use serde::Serialize;
use store::random;
use url::Url;

use super::{ABSENT, asset::Built, policy};
use crate::{
    app::App,
    config::Registration,
    http::{Service, asking::brings_session},
};

/// Where the nonce and the state stand in the document, each in an attribute's value.
const NONCE: &str = "__NONCE__";
const STATE: &str = "__STATE__";

/// What the page is told.
#[derive(Serialize)]
struct PageState<'a> {
    /// Nobody has an account yet.
    empty: bool,
    registration: &'static str,
    /// The request carried a session, good or not.
    session: bool,
    /// Where people of the identity provider sign in.
    provider: Option<&'a Url>,
}

/// Whether anybody ever registered here. Once somebody did, it is never asked again.
#[derive(Default)]
pub(in crate::http) struct Beginning(AtomicBool);

impl Beginning {
    async fn is_empty(&self, app: &App) -> bool {
        if self.0.load(Ordering::Relaxed) {
            return false;
        }
        // Where the log does not answer, nobody is invited to be the first.
        let Ok(numbers) = app.log.load::<NumberSequence>(Sequence::User).await else {
            return false;
        };
        let begun = numbers.revision.is_some();
        self.0.store(begun, Ordering::Relaxed);
        !begun
    }
}

pub(super) async fn page(State(service): State<Service>, headers: HeaderMap) -> Response {
    let Some(template) = template() else {
        return (StatusCode::NOT_FOUND, ABSENT).into_response();
    };
    let app = service.app();
    let state = PageState {
        empty: service.0.beginning.is_empty(app).await,
        registration: match app.settings.registration {
            Registration::Open => "open",
            Registration::Linked | Registration::Closed => "closed",
        },
        session: brings_session(app, &headers),
        provider: app.identity.sign_in.as_ref(),
    };
    let state = serde_json::to_string(&state).unwrap_or_default();
    let state = state.replace('&', "&amp;").replace('"', "&quot;");
    let nonce = hex::encode(random::bytes::<16>().expose());
    let document = template.replace(NONCE, &nonce).replace(STATE, &state);
    (policy::of_page(&nonce), document).into_response()
}

/// The document as it was built, if it was.
pub(super) fn template() -> Option<String> {
    let built = Built::get("index.html")?;
    String::from_utf8(built.data.into_owned()).ok()
}
