//! Held: the credential a socket lives by, and the moment it no longer does.

use std::net::IpAddr;

use domain::{
    Secret, Time,
    agent_token::AgentToken,
    id::{SessionTokenId, TokenId, UserId, WorkspaceId},
    login::Login,
    opaque_token::{self, Kind, Presented},
    role::Permission,
    scope::AgentScope,
    session_token::{SessionToken, Via},
    ticket::Credential,
    token_family::TokenFamily,
    user::User,
    workspace::Workspace,
};

use super::{Close, Tenure};
use crate::{
    app::{App, request::stream_of, session_tokens::Ended, standing::Use, verify::Code},
    error::Error,
    live::{Key, Vigil},
};

/// A credential that was accepted, under watch.
pub(super) struct Held {
    pub(super) basis: Basis,
    vigil: Vigil,
    ip: Option<IpAddr>,
    /// What something on the socket lives by the permission to.
    pub(super) needs: Vec<Permission>,
    pub(super) workspace: WorkspaceId,
    /// In whose name the socket is held.
    pub(super) user: UserId,
    /// When it ends by itself, as of the last time someone looked.
    pub(super) ends_at: Option<Time>,
}

/// What a socket lives by. Never the secret: whoever has presented that once is known by the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    AgentToken(TokenId),
    SessionToken(SessionTokenId),
    /// A ticket of somebody who is signed in.
    SignedIn(Via),
}

/// Why a credential is not accepted for a socket.
pub(super) enum Refused {
    Token(Code),
    /// What it is rests on has ended.
    Session(Ended),
    Error(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error {
            Error::Unauthenticated => Self::Token(Code::NotFound),
            error => Self::Error(error),
        }
    }
}

/// What is known of a basis that is good.
struct Standing {
    workspace: WorkspaceId,
    user: UserId,
    creator: UserId,
    ends_at: Option<Time>,
}

impl Tenure for Held {
    async fn denied(&mut self, app: &App) -> Close {
        loop {
            if let Err(why) = self.settle(app).await {
                return why;
            }
            self.vigil.due().await;
        }
    }

    async fn settle(&mut self, app: &App) -> Result<(), Close> {
        if self.vigil.is_due() {
            self.vigil.ask();
            match self.stands(app).await {
                Ok(ends_at) => {
                    self.ends_at = ends_at;
                    self.vigil.rest(&app.clock, ends_at);
                }
                // Nobody can say just now; what came before still holds.
                Err(Refused::Error(_)) => self.vigil.retry(),
                Err(refused) => return Err(Close::for_refused(&refused)),
            }
        }
        Ok(())
    }
}

impl Held {
    /// Judges what was presented for a socket from `ip`; a ticket is spent by it.
    pub(super) async fn take(
        app: &App,
        text: Secret<String>,
        ip: Option<IpAddr>,
    ) -> Result<Self, Refused> {
        match opaque_token::read(text.expose()) {
            Some(Presented { kind: Kind::Session, .. }) => {
                let (id, _) = app.session_token(text.expose()).await?;
                Self::by(app, Basis::SessionToken(id), None, ip).await
            }
            Some(Presented { kind: Kind::Ticket, .. }) => {
                match app.spend_ticket(text.expose()).await? {
                    Credential::AgentToken { id } => {
                        Self::by(app, Basis::AgentToken(id), None, ip).await
                    }
                    Credential::SessionToken { id } => {
                        Self::by(app, Basis::SessionToken(id), None, ip).await
                    }
                    Credential::Session { via, user, workspace } => {
                        Self::by(app, Basis::SignedIn(via), Some((user, workspace)), ip).await
                    }
                }
            }
            _ => {
                let verdict = app.verify(text.expose(), AgentScope::WsConnect, ip).await?;
                match verdict.token().filter(|_| verdict.is_valid()) {
                    Some((id, _)) => Self::by(app, Basis::AgentToken(id), None, ip).await,
                    None => Err(Refused::Token(verdict.code)),
                }
            }
        }
    }

