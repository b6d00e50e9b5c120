//! Erasure: people have themselves forgotten, and nobody else.

use serde_json::{Value, json};
use tests::{
    account::{Person, SECRET, authenticate, refresh, register, verify},
    answer::Answer,
    service::Service,
    socket::Socket,
    wait::eventually,
};

#[tokio::test]
async fn who_asks_to_be_forgotten_is_gone_at_once_and_their_keys_are_destroyed() {
    let service = Service::start_default().await.unwrap();
    let client = service.client();
    let person = Person::new(&client).await;
    let owner = Person::new(&client).await;
    let workspace = owner.workspace().await;
    join(&owner, &workspace, &person.name).await;
    let (id, token) = (id_of(&person).await, person.create_token("Deck").await);
    let (mut socket, _) = Socket::agent(&client, &token.secret).await;
    let erased = erase(&person, &id, &format!("erase {id}")).await.expect_data();
    assert_eq!(erased.at("/data/eraseSubject/userErrors"), &json!([]), "{}", erased.text);

    // From the answer on.
    person
        .graphql("{ viewer { user { id } } }", json!({}))
        .await
        .expect_refusal(401, "invalid_token");
    refresh(&client, &person.refresh_token).await.expect(400);
    authenticate(&client, &person.user_key, SECRET).await.expect(401);
    // Suspended with its person, and then revoked: whichever the socket hears of first.
    assert!([4401, 4403].contains(&socket.closed().await.0));
    let verifier = service.verifier();
    eventually("the token to be revoked", || async {
        let answer = verify(&verifier, &token.secret).await;
        (answer.at("/code") == "REVOKED").then_some(())
    })
    .await;
    let exported = service.once_erased().await;
    // The person, and the workspace that was theirs alone.
    assert_eq!(exported.matches("\"subject.key_destroyed\"").count(), 2);
    assert!(!exported.contains(&person.name), "the history still names them");
    // Nobody is taken for who had the name before.
    register(&client, &person.name, SECRET).await.expect(409);
    // Who they shared a workspace with goes on, and sees nobody's name.
    eventually("the name to be gone", || async {
        let members = "{ workspace { members { edges { node { user { id username } } } } } }";
        let members = owner.graphql(members, json!({})).await.expect_data();
        let members = members.at("/data/workspace/members/edges").as_array().unwrap().clone();
        let them = members.iter().find(|member| member["node"]["user"]["id"] == id)?;
        (them["node"]["user"]["username"] == Value::Null).then_some(())
    })
    .await;
}

#[tokio::test]
async fn nobody_is_forgotten_by_mistake_or_by_another() {
    let service = Service::shared().await;
    let (owner, member) =
        (Person::new(&service.client()).await, Person::new(&service.client()).await);
    let workspace = owner.workspace().await;
    join(&owner, &workspace, &member.name).await;
    let (own, other) = (id_of(&owner).await, id_of(&member).await);
    for wrong in ["", "yes", "erase", &format!("erase {other}"), &format!("Erase {own}")] {
        let answer = erase(&owner, &own, wrong).await.expect_data();
        let refused = answer.at("/data/eraseSubject/userErrors/0");
        assert_eq!(refused["code"], "INVALID_INPUT", "{wrong}");
        assert!(refused["message"].as_str().unwrap().contains(&format!("erase {own}")));
    }
    // Not even an owner of where they are a member.
    erase(&owner, &other, &format!("erase {other}")).await.expect_error("NOT_FOUND");
    erase(&owner, "usr_nonsense", "erase usr_nonsense").await.expect_error("NOT_FOUND");
    // An agent acts for its person, but never this.
    let token = json!({ "name": "Deck", "scopes": ["graphql"] });
    let token = owner.create_token_with(token).await;
    let agent = service.client().with_bearer(&token.secret);
    let answer =
        agent.graphql(ERASE, json!({ "id": own, "confirm": format!("erase {own}") })).await;
    answer.expect_error("FORBIDDEN");
    for person in [&owner, &member] {
        person.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
    }
}

const ERASE: &str = "mutation($id: ID!, $confirm: String!) {
  eraseSubject(input: { userId: $id, confirm: $confirm }) {
    position userErrors { code message } } }";

async fn erase(person: &Person, id: &str, confirm: &str) -> Answer {
    person.graphql(ERASE, json!({ "id": id, "confirm": confirm })).await
}

async fn id_of(person: &Person) -> String {
    let viewer = person.graphql("{ viewer { user { id } } }", json!({})).await.expect_data();
    viewer.text_at("/data/viewer/user/id")
}

async fn join(owner: &Person, workspace: &str, name: &str) {
    let add = "mutation($ws: ID!, $name: String!) { addMember(input: {
      workspaceId: $ws, username: $name, role: MEMBER }) { userErrors { code } } }";
    let added = owner.graphql(add, json!({ "ws": workspace, "name": name })).await.expect_data();
    assert_eq!(added.at("/data/addMember/userErrors"), &json!([]));
}
