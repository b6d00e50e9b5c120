//! Who may do what: every cell of the table of roles, over GraphQL and REST, and of plans.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tests::{
    account::{Person, verify},
    answer::Answer,
    graphql_socket::GraphqlSocket,
    service::Service,
    setup::Setup,
    socket::{Frame, Socket},
    wait::{eventually, within},
};

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
        let add = "mutation($ws: ID!, $name: String!) { addMember(input: {
          workspaceId: $ws, username: $name, role: ADMIN }) { userErrors { code } } }";
        let variables = json!({ "ws": workspace, "name": member.name });
        owner.graphql(add, variables).await.expect_data();
        let who = member.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
        let member_id = who.text_at("/data/viewer/user/id");
        Self { owner, member, member_id, workspace }
    }

    /// Gives the member a role.
    async fn role(&self, role: &str) {
        let change = "mutation($ws: ID!, $user: ID!, $role: Role!) { changeMemberRole(input: {
          workspaceId: $ws, userId: $user, role: $role }) { userErrors { code } } }";
        let variables = json!({ "ws": self.workspace, "user": self.member_id, "role": role });
        let changed = self.owner.graphql(change, variables).await.expect_data();
        assert_eq!(changed.at("/data/changeMemberRole/userErrors"), &json!([]), "{role}");
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

/// What each permission opens, as documents; `$token` and `$user` are filled in.
const DOORS: [(&str, &str); 14] = [
    ("tokens:read", "{ agentTokens { totalCount } }"),
    ("tokens:read", "{ workspace { agentTokens { totalCount } } }"),
    ("tokens:read", "{ workspace { pairingCodes { edges { node { id } } } } }"),
    ("tokens:read", "{ agentToken(id: \"$token\") { id } }"),
    ("tokens:manage", "mutation { createToken(input: { name: \"x\" }) { userErrors { code } } }"),
    (
        "tokens:manage",
        "mutation { renameToken(input: { id: \"$token\", name: \"y\" }) { userErrors { code } } }",
    ),
    (
        "tokens:manage",
        "mutation { rotateToken(input: { id: \"$spare\" }) { userErrors { code } } }",
    ),
    ("tokens:manage", "mutation { revokeToken(input: { id: \"$gone\" }) { userErrors { code } } }"),
    (
        "tokens:manage",
        "mutation { revokeAllTokens(input: { reason: \"x\", createdBy: \"$nobody\" }) {
          userErrors { code } } }",
    ),
    ("tokens:manage", "mutation { generatePairingCode(input: {}) { userErrors { code } } }"),
    (
        "tokens:manage",
        "mutation { cancelPairingCode(input: { id: \"$pairing\" }) { userErrors { code } } }",
    ),
    (
        "members:manage",
        "mutation { addMember(input: { workspaceId: \"$ws\", username: \"nobody-here\",
          role: VIEWER }) { userErrors { code } } }",
    ),
    ("audit:read", "{ auditEvents(first: 1) { edges { node { id } } } }"),
    (
        "billing:plan",
        "mutation { changePlan(input: { workspaceId: \"$ws\", plan: TEAM }) {
          userErrors { code } } }",
    ),
];

#[tokio::test]
async fn every_role_may_do_what_the_table_says_and_nothing_else() {
    let service = Setup::default().env("DEFAULT_PLAN", "team").start().await.unwrap();
    let scene = Scene::new(&service).await;
    for (column, role) in ROLES.into_iter().enumerate() {
        scene.role(role).await;
        let own = scene.ask("{ viewer { permissions } }", json!({})).await.expect_data();
        let mut named: Vec<&str> = own
            .at("/data/viewer/permissions")
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap())
            .collect();
        let mut expected: Vec<&str> = TABLE
            .iter()
            .filter(|(_, cells)| cells[column])
            .map(|(permission, _)| *permission)
            .collect();
        named.sort_unstable();
        expected.sort_unstable();
        assert_eq!(named, expected, "{role}");
        walk_through_the_doors(&scene, role, column).await;
        // Session tokens for oneself are everybody's, over REST and over GraphQL.
        let session =
            scene.member.client.post_with("/api/session-tokens", scene.headers(), json!({}));
        session.await.expect(201);
        let create = "mutation { createSessionToken { token } }";
        scene.ask(create, json!({})).await.expect_data();
    }
}

