//! What suspends a token: plan, role, membership and policy; and a creator who is gone.

use std::time::Duration;

use serde_json::json;
use tests::{
    account::verify,
    service::Service,
    socket::Socket,
    wait::{eventually, within},
};

use super::Scene;

/// What suspends a token closes its sockets within a second, and lets it back when it passes.
#[tokio::test]
async fn what_suspends_a_token_closes_its_sockets_and_lets_it_back() {
    let service = Service::shared().await;
    let verifier = service.verifier();
    let scene = Scene::new(service).await;
    let create =
        "mutation { createToken(input: { name: \"theirs\" }) { agentToken { id } secret } }";
    let created = scene.ask(create, json!({})).await.expect_data();
    let secret = created.text_at("/data/createToken/secret");
    let id = created.text_at("/data/createToken/agentToken/id");
    let plan = |plan: &str| {
        service.operate(&["workspace", "set-plan", &scene.workspace, plan]).unwrap();
    };
    let policy = async |strict: bool| {
        let change = "mutation($ws: ID!, $strict: Boolean!) { changeWorkspacePolicy(input: {
          workspaceId: $ws, requireExpiry: $strict }) {
            userErrors { code } workspace { policy { requireExpiry } } } }";
        let variables = json!({ "ws": scene.workspace, "strict": strict });
        let changed = scene.owner.graphql(change, variables).await.expect_data();
        let policy = "/data/changeWorkspacePolicy/workspace/policy/requireExpiry";
        assert_eq!(changed.at(policy), &json!(strict));
    };
    for (cause, code, close) in [
        ("PLAN_INACTIVE", "PLAN_INACTIVE", (4403, "plan_inactive")),
        ("OWNER_DEMOTED", "FORBIDDEN", (4403, "permission_lost")),
        ("OWNER_REMOVED", "FORBIDDEN", (4403, "permission_lost")),
        ("WORKSPACE_POLICY", "FORBIDDEN", (4403, "permission_lost")),
    ] {
        let (mut socket, _) = Socket::agent(&service.client(), &secret).await;
        match cause {
            "PLAN_INACTIVE" => plan("free"),
            "OWNER_DEMOTED" => scene.role("MEMBER").await,
            "WORKSPACE_POLICY" => policy(true).await,
            _ => scene.remove().await,
        }
        let second = Duration::from_secs(1);
        let closed = tokio::time::timeout(second, socket.closed()).await;
        let closed = closed.unwrap_or_else(|_| panic!("{cause}: open after a second"));
        assert_eq!(closed, (close.0, close.1.to_owned()), "{cause}");
        assert_eq!(verify(&verifier, &secret).await.at("/code"), code, "{cause}");
        let refused = Socket::open(&service.client(), &format!("/ws?token={secret}"), &[]).await;
        assert_eq!(refused.unwrap_err().status, 403, "{cause}");
        let shown = "query($id: ID!) { agentToken(id: $id) { status suspension revoked } }";
        let shown = within(Duration::from_secs(10), "the read model", async || {
            let shown = scene.owner.graphql(shown, json!({ "id": id })).await.expect_data();
            (shown.at("/data/agentToken/status") == "SUSPENDED").then_some(shown)
        })
        .await;
        assert_eq!(shown.at("/data/agentToken/suspension"), cause);
        assert_eq!(shown.at("/data/agentToken/revoked"), false);
        match cause {
            "PLAN_INACTIVE" => plan("pro"),
            "OWNER_DEMOTED" => scene.role("ADMIN").await,
            "WORKSPACE_POLICY" => policy(false).await,
            _ => scene.add("ADMIN").await,
        }
        eventually("it to be let back", async || {
            (verify(&verifier, &secret).await.at("/code") == "VALID").then_some(())
        })
        .await;
    }
    Socket::agent(&service.client(), &secret).await;
}

/// Who made a token and in whose name it acts are two facts, and both are told.
#[tokio::test]
async fn an_operators_token_is_its_persons_and_lives_with_their_rights() {
    let service = Service::shared().await;
    let verifier = service.verifier();
    let scene = Scene::new(service).await;
    let member = format!("@{}", scene.member.name);
    let create = ["token", "create", "--workspace", &scene.workspace, "--name", "made for them"];
    let created = service.operate(&[&create[..], &["--acts-as", &member]].concat()).unwrap();
    let secret = created["secret"].as_str().unwrap();
    assert_eq!(created["acts_as"], scene.member_id);
    let verdict = verify(&verifier, secret).await.expect(200);
    assert_eq!(
        (verdict.at("/code"), verdict.at("/acts_as")),
        (&json!("VALID"), &json!(scene.member_id))
    );

    let history = "query($id: String!) { auditEvents(filter: { streams: [$id] }) {
      edges { node { type actor { kind } data } } } }";
    let stream = format!(
        "agent_token-{}",
        domain::id::TokenId::from_public(created["id"].as_str().unwrap()).unwrap()
    );
    let event = eventually("the history", || async {
        let answer = scene.owner.graphql(history, json!({ "id": stream })).await.expect_data();
        let event = answer.at("/data/auditEvents/edges/0/node");
        event.is_object().then(|| event.clone())
    })
    .await;
    assert_eq!(event["actor"]["kind"], "OPERATOR");
    let data: serde_json::Value = serde_json::from_str(event["data"].as_str().unwrap()).unwrap();
    assert!(data["created_by"].is_string() && data["created_by"] == data["acts_as"], "{data}");
    // Its person's rights are its own, whoever made it.
    scene.role("VIEWER").await;
    assert_eq!(verify(&verifier, secret).await.at("/code"), "FORBIDDEN");
    scene.role("ADMIN").await;
    eventually("it to be let back", async || {
        (verify(&verifier, secret).await.at("/code") == "VALID").then_some(())
    })
    .await;
    scene.remove().await;
    assert_eq!(verify(&verifier, secret).await.at("/code"), "FORBIDDEN");
}
