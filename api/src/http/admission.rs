//! Admission: whether another request is taken on, or told at once to come back later.
//!
//! What waits is timed and not counted: a task that sleeps for a moment and is woken too late has
//! stood in the queue that requests stand in. A burst passes; a queue that stays long does not
//! (RFC 8289: the shortest wait of an interval is what counts). What was begun is finished, and
//! verification and health are always answered: sockets and other services live by them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;

/// How long every wait must have been longer before anybody is turned away.
const INTERVAL: Duration = Duration::from_millis(500);
/// How often the queue is timed.
const STEP: Duration = Duration::from_millis(20);

/// Whether a node has more to do than it gets done; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Admission(Arc<AtomicBool>);

impl Admission {
    /// Times the queue of the runtime that this runs in, until `stop`; a wait up to `target` is
    /// nobody's concern.
    pub async fn watch(self, target: Duration, stop: CancellationToken) {
        let waited = metrics::gauge!("keyledger_queue_seconds");
        let mut queue = Queue { target, since: None };
        loop {
            let due = Instant::now() + STEP;
            if stop.run_until_cancelled(time::sleep_until(due)).await.is_none() {
                return;
            }
            let late = due.elapsed();
            waited.set(late.as_secs_f64());
            let (standing, before) = (queue.stands(due, late), self.is_full());
            if standing && !before {
                tracing::warn!(waited_ms = late.as_millis(), "overloaded: requests are put off");
            }
            self.0.store(standing, Ordering::Relaxed);
        }
    }

    /// Tells whether a request had better come back later.
    pub(super) fn is_full(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// For how long the queue has been long.
struct Queue {
    target: Duration,
    since: Option<Instant>,
}

impl Queue {
    /// Takes note that what was due was `late`; tells whether the queue stands.
    fn stands(&mut self, due: Instant, late: Duration) -> bool {
        if late <= self.target {
            self.since = None;
            return false;
        }
        match self.since {
            // One wait, however long, may be a machine that was asleep.
            None => {
                self.since = Some(due);
                false
            }
            Some(since) => due + late - since >= INTERVAL,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, http::Request, response::Response, routing::post};

    use super::{super::Gate, *};

    const TARGET: Duration = Duration::from_millis(100);

    #[test]
    fn a_burst_passes_and_a_queue_that_stays_long_does_not() {
        let (mut queue, start) = (Queue { target: TARGET, since: None }, Instant::now());
        let mut at = |after: u64, late: u64| {
            let [after, late] = [after, late].map(Duration::from_millis);
            queue.stands(start + after, late)
        };
        assert!(!at(0, 20));
        assert!(!at(20, 5000), "a machine that slept");
        assert!(!at(5040, 0));
        assert!(!at(6000, 150) && !at(6170, 150), "not for long");
        assert!(!at(6340, 100), "and over");
        assert!(!at(7000, 150) && !at(7170, 150) && !at(7340, 150), "not for long");
        assert!(at(7510, 150), "half a second");
        assert!(!at(7680, 0), "until it is short again");
    }

    #[tokio::test]
    async fn a_runtime_that_is_kept_busy_is_full_until_it_has_time_again() {
        let (admission, stop) = (Admission::default(), CancellationToken::new());
        let watching = tokio::spawn(admission.clone().watch(TARGET, stop.clone()));
        let mut turns = 0;
        while !admission.is_full() {
            let busy = std::time::Instant::now();
            while busy.elapsed() < 3 * TARGET {
                std::hint::spin_loop();
            }
            time::sleep(Duration::from_millis(1)).await;
            turns += 1;
            assert!(turns < 100, "nobody notices");
        }
        time::timeout(Duration::from_secs(30), async {
            while admission.is_full() {
                time::sleep(STEP).await;
            }
        })
        .await
        .expect("it has time again");
        stop.cancel();
        watching.await.unwrap();
    }

    #[tokio::test]
    async fn who_comes_too_many_is_told_to_come_back_and_health_is_answered() {
        let full = Admission(Arc::new(AtomicBool::new(true)));
        let routes = Router::new()
            .route("/register", post(async || "done"))
            .route("/oauth/token", post(async || "done"))
            .route("/healthz", post(async || "ok"));
        let gate = Gate::new(routes, None, super::super::Proxies::new(&[]), full.clone());
        let ask = async |path: &str| -> Response {
            let request = Request::post(path).body(Body::empty()).unwrap();
            gate.clone().pass(request, [127, 0, 0, 1].into(), Ok(())).await
        };
        for (path, code) in
            [("/register", "unavailable"), ("/oauth/token", "temporarily_unavailable")]
        {
            let answer = ask(path).await;
            assert_eq!(answer.status(), 503, "{path}");
            assert!(answer.headers().contains_key("retry-after"), "{path}");
            let body = axum::body::to_bytes(answer.into_body(), 4096).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["error"], code);
        }
        assert_eq!(ask("/healthz").await.status(), 200);
        full.0.store(false, Ordering::Relaxed);
        assert_eq!(ask("/register").await.status(), 200);
    }
}
