//! Organisations of the identity provider as workspaces: members, their roles, and their end.

use serde_json::{Value, json};
use tests::{
    account::{Person, verify},
    answer::Answer,
    client::Client,
    identity::{Clerk, Session, fresh, tell},
    service::Service,
    setup::Setup,
    wait::eventually,
};

/// An organisation of the provider's.
struct Org {
    id: String,
    creator: Session,
}

impl Org {
    fn new() -> Self {
        Self { id: fresh("org"), creator: Clerk::sign_in() }
    }

    fn data(&self, name: &str, at: i64) -> Value {
        json!({ "object": "organization", "id": self.id, "name": name, "slug": "acme",
            "created_by": self.creator.user, "created_at": 1, "updated_at": at })
    }

    fn said(&self, kind: &str, name: &str, at: i64) -> Value {
        json!({ "object": "event", "type": format!("organization.{kind}"),
            "data": self.data(name, at) })
    }

    /// What the provider says of somebody at a moment, in milliseconds.
    fn member(&self, kind: &str, who: &Session, role: &str, at: i64) -> Value {
        json!({ "object": "event", "type": format!("organizationMembership.{kind}"),
            "timestamp": at, "data": { "object": "organization_membership", "id": fresh("orgmem"),
                "organization": self.data("Acme", 1), "role": role, "created_at": 1,
                "updated_at": at, "public_user_data": { "user_id": who.user } } })
    }

    /// The claims of a session that acts for it, as tokens of either version have them.
    fn claims(&self, role: &str, version: u8) -> Value {
        match version {
            1 => {
                json!({ "org_id": self.id, "org_role": format!("org:{role}"), "org_slug": "acme" })
            }
            _ => json!({ "v": 2, "o": { "id": self.id, "rol": role, "slg": "acme" } }),
        }
    }
}

async fn service(clerk: &Clerk) -> Service {
    clerk.known_to(Setup::default().env("CLERK_ORGS", "on")).start().await.unwrap()
}

/// Where somebody belongs beside their own workspace: its id, their role, its name.
async fn belongs(client: &Client) -> Vec<(String, String, String)> {
    let query = "{ viewer { memberships { role workspace { id name } } user { id } } }";
    let answer = client.graphql(query, json!({})).await;
    let memberships = answer.at("/data/viewer/memberships").as_array().cloned();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    memberships
        .unwrap_or_default()
        .iter()
        .map(|it| (text(&it["workspace"]["id"]), text(&it["role"]), text(&it["workspace"]["name"])))
        .filter(|(_, _, name)| !name.starts_with("user_"))
        .collect()
}

/// Waits until somebody belongs to one workspace beside their own, in a role and by a name.
async fn is(client: &Client, role: &str, name: &str) -> String {
    eventually(role, || async {
        match &belongs(client).await[..] {
            [(id, held, named)] if held == role && named == name => Some(id.clone()),
            _ => None,
        }
    })
    .await
}

async fn is_nobody(client: &Client) {
    eventually("them to be out", || async { belongs(client).await.is_empty().then_some(()) }).await;
}

fn person(client: &Client) -> Person {
    let (name, user_key, refresh_token) = Default::default();
    Person { name, user_key, refresh_token, client: client.clone() }
}

async fn create_token(client: &Client, workspace: &str) -> Answer {
    let create = "mutation($ws: ID!) { createToken(input: { workspaceId: $ws, name: \"x\" }) {
      agentToken { id } secret userErrors { code } } }";
    client.graphql(create, json!({ "ws": workspace })).await
}

#[tokio::test]
async fn an_organisation_is_a_workspace_and_its_members_are_members_there() {
    let clerk = Clerk::new();
    let service = service(&clerk).await;
    let (org, hooks) = (Org::new(), service.client());
    let client = |who: &Session| service.client().with_bearer(&clerk.token(who));
    tell(&hooks, &org.said("created", "Acme", 1_000)).await.expect(204);
    tell(&hooks, &org.member("created", &org.creator, "org:admin", 1_001)).await.expect(204);
    // Who created it owns it, though the provider has no owners.
    let workspace = is(&client(&org.creator), "OWNER", "Acme").await;

    let other = Clerk::sign_in();
    let said = org.member("created", &other, "org:member", 2_000);
    tell(&hooks, &said).await.expect(204);
    assert_eq!(is(&client(&other), "MEMBER", "Acme").await, workspace);
    create_token(&client(&other), &workspace).await.expect_error("FORBIDDEN");
    tell(&hooks, &org.member("updated", &other, "org:admin", 3_000)).await.expect(204);
    is(&client(&other), "ADMIN", "Acme").await;
    let created = create_token(&client(&other), &workspace).await.expect_data();
    let secret = created.text_at("/data/createToken/secret");

    // What comes late, or again, changes nothing; nor does a name from before.
    tell(&hooks, &org.said("updated", "Acme Ltd", 5_000)).await.expect(204);
    tell(&hooks, &org.said("updated", "Ac", 4_000)).await.expect(204);
    tell(&hooks, &org.member("updated", &other, "org:member", 2_500)).await.expect(204);
    tell(&hooks, &said).await.expect(204);
    is(&client(&other), "ADMIN", "Acme Ltd").await;
    // A role that nobody here knows lets them look, and no more.
    let third = Clerk::sign_in();
    tell(&hooks, &org.member("created", &third, "org:juggler", 5_000)).await.expect(204);
    is(&client(&third), "VIEWER", "Acme Ltd").await;

    // Who leaves is out, with their tokens, and what comes late brings nobody back.
    tell(&hooks, &org.member("deleted", &other, "org:admin", 6_000)).await.expect(204);
    is_nobody(&client(&other)).await;
    assert_eq!(verify(&service.verifier(), &secret).await.at("/code"), "FORBIDDEN");
    tell(&hooks, &org.member("created", &other, "org:member", 2_000)).await.expect(204);
    tell(&hooks, &org.member("updated", &other, "org:admin", 3_000)).await.expect(204);
    assert!(belongs(&client(&other)).await.is_empty());
    tell(&hooks, &org.member("created", &other, "org:member", 7_000)).await.expect(204);
    is(&client(&other), "MEMBER", "Acme Ltd").await;
}

