//! Connection: a supervised client of the log.
//!
//! The crate's client is dead for good when its first connect fails, stays with
//! a node that is gone, and knows no deadline of its own. So every operation
//! here has a deadline, is tried again while that lasts, and a client that
//! misbehaves is replaced. An append may be tried again because its event ids
//! and its expected revision stay the same, which makes it idempotent.
//!
//! The clients live on a thread of their own: whatever they do there, nobody
//! else's tasks wait for it.

mod backoff;
mod breaker;
mod moment;
mod nodelay;
mod settings;
mod verdict;

use std::{
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use eventstore::{Client, ClientSettings};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    time::{Instant, sleep, timeout_at},
};

pub(crate) use self::{
    backoff::{Backoff, jittered},
    moment::Moment,
    verdict::Failure,
};
use self::{breaker::Breaker, nodelay::NoDelay, verdict::Verdict};
use crate::{ConnectError, LogConfig, Unavailable};

/// So many errors in a row that may pass by themselves did not.
const PATIENCE: u32 = 2;

pub(crate) struct Connection {
    settings: ClientSettings,
    deadline: Duration,
    runtime: Handle,
    /// Dropping it ends the thread.
    _thread: oneshot::Sender<()>,
    generation: Mutex<Generation>,
    breaker: Breaker,
    nodelay: NoDelay,
    answered: Moment,
}

/// One client after another.
struct Generation {
    number: u64,
    client: Client,
    /// Errors in a row.
    errors: u32,
}

impl Connection {
    /// Starts the thread and makes a client; nothing is sent yet.
    pub(crate) fn new(config: &LogConfig) -> Result<Self, ConnectError> {
        let settings = settings::parse(&config.url)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(ConnectError::Thread)?;
        let handle = runtime.handle().clone();
        thread::Builder::new()
            .name("log".into())
            .spawn(move || {
                // Ends when the other half is dropped, which is an error only by name.
                let _ = runtime.block_on(stopped);
                runtime.shutdown_background();
            })
            .map_err(ConnectError::Thread)?;
        let client = build(&handle, &settings)
            .map_err(|source| Unavailable::caused("no client can be made", source))?;
        Ok(Self {
            nodelay: NoDelay::new(&settings),
            settings,
            deadline: config.deadline,
            runtime: handle,
            _thread: stop,
            generation: Mutex::new(Generation { number: 0, client, errors: 0 }),
            breaker: Breaker::default(),
            answered: Moment::never(),
        })
    }

    pub(crate) const fn settings(&self) -> &ClientSettings {
        &self.settings
    }

    /// Where clients run.
    pub(crate) const fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// When an operation that starts now must have ended.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.deadline
    }

    /// How long ago the log last answered anything; `None`: it never did.
    pub(crate) fn last_answer(&self) -> Option<Duration> {
        self.answered.elapsed()
    }

    /// Carries out `operation`, again and again until it succeeds or `end` is reached.
    pub(crate) async fn call<T, Operation, Answer>(
        &self,
        end: Instant,
        operation: Operation,
    ) -> Result<T, Failure>
    where
        Operation: Fn(Client) -> Answer,
        Answer: Future<Output = eventstore::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        if !self.breaker.admits(Instant::now().into_std()) {
            return Err(Failure::Unavailable(Unavailable::because("it has not answered for long")));
        }
        let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(400));
        loop {
            let (number, client) = self.client();
            let started = Instant::now();
            let attempt = self.runtime.spawn(timeout_at(end, operation(client))).await;
            let error = match attempt {
                Ok(Ok(Ok(answer))) => {
                    self.note_answer();
                    if let Some(ports) = self.nodelay.suspects(started.elapsed()) {
                        self.runtime.spawn_blocking(move || nodelay::apply(&ports));
                    }
                    return Ok(answer);
                }
                Ok(Ok(Err(error))) => error,
                Ok(Err(_elapsed)) => {
                    self.replace(number);
                    return Err(self.give_up(Unavailable::because("no answer in time")));
                }
                // The crate unwraps what servers should not send; that is no reason to die with it.
                Err(_panic) => eventstore::Error::InternalClientError,
            };
            match Verdict::on(&error) {
                Verdict::Answer => {
                    self.note_answer();
                    return Err(error.into());
                }
                Verdict::Again => self.note_error(number),
                Verdict::Rebuild => self.replace(number),
            }
            let wait = backoff.next();
            if Instant::now() + wait >= end {
                return Err(self.give_up(Unavailable::caused("no answer in time", error)));
            }
            sleep(wait).await;
        }
    }

    fn client(&self) -> (u64, Client) {
        let generation = self.generation();
        (generation.number, generation.client.clone())
    }

    fn note_answer(&self) {
        self.answered.touch();
        self.breaker.answered();
        self.generation().errors = 0;
    }

    fn note_error(&self, number: u64) {
        let mut generation = self.generation();
        generation.errors += 1;
        if generation.errors >= PATIENCE {
            drop(generation);
            self.replace(number);
        }
    }

    /// Makes a new client, unless someone else has already.
    fn replace(&self, number: u64) {
        let mut generation = self.generation();
        if generation.number != number {
            return;
        }
        match build(&self.runtime, &self.settings) {
            Ok(client) => {
                *generation = Generation { number: number + 1, client, errors: 0 };
                metrics::counter!("keyledger_log_reconnects_total").increment(1);
                tracing::warn!(log.client = number + 1, "the client of the event log is replaced");
            }
            Err(error) => tracing::error!(%error, "no client of the event log can be made"),
        }
    }

    fn give_up(&self, unavailable: Unavailable) -> Failure {
        self.breaker.failed(Instant::now().into_std());
        Failure::Unavailable(unavailable)
    }

    fn generation(&self) -> MutexGuard<'_, Generation> {
        // A generation is replaced whole, so it is never half written.
        self.generation.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a client that runs on `runtime`.
pub(crate) fn build(runtime: &Handle, settings: &ClientSettings) -> eventstore::Result<Client> {
    Client::with_runtime_handle(runtime.clone(), settings.clone())
}
