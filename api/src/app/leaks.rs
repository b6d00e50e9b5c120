//! Leaks: agent tokens that were seen where anyone can read them, revoked at once.
//!
//! Who reports them is believed by signature, and what they report by the token itself: only its
//! whole text revokes anything. Its creator's sockets and subscriptions hear the reason.

use domain::{
    Secret,
    actor::Actor,
    agent_token::{AgentToken, RevocationReason},
    id::TokenId,
    opaque_token::{self, Kind, Presented},
};

use super::{App, Request, bearer::auth};
use crate::error::Error;

impl App {
    /// Revokes those of `candidates` that are agent tokens of ours; tells which are.
    ///
    /// A token that was revoked before is one of ours too, and changes no more.
    pub async fn report_leaks(
        &self,
        request: &Request,
        reporter: &str,
        candidates: Vec<Secret<String>>,
    ) -> Result<Vec<bool>, Error> {
        let (app, request) = (self.clone(), request.clone());
        let reporter = reporter.to_owned();
        self.uncancelled(async move {
            let mut ours = Vec::with_capacity(candidates.len());
            for candidate in &candidates {
                ours.push(app.revoke_leaked(&request, &reporter, candidate).await?);
            }
            Ok(ours)
        })
        .await
    }

    async fn revoke_leaked(
        &self,
        request: &Request,
        reporter: &str,
        candidate: &Secret<String>,
    ) -> Result<bool, Error> {
        let Some(Presented { kind: Kind::Agent, id, hash }) =
            opaque_token::read(candidate.expose())
        else {
            return Ok(false);
        };
        let id = TokenId::from_uuid(id);
        let loaded = self.log.load::<AgentToken>(id).await?;
        let Some(token) = loaded.state.issued().filter(|token| token.secret_sha256 == hash) else {
            return Ok(false);
        };
        let workspace = token.workspace_id;
        let undertaking = self
            .undertake_as(request, "ReportLeak", Actor::system("leaks"), "", None)
            .with_auth(auth("leak_report", reporter.to_owned()))
            .within(workspace)
            .afresh();
        let reason = RevocationReason::Leaked;
        let (_, changed) = self.revoke_because(&undertaking, workspace, id, reason, None).await?;
        if changed {
            metrics::counter!("keyledger_leaked_tokens_total").increment(1);
        }
        Ok(true)
    }
}
