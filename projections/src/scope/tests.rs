//! Tests of scopes: whatever one workspace asks, it never sees another's rows.

use std::collections::{HashMap, HashSet};

use domain::id::TokenId;
use proptest::{prelude::*, sample::Index, strategy::ValueTree, test_runner::TestRunner};

use crate::{
    PageRequest, WorkspaceScope, agent_tokens, audit_events, revocations,
    testing::{Tenant, World, noon, on_each_database},
    workspaces,
};

/// How many histories are tried on each database.
const HISTORIES: u32 = 4;

/// What is done: by which of the tenants, and whether a token is made or one revoked.
type Step = (Index, bool);

#[tokio::test]
async fn no_query_returns_a_row_of_another_workspace() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let mut runner = TestRunner::deterministic();
        let histories = prop::collection::vec((any::<Index>(), any::<bool>()), 1..12);
        for _ in 0..HISTORIES {
            let steps = histories.new_tree(&mut runner).unwrap().current();
            check(&world, &steps).await;
        }
    })
    .await;
}

async fn check(world: &World, steps: &[Step]) {
    let mut tenants = Vec::new();
    for name in ["ada", "grace", "linus"] {
        tenants.push(world.tenant(name).await);
    }
    let mut owned: HashMap<usize, Vec<TokenId>> = HashMap::new();
    for (who, creates) in steps {
        let who = who.index(tenants.len());
        let tokens = owned.entry(who).or_default();
        match tokens.pop() {
            Some(token) if !creates => {
                world.revoke(tenants[who], token).await;
                tokens.insert(0, token);
            }
            kept => {
                tokens.extend(kept);
                tokens.push(world.token(tenants[who], "ci").await);
            }
        }
    }
    world.catch_up().await;
    let every: Vec<TokenId> = owned.values().flatten().copied().collect();
    for (who, tenant) in tenants.iter().enumerate() {
        let own = owned.remove(&who).unwrap_or_default().into_iter().collect();
        sees_only(world, *tenant, &own, &every).await;
        owned.insert(who, own.into_iter().collect());
    }
}

async fn sees_only(world: &World, tenant: Tenant, own: &HashSet<TokenId>, every: &[TokenId]) {
    let (db, scope) = (&world.db, WorkspaceScope::of(tenant.workspace));
    let request = PageRequest::first(100);

    // Even when it names the others' tokens.
    let named = agent_tokens::by_ids(db, scope, every, noon()).await.unwrap();
    assert_eq!(&named.iter().map(|row| row.id).collect::<HashSet<_>>(), own);
    let (filter, order) = (agent_tokens::Filter::default(), agent_tokens::Order::default());
    let listed = agent_tokens::page(db, scope, &filter, order, &request, noon()).await.unwrap();
    assert_eq!(&listed.edges.iter().map(|edge| edge.node.id).collect::<HashSet<_>>(), own);
    let count = agent_tokens::count(db, scope, &filter, None, noon()).await.unwrap();
    assert_eq!(count, own.len() as u64);

    let filter = audit_events::Filter {
        streams: every.iter().map(|id| format!("agent_token-{id}")).collect(),
        ..Default::default()
    };
    let events = audit_events::page(db, scope, &filter, &request).await.unwrap();
    for edge in &events.edges {
        assert_eq!(edge.node.workspace_id, Some(tenant.workspace));
    }
    for row in revocations::after(db, scope, None).await.unwrap() {
        assert_eq!(row.workspace_id, Some(tenant.workspace));
    }
    let members = workspaces::members(db, scope, &request).await.unwrap();
    assert_eq!(members.edges.len(), 1);
    assert_eq!(members.edges[0].node.user, tenant.user);
    let memberships = workspaces::memberships_of(db, tenant.user).await.unwrap();
    assert_eq!(memberships.len(), 1);
    assert_eq!(memberships[0].workspace.id, tenant.workspace);
}
