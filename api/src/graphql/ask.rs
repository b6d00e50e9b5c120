//! Asked: what a GraphQL operation knows of the request it belongs to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_graphql::{Context, ID, InputObject, dataloader::DataLoader};
use domain::{id::WorkspaceId, role::Permission};

use super::{error::to_graphql, scalar, socket::Socket, user::Users};
use crate::{
    app::{Access, App, Caller, Request, Who},
    error::Error,
};

/// The longest idempotency key that is looked at.
const LONGEST_KEY: usize = 255;
/// The longest a read waits for its read model, in milliseconds.
const LONGEST_WAIT_MS: u64 = 10_000;
const WAIT_MS: u64 = 2_000;

/// One operation, and who asks for it.
pub struct Asked {
    pub request: Request,
    /// `X-Workspace`: the workspace where no argument names one.
    pub workspace: Option<String>,
    /// `X-At-Least`: how far the read models must have read.
    pub at_least: Option<store::Position>,
    /// The socket that the operation came by, if it did.
    pub(super) socket: Option<Arc<Socket>>,
    pub(super) users: DataLoader<Users>,
    /// Whether this operation's reading of the audit is recorded already.
    audited: AtomicBool,
}

impl Asked {
    pub fn new(app: &App, request: Request) -> Self {
        Self {
            request,
            workspace: None,
            at_least: None,
            socket: None,
            users: DataLoader::new(Users::new(app.clone()), tokio::spawn),
            audited: AtomicBool::new(false),
        }
    }

    /// Tells, the first time only, that the operation reads the audit.
    pub(super) fn first_audit_read(&self) -> bool {
        !self.audited.swap(true, Ordering::Relaxed)
    }
}

/// Waits for the read model before reading it.
#[derive(Clone, Copy, Debug, InputObject)]
pub(crate) struct Consistency {
    /// The answer includes everything up to this position.
    at_least: Option<scalar::Position>,
    /// How long to wait for that before answering `STALE_READ`.
    #[graphql(default_with = "Some(2000)")]
    timeout_ms: Option<i32>,
}

/// What resolvers ask their context.
pub(super) trait Ask<'a> {
    fn app(&self) -> &'a App;
    fn asked(&self) -> &'a Asked;

    fn caller(&self) -> Result<&'a Caller, Error> {
        self.asked().request.caller()
    }

    /// The request as a command: agent tokens and session tokens only read.
    fn command(&self, idempotency_key: Option<String>) -> Result<Request, Error> {
        if let Who::AgentToken { .. } | Who::SessionToken { .. } = self.caller()?.who {
            return Err(Error::forbidden(Permission::TokensManage));
        }
        let mut request = self.asked().request.clone();
        if let Some(key) = idempotency_key {
            if key.is_empty() || key.len() > LONGEST_KEY {
                return Err(Error::invalid("an idempotency key has 1 to 255 bytes"));
            }
            request.idempotency_key = Some(key);
        }
        Ok(request)
    }

    /// The workspace by argument, else by header, else the caller's own.
    fn workspace_id(&self, argument: Option<&ID>) -> Result<WorkspaceId, Error> {
        let named = argument.map(|id| id.as_str()).or(self.asked().workspace.as_deref());
        self.caller()?.workspace(named)
    }

    /// The caller's access to the workspace, if it includes `permission`.
    fn access(
        &self,
        argument: Option<&ID>,
        permission: Permission,
    ) -> impl Future<Output = Result<Access, Error>> + Send
    where
        Self: Sync,
    {
        let (app, caller) = (self.app(), self.caller());
        let workspace = self.workspace_id(argument);
        async move { app.access(caller?, workspace?, permission).await }
    }

    /// Waits until a read model has come as far as an answer needs.
    fn reached(
        &self,
        read_model: &'static str,
        position: store::Position,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        wait_for(self.app(), read_model, position, WAIT_MS)
    }

    /// Reads what the log is known to have: where a read model has nothing of it, once more when
    /// that has come as far as the log.
    fn present<T, F>(
        &self,
        read_model: &'static str,
        read: impl Fn() -> F + Send,
    ) -> impl Future<Output = Result<Option<T>, Error>> + Send
    where
        F: Future<Output = Result<Option<T>, Error>> + Send,
        T: Send,
    {
        let app = self.app();
        async move {
            let found = read().await?;
            if found.is_some() {
                return Ok(found);
            }
            if let Some(head) = app.log.head().await? {
                wait_for(app, read_model, head, WAIT_MS).await?;
            }
            read().await
        }
    }

    /// Waits until a read model has come as far as the caller asks.
    fn settled(
        &self,
        read_model: &'static str,
        consistency: Option<Consistency>,
    ) -> impl Future<Output = Result<(), Error>> + Send
    where
        Self: Sync,
    {
        let (app, asked) = (self.app(), self.asked());
        async move {
            let wanted = consistency.and_then(|asked| asked.at_least).map(|position| position.0);
            let Some(position) = wanted.or(asked.at_least) else { return Ok(()) };
            let ms = consistency.and_then(|asked| asked.timeout_ms);
            let ms = ms.map_or(WAIT_MS, |ms| ms.try_into().unwrap_or(0));
            wait_for(app, read_model, position, ms.min(LONGEST_WAIT_MS)).await
        }
    }
}

async fn wait_for(
    app: &App,
    read_model: &'static str,
    position: store::Position,
    ms: u64,
) -> Result<(), Error> {
    let wait = Duration::from_millis(ms);
    if app.projections.wait_for(read_model, position, wait).await {
        return Ok(());
    }
    let statuses = app.projections.statuses();
    let status = statuses.into_iter().find(|status| status.name == read_model);
    Err(Error::StaleRead { position: status.and_then(|status| status.position) })
}

impl<'a> Ask<'a> for Context<'a> {
    fn app(&self) -> &'a App {
        self.data_unchecked()
    }

    fn asked(&self) -> &'a Asked {
        self.data_unchecked()
    }
}

/// Turns an outcome into what resolvers return.
pub(super) trait OrGraphql<T> {
    fn or_graphql(self) -> async_graphql::Result<T>;
}

impl<T, E: Into<Error>> OrGraphql<T> for Result<T, E> {
    fn or_graphql(self) -> async_graphql::Result<T> {
        self.map_err(|error| to_graphql(&error.into()))
    }
}
