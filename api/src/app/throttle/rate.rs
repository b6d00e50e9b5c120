//! Rate: how often a network may do something (the generic cell rate algorithm).
//!
//! One number per network: when its allowance will be whole again. A clock that jumps back makes
//! nobody wait for longer than the period.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use domain::Time;
use moka::sync::Cache;

/// So many in a period, all at once or spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub period: Duration,
}

/// A rate and what it is a rate of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name in the `RateLimit` header.
    pub name: &'static str,
    pub rate: Rate,
}

/// The counts of all networks for one kind of request.
pub struct Rates {
    pub policy: Policy,
    /// Per network: milliseconds since 1970 at which its allowance is whole again.
    whole_at: Cache<IpAddr, Arc<AtomicI64>>,
}

/// What a network has left after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub remaining: u32,
    /// Set where the request is over the limit: when the next one is not.
    pub retry_after: Option<Duration>,
}

impl Rate {
    pub const fn per_minute(count: u32) -> Self {
        Self { count, period: Duration::from_mins(1) }
    }

    pub const fn per_hour(count: u32) -> Self {
        Self { count, period: Duration::from_hours(1) }
    }

    fn period_ms(self) -> i64 {
        i64::try_from(self.period.as_millis()).unwrap_or(i64::MAX / 4)
    }

    /// What one request costs, in milliseconds of allowance.
    fn cost_ms(self) -> i64 {
        (self.period_ms() / i64::from(self.count.max(1))).max(1)
    }

    /// Decides on one request: when the allowance is whole again, and what is left of it.
    fn decide(self, whole_at: i64, now: i64) -> (i64, Allowance) {
        let (period, cost) = (self.period_ms(), self.cost_ms());
        let whole_at = whole_at.clamp(now, now + period);
        let after = whole_at + cost;
        if after > now + cost * i64::from(self.count.max(1)) {
            let wait = after - now - cost * i64::from(self.count.max(1));
            let retry_after = Some(Duration::from_millis(wait.unsigned_abs()));
            return (whole_at, Allowance { remaining: 0, retry_after });
        }
        let spent = (after - now + cost - 1) / cost;
        let spent = u32::try_from(spent).unwrap_or(u32::MAX);
        (after, Allowance { remaining: self.count.saturating_sub(spent), retry_after: None })
    }
}

impl Rates {
    pub fn new(policy: Policy, networks: u64) -> Self {
        let forgotten = policy.rate.period;
        let whole_at = Cache::builder().max_capacity(networks).time_to_idle(forgotten).build();
        Self { policy, whole_at }
    }

    /// What the network of `ip` could take now.
    pub fn peek(&self, ip: Option<IpAddr>, now: Time) -> Allowance {
        let known = ip.and_then(|ip| self.whole_at.get(&network(ip)));
        let whole_at = known.map_or(0, |whole_at| whole_at.load(Ordering::Relaxed));
        let (_, next) = self.policy.rate.decide(whole_at, now.timestamp_millis());
        let spare = u32::from(next.retry_after.is_none());
        Allowance { remaining: next.remaining + spare, ..next }
    }

    /// Takes one from the allowance of the network of `ip`; nothing is limited without an address.
    pub fn take(&self, ip: Option<IpAddr>, now: Time) -> Allowance {
        let Some(ip) = ip else {
            return Allowance { remaining: self.policy.rate.count, retry_after: None };
        };
        let whole_at = self.whole_at.get_with(network(ip), Arc::default);
        let (now, mut seen) = (now.timestamp_millis(), whole_at.load(Ordering::Relaxed));
        loop {
            let (next, allowance) = self.policy.rate.decide(seen, now);
            match whole_at.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return allowance,
                Err(other) => seen = other,
            }
        }
    }
}

impl Rates {
    /// Returns what was taken for something that does not count after all.
    pub fn give_back(&self, ip: Option<IpAddr>) {
        if let Some(whole_at) = ip.and_then(|ip| self.whole_at.get(&network(ip))) {
            whole_at.fetch_sub(self.policy.rate.cost_ms(), Ordering::Relaxed);
        }
    }
}

/// Who is counted as one: an IPv4 address, or what a household gets of IPv6.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    fn at(seconds: i64) -> Time {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
    }

    fn rates(rate: Rate) -> Rates {
        Rates::new(Policy { name: "test", rate }, 100)
    }

    fn take(rates: &Rates, ip: &str, now: Time) -> Allowance {
        rates.take(Some(ip.parse().unwrap()), now)
    }

    #[test]
    fn the_count_is_allowed_at_once_and_no_more() {
        let rates = rates(Rate::per_hour(10));
        for left in (0..10).rev() {
            let allowance = take(&rates, "192.0.2.1", at(0));
            assert_eq!(allowance, Allowance { remaining: left, retry_after: None });
        }
        let refused = take(&rates, "192.0.2.1", at(0));
        assert_eq!(refused.retry_after, Some(Duration::from_mins(6)));
        assert_eq!(take(&rates, "192.0.2.1", at(360)).retry_after, None);
    }

    #[test]
    fn being_refused_does_not_prolong_the_wait() {
        let rates = rates(Rate::per_minute(1));
        take(&rates, "192.0.2.1", at(0));
        for second in 0..60 {
            assert!(take(&rates, "192.0.2.1", at(second)).retry_after.is_some());
        }
        assert_eq!(take(&rates, "192.0.2.1", at(60)).retry_after, None);
    }

    #[test]
    fn networks_are_counted_apart_and_a_household_as_one() {
        let rates = rates(Rate::per_minute(1));
        assert!(take(&rates, "2001:db8::1", at(0)).retry_after.is_none());
        assert!(take(&rates, "2001:db8::ffff:2", at(0)).retry_after.is_some());
        assert!(take(&rates, "2001:db8:0:1::1", at(0)).retry_after.is_none());
        assert!(take(&rates, "192.0.2.1", at(0)).retry_after.is_none());
        assert!(take(&rates, "::ffff:192.0.2.1", at(0)).retry_after.is_some());
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let rates = rates(Rate::per_minute(1));
        for _ in 0..3 {
            assert!(take(&rates, "192.0.2.1", at(0)).retry_after.is_none());
            rates.give_back(Some("192.0.2.1".parse().unwrap()));
        }
        take(&rates, "192.0.2.1", at(0));
        assert!(take(&rates, "192.0.2.1", at(0)).retry_after.is_some());
    }

    #[test]
    fn a_clock_that_jumps_back_locks_nobody_out() {
        let rates = rates(Rate::per_minute(60));
        take(&rates, "192.0.2.1", at(86_400));
        assert!(take(&rates, "192.0.2.1", at(0)).retry_after <= Some(Duration::from_mins(1)));
        assert_eq!(take(&rates, "192.0.2.1", at(60)).retry_after, None);
    }
}
