//! What one can ask of a workspace's quota.

use super::{Event, FreedCause, Rejection, Slot, WorkspaceQuota};
use crate::{
    Time,
    id::{TokenId, UserId},
};

#[derive(Clone, Debug)]
pub enum Command {
    TakeSlot(TakeSlot),
    PassSlot(PassSlot),
    FreeSlot(FreeSlot),
}

/// The first step of `CreateToken`. Taking a slot again is taking it once.
#[derive(Clone, Copy, Debug)]
pub struct TakeSlot {
    pub token_id: TokenId,
    pub created_by: UserId,
    /// When the token expires.
    pub until: Option<Time>,
    /// Active tokens that the plan allows now.
    pub limit: u32,
    pub at: Time,
}

/// The first step of `RotateToken`: both tokens are in the fold and count once.
///
/// A token that expired has no slot to pass on; its replacement takes one like any other.
#[derive(Clone, Copy, Debug)]
pub struct PassSlot {
    pub from: TokenId,
    pub to: TokenId,
    /// Who creates the replacement.
    pub created_by: UserId,
    pub overlap_ends_at: Time,
    /// When the replacement expires.
    pub until: Option<Time>,
    /// Active tokens that the plan allows now.
    pub limit: u32,
    pub at: Time,
}

/// The last step of `RevokeToken`, or the end of a creation that died.
#[derive(Clone, Copy, Debug)]
pub struct FreeSlot {
    pub token_id: TokenId,
    pub cause: FreedCause,
}

impl TakeSlot {
    pub(super) fn decide(&self, quota: &WorkspaceQuota) -> Result<Vec<Event>, Rejection> {
        if quota.slots.contains(self.token_id) {
            return Ok(vec![]);
        }
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if quota.counted(self.at) >= limit {
            return Err(Rejection::LimitReached);
        }
        let Self { token_id, created_by, until, .. } = *self;
        Ok(vec![Event::Taken { token_id, created_by, until }])
    }
}

impl PassSlot {
    pub(super) fn decide(&self, quota: &WorkspaceQuota) -> Result<Vec<Event>, Rejection> {
        let Self { from, to, created_by, overlap_ends_at, until, limit, at } = *self;
        match quota.slots.get(from) {
            Some(Slot { passed: Some(passed), .. }) if passed.to == to => Ok(vec![]),
            Some(Slot { passed: Some(_), .. }) => Err(Rejection::AlreadyPassed),
            Some(slot) if slot.counts(at) && !quota.slots.contains(to) => {
                Ok(vec![Event::Passed { from, to, created_by, overlap_ends_at, until }])
            }
            _ => TakeSlot { token_id: to, created_by, until, limit, at }.decide(quota),
        }
    }
}

impl FreeSlot {
    pub(super) fn decide(&self, quota: &WorkspaceQuota) -> Vec<Event> {
        if !quota.slots.contains(self.token_id) {
            return vec![];
        }
        let Self { token_id, cause } = *self;
        vec![Event::Freed { token_id, cause }]
    }
}