#[tokio::test]
async fn a_membership_may_come_before_its_organisation_and_an_owner_may_leave() {
    let clerk = Clerk::new();
    let service = service(&clerk).await;
    let (org, hooks) = (Org::new(), service.client());
    let client = |who: &Session| service.client().with_bearer(&clerk.token(who));
    let (admin, member) = (Clerk::sign_in(), Clerk::sign_in());
    tell(&hooks, &org.member("created", &member, "org:member", 2_000)).await.expect(204);
    tell(&hooks, &org.member("created", &admin, "org:admin", 2_000)).await.expect(204);
    is(&client(&member), "MEMBER", "Acme").await;
    tell(&hooks, &org.said("created", "Acme", 1)).await.expect(204);
    is(&client(&org.creator), "OWNER", "Acme").await;
    // Somebody must own it: whoever is next to the owner.
    tell(&hooks, &org.member("deleted", &org.creator, "org:admin", 3_000)).await.expect(204);
    is_nobody(&client(&org.creator)).await;
    let workspace = is(&client(&admin), "OWNER", "Acme").await;
    is(&client(&member), "MEMBER", "Acme").await;

    // The end of the organisation is the end of what works in it.
    let token = create_token(&client(&admin), &workspace).await.expect_data();
    let secret = token.text_at("/data/createToken/secret");
    let deleted = json!({ "type": "organization.deleted",
        "data": { "id": org.id, "object": "organization", "deleted": true } });
    tell(&hooks, &deleted).await.expect(204);
    tell(&hooks, &deleted).await.expect(204);
    is_nobody(&client(&member)).await;
    assert_eq!(verify(&service.verifier(), &secret).await.at("/code"), "PLAN_INACTIVE");
    for late in [org.said("created", "Acme", 1), org.member("created", &member, "org:admin", 9_000)]
    {
        tell(&hooks, &late).await.expect(204);
    }
    let claims = org.claims("admin", 2);
    let claiming = service.client().with_bearer(&clerk.token_with(&member, &claims));
    assert!(belongs(&claiming).await.is_empty());
}

#[tokio::test]
async fn a_session_that_acts_for_an_organisation_says_so_before_any_message() {
    let clerk = Clerk::new();
    let service = service(&clerk).await;
    for version in [1, 2] {
        let org = Org::new();
        let acting = |who: &Session, role: &str| {
            let token = clerk.token_with(who, &org.claims(role, version));
            service.client().with_bearer(&token)
        };
        // Who may not manage it does not found it either.
        let member = Clerk::sign_in();
        assert!(belongs(&acting(&member, "member")).await.is_empty());
        let workspace = is(&acting(&org.creator, "admin"), "OWNER", "acme").await;
        assert_eq!(is(&acting(&member, "member"), "MEMBER", "acme").await, workspace);

        // A token from before they left does not bring them back.
        let before = acting(&member, "member");
        tell(&service.client(), &org.member("deleted", &member, "org:member", in_a_minute()))
            .await
            .expect(204);
        is_nobody(&before).await;
        assert!(belongs(&before).await.is_empty());
    }
}

#[tokio::test]
async fn without_being_asked_to_nobody_makes_workspaces_of_organisations() {
    let clerk = Clerk::new();
    let service = clerk.known_to(Setup::default()).start().await.unwrap();
    let org = Org::new();
    tell(&service.client(), &org.said("created", "Acme", 1_000)).await.expect(204);
    let token = clerk.token_with(&org.creator, &org.claims("admin", 2));
    let client = service.client().with_bearer(&token);
    client.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
    assert!(belongs(&client).await.is_empty());
}

#[tokio::test]
async fn people_of_the_provider_are_added_by_their_id_there_or_here() {
    let clerk = Clerk::new();
    let service = clerk.known_to(Setup::default()).start().await.unwrap();
    let owner = Person::new(&service.client()).await;
    let workspace = owner.workspace().await;
    let add = async |who: &str| {
        let add = "mutation($ws: ID!, $who: String!) { addMember(input: {
          workspaceId: $ws, username: $who, role: VIEWER }) { userErrors { code } } }";
        let answer = owner.graphql(add, json!({ "ws": workspace, "who": who })).await.expect_data();
        answer.at("/data/addMember/userErrors/0/code").clone()
    };
    let (there, here) = (Clerk::sign_in(), Clerk::sign_in());
    assert_eq!(add(&there.user).await, "USER_NOT_FOUND", "nobody has seen them yet");
    let mut ids = Vec::new();
    for session in [&there, &here] {
        let client = person(&service.client().with_bearer(&clerk.token(session)));
        let viewer = client.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
        ids.push(viewer.text_at("/data/viewer/user/id"));
    }
    assert_eq!(add(&there.user).await, Value::Null);
    assert_eq!(add(&ids[1]).await, Value::Null);
    assert_eq!(add(&ids[0]).await, "ALREADY_MEMBER");
    for wrong in ["user_nobody", "usr_0000000000000000000000", "", "\u{0}"] {
        assert_eq!(add(wrong).await, "USER_NOT_FOUND", "{wrong}");
    }
}

/// Milliseconds since 1970, and no token is issued later than that in this test.
fn in_a_minute() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap() + 60_000
}
