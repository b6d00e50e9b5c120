//! `GET /metrics`: what is counted, in the text format of Prometheus.

use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};

use crate::{error::Error, telemetry};

pub(super) async fn metrics() -> Result<Response, Error> {
    let collected = telemetry::metrics().ok_or(Error::NotFound)?;
    let headers = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((headers, collected.render()).into_response())
}
