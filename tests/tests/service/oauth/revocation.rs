//! What ends access: the application, the person, the operator.

use futures::future::join;
use reqwest::header::HeaderMap;
use serde_json::json;
use tests::{
    account::{Person, verify},
    application::{Application, Visitor},
    service::Service,
    wait::eventually,
};

#[tokio::test]
async fn an_application_gives_back_a_refresh_token_with_all_that_came_of_it() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let tokens = app.tokens(&visitor).await;
    let api = service.client().with_bearer(&tokens.text_at("/access_token"));
    app.revoke(&tokens.text_at("/refresh_token")).await.expect(200);
    app.refresh(&tokens.text_at("/refresh_token")).await.expect_refusal(400, "invalid_grant");
    api.get("/v1/me").await.expect_refusal(401, "invalid_token");
    app.revoke(&tokens.text_at("/refresh_token")).await.expect(200);
    app.revoke("unknown").await.expect(200);
}

#[tokio::test]
async fn one_access_token_can_die_alone() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let tokens = app.tokens(&visitor).await;
    let api = service.client().with_bearer(&tokens.text_at("/access_token"));
    app.revoke(&tokens.text_at("/access_token")).await.expect(200);
    api.get("/v1/me").await.expect_refusal(401, "invalid_token");
    app.refresh(&tokens.text_at("/refresh_token")).await.expect(200);
}

#[tokio::test]
async fn whoever_holds_a_token_of_authenticate_may_give_it_back() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    let own = &visitor.person.refresh_token;
    app.revoke(own).await.expect(200);
    tests::account::refresh(&service.client(), own).await.expect(200);
    app.form("/oauth/revoke", &[("token", own)]).await.expect(200);
    let ended = tests::account::refresh(&service.client(), own).await;
    ended.expect_refusal(400, "invalid_grant");
}

#[tokio::test]
async fn an_agent_token_is_revoked_by_whoever_manages_its_workspace_and_by_nobody_else() {
    let service = Service::shared().await;
    let (client, verifier) = (service.client(), service.verifier());
    let (owner, other) = (Person::new(&client).await, Person::new(&client).await);
    let token = owner.create_token("Desk").await.secret;
    let revoke = async |person: &Person, token: &str| {
        let mut headers = HeaderMap::new();
        let bearer = format!("Bearer {}", person.client.bearer().unwrap());
        headers.insert("authorization", bearer.parse().unwrap());
        client.post_form("/oauth/revoke", headers, &format!("token={token}")).await
    };
    revoke(&other, &token).await.expect(200);
    Application::private(service, &[]).revoke(&token).await.expect(200);
    client
        .post_form("/oauth/revoke", HeaderMap::new(), &format!("token={token}"))
        .await
        .expect(200);
    assert_eq!(verify(&verifier, &token).await.at("/valid"), true);
    revoke(&owner, &token).await.expect(200);
    assert_eq!(verify(&verifier, &token).await.at("/code"), "REVOKED");
    revoke(&owner, &token).await.expect(200);
    revoke(&owner, "unknown").await.expect(200);
}

#[tokio::test]
async fn introspection_tells_an_application_of_its_own_tokens_and_nothing_of_others() {
    let service = Service::shared().await;
    let visitor = Visitor::new(service).await;
    let (app, other) =
        (Application::private(service, &["graphql"]), Application::private(service, &[]));
    let tokens = app.tokens(&visitor).await;
    let (access, refresh) = (tokens.text_at("/access_token"), tokens.text_at("/refresh_token"));
    let seen = app.introspect(&access).await.expect(200).expect_uncacheable();
    assert_eq!((seen.at("/active"), seen.at("/scope")), (&json!(true), &json!("graphql")));
    assert_eq!(seen.at("/client_id"), &json!(app.client_id));
    assert_eq!(app.introspect(&refresh).await.at("/active"), &json!(true));
    let inactive = json!({ "active": false });
    for (asks, token) in
        [(&other, &access), (&other, &refresh), (&app, &visitor.person.refresh_token)]
    {
        assert_eq!(asks.introspect(token).await.expect(200).json, inactive);
    }
    let verifier = service.verifier();
    let mut headers = reqwest::header::HeaderMap::new();
    headers
        .insert("authorization", format!("Bearer {}", verifier.bearer().unwrap()).parse().unwrap());
    let asked = verifier.post_form("/oauth/introspect", headers, &format!("token={access}")).await;
    assert_eq!(asked.expect(200).at("/active"), &json!(true));
    app.revoke(&refresh).await.expect(200);
    for token in [&access, &refresh] {
        assert_eq!(app.introspect(token).await.expect(200).json, inactive);
    }
    let public = Application::public(service, &[]);
    public.introspect(&access).await.expect_refusal(401, "invalid_client");
}

