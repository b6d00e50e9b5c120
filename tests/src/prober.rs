//! The prober: known-bad credentials, presented everywhere, while everything else goes on.
//!
//! One success is one too many, whatever fault the service is under. What became bad at another
//! node may work here for as long as the service promises, and no longer.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{answer::Answer, client::Client, socket::Socket};

/// A credential that must not work any more, or never did.
#[derive(Clone, Debug)]
pub enum Bad {
    /// As an agent token.
    Agent(String),
    /// As a refresh token.
    Refresh(String),
    /// As the bearer of a GraphQL request.
    Bearer(String),
}

/// How long a node may go on believing what another has ended.
pub const STALENESS: Duration = Duration::from_secs(5);

/// A running prober.
#[derive(Debug)]
pub struct Prober {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    verifier: Mutex<Client>,
    bad: Mutex<Vec<Known>>,
    successes: Mutex<Vec<String>>,
    /// The longest that something worked on at this node after it had ended at another.
    slowest: Mutex<Duration>,
    attempts: AtomicU64,
    stopped: AtomicBool,
}

/// What is presented, and since when it is bad.
#[derive(Clone, Debug)]
struct Known {
    bad: Bad,
    since: Instant,
    /// How long it may go on working here.
    grace: Duration,
}

impl Prober {
    /// Starts with a few forgeries; `verifier` may call `/api/agent-tokens/verify`.
    pub fn start(verifier: &Client) -> Self {
        let shared = Arc::new(Shared {
            verifier: Mutex::new(verifier.clone()),
            bad: Mutex::new(
                forgeries().into_iter().map(|bad| Known::new(bad, Duration::ZERO)).collect(),
            ),
            successes: Mutex::default(),
            slowest: Mutex::default(),
            attempts: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        });
        tokio::spawn(Arc::clone(&shared).run());
        Self { shared }
    }

    /// Presents this from now on.
    pub fn add(&self, bad: Bad) {
        lock(&self.shared.bad).push(Known::new(bad, Duration::ZERO));
    }

    /// Presents this from now on; another node was just told that it is bad.
    pub fn add_elsewhere(&self, bad: Bad) {
        lock(&self.shared.bad).push(Known::new(bad, STALENESS));
    }

    /// The longest that something worked on after another node had ended it.
    pub fn slowest(&self) -> Duration {
        *lock(&self.shared.slowest)
    }

    /// The service is somewhere else now.
    pub fn moved(&self, address: &str) {
        let mut verifier = lock(&self.shared.verifier);
        *verifier = verifier.at(address);
    }

    /// Stops, and claims that nothing bad ever worked.
    ///
    /// # Panics
    ///
    /// If something did, or if nothing was tried.
    #[track_caller]
    pub fn assert_nothing_worked(&self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        let successes = lock(&self.shared.successes);
        assert!(successes.is_empty(), "{successes:#?}");
        assert!(self.shared.attempts.load(Ordering::Relaxed) > 0, "nothing was tried");
    }
}

impl Shared {
    async fn run(self: Arc<Self>) {
        // Fifty a second: enough to be there at every moment of a fault, and no load of its own.
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        for number in 0.. {
            pace.tick().await;
            if self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let bad = {
                let bad = lock(&self.bad);
                bad[number % bad.len()].clone()
            };
            let verifier = lock(&self.verifier).clone();
            let Known { bad, since, grace } = bad;
            let after = since.elapsed();
            if let Some(success) = present(&verifier, &bad).await {
                if after >= grace {
                    lock(&self.successes).push(format!("{bad:?} after {after:?}: {success}"));
                }
                let mut slowest = lock(&self.slowest);
                *slowest = after.max(*slowest);
            }
            self.attempts.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Known {
    fn new(bad: Bad, grace: Duration) -> Self {
        Self { bad, since: Instant::now(), grace }
    }
}

/// Presents a credential wherever its kind is accepted; what came of it, if it worked.
async fn present(verifier: &Client, bad: &Bad) -> Option<String> {
    let nobody = Client::new(verifier.address());
    let viewer = json!({ "query": "{ viewer { user { id } } }" });
    match bad {
        Bad::Agent(token) => {
            let socket = Socket::open(&nobody, &format!("/ws?token={token}"), &[]).await;
            if socket.is_ok() {
                return Some("a socket".to_owned());
            }
            let body = json!({ "token": token });
            let answer = verifier.try_post("/api/agent-tokens/verify", body).await.ok()?;
            worked(&answer, |it| it.at("/valid") == true)
        }
        Bad::Refresh(token) => {
            let body = json!({ "refresh_token": token });
            let refreshed = nobody.try_post("/refresh", body).await.ok()?;
            worked(&refreshed, |it| it.status < 400)
        }
        Bad::Bearer(token) => {
            let answer = nobody.with_bearer(token).try_post("/graphql", viewer).await.ok()?;
            worked(&answer, |it| it.at("/data/viewer").is_object())
        }
    }
}

fn worked(answer: &Answer, did: impl Fn(&Answer) -> bool) -> Option<String> {
    did(answer).then(|| format!("{} {}", answer.status, answer.text))
}

fn forgeries() -> Vec<Bad> {
    vec![
        Bad::Agent(format!("nxa_{}_{}{}", "0".repeat(22), "1".repeat(43), "2".repeat(6))),
        Bad::Refresh(format!("nxr_{}_{}{}", "0".repeat(22), "1".repeat(43), "2".repeat(6))),
        Bad::Bearer("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxIn0.".to_owned()),
    ]
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
