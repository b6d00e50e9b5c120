//! Tests of audit events: what an auditor sees, and what no one sees any more.

use serde_json::json;

use super::*;
use crate::{
    PageRequest, WorkspaceScope,
    testing::{Tenant, World, on_each_database},
};

async fn events(world: &World, tenant: Tenant, filter: &Filter) -> Vec<AuditRow> {
    let scope = WorkspaceScope::of(tenant.workspace);
    let page = page(&world.db, scope, filter, &PageRequest::first(100)).await.unwrap();
    page.edges.into_iter().map(|edge| edge.node).collect()
}

#[tokio::test]
async fn an_auditor_reads_what_happened_in_order_and_in_clear() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        let id = world.token(ada, "ci").await;
        world.revoke(ada, id).await;
        world.catch_up().await;
        let all = events(&world, ada, &Filter::default()).await;
        let types: Vec<_> = all.iter().map(|event| &*event.event_type).collect();
        assert_eq!(types, ["workspace.created", "agent_token.created", "agent_token.revoked"]);
        assert_eq!(all[1].data["name"], json!("ci"));
        assert!(all.iter().all(|event| event.redacted.is_empty()));

        let of_token = Filter { streams: vec![format!("agent_token-{id}")], ..Filter::default() };
        assert_eq!(events(&world, ada, &of_token).await, all[1..]);
        let of_type = Filter { types: vec!["agent_token.revoked".into()], ..Filter::default() };
        assert_eq!(events(&world, ada, &of_type).await, all[2..]);
        let about_ada = Filter { subject: Some(ada.user.into()), ..Filter::default() };
        assert_eq!(events(&world, ada, &about_ada).await, all[..2]);
        let of_request = Filter { correlation: Some(all[0].correlation_id), ..Filter::default() };
        assert_eq!(events(&world, ada, &of_request).await, all[..1]);
        let by_nobody = Filter { actor: Some("nobody".into()), ..Filter::default() };
        assert_eq!(events(&world, ada, &by_nobody).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_cursor_is_a_position_and_the_end_can_be_read_first() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        for name in ["one", "two"] {
            world.token(ada, name).await;
        }
        world.catch_up().await;
        let scope = WorkspaceScope::of(ada.workspace);
        let last = PageRequest::parse(None, None, Some(1), None, 50).unwrap();
        let end = page(&world.db, scope, &Filter::default(), &last).await.unwrap();
        assert!(end.has_previous && !end.has_next);
        assert_eq!(end.edges[0].cursor, end.edges[0].node.position.encode());
        let before = Some(&*end.edges[0].cursor);
        let rest = PageRequest::parse(None, None, Some(10), before, 50).unwrap();
        let rest = page(&world.db, scope, &Filter::default(), &rest).await.unwrap();
        assert_eq!(rest.edges.len(), 2);
        assert!(rest.edges[0].node.position < rest.edges[1].node.position);
    })
    .await;
}

#[test]
fn blanking_a_name_takes_it_from_wherever_it_is() {
    let mut data = json!({ "name": "x", "list": [{ "name": "y", "hint": "z" }] });
    opened::blank(&mut data, "name");
    assert_eq!(data, json!({ "name": null, "list": [{ "name": null, "hint": "z" }] }));
}
