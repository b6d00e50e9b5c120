//! Rotation: a token takes another's place, with a time in which both work.

use chrono::TimeDelta;
use domain::{
    Aggregate, Time,
    agent_token::{AgentToken, Command, Create, Created, Issued, Origin, Rotate},
    id::{TokenId, WorkspaceId},
    opaque_token::{self, Kind},
    secret::SecretHash,
    workspace::Policy,
    workspace_quota::{self, FreedCause, PassSlot, WorkspaceQuota},
};
use store::{Position, random};

use super::{App, Changed, CreatedToken, Request, Undertaking, issued, stream_of};
use crate::error::Error;

/// A token that somebody wants replaced.
#[derive(Clone, Copy, Debug)]
pub struct RotateToken {
    pub id: TokenId,
    /// How long the old one goes on working; zero ends it at once.
    pub overlap: TimeDelta,
}

impl RotateToken {
    /// Longer than this and nobody remembers that two tokens work.
    pub const LONGEST_OVERLAP: TimeDelta = TimeDelta::days(30);
}

impl App {
    /// Replaces a token by one of the same name, scopes, networks and length of life.
    ///
    /// # Errors
    ///
    /// `TOKEN_REVOKED` if it is revoked or was replaced before; [`Error::PlanRequired`].
    pub async fn rotate_token(
        &self,
        request: &Request,
        rotate: RotateToken,
    ) -> Result<CreatedToken, Error> {
        if !(TimeDelta::zero()..=RotateToken::LONGEST_OVERLAP).contains(&rotate.overlap) {
            return Err(Error::Rejected {
                code: "INVALID_INPUT",
                message: "two tokens may work side by side for at most 30 days".into(),
            });
        }
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move { app.rotate(&request, rotate).await }).await
    }

    async fn rotate(&self, request: &Request, rotate: RotateToken) -> Result<CreatedToken, Error> {
        let (access, old) = self.token_to_manage(request, rotate.id).await?;
        let workspace = access.workspace;
        let undertaking = self.undertake(request, "RotateToken", Some(workspace))?;
        let id = TokenId::derived(undertaking.command_id(), "agent_token");
        if request.idempotency_key.is_some() {
            let earlier = self.log.load::<AgentToken>(id).await?;
            if earlier.state.issued().is_some() {
                let finished = self.finish_rotation(&undertaking, workspace, rotate, id).await?;
                let mut token = Changed::from_loaded(id, earlier);
                token.position = token.position.max(finished);
                return Ok(CreatedToken { token, secret: None });
            }
        }
        access.require_plan(domain::plan::Plan::LOWEST_WITH_TOKENS)?;
        let at = undertaking.at();
        // Both steps are asked before anything is written, so that a refusal leaves no trace.
        let replace = replace(&undertaking, rotate, id);
        old.state.decide(&replace).map_err(|refusal| Error::rejected(&refusal))?;
        let old = issued(&old.state)?;
        let policy = access.open().policy.clone();
        let secret = opaque_token::write(Kind::Agent, id.as_uuid(), &random::bytes());
        let name = self.token_name(rotate.id, old).await?;
        let token = Created {
            name: self.seal_token_name(workspace, id, &name).await?,
            secret_sha256: SecretHash::of(secret.expose()),
            hint: opaque_token::hint(&secret),
            workspace_id: workspace,
            created_by: request.caller()?.user().unwrap_or(old.created_by),
            acts_as: old.acts_as,
            scopes: old.scopes.clone(),
            allowed_cidrs: old.allowed_cidrs.clone(),
            expires_at: expiry(old, &policy, at),
            origin: Origin::Rotation(rotate.id),
        };
        let (created_by, until) = (token.created_by, token.expires_at);
        let command = Command::Create(Create { token, policy, at });
        AgentToken::default().decide(&command).map_err(|refusal| Error::rejected(&refusal))?;
        let pass = PassSlot {
            from: rotate.id,
            to: id,
            created_by,
            overlap_ends_at: at + rotate.overlap,
            until,
            limit: self.plan_limits(access.open().plan).agent_tokens,
            at,
        };
        let context = undertaking.step("slot").on::<WorkspaceQuota>(workspace).await?;
        let pass = workspace_quota::Command::PassSlot(pass);
        self.log.execute::<WorkspaceQuota>(workspace, &pass, &context).await?;
        let (mut token, repeated) = self.issue(&undertaking, workspace, id, &command).await?;
        let finished = self.finish_rotation(&undertaking, workspace, rotate, id).await;
        if let Err(refused @ Error::Rejected { .. }) = finished {
            // The old one was revoked meanwhile; nobody has been told the new one's secret.
            self.revoke(&undertaking.step("undone"), workspace, id, None).await?;
            return Err(refused);
        }
        // Whoever waits for the answer's position finds the old token replaced as well.
        token.position = token.position.max(finished?);
        Ok(CreatedToken { token, secret: (!repeated).then_some(secret) })
    }

    /// Ends the old token, now or after the overlap; in the latter case a reactor frees its slot.
    async fn finish_rotation(
        &self,
        undertaking: &Undertaking<'_>,
        workspace: WorkspaceId,
        rotate: RotateToken,
        replaced_by: TokenId,
    ) -> Result<Option<Position>, Error> {
        let step = undertaking.step("rotated");
        let context = step.on::<AgentToken>(rotate.id).await?;
        let replace = replace(&step, rotate, replaced_by);
        let replaced = self.log.execute::<AgentToken>(rotate.id, &replace, &context).await?;
        self.folds.forget::<AgentToken>(rotate.id);
        if rotate.overlap.is_zero() {
            let step = undertaking.step("slot freed");
            self.free_slot(&step, workspace, rotate.id, FreedCause::Revoked).await?;
        }
        Ok(replaced.position)
    }

    async fn token_name(
        &self,
        id: TokenId,
        token: &Issued,
    ) -> Result<domain::text::TokenName, Error> {
        let stream = stream_of::<AgentToken>(id);
        let name = self.vault.open_sealed(&stream, "name", &token.name).await?;
        name.ok_or(Error::NotFound)
    }
}

fn replace(undertaking: &Undertaking<'_>, rotate: RotateToken, replaced_by: TokenId) -> Command {
    let at = undertaking.at();
    let by = undertaking.bare().actor.clone();
    Command::Rotate(Rotate { replaced_by, overlap_ends_at: at + rotate.overlap, by, at })
}

/// The new token lives as long as the old one was meant to, or as the policy lets it.
fn expiry(old: &Issued, policy: &Policy, at: Time) -> Option<Time> {
    let life = old.expires_at.map(|expiry| expiry - old.created_at);
    life.into_iter().chain(policy.max_token_ttl()).min().map(|life| at + life)
}
