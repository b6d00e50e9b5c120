//! Telemetry: logs and metrics of the process.
//!
//! A log line is for people and for programs: a sentence and fields, never a secret, an address
//! or a body. Set up once a process, however many nodes run in it.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{LogConfig, LogFormat};

/// Seconds: from what a cached verification takes to what nobody waits for.
const BUCKETS: [f64; 12] =
    [0.000_1, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

/// Libraries whose finest lines hold what goes over the wire, credentials among it: however fine
/// the filter, these say no more than this.
const WIRES: [&str; 6] = [
    "h2=info",
    "hyper=info",
    "hyper_util=info",
    "reqwest=info",
    "tokio_tungstenite=info",
    "tungstenite=info",
];

/// Why nothing would be logged.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("KEYLEDGER_LOG is not a filter such as `info,api=debug`")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
}

/// Sends log lines to stderr from here on; if that was set up before, it stays as it is.
pub fn log(config: &LogConfig) -> Result<(), TelemetryError> {
    let mut filter = EnvFilter::try_new(&config.filter)?;
    for wire in WIRES {
        filter = filter.add_directive(wire.parse()?);
    }
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Only fails where a subscriber is set already: that of the program we are part of.
    let _ = match config.format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// The metrics of this process, in the text format of Prometheus; `None` where another program
/// collects them.
pub fn metrics() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let builder = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS);
            builder.ok()?.install_recorder().ok()
        })
        .as_ref()
}