async fn walk_through_the_doors(scene: &Scene, role: &str, column: usize) {
    let create = async |name: &str| scene.owner.create_token(name).await.id;
    let (token, spare, gone) = (create("kept").await, create("spare").await, create("gone").await);
    let generate = "mutation { generatePairingCode(input: {}) { pairingCode { id } } }";
    let pairing = scene.owner.graphql(generate, json!({})).await.expect_data();
    let pairing = pairing.text_at("/data/generatePairingCode/pairingCode/id");
    for (permission, door) in DOORS {
        let (_, cells) = TABLE.iter().find(|(name, _)| *name == permission).unwrap();
        let document = door
            .replace("$token", &token)
            .replace("$spare", &spare)
            .replace("$gone", &gone)
            .replace("$pairing", &pairing)
            .replace("$nobody", "usr_0000000000000000000000")
            .replace("$ws", &scene.workspace);
        let answer = scene.ask(&document, json!({})).await;
        if cells[column] {
            assert!(answer.at("/errors").is_null(), "{role} {document}: {}", answer.text);
        } else {
            let named = answer.at("/errors/0/extensions/permission");
            assert_eq!(named, permission, "{role} {document}: {}", answer.text);
            answer.expect_error("FORBIDDEN");
        }
    }
    // The same over a socket, where a subscription asks.
    let mut socket = GraphqlSocket::open(&scene.member.client).await;
    let watch = format!(
        "subscription {{ tokenRevocations(workspaceId: \"{}\") {{ __typename }} }}",
        scene.workspace
    );
    socket.subscribe("1", &watch, json!({})).await;
    socket.socket.send(json!({ "type": "ping" })).await;
    let (_, reads) = TABLE[0];
    match socket.socket.next().await {
        Frame::Json(frame) if reads[column] => assert_ne!(frame["type"], "error", "{role} {frame}"),
        Frame::Json(frame) => {
            let code = &frame["payload"][0]["extensions"]["code"];
            assert!(frame["type"] == "pong" || code == "FORBIDDEN", "{role} {frame}");
        }
        closed @ Frame::Closed { .. } => panic!("{role} {closed:?}"),
    }
}

#[tokio::test]
async fn a_stranger_finds_nothing_behind_any_door() {
    let service = Service::shared().await;
    let scene = Scene::new(service).await;
    scene.remove().await;
    for (_, door) in DOORS {
        let token = scene.owner.create_token("x").await.id;
        let document = door.replace("$token", &token).replace("$ws", &scene.workspace);
        let document = document
            .replace("$spare", &token)
            .replace("$gone", &token)
            .replace("$pairing", "prc_x")
            .replace("$nobody", "usr_0000000000000000000000");
        let answer = scene.ask(&document, json!({})).await;
        answer.expect_error("NOT_FOUND");
        scene.owner.revoke_token(&token).await;
    }
    let answer = scene.member.client.post_with("/api/session-tokens", scene.headers(), json!({}));
    answer.await.expect_refusal(404, "not_found");
}

/// A plan, the tokens it allows, and the sockets of one token. What a plan lacks is 0.
const PLANS: [(&str, usize, usize); 4] =
    [("free", 0, 0), ("pro", 10, 5), ("team", 50, 20), ("enterprise", 60, 100)];

