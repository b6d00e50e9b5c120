//! Held: the token a socket lives by, and the moment it no longer does.

use std::net::IpAddr;

use domain::{
    Secret, Time,
    agent_token::AgentToken,
    id::{TokenId, UserId, WorkspaceId},
    scope::AgentScope,
    user::User,
    workspace::Workspace,
};

use super::Close;
use crate::{
    app::{App, request::stream_of, standing::Use, verify::Verdict},
    error::Error,
    live::{Key, Vigil},
};

/// A token that was accepted, under watch.
pub(super) struct Held {
    text: Secret<String>,
    usage: Use,
    vigil: Vigil,
    pub(super) token: TokenId,
    pub(super) workspace: WorkspaceId,
    pub(super) acts_as: UserId,
    /// When it ends by itself, as of the last time someone looked.
    pub(super) ends_at: Option<Time>,
}

/// Why a token is not accepted for a socket.
pub(super) enum Refused {
    Verdict(Verdict),
    Error(Error),
}

impl Held {
    /// Verifies `text` for a socket from `ip`.
    pub(super) async fn take(
        app: &App,
        text: Secret<String>,
        ip: Option<IpAddr>,
    ) -> Result<Self, Refused> {
        let scope = AgentScope::WsConnect;
        let verdict = app.verify(text.expose(), scope, ip).await.map_err(Refused::Error)?;
        let Some((token, issued)) = verdict.token().filter(|_| verdict.is_valid()) else {
            return Err(Refused::Verdict(verdict));
        };
        let streams = [
            stream_of::<AgentToken>(token),
            stream_of::<User>(issued.created_by),
            stream_of::<Workspace>(issued.workspace_id),
        ];
        Ok(Self {
            vigil: Vigil::over(&app.live, streams.map(Key::Stream)),
            usage: Use { scope, ip },
            token,
            workspace: issued.workspace_id,
            acts_as: issued.acts_as,
            ends_at: issued.ends_at(),
            text,
        })
    }

    /// Waits until the token is not accepted any more. Dropped half way, it has lost nothing.
    ///
    /// Polled once, it finds out about everything that was handed out on this node before.
    pub(super) async fn denied(&mut self, app: &App) -> Close {
        loop {
            if !self.vigil.is_due() {
                self.vigil.due().await;
            }
            self.vigil.ask();
            match app.judge(self.text.expose(), self.usage).await {
                Ok(verdict) => {
                    if let Some(why) = Close::for_verdict(verdict.code) {
                        return why;
                    }
                    self.ends_at = verdict.token().and_then(|(_, token)| token.ends_at());
                    self.vigil.rest(&app.clock, self.ends_at);
                }
                // Nobody can say just now; what came before still holds.
                Err(_) => self.vigil.retry(),
            }
        }
    }
}
