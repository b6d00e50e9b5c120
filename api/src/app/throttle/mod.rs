//! Throttle: limits on guessing and on load, counted in this process, in bounded memory.
//!
//! What must hold across nodes, the locks of `/authenticate`, also travels by the log.

mod guesses;
mod rate;

use std::{net::IpAddr, time::Duration};

use domain::Time;

pub use self::{
    guesses::{Attempt, Guesses},
    rate::{Allowance, Policy, Rate, Rates},
};
use crate::error::Error;

/// How much one network may do.
#[derive(Clone, Debug)]
pub struct Limits {
    pub authentications_a_minute: u32,
    pub registrations_an_hour: u32,
    /// Refresh tokens presented that are refused; those that are good are not limited.
    pub refusals_a_minute: u32,
    /// Pairing codes tried that are not, or no longer, any good.
    pub wrong_codes_in_ten_minutes: u32,
    /// Session tokens asked for, and tickets, each.
    pub sessions_a_minute: u32,
    /// Networks remembered at once.
    pub networks: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            authentications_a_minute: 60,
            registrations_an_hour: 10,
            refusals_a_minute: 300,
            wrong_codes_in_ten_minutes: 5,
            sessions_a_minute: 120,
            networks: 100_000,
        }
    }
}

/// Everything that is counted.
pub struct Throttle {
    pub authentications: Rates,
    pub registrations: Rates,
    pub refusals: Rates,
    pub pairings: Rates,
    pub session_tokens: Rates,
    pub tickets: Rates,
    /// Wrong passwords, by whose they should have been.
    pub guesses: Guesses,
}

impl Throttle {
    pub fn new(limits: &Limits) -> Self {
        let rates = |name, rate| Rates::new(Policy { name, rate }, limits.networks);
        Self {
            authentications: rates(
                "authenticate",
                Rate::per_minute(limits.authentications_a_minute),
            ),
            registrations: rates("register", Rate::per_hour(limits.registrations_an_hour)),
            refusals: rates("refresh", Rate::per_minute(limits.refusals_a_minute)),
            pairings: rates(
                "pairing",
                Rate { count: limits.wrong_codes_in_ten_minutes, period: Duration::from_mins(10) },
            ),
            session_tokens: rates("session-tokens", Rate::per_minute(limits.sessions_a_minute)),
            tickets: rates("ws-tickets", Rate::per_minute(limits.sessions_a_minute)),
            guesses: Guesses::new(limits.networks),
        }
    }
}

impl Rates {
    /// Takes one from the allowance of the network of `ip`, or says when to come back.
    pub fn admit(&self, ip: Option<IpAddr>, now: Time) -> Result<Allowance, Error> {
        let allowance = self.take(ip, now);
        match allowance.retry_after {
            None => Ok(allowance),
            Some(retry_after) => Err(Error::RateLimited { retry_after, policy: Some(self.policy) }),
        }
    }
}