    async fn by(
        app: &App,
        basis: Basis,
        whose: Option<(UserId, WorkspaceId)>,
        ip: Option<IpAddr>,
    ) -> Result<Self, Refused> {
        let Standing { workspace, user, creator, ends_at } = stand(app, basis, whose, ip).await?;
        let people = [stream_of::<User>(creator), stream_of::<Workspace>(workspace)];
        let own = own_streams(app, basis).await?;
        let vigil = Vigil::over(&app.live, people.into_iter().chain(own).map(Key::Stream));
        Ok(Self { basis, vigil, ip, needs: vec![], workspace, user, ends_at })
    }

    async fn stands(&self, app: &App) -> Result<Option<Time>, Refused> {
        let whose = Some((self.user, self.workspace));
        let standing = stand(app, self.basis, whose, self.ip).await?;
        self.require(app, &self.needs).await?;
        Ok(standing.ends_at)
    }

    /// Refuses whoever lacks one of these permissions in the workspace.
    pub(super) async fn require(&self, app: &App, needs: &[Permission]) -> Result<(), Refused> {
        if needs.is_empty() {
            return Ok(());
        }
        let loaded = app.folds.get::<Workspace>(self.workspace).await.map_err(Error::from)?;
        let open = loaded.state.open();
        let may = open.is_some_and(|open| needs.iter().all(|need| open.permits(self.user, *need)));
        if may { Ok(()) } else { Err(Refused::Session(Ended::Membership)) }
    }
}

/// Judges a basis as it is now.
async fn stand(
    app: &App,
    basis: Basis,
    whose: Option<(UserId, WorkspaceId)>,
    ip: Option<IpAddr>,
) -> Result<Standing, Refused> {
    match basis {
        Basis::AgentToken(id) => {
            let verdict = app.judge_id(id, Use { scope: AgentScope::WsConnect, ip }).await?;
            let token = verdict.token().filter(|_| verdict.is_valid());
            let (_, token) = token.ok_or(Refused::Token(verdict.code))?;
            Ok(Standing {
                workspace: token.workspace_id,
                user: token.acts_as,
                creator: token.created_by,
                ends_at: token.ends_at(),
            })
        }
        Basis::SessionToken(id) => {
            let loaded = app.folds.get::<SessionToken>(id).await.map_err(Error::from)?;
            let issued = loaded.state.issued().ok_or(Refused::Token(Code::NotFound))?;
            if issued.expires_at <= app.clock.now() {
                return Err(Refused::Token(Code::Expired));
            }
            if let Some(ended) = app.session_end(issued).await? {
                return Err(Refused::Session(ended));
            }
            let (workspace, user) = (issued.workspace, issued.user);
            Ok(Standing { workspace, user, creator: user, ends_at: Some(issued.expires_at) })
        }
        Basis::SignedIn(via) => {
            let (user, workspace) = whose.ok_or(Refused::Token(Code::NotFound))?;
            match app.membership_end(user, via, workspace).await? {
                Some(ended) => Err(Refused::Session(ended)),
                None => Ok(Standing { workspace, user, creator: user, ends_at: None }),
            }
        }
    }
}

/// The streams of the credential itself, and of what somebody signed in with.
async fn own_streams(app: &App, basis: Basis) -> Result<Vec<String>, Refused> {
    let of_via = |via| match via {
        Via::Login(id) => stream_of::<Login>(id),
        Via::Family(id) => stream_of::<TokenFamily>(id),
    };
    Ok(match basis {
        Basis::AgentToken(id) => vec![stream_of::<AgentToken>(id)],
        Basis::SignedIn(via) => vec![of_via(via)],
        Basis::SessionToken(id) => {
            let loaded = app.folds.get::<SessionToken>(id).await.map_err(Error::from)?;
            loaded.state.issued().map(|issued| of_via(issued.via)).into_iter().collect()
        }
    })
}

impl Basis {
    /// Its public id.
    pub(super) fn public(self) -> String {
        match self {
            Self::AgentToken(id) => id.public(),
            Self::SessionToken(id) => id.public(),
            Self::SignedIn(Via::Login(id)) => id.public(),
            Self::SignedIn(Via::Family(id)) => id.public(),
        }
    }
}
