//! What an application is told of its person, by what they let it know.

use serde_json::{Value, json};
use tests::{
    account::{SECRET, fresh_name, register},
    application::{Application, Visitor, claims},
    identity::{Clerk, tell},
    setup::Setup,
    wait::eventually,
};

#[tokio::test]
async fn an_address_is_told_where_the_person_let_it_be_known_and_there_is_one() {
    let clerk = Clerk::new();
    let setup = clerk.known_to(Setup::default()).env("REGISTRATION", "linked");
    let service = setup.start().await.unwrap();
    let session = Clerk::sign_in();
    let linked = service.client().with_bearer(&clerk.token(&session));
    let name = fresh_name();
    let key = register(&linked, &name, SECRET).await.expect(201).text_at("/user_key");
    tell(&linked, &session.said("user.created", "Ada", 1_000)).await.expect(204);
    let ada = Visitor::registered(&service, &name, &key).await;
    // Of somebody else nothing was said.
    let linked = service.client().with_bearer(&clerk.token(&Clerk::sign_in()));
    let name = fresh_name();
    let key = register(&linked, &name, SECRET).await.expect(201).text_at("/user_key");
    let other = Visitor::registered(&service, &name, &key).await;
    let app = Application::private(&service, &["openid", "email"]);
    let info = async |visitor: &Visitor, scope: &str| {
        let request = app.request(&[("scope", Some(scope)), ("prompt", Some("consent"))]);
        let code = visitor.allow(&request).await.query("code").unwrap();
        let tokens = app.exchange(&code).await.expect(200);
        let api = service.client().with_bearer(&tokens.text_at("/access_token"));
        let told = api.get("/oauth/userinfo").await.expect(200).at("/email").clone();
        let id = claims(&tokens.text_at("/id_token"))["email"].clone();
        assert_eq!(told, id);
        told
    };
    eventually("the address", || async {
        (info(&ada, "openid email").await == json!("ada@example.org")).then_some(())
    })
    .await;
    assert_eq!(info(&ada, "openid").await, Value::Null);
    assert_eq!(info(&other, "openid email").await, Value::Null);
}
