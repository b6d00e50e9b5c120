//! Fresh ids, for what the server itself makes: subscriptions, system events, the log.

use uuid::Uuid;

/// A random id.
#[expect(clippy::disallowed_methods, reason = "nothing replays what the server itself names")]
pub(crate) fn fresh() -> Uuid {
    Uuid::new_v4()
}
