//! Signing keys, as an operator replaces them.

use std::time::Duration;

use domain::keyring::{KeyState, Keyring, KeyringId};
use serde_json::{Value, json};

use super::time;
use crate::{
    admin::operation::KeyOperation,
    app::{App, Request},
    error::Error,
};

pub(super) async fn key(
    app: &App,
    request: &Request,
    operation: KeyOperation,
) -> Result<Value, Error> {
    match operation {
        KeyOperation::Rotate(rotate) => {
            let lead = Duration::from_secs(rotate.activate_after.into());
            let rotated = app.rotate_signing_key(request, lead, rotate.compromised).await?;
            Ok(json!({
                "kid": rotated.kid,
                "activates_at": time(rotated.activates_at),
                "position": rotated.position,
            }))
        }
        KeyOperation::List => {
            let keyring = app.log.load::<Keyring>(KeyringId).await?.state;
            let keys = keyring.keys.iter().map(|key| {
                let (state, drops_at) = match key.state {
                    KeyState::Announced => ("announced", None),
                    KeyState::Active => ("active", None),
                    KeyState::Retired { drop_at } => ("retired", Some(time(drop_at))),
                    KeyState::Compromised => ("compromised", None),
                };
                json!({
                    "kid": key.kid,
                    "state": state,
                    "activates_at": time(key.activates_at),
                    "drops_at": drops_at,
                })
            });
            Ok(keys.collect())
        }
    }
}
