//! `GET /metrics`: what is counted, in the text format of Prometheus.

use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};

use tokio::runtime::Handle;

use crate::{error::Error, telemetry};

pub(super) async fn metrics() -> Result<Response, Error> {
    let collected = telemetry::metrics().ok_or(Error::NotFound)?;
    let tasks = Handle::current().metrics().num_alive_tasks();
    metrics::gauge!("keyledger_tasks").set(f64::from(u32::try_from(tasks).unwrap_or(u32::MAX)));
    let headers = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((headers, collected.render()).into_response())
}
