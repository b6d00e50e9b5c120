//! The issuer: pinned where it is configured; nothing else may be signed as afterwards.

use domain::{
    actor::Actor,
    id::CommandId,
    issuer::{Command, Issuer, PinId, PinnedIssuer},
};
use store::{Context, Log, random};

use crate::{clock::Clock, error::Error};

/// Pins the issuer that was configured, or refuses another than before.
pub(crate) async fn pin(
    log: &Log,
    clock: &Clock,
    issuer: Issuer,
    accept_change: bool,
) -> Result<(), Error> {
    let context = Context {
        command_id: CommandId::from_uuid(random::uuid()),
        command: "PinIssuer",
        correlation_id: random::uuid(),
        causation_id: None,
        actor: Actor::system("issuer"),
        on_behalf_of: None,
        workspace_id: None,
        occurred_at: clock.now(),
        client: None,
        auth: None,
    };
    log.execute::<PinnedIssuer>(PinId, &Command::Pin { issuer, accept_change }, &context).await?;
    Ok(())
}
