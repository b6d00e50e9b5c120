//! How events change the rows of agent tokens.

use std::collections::{HashMap, HashSet, hash_map};

use domain::{
    agent_token::{self, AgentToken, Created, Origin},
    id::{SubjectId, TokenId, UserId, WorkspaceId},
    plan::Plan,
    role::{Permission, Role},
    user::{self, User},
    workspace::{self, Policy, Workspace},
};
use sqlx::PgConnection;

use super::stored::{self, Stored};
use crate::{checkpoint, entry::Entry, error::ApplyError, text};

/// Folds the events of a batch in memory, so that tokens cost one read and one write.
pub(super) async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
    let mut tokens = read_touched(events, tx).await?;
    for entry in events {
        if let Some(id) = entry.event.id_of::<AgentToken>() {
            apply_to_token(&mut tokens, id, entry)?;
        } else if let Some(id) = entry.event.id_of::<Workspace>() {
            apply_to_workspace(id, &entry.event.decode()?, tx).await?;
        } else if let Some(id) = entry.event.id_of::<User>() {
            apply_to_user(id, &entry.event.decode()?, tx).await?;
        }
    }
    if !tokens.is_empty() {
        stored::write(tx, tokens.into_values().collect()).await?;
    }
    // Last: what follows the end of a key is blank already.
    for subject in events.iter().filter_map(|entry| entry.destroyed_subject()) {
        blank(subject, tx).await?;
    }
    Ok(())
}

/// Reads the tokens that the batch changes but does not create.
async fn read_touched(
    events: &[&Entry],
    tx: &mut PgConnection,
) -> Result<HashMap<TokenId, Stored>, ApplyError> {
    let ids: HashSet<_> = events
        .iter()
        .filter(|entry| entry.event.revision > 0)
        .filter_map(|entry| entry.event.id_of::<AgentToken>())
        .map(TokenId::as_uuid)
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(stored::read(tx, &ids.into_iter().collect::<Vec<_>>()).await?)
}

fn apply_to_token(
    tokens: &mut HashMap<TokenId, Stored>,
    id: TokenId,
    entry: &Entry,
) -> Result<(), ApplyError> {
    use agent_token::Event;
    let event = entry.event.decode()?;
    let (Event::Created(_) | Event::Abandoned {}) = &event else {
        let token = tokens.get_mut(&id).ok_or_else(|| ApplyError::out_of_order(entry))?;
        token.revision = entry.revision();
        change(token, event, entry);
        return Ok(());
    };
    if let (Event::Created(created), hash_map::Entry::Vacant(token)) = (event, tokens.entry(id)) {
        token.insert(new(id, &created, entry));
    }
    Ok(())
}

fn change(token: &mut Stored, event: agent_token::Event, entry: &Entry) {
    use agent_token::Event;
    match event {
        Event::Renamed { name } => token.name = text::opened(&name),
        Event::UsageObserved { network, client_family, day: _, count: _ } => {
            token.seen_at = Some(entry.at());
            token.seen_network = text::opened(&network);
            token.seen_network_key = entry.sealed_by.get("network").map(|key| key.as_uuid());
            token.seen_client = client_family;
        }
        Event::Rotated { replaced_by, overlap_ends_at } => {
            token.replaced_by = Some(replaced_by.as_uuid());
            token.overlap_ends_at = Some(overlap_ends_at);
        }
        Event::Revoked { reason, note, revoked_by } => {
            token.revoked_at = Some(entry.at());
            token.revoked_by = Some(text::actor(&revoked_by));
            token.revocation_reason = Some(reason.as_str().to_owned());
            token.revocation_note =
                note.and_then(|note| note.opened().map(|note| note.as_str().to_owned()));
        }
        // A summary says nothing new; the others are the first of their stream.
        Event::Summarised(_) | Event::Created(_) | Event::Abandoned {} => {}
    }
}

