//! Usage: when tokens were last used, gathered in memory and written every few seconds.
//!
//! Never in the path of a request, and losable: a crash forgets the last seconds. The log learns
//! of a token's use at most once a day and once for each new network.

mod observe;
mod secrets;

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    Time,
    id::{ClientSecretId, TokenId},
};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use projections::token_usage;
use tokio::time;
use tokio_util::sync::CancellationToken;

use self::{observe::News, secrets::Secrets};
use super::App;

/// How often what was gathered is written.
const FLUSH: Duration = Duration::from_secs(5);
/// Rows that are written at once, and the pause before more are: whoever waits for a core, or for
/// PGlite's only connection, hardly notices.
const PIECE: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(30);
/// Threads that count at once seldom meet.
const SHARDS: usize = 16;
/// Tokens remembered between two flushes, in each shard; the use of more is forgotten.
const MOST: usize = 100_000 / SHARDS;
/// Networks remembered of a token between two flushes.
const NETWORKS: usize = 4;

/// What was used since the last flush.
#[derive(Default)]
pub struct Usage {
    shards: [Mutex<HashMap<TokenId, Uses>>; SHARDS],
    news: News,
    secrets: Secrets,
}

/// The uses of one token.
#[derive(Clone, Debug)]
struct Uses {
    last: Time,
    count: u64,
    networks: Vec<IpNet>,
}

impl Uses {
    fn merge(&mut self, other: Self) {
        self.last = self.last.max(other.last);
        self.count += other.count;
        for network in other.networks {
            self.came_from(network);
        }
    }

    fn came_from(&mut self, network: IpNet) {
        if self.networks.len() < NETWORKS && !self.networks.contains(&network) {
            self.networks.push(network);
        }
    }
}

impl Usage {
    /// Counts one successful authentication.
    pub fn observe(&self, token: TokenId, ip: Option<IpAddr>, at: Time) {
        let mut shard = self.shard(token);
        if shard.len() >= MOST && !shard.contains_key(&token) {
            return;
        }
        let uses = shard.entry(token);
        let uses = uses.or_insert_with(|| Uses { last: at, count: 0, networks: Vec::new() });
        uses.last = uses.last.max(at);
        uses.count += 1;
        if let Some(ip) = ip {
            uses.came_from(network(ip));
        }
    }

    /// Notes that an application proved itself by one of its secrets.
    pub fn observe_secret(&self, secret: ClientSecretId, at: Time) {
        self.secrets.observe(secret, at);
    }

    /// Takes everything that was gathered.
    fn take(&self) -> Vec<(TokenId, Uses)> {
        let shards = self.shards.iter();
        shards.flat_map(|shard| std::mem::take(&mut *lock(shard))).collect()
    }

    /// Puts back what could not be written.
    fn put_back(&self, batch: Vec<(TokenId, Uses)>) {
        for (token, uses) in batch {
            let mut shard = self.shard(token);
            if shard.len() >= MOST {
                continue;
            }
            match shard.entry(token) {
                Entry::Occupied(mut later) => later.get_mut().merge(uses),
                Entry::Vacant(place) => {
                    place.insert(uses);
                }
            }
        }
    }

    fn shard(&self, token: TokenId) -> MutexGuard<'_, HashMap<TokenId, Uses>> {
        // Ids are as good as random in their last bits, and only of tokens that exist.
        let [.., last] = token.as_uuid().into_bytes();
        lock(&self.shards[usize::from(last) % SHARDS])
    }
}

impl App {
    /// Writes what was gathered, every few seconds until `stop`, and once more then; what is news
    /// to history goes on record a little at a time.
    pub async fn keep_usage(self, stop: CancellationToken) {
        let mut ticks = time::interval(FLUSH);
        ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = ticks.tick() => {}
            }
            self.write_usage(|| stop.run_until_cancelled(time::sleep(PAUSE))).await;
            self.flush_secrets().await;
            self.observe_news().await;
        }
    }

    /// Writes what was gathered; what can not be written now is kept for the next time.
    pub async fn flush_usage(&self) {
        self.write_usage(|| std::future::ready(())).await;
    }

    /// The same in pieces, with a `pause` after each.
    async fn write_usage<P: Future>(&self, pause: impl Fn() -> P) {
        let mut gathered = self.usage.take();
        while !gathered.is_empty() {
            let piece = gathered.split_off(gathered.len().saturating_sub(PIECE));
            let rows: Vec<_> = piece.iter().map(row).collect();
            if token_usage::record(&self.db, &rows).await.is_err() {
                metrics::counter!("keyledger_usage_flush_failures_total").increment(1);
                self.usage.put_back(piece);
                self.usage.put_back(gathered);
                return;
            }
            self.usage.news.add(piece);
            pause().await;
        }
    }
}

fn row((token, uses): &(TokenId, Uses)) -> token_usage::Usage {
    token_usage::Usage { token: *token, last_used_at: uses.last, uses: uses.count }
}

/// The network of an address, as coarse as history keeps it: a /24, or a /48 of IPv6.
pub(super) fn network(ip: IpAddr) -> IpNet {
    let net = match ip.to_canonical() {
        IpAddr::V4(ip) => Ipv4Net::new(ip, 24).map(IpNet::V4),
        IpAddr::V6(ip) => Ipv6Net::new(ip, 48).map(IpNet::V6),
    };
    net.expect("24 and 48 are lengths of prefixes").trunc()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use uuid::Uuid;

    use super::*;

    fn at(seconds: i64) -> Time {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn token(number: u128) -> TokenId {
        TokenId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn uses_of_a_token_become_one_row() {
        let usage = Usage::default();
        for second in [3, 1, 2] {
            usage.observe(token(1), Some("192.0.2.7".parse().unwrap()), at(second));
        }
        usage.observe(token(2), None, at(9));
        let mut taken = usage.take();
        taken.sort_by_key(|(token, _)| *token);
        let uses = &taken[0].1;
        assert_eq!((uses.last, uses.count), (at(3), 3));
        assert_eq!(uses.networks, ["192.0.2.0/24".parse().unwrap()]);
        assert_eq!(taken.len(), 2);
        assert!(usage.take().is_empty());
    }

    #[test]
    fn what_could_not_be_written_is_added_to_what_came_since() {
        let usage = Usage::default();
        usage.observe(token(1), None, at(1));
        let failed = usage.take();
        usage.observe(token(1), None, at(2));
        usage.put_back(failed);
        let uses = usage.take().remove(0).1;
        assert_eq!((uses.last, uses.count), (at(2), 2));
    }

    #[test]
    fn memory_is_bounded() {
        let usage = Usage::default();
        for number in 0..200_000 {
            usage.observe(token(number), None, at(1));
        }
        assert!(usage.take().len() <= 100_000);
    }
}
