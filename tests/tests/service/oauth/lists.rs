//! Lists that name applications: in pages, each entry once.

use serde_json::{Value, json};
use tests::{
    application::{Application, Visitor},
    client::Client,
    service::Service,
    wait::eventually,
};

/// Every node of a list, by pages of two, as long as the list says that there is more.
async fn nodes(caller: &Client, list: &str, node: &str) -> Vec<Value> {
    let query = format!(
        "query L($after: Cursor) {{ {list}(first: 2, after: $after) {{
           edges {{ cursor node {{ {node} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    );
    let (mut nodes, mut after) = (Vec::new(), Value::Null);
    loop {
        let listed = caller.graphql(&query, json!({ "after": after })).await.expect_data();
        let edges = listed.at(&format!("/data/{list}/edges")).as_array().unwrap().clone();
        assert!((1..=2).contains(&edges.len()));
        let info = listed.at(&format!("/data/{list}/pageInfo")).clone();
        assert_eq!(info["endCursor"], edges.last().unwrap()["cursor"]);
        nodes.extend(edges.into_iter().map(|edge| edge["node"].clone()));
        if info["hasNextPage"] == false {
            return nodes;
        }
        after = info["endCursor"].clone();
    }
}

async fn refuses(caller: &Client, list: &str) {
    for arguments in ["first: 0", "first: -1", "first: 101", "after: \"7\"", "after: \"\""] {
        let query = format!("{{ {list}({arguments}) {{ edges {{ cursor }} }} }}");
        caller.graphql(&query, json!({})).await.expect_error("BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn applications_are_listed_in_the_order_they_were_registered_in() {
    let service = Service::shared().await;
    let ops = service.with_scope("clients:manage");
    let registered: Vec<_> = (0..3).map(|_| Application::public(service, &[])).collect();
    let ours: Vec<_> = registered.iter().map(|app| json!(app.client_id)).collect();
    eventually("all three", || async {
        let nodes = nodes(&ops, "oauthClients", "clientId applicationId").await;
        let numbers = nodes.iter().map(|node| node["applicationId"].as_i64().unwrap());
        assert!(numbers.is_sorted_by(|one, next| one < next));
        let names = nodes.into_iter().map(|node| node["clientId"].clone());
        (names.filter(|name| ours.contains(name)).collect::<Vec<_>>() == ours).then_some(())
    })
    .await;
    refuses(&ops, "oauthClients").await;
}

#[tokio::test]
async fn a_person_sees_which_applications_act_for_them_and_through_which_session() {
    let service = Service::shared().await;
    let visitor = Visitor::new(service).await;
    let mut allowed = Vec::new();
    for _ in 0..3 {
        let app = Application::public(service, &["openid"]);
        app.tokens(&visitor).await;
        allowed.insert(0, json!(app.client_id));
    }
    let sessions = "{ sessions { kind method client { clientId name } } }";
    eventually("all three, the newest first", || async {
        let listed = visitor.person.graphql(sessions, json!({})).await.expect_data();
        let sessions = listed.at("/data/sessions").as_array().unwrap().clone();
        let theirs: Vec<_> =
            sessions.iter().filter(|session| !session["client"].is_null()).collect();
        let named: Vec<_> = theirs.iter().map(|it| it["client"]["clientId"].clone()).collect();
        assert!(theirs.iter().all(|it| it["kind"] == "TOKEN_FAMILY" && it["method"] == "oauth"));
        if named != allowed {
            return None;
        }
        let nodes = nodes(&visitor.person.client, "authorizations", "client { clientId }").await;
        let granted: Vec<_> = nodes.iter().map(|it| it["client"]["clientId"].clone()).collect();
        (granted == allowed).then_some(())
    })
    .await;
    refuses(&visitor.person.client, "authorizations").await;
}
