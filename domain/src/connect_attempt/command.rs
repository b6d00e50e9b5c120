//! What one can ask of an attempt to connect an account.

use super::{Event, RefusalCause, Rejection, Started};
use crate::{
    Time, digest::Digest, id::ConnectedAccountId, id::UserId, platform::PlatformName,
    secret::SecretHash,
};

#[derive(Clone, Debug)]
pub enum Command {
    /// The first step of `StartConnection`.
    Start(Started),
    /// The first step of `ConnectAccount`: spends the state.
    Claim(Claim),
    Complete {
        account_id: ConnectedAccountId,
    },
    Refuse {
        cause: RefusalCause,
    },
}

/// Somebody came back from a platform, and says which attempt it was.
#[derive(Clone, Debug)]
pub struct Claim {
    pub platform: PlatformName,
    pub state_sha256: SecretHash,
    pub user: UserId,
    pub session_hmac: Digest,
    pub at: Time,
}

impl Claim {
    pub(super) fn decide(&self, started: &Started) -> Result<Vec<Event>, Rejection> {
        let known = self.state_sha256 == started.state_sha256
            && self.platform == started.platform
            && self.user == started.user
            && self.session_hmac == started.session_hmac;
        if known && self.at < started.expires_at {
            Ok(vec![Event::Claimed {}])
        } else {
            Err(Rejection::StateMismatch)
        }
    }
}
