//! Observations: the few uses that history remembers, one a day and one for each new network.
//!
//! The token's own stream decides what is new; what this node has seen only saves it the asking.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Mutex,
};

use chrono::NaiveDate;
use domain::{
    actor::Actor,
    agent_token::{AgentToken, Command, Issued, ObserveUsage},
    id::{CommandId, SubjectId, TokenId},
};
use futures::{StreamExt, stream};
use ipnet::IpNet;
use quick_cache::sync::Cache;
use store::{Context, random};

use super::{App, Uses, lock};
use crate::{app::request::stream_of, error::Error};

/// Tokens whose last observation is remembered, and tokens that may wait for theirs.
const REMEMBERED: usize = 100_000;
/// Tokens observed between two flushes. A day begins for all tokens at once, and none is urgent:
/// they must not crowd out what people wait for.
const PACE: usize = 500;
/// Streams written at once.
const AT_ONCE: usize = 4;

/// Uses that history may not know yet.
pub(super) struct News {
    /// What needs no asking: the day and the networks that were last observed of a token.
    seen: Cache<TokenId, (NaiveDate, BTreeSet<IpNet>)>,
    waiting: Mutex<HashMap<TokenId, Uses>>,
}

impl Default for News {
    fn default() -> Self {
        Self { seen: Cache::new(REMEMBERED), waiting: Mutex::default() }
    }
}

impl News {
    /// Notes what is new in a batch; a token that finds no place is noted at its next use.
    pub(super) fn add(&self, batch: Vec<(TokenId, Uses)>) {
        let mut waiting = lock(&self.waiting);
        for (token, uses) in batch {
            if let Some(earlier) = waiting.get_mut(&token) {
                earlier.merge(uses);
            } else if waiting.len() < REMEMBERED && !self.covers(token, &uses) {
                waiting.insert(token, uses);
            }
        }
    }

    fn take(&self) -> Vec<(TokenId, Uses)> {
        let mut waiting = lock(&self.waiting);
        let next: Vec<_> = waiting.keys().take(PACE).copied().collect();
        next.into_iter().filter_map(|token| waiting.remove_entry(&token)).collect()
    }

    fn covers(&self, token: TokenId, uses: &Uses) -> bool {
        self.seen.get(&token).is_some_and(|(day, networks)| {
            day == uses.last.date_naive()
                && uses.networks.iter().all(|network| networks.contains(network))
        })
    }

    fn remember(&self, token: TokenId, uses: &Uses) {
        let day = uses.last.date_naive();
        let known = self.seen.get(&token).filter(|(known, _)| *known == day);
        let mut networks = known.map(|(_, networks)| networks).unwrap_or_default();
        networks.extend(&uses.networks);
        self.seen.insert(token, (day, networks));
    }
}

impl App {
    /// Puts some of what history does not know yet on record; what fails is news at its next use.
    pub(super) async fn observe_news(&self) {
        stream::iter(self.usage.news.take())
            .for_each_concurrent(AT_ONCE, |(token, uses)| async move {
                match self.observe(token, &uses).await {
                    Ok(()) => self.usage.news.remember(token, &uses),
                    Err(error) => error.log(),
                }
            })
            .await;
    }

    async fn observe(&self, id: TokenId, uses: &Uses) -> Result<(), Error> {
        let loaded = self.folds.get::<AgentToken>(id).await?;
        let Some(token) = loaded.state.issued() else { return Ok(()) };
        let known = self.known_networks(id, token).await?;
        let day = uses.last.date_naive();
        let mut count = uses.count;
        // Without an address there still is a day to record.
        let networks = uses.networks.iter().map(IpNet::to_string);
        let networks: Vec<_> =
            if uses.networks.is_empty() { vec!["unknown".to_owned()] } else { networks.collect() };
        for network in networks {
            let new_network = !known.contains(&network);
            let today = token.usage.as_ref().is_some_and(|usage| usage.day >= day);
            if today && !new_network {
                continue;
            }
            let (subject, stream) =
                (SubjectId::from(token.workspace_id), stream_of::<AgentToken>(id));
            let network = self.vault.seal(subject, &stream, "network", &network).await?;
            let client_family = None;
            let observe = ObserveUsage { day, count, network, new_network, client_family };
            let context = self.observation(token);
            let command = Command::ObserveUsage(observe);
            self.log.execute::<AgentToken>(id, &command, &context).await?;
            // The uses are told once, whichever network they came from.
            count = 0;
        }
        Ok(())
    }

    async fn known_networks(&self, id: TokenId, token: &Issued) -> Result<BTreeSet<String>, Error> {
        let stream = stream_of::<AgentToken>(id);
        let mut known = BTreeSet::new();
        for network in token.usage.iter().flat_map(|usage| &usage.networks) {
            known.extend(self.vault.open_sealed(&stream, "network", network).await?);
        }
        Ok(known)
    }

    fn observation(&self, token: &Issued) -> Context {
        Context {
            command_id: CommandId::from_uuid(random::uuid()),
            command: "ObserveUsage",
            correlation_id: random::uuid(),
            causation_id: None,
            actor: Actor::system("usage"),
            on_behalf_of: None,
            workspace_id: Some(token.workspace_id),
            occurred_at: self.clock.now(),
            client: None,
            auth: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use uuid::Uuid;

    use super::*;

    fn token(number: u128) -> TokenId {
        TokenId::from_uuid(Uuid::from_u128(number))
    }

    fn uses(day: i64, network: &str) -> Uses {
        let last = DateTime::UNIX_EPOCH + TimeDelta::days(day);
        Uses { last, count: 1, networks: vec![network.parse().unwrap()] }
    }

    #[test]
    fn a_day_and_a_network_are_news_once() {
        let news = News::default();
        for (day, network, is_news) in [
            (1, "192.0.2.0/24", true),
            (1, "192.0.2.0/24", false),
            (1, "198.51.100.0/24", true),
            (1, "192.0.2.0/24", false),
            (2, "192.0.2.0/24", true),
        ] {
            news.add(vec![(token(1), uses(day, network))]);
            let taken = news.take();
            assert_eq!(taken.len(), usize::from(is_news), "{day} {network}");
            for (token, uses) in taken {
                news.remember(token, &uses);
            }
        }
    }

    #[test]
    fn a_day_that_begins_for_all_tokens_is_recorded_a_little_at_a_time() {
        let news = News::default();
        news.add((0..1200).map(|number| (token(number), uses(1, "192.0.2.0/24"))).collect());
        let sizes: Vec<_> = (0..4).map(|_| news.take().len()).collect();
        assert_eq!(sizes, [PACE, PACE, 200, 0]);
    }
}
