//! The runtime that commands run on.

/// Runs `future` to its end.
pub(super) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(future);
    // Blocking threads (a database that still closes) must not hold up the exit for ever.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    outcome
}
