//! The vault, as an operator looks after it.

use domain::{actor::Actor, id::CommandId};
use serde_json::{Value, json};
use store::{Context, random};

use super::Operator;
use crate::{
    admin::{Reports, frame::GoneAway, operation::VaultOperation},
    app::App,
    error::Error,
};

pub(super) async fn vault(
    app: &App,
    operator: Operator,
    operation: VaultOperation,
    reports: &Reports,
) -> Result<Value, Error> {
    match operation {
        VaultOperation::RotateMasterKey => rotate(app, operator, reports).await,
    }
}

/// Goes on while somebody listens: what is wrapped stays so, and the rest is done next time.
async fn rotate(app: &App, operator: Operator, reports: &Reports) -> Result<Value, Error> {
    let total = app.log.head().await?.map_or(1, store::Position::as_u64);
    let id = random::uuid();
    let context = Context {
        command_id: CommandId::from_uuid(id),
        command: "RotateMasterKey",
        correlation_id: id,
        causation_id: None,
        actor: Actor::operator(&format!("uid:{}", operator.uid)),
        on_behalf_of: None,
        workspace_id: None,
        occurred_at: app.clock.now(),
        client: None,
        auth: None,
    };
    let done = app.vault.rewrap(&context, |done| {
        let reached = done.reached.map_or(0, store::Position::as_u64);
        reports.progress(reached.min(total), total);
        reports.is_heard()
    });
    let done = done.await?;
    if !reports.is_heard() {
        return Err(GoneAway.into());
    }
    Ok(json!({ "keys": done.seen, "rewrapped": done.rewrapped }))
}
