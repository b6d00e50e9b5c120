//! `POST /register`: a name and a password for a user key.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
};
use domain::Secret;
use serde::{Deserialize, Serialize};

use super::{
    Service,
    answer::{At, CREDENTIAL, Limit},
    asking::{Anonymous, bearer},
    body::{Fields, secret},
};
use crate::{app::App, config, error::Error};

#[derive(Deserialize)]
pub(super) struct Registration {
    user_id: String,
    #[serde(deserialize_with = "secret")]
    user_secret: Secret<String>,
}

#[derive(Serialize)]
struct Registered {
    user_key: String,
}

pub(super) async fn register(
    State(service): State<Service>,
    headers: HeaderMap,
    Anonymous(request): Anonymous,
    Fields(registration): Fields<Registration>,
) -> Result<impl IntoResponse, Error> {
    let Registration { user_id, user_secret } = registration;
    let app = service.app();
    let registered = match bearer(&headers).filter(|_| linked(app)) {
        Some(session) => {
            let session = Secret::new(session.to_owned());
            app.register_linked(&request, &session, &user_id, user_secret).await?
        }
        None => app.register(&request, &user_id, user_secret).await?,
    };
    let rates = &app.throttle.registrations;
    let limit = Limit::of(rates, rates.peek(request.client.ip, app.clock.now()));
    let body = Registered { user_key: registered.user_key };
    Ok((StatusCode::CREATED, At(registered.position), limit, CREDENTIAL, Json(body)))
}

/// Whether names are only for people of the identity provider.
fn linked(app: &App) -> bool {
    app.settings.registration == config::Registration::Linked
}
