//! Waiting for a condition, with a bound; never for time to pass.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// No condition of any test takes longer, on any machine that is not broken.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until there is an answer.
///
/// # Panics
///
/// With what was waited for, when the patience is at its end.
#[track_caller]
pub fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    ask: impl FnMut() -> F,
) -> impl Future<Output = T> {
    within(PATIENCE, what, ask)
}

/// Asks until there is an answer, with patience of one's own: for bounds that are promised.
///
/// # Panics
///
/// With what was waited for, when the patience is at its end.
pub async fn within<T, F: Future<Output = Option<T>>>(
    patience: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < patience, "waited {} s for {what}", patience.as_secs());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
