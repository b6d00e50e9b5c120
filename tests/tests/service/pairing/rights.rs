//! Rights: who may have codes, and what is asked again when one is exchanged.

use serde_json::json;
use tests::{
    account::{Person, authenticate},
    service::Service,
    setup::Setup,
};

use super::{exchange, generate, try_generate};

#[tokio::test]
async fn the_creators_rights_are_asked_again_when_the_code_is_exchanged() {
    let service = Service::shared().await;
    let owner = Person::new(&service.client()).await;
    let admin = Person::new(&service.client()).await;
    let workspace = owner.workspace().await;
    let add = "mutation($ws: ID!, $name: String!) { addMember(input: {
      workspaceId: $ws, username: $name, role: ADMIN }) { userErrors { code } } }";
    owner.graphql(add, json!({ "ws": workspace, "name": admin.name })).await.expect_data();
    let code = async || {
        let answer = try_generate(&admin, json!({ "workspaceId": workspace })).await.expect_data();
        answer.text_at("/data/generatePairingCode/code")
    };
    let user = admin.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
    let user = user.text_at("/data/viewer/user/id");
    let role = async |role: &str| {
        let change = json!({ "ws": workspace, "user": user, "role": role });
        owner
            .graphql(
                "mutation($ws: ID!, $user: ID!, $role: Role!) { changeMemberRole(input: {
              workspaceId: $ws, userId: $user, role: $role }) { userErrors { code } } }",
                change,
            )
            .await
            .expect_data();
    };

    let demoted = code().await;
    role("MEMBER").await;
    let refused = exchange(&service.client(), &demoted).await;
    refused.expect_refusal(403, "creator_not_allowed");
    role("ADMIN").await;
    // The refusal left the code as it was.
    exchange(&service.client(), &demoted).await.expect(200);

    let downgraded = code().await;
    let plan = |plan: &str| {
        service.operate(&["workspace", "set-plan", &workspace, plan]).unwrap();
    };
    plan("free");
    exchange(&service.client(), &downgraded).await.expect_refusal(403, "plan_required");
    let refused = try_generate(&admin, json!({ "workspaceId": workspace })).await;
    refused.expect_error("PLAN_REQUIRED");
    plan("pro");
    exchange(&service.client(), &downgraded).await.expect(200);

    let locked = code().await;
    for _ in 0..5 {
        authenticate(&service.client(), &admin.user_key, "wrong horse battery staple").await;
    }
    let refused = exchange(&service.client(), &locked).await;
    refused.expect_refusal(403, "creator_not_allowed");
}

#[tokio::test]
async fn a_person_without_a_plan_has_no_codes() {
    let service = Setup::default().env("DEFAULT_PLAN", "free").start().await.unwrap();
    let client = service.client();
    let person = Person::new(&client).await;
    let answer = try_generate(&person, json!({})).await.expect_error("PLAN_REQUIRED");
    assert_eq!(answer.at("/errors/0/extensions/requiredPlan"), "PRO");
}

#[tokio::test]
async fn a_full_workspace_refuses_before_the_code_is_spent() {
    let service = Setup::default().env("PLAN_PRO_TOKENS", "1").start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let token = person.create_token("the only one").await;
    let code = generate(&person).await.text;
    let refused = exchange(&service.client(), &code).await;
    refused.expect_refusal(403, "token_limit_reached");
    person.revoke_token(&token.id).await;
    exchange(&service.client(), &code).await.expect(200);
}
