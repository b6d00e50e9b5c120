//! Closed and open loops of HTTP requests.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tokio::time::sleep_until;

use super::{Latencies, connection::Connection, rate, together};

/// Requests to send, in turn.
pub(crate) type Requests = Arc<Vec<Vec<u8>>>;

/// What a run of load saw.
pub(crate) struct Run {
    pub per_second: f64,
    pub latencies: Latencies,
}

/// When a closed loop ends.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    /// After this long, the requests taken round and round.
    Elapsed(Duration),
    /// When each request was sent once.
    Done,
}

/// Each of `callers` sends its next request when the last one is answered.
///
/// # Errors
///
/// If an answer is not 200 with `expected` in it: a refusal is quick, and would flatter the figure.
pub(crate) async fn closed_loop(
    address: &str,
    requests: &Requests,
    callers: usize,
    until: Until,
    expected: &'static [u8],
) -> Result<Run> {
    let begun = Instant::now();
    let load = (0..callers).map(|caller| {
        let (address, requests) = (address.to_owned(), Arc::clone(requests));
        async move {
            let mut connection = Connection::open(&address).await?;
            let mut latencies = Latencies::default();
            let mut next = caller;
            while match until {
                Until::Elapsed(duration) => begun.elapsed() < duration,
                Until::Done => next < requests.len(),
            } {
                let sent = Instant::now();
                let answer = connection.exchange(&requests[next % requests.len()]).await?;
                ensure!(
                    answer.status == 200 && answer.holds(expected),
                    "answered {}: {}",
                    answer.status,
                    String::from_utf8_lossy(&answer.body)
                );
                latencies.push(sent.elapsed());
                next += callers;
            }
            Ok(latencies)
        }
    });
    let latencies = together(load.collect()).await?;
    Ok(Run { per_second: rate(latencies.len(), begun.elapsed()), latencies })
}

/// Offers `per_second` requests whether or not earlier ones are answered.
///
/// A latency counts from when its request was due, so that a stall is not hidden.
pub(crate) async fn open_loop(
    address: &str,
    requests: &Requests,
    callers: usize,
    per_second: f64,
    duration: Duration,
) -> Result<Latencies> {
    let begun = tokio::time::Instant::now();
    #[expect(clippy::cast_precision_loss, reason = "a rate, not a count")]
    let gap = Duration::from_secs_f64(callers as f64 / per_second);
    let mut tasks = Vec::new();
    for caller in 0..callers {
        let (address, requests) = (address.to_owned(), Arc::clone(requests));
        let offset =
            gap.mul_f64(f64::from(u32::try_from(caller)?) / f64::from(u32::try_from(callers)?));
        tasks.push(async move {
            let mut connection = Connection::open(&address).await?;
            let mut latencies = Latencies::default();
            let (mut due, mut next) = (begun + offset, caller);
            while due < begun + duration {
                sleep_until(due).await;
                let answer = connection.exchange(&requests[next % requests.len()]).await?;
                ensure!(answer.status == 200, "answered {}", answer.status);
                latencies.push(due.elapsed());
                (due, next) = (due + gap, next + callers);
            }
            Ok(latencies)
        });
    }
    together(tasks).await
}
