//! The reactor `grants`: what a person took back is dead by that alone; here each family that came
//! of it says so too, for whoever follows revocations.

use std::time::Duration;

use domain::{
    Aggregate,
    event::DecodeError,
    id::{OauthClientId, UserId},
    oauth_grant::{Event, GrantId, OauthGrant},
    reactor_cursor::ReactorName,
    token_family::{Command, RevocationCause, Revoke, TokenFamily},
};
use projections::token_families;
use store::Recorded;

use super::{
    Reactor,
    agenda::{Agenda, Cause},
    steps::Steps,
};
use crate::error::Error;

pub(super) struct Grants;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Task {
    /// A person took back what an application may do.
    Revocation { user: UserId, client: OauthClientId },
}

/// How long to wait for the read model that says which families there are.
const PATIENCE: Duration = Duration::from_secs(5);

impl Reactor for Grants {
    const NAME: ReactorName = ReactorName::new("grants");
    const CATEGORIES: &'static [&'static str] = &[OauthGrant::CATEGORY];
    type Task = Task;

    fn note(event: &Recorded, cause: Cause, agenda: &mut Agenda<Task>) -> Result<(), DecodeError> {
        let Some(GrantId { user, client }) = event.id_of::<OauthGrant>() else { return Ok(()) };
        match event.decode::<Event>()? {
            Event::Revoked { .. } => {
                let at = event.metadata.occurred_at;
                agenda.add(Task::Revocation { user, client }, at, cause);
            }
            // The families of before stay dead whatever comes after.
            Event::Consented { .. } => {}
        }
        Ok(())
    }

    async fn act(steps: Steps<'_>, task: Task) -> Result<(), Error> {
        let Task::Revocation { user, client } = task;
        revoke_families(steps, GrantId { user, client }).await
    }
}

async fn revoke_families(steps: Steps<'_>, id: GrantId) -> Result<(), Error> {
    let app = steps.app;
    let seen = steps.cause.position;
    if !app.projections.wait_for("token_families", seen, PATIENCE).await {
        return Err(Error::StaleRead { position: Some(seen) });
    }
    let grant = app.log.load::<OauthGrant>(id).await?.state;
    let families = token_families::of_applications(&app.db, id.user, steps.now()).await?;
    let families = families.into_iter().find(|families| families.client == id.client);
    for family in families.into_iter().flat_map(|families| families.ids) {
        let loaded = app.log.load::<TokenFamily>(family).await?.state;
        let binding = loaded.family().and_then(|family| family.oauth.as_ref());
        // One of a consent that was given since lives on.
        if binding.is_none_or(|binding| grant.accepts(binding.grant_revision)) {
            continue;
        }
        let context = steps.context("RevokeGrant", &format!("revoke {family}"), None);
        let revoke = Command::Revoke(Revoke { cause: RevocationCause::User });
        app.log.execute::<TokenFamily>(family, &revoke, &context).await?;
    }
    Ok(())
}
