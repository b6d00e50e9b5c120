//! Observations: the few uses that history remembers, one a day and one for each new network.
//!
//! The token's own stream decides what is new; what this node has seen only saves it the asking.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::{
    actor::Actor,
    agent_token::{AgentToken, Command, Issued, ObserveUsage},
    id::{CommandId, SubjectId, TokenId},
};
use futures::{StreamExt, stream};
use ipnet::IpNet;
use moka::sync::Cache;
use store::{Context, random};

use super::{App, Uses};
use crate::{app::request::stream_of, error::Error};

/// Tokens whose last observation is remembered.
const REMEMBERED: u64 = 100_000;
/// Streams written at once.
const AT_ONCE: usize = 8;

/// What needs no asking: the day and the networks that were last observed of a token.
pub(super) struct Seen(Cache<TokenId, (NaiveDate, BTreeSet<IpNet>)>);

impl Default for Seen {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl Seen {
    fn covers(&self, token: TokenId, uses: &Uses) -> bool {
        self.0.get(&token).is_some_and(|(day, networks)| {
            day == uses.last.date_naive()
                && uses.networks.iter().all(|network| networks.contains(network))
        })
    }

    fn remember(&self, token: TokenId, uses: &Uses) {
        let day = uses.last.date_naive();
        let known = self.0.get(&token).filter(|(known, _)| *known == day);
        let mut networks = known.map(|(_, networks)| networks).unwrap_or_default();
        networks.extend(&uses.networks);
        self.0.insert(token, (day, networks));
    }
}

impl App {
    /// Puts on record what history does not know yet.
    pub(super) async fn observe_usage(&self, batch: &[(TokenId, Uses)]) {
        let news = batch.iter().filter(|(token, uses)| !self.usage.seen.covers(*token, uses));
        stream::iter(news)
            .for_each_concurrent(AT_ONCE, |(token, uses)| async {
                match self.observe(*token, uses).await {
                    Ok(()) => self.usage.seen.remember(*token, uses),
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
