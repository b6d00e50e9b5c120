//! The slots of a workspace, in an order of their ends: none of the usual questions walks over all.

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};

use super::Slot;
use crate::{Time, id::TokenId};

/// Slots by their token. A copy shares what it has in common with the original.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    by_token: RedBlackTreeMapSync<TokenId, Slot>,
    /// When those that end do so, the earliest first.
    ends: RedBlackTreeSetSync<(Time, TokenId)>,
    /// How many are passed on.
    passed: usize,
}

impl Slots {
    pub fn get(&self, token: TokenId) -> Option<&Slot> {
        self.by_token.get(&token)
    }

    pub fn contains(&self, token: TokenId) -> bool {
        self.by_token.contains_key(&token)
    }

    /// All of them, oldest id first.
    pub fn iter(&self) -> impl Iterator<Item = (TokenId, &Slot)> {
        self.by_token.iter().map(|(token, slot)| (*token, slot))
    }

    pub fn len(&self) -> usize {
        self.by_token.size()
    }

    pub fn is_empty(&self) -> bool {
        self.by_token.is_empty()
    }

    /// How many count against the limit.
    pub(super) fn counted(&self, at: Time) -> usize {
        let ended = self.ends.iter().take_while(|(end, _)| *end <= at);
        let unpassed = |token| self.get(token).is_some_and(|slot| slot.passed.is_none());
        self.len() - self.passed - ended.filter(|(_, token)| unpassed(*token)).count()
    }

    /// Takes a slot in, in place of the one that its token had.
    pub(super) fn put(&mut self, token: TokenId, slot: Slot) {
        self.remove(token);
        if let Some(end) = slot.end() {
            self.ends.insert_mut((end, token));
        }
        self.passed += usize::from(slot.passed.is_some());
        self.by_token.insert_mut(token, slot);
    }

    pub(super) fn remove(&mut self, token: TokenId) {
        let Some(slot) = self.by_token.get(&token).copied() else { return };
        if let Some(end) = slot.end() {
            self.ends.remove_mut(&(end, token));
        }
        self.passed -= usize::from(slot.passed.is_some());
        self.by_token.remove_mut(&token);
    }

    /// Forgets those that have ended.
    pub(super) fn forget(&mut self, at: Time) {
        while let Some(&(end, token)) = self.ends.first()
            && end <= at
        {
            self.remove(token);
        }
    }
}

impl FromIterator<(TokenId, Slot)> for Slots {
    fn from_iter<I: IntoIterator<Item = (TokenId, Slot)>>(slots: I) -> Self {
        let mut all = Self::default();
        for (token, slot) in slots {
            all.put(token, slot);
        }
        all
    }
}
