//! What is asked of workspaces and their members.

use domain::{
    Time,
    cidr::Cidrs,
    id::{UserId, WorkspaceId},
    plan::Plan,
    role::Role,
    workspace::Policy,
};
use uuid::Uuid;

use super::Workspaces;
use crate::{
    Result,
    database::Database,
    model::ReadModel,
    page::{self, Cursor, Page, PageError, PageRequest},
    scope::WorkspaceScope,
    text::unexpected,
};

/// One workspace, as the read model knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceRow {
    pub id: WorkspaceId,
    /// `None` once the workspace's key is destroyed.
    pub name: Option<String>,
    pub plan: Plan,
    pub plan_since: Time,
    pub created_at: Time,
    pub policy: Policy,
}

/// Someone who belongs to a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    pub user: UserId,
    pub role: Role,
    pub since: Time,
}

/// A workspace that someone belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub workspace: WorkspaceRow,
    pub role: Role,
    pub since: Time,
}

/// Returns the workspace.
pub async fn by_id(db: &Database, scope: WorkspaceScope) -> Result<Option<WorkspaceRow>> {
    let found =
        sqlx::query_as!(Found, "select * from workspace where workspace_id = $1", scope.as_uuid(),)
            .fetch_optional(db.queries())
            .await?;
    Ok(found.map(WorkspaceRow::try_from).transpose()?)
}

/// Returns a piece of the list of members, in the order in which they came.
pub async fn members(
    db: &Database,
    scope: WorkspaceScope,
    request: &PageRequest,
) -> Result<Page<MemberRow>, PageError> {
    const ORDER: &str = "since";
    macro_rules! members {
        ($tail:tt, $($argument:expr),*) => {
            sqlx::query_as!(
                FoundMember,
                "select user_id, role, since, since_position
                   from member where workspace_id = $1 " + $tail,
                scope.as_uuid(),
                $($argument),*
            )
            .fetch_all(db.queries())
            .await?
        };
    }
    let from = request.from(ORDER)?;
    let position = page::position(db.queries(), Workspaces::NAME, from).await?;
    let (row, limit) = (from.map(|from| from.row), request.limit());
    let found = if request.backwards() {
        members!(
            "and ($2::bigint is null or since_position < $2)
              order by since_position desc limit $3",
            row,
            limit
        )
    } else {
        members!(
            "and ($2::bigint is null or since_position > $2)
              order by since_position limit $3",
            row,
            limit
        )
    };
    let page =
        request.page(found, position, |found| Cursor::of(ORDER, found.since_position, position));
    Ok(page.try_map(MemberRow::try_from)?)
}

/// Returns the workspaces that `user` belongs to, the oldest membership first.
///
/// The one query here without a scope: it is what scopes are made from.
pub async fn memberships_of(db: &Database, user: UserId) -> Result<Vec<Membership>> {
    let found = sqlx::query!(
        "select w.*, m.role, m.since
           from member m join workspace w using (workspace_id)
          where m.user_id = $1
          order by m.since_position, w.workspace_id",
        user.as_uuid(),
    )
    .fetch_all(db.queries())
    .await?;
    let memberships = found.into_iter().map(|row| {
        let (role, since) = (read_role(&row.role)?, row.since);
        let workspace = WorkspaceRow::try_from(Found {
            workspace_id: row.workspace_id,
            name: row.name,
            plan: row.plan,
            plan_since: row.plan_since,
            created_at: row.created_at,
            max_token_ttl_s: row.max_token_ttl_s,
            require_expiry: row.require_expiry,
            allowed_cidrs: row.allowed_cidrs,
            auditor_reads_tokens: row.auditor_reads_tokens,
        })?;
        Ok(Membership { workspace, role, since })
    });
    Ok(memberships.collect::<sqlx::Result<_>>()?)
}

struct FoundMember {
    user_id: Uuid,
    role: String,
    since: Time,
    since_position: i64,
}

impl TryFrom<FoundMember> for MemberRow {
    type Error = sqlx::Error;

    fn try_from(found: FoundMember) -> sqlx::Result<Self> {
        let user = UserId::from_uuid(found.user_id);
        Ok(Self { user, role: read_role(&found.role)?, since: found.since })
    }
}

struct Found {
    workspace_id: Uuid,
    name: Option<String>,
    plan: String,
    plan_since: Time,
    created_at: Time,
    max_token_ttl_s: Option<i64>,
    require_expiry: bool,
    allowed_cidrs: String,
    auditor_reads_tokens: bool,
}

impl TryFrom<Found> for WorkspaceRow {
    type Error = sqlx::Error;

    fn try_from(found: Found) -> sqlx::Result<Self> {
        let ttl = found.max_token_ttl_s.map(u32::try_from).transpose();
        Ok(Self {
            id: WorkspaceId::from_uuid(found.workspace_id),
            name: found.name,
            plan: found.plan.parse().map_err(|_| unexpected("plan"))?,
            plan_since: found.plan_since,
            created_at: found.created_at,
            policy: Policy {
                max_token_ttl_s: ttl.map_err(|_| unexpected("max_token_ttl_s"))?,
                require_expiry: found.require_expiry,
                allowed_cidrs: Cidrs::parse(found.allowed_cidrs.split_whitespace())
                    .map_err(|_| unexpected("allowed_cidrs"))?,
                auditor_reads_tokens: found.auditor_reads_tokens,
            },
        })
    }
}

fn read_role(text: &str) -> sqlx::Result<Role> {
    text.parse().map_err(|_| unexpected("role"))
}