#[tokio::test]
async fn every_plan_allows_what_the_table_says_and_nothing_more() {
    // The largest plan's five hundred tokens would only take their time.
    let setup = Setup::default().env("DEFAULT_PLAN", "free");
    let service = setup.env("PLAN_ENTERPRISE_TOKENS", "60").start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let workspace = person.workspace().await;
    let mut made = Vec::new();
    for (plan, tokens, sockets) in PLANS {
        service.operate(&["workspace", "set-plan", &workspace, plan]).unwrap();
        while made.len() < tokens {
            made.push(person.create_token(&format!("token {}", made.len())).await);
        }
        let more = person.try_create_token(json!({ "name": "one too many" })).await;
        let generate = "mutation { generatePairingCode(input: {}) { code } }";
        let pairing = person.graphql(generate, json!({})).await;
        if tokens == 0 {
            let more = more.expect_error("PLAN_REQUIRED");
            assert_eq!(more.at("/errors/0/extensions/requiredPlan"), "PRO");
            assert_eq!(more.at("/errors/0/extensions/currentPlan"), "FREE");
            pairing.expect_error("PLAN_REQUIRED");
            continue;
        }
        let refused = more.expect_data();
        assert_eq!(refused.at("/data/createToken/userErrors/0/code"), "TOKEN_LIMIT_REACHED");
        pairing.expect_data();
        let secret = &made[0].secret;
        let mut open = Vec::new();
        for _ in 0..sockets {
            open.push(Socket::agent(&service.client(), secret).await.0);
        }
        let path = format!("/ws?token={secret}");
        let refused = Socket::open(&service.client(), &path, &[]).await.unwrap_err();
        assert_eq!((refused.status, &refused.body["error"]), (429, &json!("too_many_connections")));
        drop(open);
        // Gone sockets are counted out before the next plan's are counted.
        eventually("the sockets to be gone", async || {
            Socket::open(&service.client(), &path, &[]).await.ok().map(drop)
        })
        .await;
    }
}

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
    for (cause, code, close) in [
        ("PLAN_INACTIVE", "PLAN_INACTIVE", (4403, "plan_inactive")),
        ("OWNER_DEMOTED", "FORBIDDEN", (4403, "permission_lost")),
        ("OWNER_REMOVED", "FORBIDDEN", (4403, "permission_lost")),
    ] {
        let (mut socket, _) = Socket::agent(&service.client(), &secret).await;
        match cause {
            "PLAN_INACTIVE" => plan("free"),
            "OWNER_DEMOTED" => scene.role("MEMBER").await,
            _ => scene.remove().await,
        }
        let second = std::time::Duration::from_secs(1);
        let closed = tokio::time::timeout(second, socket.closed()).await;
        let closed = closed.unwrap_or_else(|_| panic!("{cause}: open after a second"));
        assert_eq!(closed, (close.0, close.1.to_owned()), "{cause}");
        assert_eq!(verify(&verifier, &secret).await.at("/code"), code, "{cause}");
        let refused = Socket::open(&service.client(), &format!("/ws?token={secret}"), &[]).await;
        assert_eq!(refused.unwrap_err().status, 403, "{cause}");
        let shown = "query($id: ID!) { agentToken(id: $id) { status suspension revoked } }";
        let shown = within(std::time::Duration::from_secs(10), "the read model", async || {
            let shown = scene.owner.graphql(shown, json!({ "id": id })).await.expect_data();
            (shown.at("/data/agentToken/status") == "SUSPENDED").then_some(shown)
        })
        .await;
        assert_eq!(shown.at("/data/agentToken/suspension"), cause);
        assert_eq!(shown.at("/data/agentToken/revoked"), false);
        match cause {
            "PLAN_INACTIVE" => plan("pro"),
            "OWNER_DEMOTED" => scene.role("ADMIN").await,
            _ => {
                let add = "mutation($ws: ID!, $name: String!) { addMember(input: {
                  workspaceId: $ws, username: $name, role: ADMIN }) { userErrors { code } } }";
                let variables = json!({ "ws": scene.workspace, "name": scene.member.name });
                scene.owner.graphql(add, variables).await.expect_data();
            }
        }
        eventually("it to be let back", async || {
            (verify(&verifier, &secret).await.at("/code") == "VALID").then_some(())
        })
        .await;
    }
    Socket::agent(&service.client(), &secret).await;
}
