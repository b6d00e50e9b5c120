//! The places of a workspace as one event, so that a fold need not begin at the beginning.

use serde::{Deserialize, Serialize};

use super::{AccountQuota, Place};
use crate::id::ConnectedAccountId;

/// Schema 1. A new shape is a new number in `SUMMARY`, never an upcast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    places: Vec<Held>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    account_id: ConnectedAccountId,
    #[serde(flatten)]
    place: Place,
}

impl Summary {
    pub(super) fn of(quota: &AccountQuota) -> Self {
        let places = quota.places.iter();
        Self { places: places.map(|(id, place)| Held { account_id: *id, place: *place }).collect() }
    }

    pub(super) fn restore(&self) -> AccountQuota {
        let places = self.places.iter().map(|held| (held.account_id, held.place));
        AccountQuota { places: places.collect() }
    }
}
