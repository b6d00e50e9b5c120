//! Tests of agent tokens: rows from events, and what is asked of them.

use domain::{
    actor::Actor,
    agent_token::{Command, Rename, Rotate},
    plan::Plan,
    user::{self, User},
    workspace::{self, Authority, Workspace},
};

use super::*;
use crate::{
    PageRequest, WorkspaceScope,
    testing::{Tenant, World, noon, on_each_database},
    token_usage,
};

async fn only(world: &World, tenant: Tenant) -> TokenRow {
    let mut rows = all(world, tenant, Order::default()).await;
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

async fn all(world: &World, tenant: Tenant, order: Order) -> Vec<TokenRow> {
    let scope = WorkspaceScope::of(tenant.workspace);
    let request = PageRequest::first(100);
    let page = page(&world.db, scope, &Filter::default(), order, &request, noon()).await.unwrap();
    page.edges.into_iter().map(|edge| edge.node).collect()
}

fn names(rows: &[TokenRow]) -> Vec<&str> {
    rows.iter().map(|row| row.name.as_deref().unwrap()).collect()
}

#[tokio::test]
async fn a_token_is_shown_as_its_events_left_it() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        let id = world.token(ada, "ci").await;
        world.catch_up().await;
        let row = only(&world, ada).await;
        assert_eq!((row.id, row.name.as_deref()), (id, Some("ci")));
        assert_eq!((row.status, row.suspension, row.revision), (TokenStatus::Active, None, 0));

        let name = world.token_name(ada, id, "laptop").await;
        world.to_token(ada, id, Command::Rename(Rename { name, at: noon() })).await;
        world.revoke(ada, id).await;
        world.catch_up().await;
        let row = only(&world, ada).await;
        assert_eq!((row.name.as_deref(), row.revision), (Some("laptop"), 2));
        assert_eq!(row.status, TokenStatus::Revoked);
        assert_eq!(row.revoked_by, Some(Actor::user(ada.user)));
        assert_eq!(row.revocation_reason.as_deref(), Some("user"));
    })
    .await;
}

#[tokio::test]
async fn what_suspends_a_token_is_derived_and_ends_with_its_cause() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        world.token(ada, "ci").await;
        let change_plan = async |to| {
            let change = workspace::ChangePlan { to, by: Authority::Operator, at: noon() };
            let change = workspace::Command::ChangePlan(change);
            world.execute::<Workspace>(ada.workspace, Some(ada.workspace), change).await;
            world.catch_up().await;
            only(&world, ada).await
        };
        let row = change_plan(Plan::Free).await;
        assert_eq!(row.status, TokenStatus::Suspended);
        assert_eq!(row.suspension, Some(Suspension::PlanInactive));
        assert_eq!(change_plan(Plan::Team).await.status, TokenStatus::Active);

        let deactivate = user::Command::Deactivate { cause: user::Cause::Operator };
        world.execute::<User>(ada.user, None, deactivate).await;
        world.catch_up().await;
        assert_eq!(only(&world, ada).await.suspension, Some(Suspension::OwnerDeactivated));
    })
    .await;
}

#[tokio::test]
async fn tokens_are_listed_in_any_order_and_by_what_is_asked() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        let late = noon() + chrono::TimeDelta::days(2);
        let soon = noon() + chrono::TimeDelta::days(1);
        let cherry = world.token(ada, "cherry").await;
        let apple = world.token_until(ada, "Apple", Some(late)).await;
        world.token_until(ada, "banana", Some(soon)).await;
        let overlap_ends_at = noon();
        let by = Actor::user(ada.user);
        let rotate = Rotate { replaced_by: cherry, overlap_ends_at, by, at: noon() };
        world.to_token(ada, apple, Command::Rotate(rotate)).await;
        world.catch_up().await;
        let usage = token_usage::Usage { token: cherry, last_used_at: noon(), uses: 3 };
        token_usage::record(&world.db, &[usage]).await.unwrap();

        let listed = async |by, descending| all(&world, ada, Order { by, descending }).await;
        let rows = listed(OrderBy::CreatedAt, false).await;
        assert_eq!(names(&rows), ["cherry", "Apple", "banana"]);
        assert_eq!(rows[0].last_used_at, Some(noon()));
        assert_eq!(rows[1].status, TokenStatus::Revoked);
        assert_eq!(names(&listed(OrderBy::Name, false).await), ["Apple", "banana", "cherry"]);
        let by_expiry = listed(OrderBy::ExpiresAt, true).await;
        assert_eq!(names(&by_expiry), ["cherry", "Apple", "banana"]);
        let by_use = listed(OrderBy::LastUsedAt, true).await;
        assert_eq!(by_use[0].id, cherry);

        let scope = WorkspaceScope::of(ada.workspace);
        let filter = Filter {
            status: vec![TokenStatus::Active],
            name_contains: Some("AN".into()),
            created_by: Some(ada.user),
            unused_since: Some(soon),
        };
        assert_eq!(count(&world.db, scope, &filter, None, noon()).await.unwrap(), 1);
        let unused = ids_unused_since(&world.db, scope, noon(), noon()).await.unwrap();
        assert_eq!(unused, [], "all were made at noon, none before");
    })
    .await;
}

#[tokio::test]
async fn pages_by_creation_stay_as_they_were_while_tokens_are_created() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        for name in ["one", "two", "three"] {
            world.token(ada, name).await;
        }
        world.catch_up().await;
        let scope = WorkspaceScope::of(ada.workspace);
        let turn = async |after: Option<&str>| {
            let request = PageRequest::parse(Some(2), after, None, None, 20).unwrap();
            let order = Order { by: OrderBy::CreatedAt, descending: false };
            page(&world.db, scope, &Filter::default(), order, &request, noon()).await.unwrap()
        };
        let first = turn(None).await;
        assert!(first.has_next);
        world.token(ada, "four").await;
        world.catch_up().await;
        let second = turn(Some(&first.edges[1].cursor)).await;
        let rows: Vec<_> = second.edges.iter().map(|edge| edge.node.name.as_deref()).collect();
        assert_eq!((rows, second.has_next), (vec![Some("three")], false));
        assert_eq!(second.position, first.position);
        let filter = Filter::default();
        let total = count(&world.db, scope, &filter, first.position, noon()).await.unwrap();
        assert_eq!(total, 3);
    })
    .await;
}
