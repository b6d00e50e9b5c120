//! The slots of a workspace at a moment.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::Event;
use crate::{
    Time,
    id::{TokenId, UserId},
};

/// The slots that count or may still matter; those long past are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceQuota {
    pub slots: BTreeMap<TokenId, Slot>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub created_by: UserId,
    /// A slot whose token is still missing minutes later belongs to a command that died.
    pub taken_at: Time,
    /// When the token expires.
    pub until: Option<Time>,
    /// Where another token takes this one's place.
    pub passed: Option<Passed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    pub to: TokenId,
    pub overlap_ends_at: Time,
}

impl Slot {
    /// How long after its overlap a replaced token may still wait for its end to be recorded.
    const GRACE: TimeDelta = TimeDelta::hours(1);

    /// Tells whether it counts against the limit.
    pub fn counts(&self, at: Time) -> bool {
        self.passed.is_none() && !self.is_past(at)
    }

    /// Tells whether its token may still work.
    fn is_live(&self, at: Time) -> bool {
        let replaced = |passed: Passed| passed.overlap_ends_at + Self::GRACE <= at;
        !self.is_past(at) && !self.passed.is_some_and(replaced)
    }

    fn is_past(&self, at: Time) -> bool {
        self.until.is_some_and(|until| until <= at)
    }
}

impl WorkspaceQuota {
    /// The tokens that may still work, oldest id first: those "revoke all" must reach.
    ///
    /// Among them the replaced ones until their overlap has surely ended.
    pub fn live(&self, at: Time) -> impl Iterator<Item = (TokenId, &Slot)> {
        self.slots.iter().filter(move |(_, slot)| slot.is_live(at)).map(|(id, slot)| (*id, slot))
    }

    /// The tokens of one member that may still work.
    pub fn live_of(&self, creator: UserId, at: Time) -> impl Iterator<Item = (TokenId, &Slot)> {
        self.live(at).filter(move |(_, slot)| slot.created_by == creator)
    }

    /// How many slots count against the limit.
    pub fn counted(&self, at: Time) -> usize {
        self.slots.values().filter(|slot| slot.counts(at)).count()
    }

    pub(super) fn apply(&mut self, event: &Event, at: Time) {
        match event {
            Event::Taken { token_id, created_by, until } => {
                let (created_by, until) = (*created_by, *until);
                let slot = Slot { created_by, taken_at: at, until, passed: None };
                self.slots.insert(*token_id, slot);
            }
            Event::Passed { from, to, created_by, overlap_ends_at, until } => {
                if let Some(slot) = self.slots.get_mut(from) {
                    let (to, overlap_ends_at) = (*to, *overlap_ends_at);
                    slot.passed = Some(Passed { to, overlap_ends_at });
                }
                let (created_by, until) = (*created_by, *until);
                let heir = Slot { created_by, taken_at: at, until, passed: None };
                self.slots.insert(*to, heir);
            }
            Event::Freed { token_id, cause } => {
                self.slots.remove(token_id);
                if *cause == super::FreedCause::Abandoned {
                    self.take_back(*token_id);
                }
            }
            Event::Summarised(summary) => {
                *self = summary.restore();
                return;
            }
        }
        self.slots.retain(|_, slot| slot.is_live(at));
    }

    /// A replacement that never appeared replaces nothing.
    fn take_back(&mut self, heir: TokenId) {
        for slot in self.slots.values_mut() {
            slot.passed.take_if(|passed| passed.to == heir);
        }
    }
}