#[tokio::test]
async fn an_application_acts_for_itself_and_gives_that_back_too() {
    let service = Service::shared().await;
    let app = Application::private(service, &[]);
    let tokens = app.own_form("/oauth/token", &[("grant_type", "client_credentials")]).await;
    let tokens = tokens.expect(200);
    assert!(tokens.at("/refresh_token").is_null());
    let token = tokens.text_at("/access_token");
    let seen = app.introspect(&token).await;
    assert_eq!((seen.at("/active"), seen.at("/sub")), (&json!(true), &json!(app.client_id)));
    let api = service.client().with_bearer(&token);
    api.get("/v1/me").await.expect_refusal(401, "invalid_token");
    app.revoke(&token).await.expect(200);
    assert_eq!(app.introspect(&token).await.json, json!({ "active": false }));
}

#[tokio::test]
async fn a_person_sees_what_they_allowed_and_takes_it_back() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &["openid"]), Visitor::new(service).await);
    let (one, other) = (app.tokens(&visitor).await, app.tokens(&visitor).await);
    let api = service.client().with_bearer(&one.text_at("/access_token"));
    let list = "{ authorizations { edges { node {
        id scopes activeFamilies client { clientId name secrets { id } } } } } }";
    let found = eventually("the authorization", || async {
        let listed = visitor.person.graphql(list, json!({})).await.expect_data();
        let node = listed.at("/data/authorizations/edges/0/node").clone();
        (node["activeFamilies"] == 2).then_some(node)
    })
    .await;
    assert_eq!(found["client"]["clientId"], json!(app.client_id));
    assert_eq!(found["scopes"], json!(["openid"]));
    let revoke = "mutation R($id: ID!) { revokeAuthorization(input: { id: $id }) {
        revokedIds position } }";
    let foreign = Visitor::new(service).await;
    let id = json!({ "id": found["id"] });
    foreign.person.graphql(revoke, id.clone()).await.expect_error("NOT_FOUND");
    let revoked = visitor.person.graphql(revoke, id.clone()).await.expect_data();
    assert_eq!(revoked.at("/data/revokeAuthorization/revokedIds"), &json!([found["id"]]));
    api.get("/v1/me").await.expect_refusal(401, "invalid_token");
    for tokens in [one, other] {
        let refreshed = app.refresh(&tokens.text_at("/refresh_token")).await;
        refreshed.expect_refusal(400, "invalid_grant");
    }
    let listed = visitor.person.graphql(list, json!({})).await.expect_data();
    assert_eq!(listed.at("/data/authorizations/edges"), &json!([]));
    app.tokens(&visitor).await;
}

#[tokio::test]
async fn the_page_of_applications_shows_them_and_takes_them_back() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &["openid"]), Visitor::new(service).await);
    assert_eq!(visitor.stranger().get("/account/applications").await.text, "/login");
    let tokens = app.tokens(&visitor).await;
    let page = eventually("the page", || async {
        let page = visitor.get("/account/applications").await.page;
        page.contains("Mod Manager").then_some(page)
    })
    .await;
    let (_, token) = tests::application::consent_form(&page);
    let id = page.split_once("name=\"id\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let wrong = visitor.post("/account/applications", &[("token", "x"), ("id", id)]).await;
    assert_eq!(wrong.status, 403);
    let done = visitor.post("/account/applications", &[("token", &token), ("id", id)]).await;
    assert_eq!((done.status, done.text.as_str()), (303, "/account/applications"));
    assert!(!visitor.get("/account/applications").await.page.contains("Mod Manager"));
    app.refresh(&tokens.text_at("/refresh_token")).await.expect_refusal(400, "invalid_grant");
}

#[tokio::test]
async fn after_a_revocation_was_answered_no_refresh_brings_anything_that_works() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &[]), Visitor::new(service).await);
    for _ in 0..8 {
        let live = app.tokens(&visitor).await.text_at("/refresh_token");
        let (refreshed, revoked) = join(app.refresh(&live), app.revoke(&live)).await;
        revoked.expect(200);
        if refreshed.status == 200 {
            let api = service.client().with_bearer(&refreshed.text_at("/access_token"));
            api.get("/v1/me").await.expect_refusal(401, "invalid_token");
            let again = app.refresh(&refreshed.text_at("/refresh_token")).await;
            again.expect_refusal(400, "invalid_grant");
        } else {
            refreshed.expect_refusal(400, "invalid_grant");
        }
        app.refresh(&live).await.expect_refusal(400, "invalid_grant");
    }
}
