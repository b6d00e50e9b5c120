//! The slots of a workspace at a moment.

use chrono::TimeDelta;

use super::{Event, Slots};
use crate::{
    Time,
    id::{TokenId, UserId},
};

/// The slots that count or may still matter; those long past are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceQuota {
    pub slots: Slots,
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

    /// When its token surely no longer works, if it ever does not.
    pub(super) fn end(&self) -> Option<Time> {
        let replaced = self.passed.map(|passed| passed.overlap_ends_at + Self::GRACE);
        self.until.into_iter().chain(replaced).min()
    }

    /// Tells whether its token may still work.
    fn is_live(&self, at: Time) -> bool {
        self.end().is_none_or(|end| at < end)
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
        self.slots.iter().filter(move |(_, slot)| slot.is_live(at))
    }

    /// The tokens of one member that may still work.
    pub fn live_of(&self, creator: UserId, at: Time) -> impl Iterator<Item = (TokenId, &Slot)> {
        self.live(at).filter(move |(_, slot)| slot.created_by == creator)
    }

    /// How many slots count against the limit.
    pub fn counted(&self, at: Time) -> usize {
        self.slots.counted(at)
    }

    pub(super) fn apply(&mut self, event: &Event, at: Time) {
        match event {
            Event::Taken { token_id, created_by, until } => {
                let (created_by, until) = (*created_by, *until);
                let slot = Slot { created_by, taken_at: at, until, passed: None };
                self.slots.put(*token_id, slot);
            }
            Event::Passed { from, to, created_by, overlap_ends_at, until } => {
                if let Some(&slot) = self.slots.get(*from) {
                    let passed = Some(Passed { to: *to, overlap_ends_at: *overlap_ends_at });
                    self.slots.put(*from, Slot { passed, ..slot });
                }
                let (created_by, until) = (*created_by, *until);
                let heir = Slot { created_by, taken_at: at, until, passed: None };
                self.slots.put(*to, heir);
            }
            Event::Freed { token_id, cause } => {
                self.slots.remove(*token_id);
                if *cause == super::FreedCause::Abandoned {
                    self.take_back(*token_id);
                }
            }
            Event::Summarised(summary) => {
                *self = summary.restore();
                return;
            }
        }
        self.slots.forget(at);
    }

    /// A replacement that never appeared replaces nothing.
    fn take_back(&mut self, heir: TokenId) {
        let mut slots = self.slots.clone();
        for (token, slot) in self.slots.iter() {
            if slot.passed.is_some_and(|passed| passed.to == heir) {
                slots.put(token, Slot { passed: None, ..*slot });
            }
        }
        self.slots = slots;
    }
}
