//! Applications as operators register, change and suspend them.

use reqwest::header::HeaderMap;
use serde_json::json;
use tests::{
    account::{Person, fresh_name},
    application::{Application, LOOPBACK, Visitor},
    service::Service,
    wait::eventually,
};

#[tokio::test]
async fn what_could_be_led_astray_is_not_registered() {
    let service = Service::shared().await;
    for uri in [
        "http://app.example/cb",
        "https://app.example/cb#x",
        "https://*.example/cb",
        "https://user@app.example/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "intent://x",
        "https://App.example/cb",
        "https://bücher.example/cb",
    ] {
        let create = ["client", "create", "--name", "x", "--kind", "public", "--redirect-uri", uri];
        let refused = service.operate(&create).unwrap_err().to_string();
        assert!(refused.contains("redirect") || refused.contains("http"), "{uri}: {refused}");
    }
}

#[tokio::test]
async fn a_public_application_may_not_keep_its_refresh_tokens() {
    let service = Service::shared().await;
    let create =
        ["client", "create", "--name", "x", "--kind", "public", "--redirect-uri", LOOPBACK];
    let keeping = [&create[..], &["--rotate-refresh-tokens", "false"]].concat();
    let refused = service.operate(&keeping).unwrap_err().to_string();
    assert!(refused.contains("only a private application"), "{refused}");
    let app = Application::public(service, &[]);
    let update = ["client", "update", &app.client_id, "--rotate-refresh-tokens", "false"];
    service.operate(&update).unwrap_err();
}

#[tokio::test]
async fn a_client_id_is_taken_once() {
    let service = Service::shared().await;
    let app = Application::public(service, &[]);
    let again = ["client", "create", "--client-id", &app.client_id, "--name", "x", "--kind"];
    let again = [&again[..], &["public", "--redirect-uri", LOOPBACK]].concat();
    let refused = service.operate(&again).unwrap_err().to_string();
    assert!(refused.contains("taken"), "{refused}");
}

#[tokio::test]
async fn a_file_of_applications_is_applied_once_and_then_changes_nothing() {
    let service = Service::shared().await;
    let (public, private) = (fresh_name(), fresh_name());
    let file = tempfile::NamedTempFile::new().unwrap();
    let write = |name: &str| {
        let text = format!(
            "[[client]]\nclient_id = \"{public}\"\nname = \"{name}\"\nkind = \"public\"\n\
             redirect_uris = [\"{LOOPBACK}\"]\nscopes = [\"openid\"]\n\n\
             [[client]]\nclient_id = \"{private}\"\nname = \"Server\"\nkind = \"private\"\n\
             redirect_uris = [\"https://app.example/cb\"]\ncontacts = [\"dev@app.example\"]\n"
        );
        std::fs::write(file.path(), text).unwrap();
    };
    let apply = || {
        let path = file.path().to_str().unwrap();
        service.operate(&["client", "apply", path]).unwrap()
    };
    write("First");
    let applied = apply();
    assert_eq!(
        (&applied[0]["change"], &applied[1]["change"]),
        (&json!("registered"), &json!("registered"))
    );
    assert!(applied[0].get("client_secret").is_none() && applied[1]["client_secret"].is_string());
    let again = apply();
    assert_eq!((&again[0]["change"], &again[1]["change"]), (&json!("none"), &json!("none")));
    assert!(again[1].get("client_secret").is_none(), "a secret is shown once");
    write("Second");
    let changed = apply();
    assert_eq!((&changed[0]["change"], &changed[0]["name"]), (&json!("updated"), &json!("Second")));
    assert_eq!(changed[1]["change"], "none");
}

#[tokio::test]
async fn a_secret_can_be_replaced_while_the_one_before_goes_on() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::private(service, &[]), Visitor::new(service).await);
    let rotate = |overlap: &str| {
        let rotated = service
            .operate(&["client", "rotate-secret", &app.client_id, "--overlap", overlap])
            .unwrap();
        app.with_secret(rotated["client_secret"].as_str())
    };
    let second = rotate("3600");
    for known in [&app, &second] {
        let introspected = known.introspect("nothing").await.expect(200);
        assert_eq!(introspected.json, json!({ "active": false }));
    }
    let third = rotate("0");
    for (known, status) in [(&app, 401), (&second, 401), (&third, 200)] {
        assert_eq!(known.introspect("nothing").await.status, status);
    }
    third.tokens(&visitor).await;
}

