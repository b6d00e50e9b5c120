//! Tests of connected accounts: rows from events, and what is asked of them.

use chrono::TimeDelta;
use domain::{
    Sealed,
    actor::Actor,
    connected_account::{
        Command, Connect, FailRefresh, FailureCode, Refresh, StartRefresh, Trigger,
    },
    id::{UserId, VaultRef},
    keyed_id::PlatformIdentityId,
    platform::{PlatformScopes, PlatformUserId, PlatformUsername},
};
use uuid::Uuid;

use super::*;
use crate::{
    PageRequest, WorkspaceScope,
    testing::{Tenant, World, noon, on_each_database},
};

async fn all(world: &World, tenant: Tenant) -> Vec<AccountRow> {
    let scope = WorkspaceScope::of(tenant.workspace);
    let found = page(&world.db, scope, &PageRequest::first(100)).await.unwrap();
    found.edges.into_iter().map(|edge| edge.node).collect()
}

async fn seal<T: serde::Serialize + Sync>(
    world: &World,
    user: UserId,
    id: ConnectedAccountId,
    field: &str,
    value: &T,
) -> Sealed<T> {
    let stream = format!("connected_account-{id}");
    world.vault.seal(user.into(), &stream, field, value).await.unwrap()
}

async fn connect(world: &World, tenant: Tenant, id: ConnectedAccountId) {
    let name = PlatformUserId::parse("141981764").unwrap();
    let shown = PlatformUsername::parse("TwitchDev").unwrap();
    let connection = Connection {
        workspace_id: tenant.workspace,
        platform: "twitch".parse().unwrap(),
        identity: PlatformIdentityId::of(&[1; 32]),
        platform_user_id: seal(world, tenant.user, id, "platform_user_id", &name).await,
        platform_username: Some(seal(world, tenant.user, id, "platform_username", &shown).await),
        scopes: PlatformScopes::parse(["bits:read", "chat:read"]).unwrap(),
        vault_ref: VaultRef::from_uuid(Uuid::from_u128(1)),
        vault_version: 0,
        access_expires_at: Some(noon() + TimeDelta::hours(4)),
        refreshable: true,
        connected_by: tenant.user,
    };
    tell(world, tenant, id, Command::Connect(Connect { connection })).await;
}

async fn tell(world: &World, tenant: Tenant, id: ConnectedAccountId, command: Command) {
    world.execute::<ConnectedAccount>(id, Some(tenant.workspace), command).await;
    world.catch_up().await;
}

#[tokio::test]
async fn an_account_is_shown_as_its_events_left_it_and_to_its_workspace_only() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let (ada, bob) = (world.tenant("ada").await, world.tenant("bob").await);
        let id = ConnectedAccountId::from_uuid(Uuid::from_u128(7));
        connect(&world, ada, id).await;
        let rows = all(&world, ada).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].platform_user_id.as_deref(), Some("141981764"));
        assert_eq!(rows[0].platform_username.as_deref(), Some("TwitchDev"));
        assert_eq!((rows[0].status, rows[0].scopes.len()), (AccountStatus::Connected, 2));
        assert!(all(&world, bob).await.is_empty());
        let foreign = by_id(&world.db, WorkspaceScope::of(bob.workspace), id).await.unwrap();
        assert_eq!(foreign, None);

        let end = Command::EndGrant { code: FailureCode::InvalidGrant, vault_version: 0 };
        tell(&world, ada, id, end).await;
        let row = all(&world, ada).await.remove(0);
        assert_eq!(row.status, AccountStatus::NeedsReconnect);
        assert_eq!(row.refresh_failure.as_deref(), Some("invalid_grant"));

        let by = Actor::user(ada.user);
        tell(&world, ada, id, Command::Disconnect { by, revoke_at_provider: true }).await;
        assert!(all(&world, ada).await.is_empty());
        assert!(of_person(&world.db, ada.user).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_account_is_due_before_its_token_ends_and_not_before_a_failure_is_over() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        let id = ConnectedAccountId::from_uuid(Uuid::from_u128(7));
        connect(&world, ada, id).await;
        let is_due = async |minutes| {
            let at = noon() + TimeDelta::minutes(minutes);
            !due(&world.db, at, 10).await.unwrap().is_empty()
        };
        assert!(!is_due(4 * 60 - 6).await);
        assert!(is_due(4 * 60 - 5).await);

        let at = noon();
        let start = StartRefresh { until: at + TimeDelta::minutes(1), vault_version: 0, at };
        tell(&world, ada, id, Command::StartRefresh(start)).await;
        assert!(!is_due(0).await && is_due(1).await);

        let code = FailureCode::Timeout;
        let at = noon() + TimeDelta::minutes(10);
        let failed = FailRefresh { code, vault_version: 0, at };
        tell(&world, ada, id, Command::FailRefresh(failed)).await;
        assert!(!is_due(10).await && is_due(11).await);

        let refresh = Refresh {
            vault_version: 1,
            access_expires_at: Some(noon() + TimeDelta::minutes(4)),
            scopes: PlatformScopes::default(),
            trigger: Trigger::Ahead,
        };
        tell(&world, ada, id, Command::Refresh(refresh)).await;
        assert!(!is_due(2).await && is_due(3).await);
        let row = all(&world, ada).await.remove(0);
        assert_eq!((row.refresh_failure, row.last_refreshed_at), (None, Some(noon())));
    })
    .await;
}
