//! `POST /webhooks/clerk`: what the identity provider says of its people and their sessions.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, StatusCode},
};

use super::{
    Service,
    asking::Anonymous,
    body::{LARGE, collect},
};
use crate::{app::identity::Delivery, error::Error};

pub(super) async fn webhook(
    State(service): State<Service>,
    request: Request,
) -> Result<StatusCode, Error> {
    let (mut parts, body) = request.into_parts();
    let Anonymous(asking) = Anonymous::from_request_parts(&mut parts, &service).await?;
    let body = collect(&parts.headers, body, LARGE).await?;
    let delivery = Delivery {
        id: header(&parts.headers, "svix-id", "webhook-id"),
        timestamp: header(&parts.headers, "svix-timestamp", "webhook-timestamp"),
        signature: header(&parts.headers, "svix-signature", "webhook-signature"),
        body: &body,
    };
    service.app().receive_webhook(&asking, delivery).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Svix's name for a header, or else that of Standard Webhooks; one that is missing signs nothing.
fn header<'a>(headers: &'a HeaderMap, svix: &str, standard: &str) -> &'a str {
    let value = headers.get(svix).or_else(|| headers.get(standard));
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}
