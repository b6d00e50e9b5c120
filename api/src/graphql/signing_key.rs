//! Signing keys over GraphQL, for operators' services with `keys:manage`.

use std::time::Duration;

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{
    ask::{Ask, OrGraphql},
    command_answer::announce,
    scalar::{DateTime, Position},
};
use crate::error::Error;

#[derive(InputObject)]
pub(crate) struct RotateSigningKeyInput {
    /// How long the key is published before it signs: at least twice as long as caches keep keys.
    #[graphql(default = 3600)]
    activate_after_seconds: i32,
    /// Whether the key that signs now is not to be believed any more; the next one signs at once.
    #[graphql(default)]
    compromised: bool,
}

#[derive(SimpleObject)]
pub(crate) struct SigningKeyPayload {
    kid: String,
    activates_at: DateTime,
    position: Option<Position>,
}

#[derive(Default)]
pub(crate) struct SigningKeyMutation;

#[Object]
impl SigningKeyMutation {
    /// Announces another signing key.
    async fn rotate_signing_key(
        &self,
        ctx: &Context<'_>,
        input: Option<RotateSigningKeyInput>,
    ) -> async_graphql::Result<SigningKeyPayload> {
        let rotated = rotate(ctx, input).await.or_graphql()?;
        let position = announce(ctx, rotated.position);
        let activates_at = rotated.activates_at.into();
        Ok(SigningKeyPayload { kid: rotated.kid.to_string(), activates_at, position })
    }
}

async fn rotate(
    ctx: &Context<'_>,
    input: Option<RotateSigningKeyInput>,
) -> Result<crate::app::signing_keys::Rotated, Error> {
    let request = ctx.command(None)?;
    let (seconds, compromised) =
        input.map_or((3600, false), |input| (input.activate_after_seconds, input.compromised));
    let seconds = u64::try_from(seconds).map_err(|_| Error::invalid("a lead is not negative"))?;
    ctx.app().rotate_signing_key(&request, Duration::from_secs(seconds), compromised).await
}
