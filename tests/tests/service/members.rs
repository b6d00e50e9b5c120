//! Members: roles in a workspace, and what nobody can do to it.

use serde_json::{Value, json};
use tests::{account::Person, answer::Answer, service::Service};

#[tokio::test]
async fn a_role_decides_who_may_read_and_manage_tokens() {
    let (owner, other, workspace) = scene().await;
    owner.create_token("Desk").await;
    let list = "query($ws: ID) { agentTokens(workspaceId: $ws) { totalCount } }";
    let create = "mutation($ws: ID) {
      createToken(input: { workspaceId: $ws, name: \"x\" }) { agentToken { id } } }";
    let ws = json!({ "ws": workspace });
    add(&owner, &workspace, &other.name, "VIEWER").await.expect_data();
    for (role, reads, manages) in [
        ("VIEWER", false, false),
        ("MEMBER", false, false),
        ("AUDITOR", false, false),
        ("ADMIN", true, true),
        ("OWNER", true, true),
    ] {
        change(&owner, &workspace, &other, role).await;
        let listed = other.graphql(list, ws.clone()).await;
        let created = other.graphql(create, ws.clone()).await;
        for (answer, allowed, permission) in
            [(listed, reads, "tokens:read"), (created, manages, "tokens:manage")]
        {
            if allowed {
                answer.expect_data();
            } else {
                assert_eq!(answer.at("/errors/0/extensions/permission"), permission, "{role}");
                answer.expect_error("FORBIDDEN");
            }
        }
    }
}

#[tokio::test]
async fn a_workspace_is_never_without_an_owner() {
    let (owner, _, workspace) = scene().await;
    let id = user_id(&owner).await;
    let demote = json!({ "workspaceId": workspace, "userId": id, "role": "ADMIN" });
    let answer = owner.graphql(CHANGE, json!({ "input": demote })).await.expect_data();
    assert_eq!(answer.at("/data/changeMemberRole/userErrors/0/code"), "LAST_OWNER");
    let remove = json!({ "workspaceId": workspace, "userId": id });
    let answer = owner.graphql(REMOVE, json!({ "input": remove })).await.expect_data();
    assert_eq!(answer.at("/data/removeMember/userErrors/0/code"), "LAST_OWNER");
}

#[tokio::test]
async fn somebody_is_added_once_and_must_exist() {
    let (owner, other, workspace) = scene().await;
    add(&owner, &workspace, &other.name, "MEMBER").await.expect_data();
    let again = add(&owner, &workspace, &other.name, "MEMBER").await.expect_data();
    assert_eq!(again.at("/data/addMember/userErrors/0/code"), "ALREADY_MEMBER");
    let nobody = add(&owner, &workspace, "nobody-of-this-name", "MEMBER").await.expect_data();
    assert_eq!(nobody.at("/data/addMember/userErrors/0/code"), "USER_NOT_FOUND");
}

#[tokio::test]
async fn nobody_raises_themselves_or_an_owner_by_an_admin() {
    let (owner, admin, workspace) = scene().await;
    add(&owner, &workspace, &admin.name, "ADMIN").await.expect_data();
    let (own, owners) = (user_id(&admin).await, user_id(&owner).await);
    for (user, role) in [(own, "OWNER"), (owners, "VIEWER")] {
        let input = json!({ "workspaceId": workspace, "userId": user, "role": role });
        let answer = admin.graphql(CHANGE, json!({ "input": input })).await;
        let user_error = answer.at("/data/changeMemberRole/userErrors/0/code");
        let refused = !answer.at("/errors").is_null() || user_error.is_string();
        assert!(refused, "{role}: {}", answer.text);
    }
    let answer = owner.graphql(MEMBERS, json!({ "ws": workspace })).await.expect_data();
    assert!(!answer.text.contains("\"VIEWER\""), "{}", answer.text);
}

#[tokio::test]
async fn who_is_removed_no_longer_finds_the_workspace() {
    let (owner, other, workspace) = scene().await;
    add(&owner, &workspace, &other.name, "ADMIN").await.expect_data();
    let remove = json!({ "workspaceId": workspace, "userId": user_id(&other).await });
    owner.graphql(REMOVE, json!({ "input": remove })).await.expect_data();
    let list = "query($ws: ID) { agentTokens(workspaceId: $ws) { totalCount } }";
    other.graphql(list, json!({ "ws": workspace })).await.expect_error("NOT_FOUND");
}

#[tokio::test]
async fn an_owner_may_lower_the_plan_but_not_raise_it() {
    let (owner, _, workspace) = scene().await;
    let change = "mutation($ws: ID!, $plan: Plan!) {
      changePlan(input: { workspaceId: $ws, plan: $plan }) {
        workspace { plan } userErrors { code } } }";
    let to = |plan: &str| owner.graphql(change, json!({ "ws": workspace, "plan": plan }));
    let raised = to("ENTERPRISE").await.expect_data();
    assert_eq!(raised.at("/data/changePlan/userErrors/0/code"), "PLAN_RAISE_REFUSED");
    let lowered = to("FREE").await.expect_data();
    assert_eq!(lowered.at("/data/changePlan/workspace/plan"), "FREE");
}

/// An owner, somebody else, and the owner's workspace.
async fn scene() -> (Person, Person, String) {
    let client = Service::shared().await.client();
    let (owner, other) = (Person::new(&client).await, Person::new(&client).await);
    let workspace = owner.workspace().await;
    (owner, other, workspace)
}

async fn add(owner: &Person, workspace: &str, username: &str, role: &str) -> Answer {
    let input = json!({ "workspaceId": workspace, "username": username, "role": role });
    owner.graphql(ADD, json!({ "input": input })).await
}

async fn change(owner: &Person, workspace: &str, member: &Person, role: &str) {
    let user = user_id(member).await;
    let input = json!({ "workspaceId": workspace, "userId": user, "role": role });
    let answer = owner.graphql(CHANGE, json!({ "input": input })).await.expect_data();
    let errors: &Value = answer.at("/data/changeMemberRole/userErrors");
    assert_eq!(errors, &json!([]), "{}", answer.text);
}

async fn user_id(person: &Person) -> String {
    let answer = person.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
    answer.text_at("/data/viewer/user/id")
}

const ADD: &str = "mutation($input: AddMemberInput!) {
  addMember(input: $input) { workspace { id } userErrors { code } } }";
const CHANGE: &str = "mutation($input: ChangeMemberRoleInput!) {
  changeMemberRole(input: $input) { workspace { id } userErrors { code } } }";
const REMOVE: &str = "mutation($input: RemoveMemberInput!) {
  removeMember(input: $input) { workspace { id } userErrors { code } } }";
const MEMBERS: &str = "query($ws: ID) {
  workspace(id: $ws) { members(first: 10) { edges { node { role user { id } } } } } }";
