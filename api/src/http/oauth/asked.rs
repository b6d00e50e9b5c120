//! Asked: a form that an application sent, and how it is answered: in the protocol's words, and for
//! the application's own pages to read.

use axum::{
    extract::{FromRequest, Request},
    http::HeaderMap,
    response::{IntoResponse, Response},
};

use super::{cors, form::Form};
use crate::{app::App, error::Error};

pub(super) struct Asked {
    pub(super) form: Form,
    headers: HeaderMap,
    client_id: Option<String>,
}

impl Asked {
    /// Writes an answer.
    pub(super) async fn answer(
        self,
        app: &App,
        answer: Result<impl IntoResponse, Error>,
    ) -> Response {
        let answer = match answer {
            Ok(answer) => answer.into_response(),
            Err(error) => in_protocol(error).into_response(),
        };
        cors::allow(app, &self.headers, self.client_id.as_deref(), answer).await
    }
}

impl<S: Sync> FromRequest<S> for Asked {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let form = Form::from_request(request, state).await.map_err(in_protocol)?;
        let client_id = form.peek("client_id").map(str::to_owned);
        Ok(Self { headers: form.headers.clone(), client_id, form })
    }
}

/// What may pass is a 503 in the protocol's words, and nothing that may pass is a 4xx.
pub(super) fn in_protocol(error: Error) -> Error {
    match error {
        Error::Overloaded
        | Error::Stale
        | Error::Unavailable(_)
        | Error::Contended
        | Error::VersionConflict { .. }
        | Error::RateLimited { .. }
        | Error::StaleRead { .. } => Error::TemporarilyUnavailable(Box::new(error)),
        error => error,
    }
}
