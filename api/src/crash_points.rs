//! Crash points: named places where a test lets the process end, as if its machine had.
//!
//! A debug build with the feature `crash-points` ends itself when it passes the point that
//! `CRASH_POINT` names for the nth time, e.g. `append.after:3`. No other build knows of them.

/// Every point on the way of a request, in the order in which it passes them.
///
/// What several appends make up (a registration, a rotation, a reactor's step) is cut in each of
/// its steps by the points of an append and its number.
pub const ON_THE_WAY: [&str; 9] = [
    "request.before",
    "read.after",
    "append.before",
    "append.after",
    "vault.before",
    "vault.after",
    "commit.before",
    "commit.after",
    "response.before",
];

/// Points that are passed when a reactor has something to do.
pub const OF_REACTORS: [&str; 3] = ["reactor.before", "reactor.after", "cursor.before"];

/// Points between what an authorization server writes and what it answers.
pub const OF_OAUTH: [&str; 3] = ["oauth.redeemed", "oauth.begun", "oauth.rotated"];

/// Points between the steps of what has several, each named after what has just been done.
///
/// An exchange takes a slot, spends the code, creates the token and says that it did; a connection
/// and a renewal are answered by the provider, and then store what it gave.
pub const OF_SAGAS: [&str; 8] = [
    "exchange.slot",
    "exchange.spent",
    "exchange.created",
    "exchange.issued",
    "connect.answered",
    "connect.stored",
    "refresh.answered",
    "refresh.stored",
];

/// Reads where to end.
#[cfg(all(feature = "crash-points", debug_assertions))]
pub(crate) fn arm() {
    use std::sync::atomic::{AtomicU32, Ordering};

    let Some(told) = std::env::var_os("CRASH_POINT") else { return };
    let told = told.to_string_lossy();
    let (name, number) = told.split_once(':').unwrap_or((&told, "1"));
    let mut all = ON_THE_WAY.iter().chain(&OF_REACTORS).chain(&OF_OAUTH).chain(&OF_SAGAS);
    let known = all.any(|point| *point == name);
    assert!(known, "there is no crash point `{name}`");
    let number: u32 = number.parse().expect("CRASH_POINT is a name and a number");
    let passed = AtomicU32::new(0);
    let end = move || {
        if passed.fetch_add(1, Ordering::Relaxed) + 1 == number {
            std::process::abort();
        }
    };
    fail::cfg_callback(name, end).expect("a point can be armed");
}

#[cfg(not(all(feature = "crash-points", debug_assertions)))]
pub(crate) const fn arm() {}
