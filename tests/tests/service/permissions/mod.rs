//! Who may do what: every cell of the tables of roles, of plans and of services' scopes.

mod doors;
mod plans;
mod services;
mod sockets;
mod suspension;

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tests::{account::Person, answer::Answer, service::Service, setup::Setup};

const ROLES: [&str; 5] = ["VIEWER", "MEMBER", "ADMIN", "OWNER", "AUDITOR"];

/// A permission, and which of [`ROLES`] have it.
type Row = (&'static str, [bool; 5]);

const TABLE: [Row; 10] = [
    ("tokens:read", [false, false, true, true, false]),
    ("tokens:manage", [false, false, true, true, false]),
    ("accounts:read", [true, true, true, true, true]),
    ("accounts:manage", [false, true, true, true, false]),
    ("members:manage", [false, false, true, true, false]),
    ("audit:read", [false, false, true, true, true]),
    ("audit:export", [false, false, false, true, true]),
    ("workspace:policy", [false, false, false, true, false]),
    ("billing:plan", [false, false, false, true, false]),
    ("subject:erase", [false, false, false, true, false]),
];

/// Whether a role has a permission.
fn has(role: &str, permission: &str) -> bool {
    let column = ROLES.iter().position(|it| *it == role).unwrap();
    TABLE.iter().find(|(name, _)| *name == permission).unwrap().1[column]
}

/// A workspace, its owner, and a member whose role changes.
struct Scene {
    owner: Person,
    member: Person,
    member_id: String,
    workspace: String,
}

impl Scene {
    async fn new(service: &Service) -> Self {
        let (owner, member) =
            (Person::new(&service.client()).await, Person::new(&service.client()).await);
        let workspace = owner.workspace().await;
        let who = member.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
        let member_id = who.text_at("/data/viewer/user/id");
        let scene = Self { owner, member, member_id, workspace };
        scene.add("ADMIN").await;
        scene
    }

    /// Gives the member a role.
    async fn role(&self, role: &str) {
        let change = "mutation($ws: ID!, $user: ID!, $role: Role!) { changeMemberRole(input: {
          workspaceId: $ws, userId: $user, role: $role }) { userErrors { code } } }";
        let variables = json!({ "ws": self.workspace, "user": self.member_id, "role": role });
        let changed = self.owner.graphql(change, variables).await.expect_data();
        assert_eq!(changed.at("/data/changeMemberRole/userErrors"), &json!([]), "{role}");
    }

    /// Lets auditors see tokens, or not.
    async fn auditors_read_tokens(&self, may: bool) {
        let change = "mutation($ws: ID!, $may: Boolean!) { changeWorkspacePolicy(input: {
          workspaceId: $ws, auditorReadsTokens: $may }) { userErrors { code } } }";
        let variables = json!({ "ws": self.workspace, "may": may });
        let changed = self.owner.graphql(change, variables).await.expect_data();
        assert_eq!(changed.at("/data/changeWorkspacePolicy/userErrors"), &json!([]));
    }

    async fn add(&self, role: &str) {
        let add = "mutation($ws: ID!, $name: String!, $role: Role!) { addMember(input: {
          workspaceId: $ws, username: $name, role: $role }) { userErrors { code } } }";
        let variables = json!({ "ws": self.workspace, "name": self.member.name, "role": role });
        self.owner.graphql(add, variables).await.expect_data();
    }

    async fn remove(&self) {
        let remove = "mutation($ws: ID!, $user: ID!) { removeMember(input: {
          workspaceId: $ws, userId: $user }) { userErrors { code } } }";
        let variables = json!({ "ws": self.workspace, "user": self.member_id });
        self.owner.graphql(remove, variables).await.expect_data();
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-workspace", self.workspace.parse().unwrap());
        headers
    }

    /// Executes a document as the member, in the owner's workspace.
    async fn ask(&self, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        self.member.client.post_with("/graphql", self.headers(), body).await
    }
}

#[tokio::test]
async fn everybody_is_told_what_their_role_permits() {
    let service = Setup::default().start().await.unwrap();
    let scene = Scene::new(&service).await;
    let told = async || {
        let own = scene.ask("{ viewer { permissions } }", json!({})).await.expect_data();
        let own = own.at("/data/viewer/permissions").as_array().unwrap().clone();
        let mut own: Vec<_> = own.iter().map(|it| it.as_str().unwrap().to_owned()).collect();
        own.sort_unstable();
        own
    };
    for role in ROLES {
        scene.role(role).await;
        let held = TABLE.iter().map(|(permission, _)| *permission);
        let mut expected: Vec<_> = held.filter(|permission| has(role, permission)).collect();
        expected.sort_unstable();
        assert_eq!(told().await, expected, "{role}");
    }
    // That auditors see tokens is the workspace's choice.
    scene.auditors_read_tokens(true).await;
    let seeing = ["accounts:read", "audit:export", "audit:read", "tokens:read"];
    assert_eq!(told().await, seeing);
}