fn new(id: TokenId, created: &Created, entry: &Entry) -> Stored {
    Stored {
        token_id: id.as_uuid(),
        workspace_id: created.workspace_id.as_uuid(),
        name: text::opened(&created.name),
        hint: created.hint.clone(),
        created_by: created.created_by.as_uuid(),
        acts_as: created.acts_as.as_uuid(),
        created_at: entry.at(),
        created_position: checkpoint::to_sql(entry.event.position),
        revision: entry.revision(),
        expires_at: created.expires_at,
        scopes: text::list(created.scopes.iter()),
        allowed_cidrs: text::list(created.allowed_cidrs.iter()),
        origin: match &created.origin {
            Origin::Dashboard => "dashboard".to_owned(),
            Origin::Pairing(pairing) => format!("pairing {pairing}"),
            Origin::Rotation(token) => format!("rotation {token}"),
        },
        replaced_by: None,
        overlap_ends_at: None,
        revoked_at: None,
        revoked_by: None,
        revocation_reason: None,
        revocation_note: None,
        seen_at: None,
        seen_network: None,
        seen_network_key: None,
        seen_client: None,
    }
}

async fn apply_to_workspace(
    id: WorkspaceId,
    event: &workspace::Event,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    use workspace::Event;
    match event {
        Event::Created { owner, plan, name: _ } => {
            set_plan(id, *plan, tx).await?;
            set_role(id, *owner, Role::Owner, tx).await?;
        }
        Event::PlanChanged { to, .. } => set_plan(id, *to, tx).await?,
        Event::PolicyChanged(policy) => set_policy(id, policy, tx).await?,
        Event::MemberAdded { user, role }
        | Event::MemberRoleChanged { user, to: role, from: _ } => {
            set_role(id, *user, *role, tx).await?;
        }
        Event::MemberRemoved { user } => {
            sqlx::query!(
                "delete from token_creator where workspace_id = $1 and user_id = $2",
                id.as_uuid(),
                user.as_uuid(),
            )
            .execute(tx)
            .await?;
        }
        Event::Renamed { .. } | Event::Abandoned {} | Event::Summarised(_) => {}
    }
    Ok(())
}

async fn set_plan(id: WorkspaceId, plan: Plan, tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into token_tenant (workspace_id, plan_has_tokens, require_expiry)
         values ($1, $2, false)
         on conflict (workspace_id) do update set plan_has_tokens = excluded.plan_has_tokens",
        id.as_uuid(),
        plan >= Plan::LOWEST_WITH_TOKENS,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn set_policy(id: WorkspaceId, policy: &Policy, tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "update token_tenant set max_token_ttl_s = $2, require_expiry = $3
          where workspace_id = $1",
        id.as_uuid(),
        policy.max_token_ttl_s.map(i64::from),
        policy.require_expiry,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn set_role(
    id: WorkspaceId,
    user: UserId,
    role: Role,
    tx: &mut PgConnection,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into token_creator (workspace_id, user_id, manages_tokens) values ($1, $2, $3)
         on conflict (workspace_id, user_id)
         do update set manages_tokens = excluded.manages_tokens",
        id.as_uuid(),
        user.as_uuid(),
        role.permits(Permission::TokensManage, false),
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn apply_to_user(
    id: UserId,
    event: &user::Event,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    use user::Event;
    match event {
        Event::Deactivated { .. } => {
            sqlx::query!(
                "insert into token_inactive_user (user_id) values ($1) on conflict do nothing",
                id.as_uuid(),
            )
            .execute(tx)
            .await?;
        }
        Event::Reactivated { .. } => {
            sqlx::query!("delete from token_inactive_user where user_id = $1", id.as_uuid())
                .execute(tx)
                .await?;
        }
        // A lock refuses sign-ins, never a token.
        Event::Registered { .. }
        | Event::CredentialSet(_)
        | Event::MembershipChanged(_)
        | Event::Locked { .. }
        | Event::Unlocked {}
        | Event::CredentialsEnded { .. }
        | Event::ClerkLinked { .. }
        | Event::ProfileChanged { .. }
        | Event::ProfileChangeIgnored { .. }
        | Event::Erased { .. }
        | Event::Abandoned {}
        | Event::Summarised(_) => {}
    }
    Ok(())
}

/// Blanks what lay under the key of `subject`: a workspace's names and notes, anyone's network.
async fn blank(subject: SubjectId, tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "update token set name = null, revocation_note = null where workspace_id = $1",
        subject.as_uuid(),
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update token set seen_network = null where seen_network_key = $1",
        subject.as_uuid(),
    )
    .execute(tx)
    .await?;
    Ok(())
}