#[tokio::test]
async fn a_secret_says_when_it_was_last_used() {
    let service = Service::shared().await;
    let ops = service.with_scope("clients:manage");
    let app = Application::private(service, &[]);
    let rotate = ["client", "rotate-secret", &app.client_id, "--overlap", "3600"];
    service.operate(&rotate).unwrap();
    app.introspect("nothing").await.expect(200);
    // The one that is still in use is the one that must not go yet.
    eventually("its use to be written", || async {
        let list = "{ oauthClients(first: 100) { edges { node {
            clientId secrets { lastUsedAt } } } } }";
        let listed = ops.graphql(list, json!({})).await.expect_data();
        let edges = listed.at("/data/oauthClients/edges").as_array().unwrap().clone();
        let ours = edges.into_iter().find(|it| it["node"]["clientId"] == app.client_id.as_str())?;
        let used: Vec<_> = ours["node"]["secrets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|secret| secret["lastUsedAt"].is_string())
            .collect();
        (used == [true, false]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_suspended_application_can_do_nothing_until_it_is_reinstated() {
    let service = Service::shared().await;
    let (app, visitor) = (Application::public(service, &["graphql"]), Visitor::new(service).await);
    let tokens = app.tokens(&visitor).await;
    let api = service.client().with_bearer(&tokens.text_at("/access_token"));
    api.get("/v1/me").await.expect(200);
    let suspend = ["client", "suspend", &app.client_id, "--reason", "spam"];
    service.operate(&suspend).unwrap();

    api.get("/v1/me").await.expect_refusal(401, "invalid_token");
    let refreshed = app.refresh(&tokens.text_at("/refresh_token")).await;
    refreshed.expect_refusal(401, "invalid_client");
    let asked = visitor.get(&format!("/oauth/authorize?{}", app.request(&[]))).await;
    assert_eq!((asked.status, asked.text.as_str()), (403, ""));

    service.operate(&["client", "reinstate", &app.client_id]).unwrap();
    api.get("/v1/me").await.expect(200);
    app.refresh(&tokens.text_at("/refresh_token")).await.expect(200);
}

#[tokio::test]
async fn services_with_the_scope_manage_applications_over_graphql_and_nobody_else_does() {
    let service = Service::shared().await;
    let ops = service.with_scope("clients:manage");
    let client_id = fresh_name();
    let input = json!({
        "clientId": client_id, "name": "Web", "kind": "PRIVATE",
        "redirectUris": ["https://app.example/cb"], "scopes": ["openid"],
    });
    let registered = ops.graphql(REGISTER, json!({ "input": input })).await.expect_data();
    assert!(registered.text_at("/data/registerOauthClient/clientSecret").starts_with("nxc_"));
    let id = registered.text_at("/data/registerOauthClient/client/id");
    let again = ops.graphql(REGISTER, json!({ "input": input })).await.expect_data();
    assert_eq!(again.at("/data/registerOauthClient/userErrors/0/code"), "CLIENT_ID_TAKEN");
    let wrong = json!({
        "name": "Web", "kind": "PUBLIC", "redirectUris": ["http://app.example/cb"],
    });
    let wrong = ops.graphql(REGISTER, json!({ "input": wrong })).await.expect_data();
    assert_eq!(wrong.at("/data/registerOauthClient/userErrors/0/code"), "REDIRECT_URI_INVALID");

    let suspend =
        "mutation S($id: ID!) { suspendOauthClient(input: { id: $id, reason: \"spam\" }) {
        client { suspended suspendedReason } userErrors { code } } }";
    let suspended = ops.graphql(suspend, json!({ "id": id })).await.expect_data();
    assert_eq!(suspended.at("/data/suspendOauthClient/client/suspendedReason"), "spam");
    let listed = eventually("it to be listed", || async {
        let listed = ops.graphql(LIST, json!({})).await.expect_data();
        let edges = listed.at("/data/oauthClients/edges").as_array().unwrap().clone();
        edges.into_iter().find(|edge| edge["node"]["clientId"] == json!(client_id))
    })
    .await;
    assert_eq!(listed["node"]["suspended"], true);
    assert_eq!(listed["node"]["secrets"].as_array().unwrap().len(), 1);

    let person = Person::new(&service.client()).await;
    person.graphql(LIST, json!({})).await.expect_error("FORBIDDEN");
    let forbidden = person.graphql(REGISTER, json!({ "input": input })).await;
    forbidden.expect_error("FORBIDDEN");
}

#[tokio::test]
async fn the_pages_of_an_application_may_read_its_answers_and_others_may_not() {
    let service = Service::shared().await;
    let app = Application::private(service, &[]);
    for (origin, allowed) in [("https://app.example", true), ("https://evil.example", false)] {
        let mut headers = HeaderMap::new();
        headers.insert("origin", origin.parse().unwrap());
        headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
        let request = service.client().request(reqwest::Method::POST, "/oauth/token");
        let body = format!("grant_type=refresh_token&client_id={}", app.client_id);
        let answer = request.headers(headers).body(body).send().await.unwrap();
        let allow = answer.headers().get("access-control-allow-origin");
        assert_eq!(allow.is_some(), allowed, "{origin}");
    }
}

const REGISTER: &str = "mutation R($input: RegisterOauthClientInput!) {
  registerOauthClient(input: $input) {
    client { id clientId applicationId kind scopes } clientSecret userErrors { code path } } }";
const LIST: &str = "{ oauthClients(first: 100) { edges { node {
    clientId suspended secrets { hint } } } } }";
