//! What each permission opens over GraphQL, and by a browser's addresses.

use reqwest::{Method, redirect::Policy};
use serde_json::json;
use tests::{account::Person, browser::Browser, service::Service, setup::Setup};

use super::{ROLES, Scene, has};

/// What each permission opens, as documents; names that begin with `$` are filled in.
const DOORS: [(&str, &str); 20] = [
    ("tokens:read", "{ agentTokens { totalCount } }"),
    ("tokens:read", "{ workspace { agentTokens { totalCount } } }"),
    ("tokens:read", "{ workspace { pairingCodes { edges { node { id } } } } }"),
    ("tokens:read", "{ agentToken(id: \"$token\") { id } }"),
    ("tokens:read", "{ explainToken(id: \"$token\") { valid } }"),
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
    ("accounts:read", "{ workspace { connectedAccounts { edges { node { id } } } } }"),
    (
        "accounts:manage",
        "mutation { startAccountConnection(input: { platform: \"twitch\" }) {
          userErrors { code } } }",
    ),
    (
        "members:manage",
        "mutation { addMember(input: { workspaceId: \"$ws\", username: \"nobody-here\",
          role: VIEWER }) { userErrors { code } } }",
    ),
    (
        "members:manage",
        "mutation { changeMemberRole(input: { workspaceId: \"$ws\", userId: \"$other\",
          role: VIEWER }) { userErrors { code } } }",
    ),
    ("audit:read", "{ auditEvents(first: 1) { edges { node { id } } } }"),
    (
        "billing:plan",
        "mutation { changePlan(input: { workspaceId: \"$ws\", plan: TEAM }) {
          userErrors { code } } }",
    ),
    (
        "workspace:policy",
        "mutation { changeWorkspacePolicy(input: { workspaceId: \"$ws\", requireExpiry: false }) {
          userErrors { code } } }",
    ),
    (
        "subject:erase",
        "mutation { eraseSubject(input: { userId: \"$self\", confirm: \"no\" }) {
          userErrors { code } } }",
    ),
];

/// Doors behind which everybody finds their own.
const OWN: [&str; 4] = [
    "mutation { createSessionToken { token } }",
    "{ authorizations { edges { node { id } } } }",
    "{ sessions { id } }",
    "{ viewer { user { id } } }",
];

#[tokio::test]
async fn every_role_opens_the_doors_that_the_table_says_and_no_others() {
    let service = service().await;
    let scene = Scene::new(&service).await;
    let other = Person::new(&service.client()).await;
    let other = add(&scene, &other).await;
    let browser = Browser::log_in(&service.client(), &scene.member.name).await;
    for role in ROLES {
        scene.role(role).await;
        let create = async |name: &str| scene.owner.create_token(name).await.id;
        let filling = [
            ("$token", create("kept").await),
            ("$spare", create("spare").await),
            ("$gone", create("gone").await),
            ("$pairing", generate(&scene).await),
            ("$nobody", "usr_0000000000000000000000".to_owned()),
            ("$other", other.clone()),
            ("$self", scene.member_id.clone()),
            ("$ws", scene.workspace.clone()),
        ];
        for (permission, door) in DOORS {
            let asked = filled(door, &filling);
            let answer = scene.ask(&asked, json!({})).await;
            if has(role, permission) {
                assert!(answer.at("/errors").is_null(), "{role} {asked}: {}", answer.text);
            } else {
                let named = answer.at("/errors/0/extensions/permission");
                assert_eq!(named, permission, "{role} {asked}: {}", answer.text);
                answer.expect_error("FORBIDDEN");
            }
        }
        for door in OWN {
            scene.ask(door, json!({})).await.expect_data();
        }
        let post = async |path: &str| {
            scene.member.client.post_with(path, scene.headers(), json!({})).await
        };
        post("/api/session-tokens").await.expect(201);
        post("/api/ws-tickets").await.expect(201);
        let export = format!("/audit/export?workspace={}", scene.workspace);
        let expected = if has(role, "audit:export") { 200 } else { 403 };
        assert_eq!(scene.member.client.get(&export).await.status, expected, "{role} export");
        let status = go(&browser, &format!("/connect/twitch?workspace={}", scene.workspace)).await;
        let expected = if has(role, "accounts:manage") { 303 } else { 403 };
        assert_eq!(status, expected, "{role}");
        assert_eq!(go(&browser, "/account/applications").await, 200, "{role}");
    }
}

#[tokio::test]
async fn members_are_managed_by_admins_but_owners_by_owners_alone() {
    let service = service().await;
    let scene = Scene::new(&service).await;
    let other = Person::new(&service.client()).await;
    let other = add(&scene, &other).await;
    let change = |user: &str, role: &str| {
        format!(
            "mutation {{ changeMemberRole(input: {{ workspaceId: \"{}\", userId: \"{user}\",
              role: {role} }}) {{ userErrors {{ code }} }} }}",
            scene.workspace
        )
    };
    let owner = scene.owner.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
    let owner = owner.text_at("/data/viewer/user/id");
    for role in ["ADMIN", "OWNER"] {
        scene.role(role).await;
        // Whose role it is, which one they are to have, and who may do that beside owners.
        for (user, to, by_admins) in [
            (&other, "MEMBER", true),
            (&other, "ADMIN", true),
            (&other, "VIEWER", true),
            (&other, "OWNER", false),
            (&other, "AUDITOR", false),
            (&owner, "VIEWER", false),
            (&owner, "OWNER", false),
        ] {
            let answer = scene.ask(&change(user, to), json!({})).await;
            if role == "OWNER" || by_admins {
                answer.expect_data();
            } else {
                answer.expect_error("FORBIDDEN");
            }
            // As it was.
            for (user, was) in [(&owner, "OWNER"), (&other, "VIEWER")] {
                let restored = scene.owner.graphql(&change(user, was), json!({})).await;
                if restored.at("/errors").is_null() {
                    continue;
                }
                scene.ask(&change(user, was), json!({})).await.expect_data();
            }
        }
    }
}

#[tokio::test]
async fn a_stranger_finds_nothing_behind_any_door() {
    let service = service().await;
    let scene = Scene::new(&service).await;
    scene.remove().await;
    let filling = [
        ("$token", scene.owner.create_token("x").await.id),
        ("$spare", scene.owner.create_token("y").await.id),
        ("$gone", scene.owner.create_token("z").await.id),
        ("$pairing", generate(&scene).await),
        ("$nobody", "usr_0000000000000000000000".to_owned()),
        ("$other", "usr_0000000000000000000000".to_owned()),
        ("$self", scene.member_id.clone()),
        ("$ws", scene.workspace.clone()),
    ];
    for (_, door) in DOORS {
        scene.ask(&filled(door, &filling), json!({})).await.expect_error("NOT_FOUND");
    }
    for path in ["/api/session-tokens", "/api/ws-tickets"] {
        let answer = scene.member.client.post_with(path, scene.headers(), json!({})).await;
        answer.expect_refusal(404, "not_found");
    }
    let browser = Browser::log_in(&service.client(), &scene.member.name).await;
    let path = format!("/connect/twitch?workspace={}", scene.workspace);
    assert_eq!(go(&browser, &path).await, 404);
}

/// One that knows Twitch, without anybody having to be asked.
async fn service() -> Service {
    let setup = Setup::default().env("DEFAULT_PLAN", "team");
    let setup = setup.env("PROVIDER_TWITCH_CLIENT_ID", "tests");
    setup.env("PROVIDER_TWITCH_CLIENT_SECRET", "secret").start().await.unwrap()
}

async fn generate(scene: &Scene) -> String {
    let generate = "mutation { generatePairingCode(input: {}) { pairingCode { id } } }";
    let pairing = scene.owner.graphql(generate, json!({})).await.expect_data();
    pairing.text_at("/data/generatePairingCode/pairingCode/id")
}

/// Makes somebody a viewer; returns their id.
async fn add(scene: &Scene, other: &Person) -> String {
    let add = "mutation($ws: ID!, $name: String!) { addMember(input: {
      workspaceId: $ws, username: $name, role: VIEWER }) { userErrors { code } } }";
    let variables = json!({ "ws": scene.workspace, "name": other.name });
    scene.owner.graphql(add, variables).await.expect_data();
    let who = other.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
    who.text_at("/data/viewer/user/id")
}

fn filled(door: &str, names: &[(&str, String)]) -> String {
    names.iter().fold(door.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// The status of a page that a browser goes to, and no further.
async fn go(browser: &Browser, path: &str) -> u16 {
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let url = format!("{}{path}", browser.address());
    let request = http.request(Method::GET, url).header("cookie", browser.cookie());
    request.send().await.unwrap().status().as_u16()
}
