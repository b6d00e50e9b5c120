//! Logins with a browser: a cookie for a name and a password, and what it is good for.

use reqwest::{Method, header::HeaderMap};
use serde_json::json;
use tests::{
    account::{Person, SECRET, fresh_name, register},
    browser::{Browser, log_in},
    client::Client,
    graphql_socket::GraphqlSocket,
    service::Service,
    socket::Socket,
    wait::eventually,
};

async fn registered(client: &Client) -> String {
    let name = fresh_name();
    register(client, &name, SECRET).await.expect(201);
    name
}

const WHO: &str = "{ viewer { user { username } } }";

#[tokio::test]
async fn a_name_and_its_password_give_a_cookie_that_graphql_accepts() {
    let client = Service::shared().await.client();
    let name = registered(&client).await;
    let answer = log_in(&client, &name, SECRET).await.expect(204);
    let set = answer.header("set-cookie");
    // Over plain HTTP on loopback, without the prefix and without `Secure`.
    assert!(set.starts_with("keyledger=nxl_"), "{set}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"] {
        assert!(set.split("; ").any(|it| it == attribute), "{attribute}: {set}");
    }
    assert!(!set.contains("Secure"), "{set}");
    assert!(answer.text.is_empty());
    answer.expect_uncacheable();
    let browser = Browser::log_in(&client, &name).await;
    let answer = browser.graphql(WHO, json!({})).await.expect_data();
    assert_eq!(answer.at("/data/viewer/user/username"), &json!(name));
}

#[tokio::test]
async fn a_form_is_as_good_as_json() {
    let client = Service::shared().await.client();
    let name = registered(&client).await;
    let form = format!("user_id={name}&user_secret={}", SECRET.replace(' ', "+"));
    // A person goes on to a page; the cookie is in the answer that sends them there.
    let stays = reqwest::redirect::Policy::none();
    let browser = reqwest::Client::builder().redirect(stays).build().unwrap();
    let answer = browser
        .post(format!("{}/login", client.address()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("keyledger=nxl_"), "{cookie}");
}

#[tokio::test]
async fn a_wrong_password_and_a_name_nobody_has_are_one_answer() {
    let client = Service::shared().await.client();
    let name = registered(&client).await;
    let wrong = log_in(&client, &name, "wrong horse battery staple").await;
    let nobody = log_in(&client, &fresh_name(), SECRET).await;
    let no_name = log_in(&client, "\u{202e}", SECRET).await;
    for answer in [&wrong, &nobody, &no_name] {
        assert_eq!(answer.status, 401);
        assert_eq!(answer.at("/error"), "invalid_credentials");
        assert_eq!(answer.at("/error_description"), wrong.at("/error_description"));
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn guessing_waits_and_the_wait_is_shared_with_authenticate() {
    let client = Service::shared().await.client();
    let name = registered(&client).await;
    for _ in 0..5 {
        log_in(&client, &name, "wrong horse battery staple").await.expect(401);
    }
    log_in(&client, &name, SECRET).await.expect_refusal(429, "too_many_attempts");
}

#[tokio::test]
async fn only_pages_of_ours_may_use_the_cookie() {
    let client = Service::shared().await.client();
    let browser = Browser::log_in(&client, &registered(&client).await).await;
    for origin in [None, Some("https://evil.test"), Some("null")] {
        let body = json!({ "query": WHO });
        let answer = client.post_with("/graphql", browser.headers(origin), body).await;
        answer.expect_refusal(403, "origin_not_allowed");
        let answer = client.post_with("/logout", browser.headers(origin), json!({})).await;
        answer.expect_refusal(403, "origin_not_allowed");
    }
    browser.graphql(WHO, json!({})).await.expect_data();
    let foreign =
        HeaderMap::from_iter([("origin".parse().unwrap(), "https://evil.test".parse().unwrap())]);
    let body = json!({ "user_id": "ada", "user_secret": SECRET });
    client.post_with("/login", foreign, body).await.expect_refusal(403, "origin_not_allowed");
}

#[tokio::test]
async fn signing_out_ends_the_login_at_once_and_takes_the_cookie_away() {
    let client = Service::shared().await.client();
    let browser = Browser::log_in(&client, &registered(&client).await).await;
    let answer = browser.log_out().await.expect(204);
    assert!(answer.header("set-cookie").starts_with("keyledger=; "), "{answer:?}");
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    browser.graphql(WHO, json!({})).await.expect_refusal(401, "invalid_token");
    // Again, and without a cookie, it is the same.
    browser.log_out().await.expect(204);
    client.post("/logout", json!({})).await.expect(204);
}

#[tokio::test]
async fn another_login_in_the_same_browser_ends_the_one_before() {
    let client = Service::shared().await.client();
    let name = registered(&client).await;
    let before = Browser::log_in(&client, &name).await;
    let body = json!({ "user_id": name, "user_secret": SECRET });
    let headers = before.headers(Some(client.address()));
    client.post_with("/login", headers, body).await.expect(204);
    before.graphql(WHO, json!({})).await.expect_refusal(401, "invalid_token");
}

#[tokio::test]
async fn the_end_of_all_logins_ends_browsers_too() {
    let client = Service::shared().await.client();
    let person = Person::new(&client).await;
    let browser = Browser::log_in(&client, &person.name).await;
    let body = json!({
        "user_key": person.user_key, "user_secret": SECRET, "revoke_others": true,
    });
    client.post("/authenticate", body).await.expect(200);
    eventually("the browser to be signed out", async || {
        (browser.graphql(WHO, json!({})).await.status == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_changed_cookie_is_none() {
    let client = Service::shared().await.client();
    let browser = Browser::log_in(&client, &registered(&client).await).await;
    let (name, value) = browser.cookie().split_once('=').unwrap();
    let shorter = &value[..value.len() - 1];
    let other = value.replacen("nxl_", "nxa_", 1);
    for forged in ["", "nxl_", shorter, &other, &format!("{value}0"), &value.to_lowercase()] {
        let cookie = format!("{name}={forged}");
        let forged = Browser::with_cookie(&client, cookie);
        forged.graphql(WHO, json!({})).await.expect_refusal(401, "invalid_token");
    }
    let bearer = client.with_bearer(value);
    bearer.graphql(WHO, json!({})).await.expect_refusal(401, "invalid_token");
}

#[tokio::test]
async fn people_see_where_they_are_signed_in_and_end_it() {
    let client = Service::shared().await.client();
    let person = Person::new(&client).await;
    let browser = Browser::log_in(&client, &person.name).await;
    let stranger = Person::new(&client).await;
    let query = "{ sessions { id kind method current network expiresAt } }";
    let sessions = eventually("both sessions to show", async || {
        let answer = browser.graphql(query, json!({})).await.expect_data();
        let sessions = answer.at("/data/sessions").as_array().unwrap().clone();
        (sessions.len() == 2).then_some(sessions)
    })
    .await;
    let of = |kind: &str| sessions.iter().find(|session| session["kind"] == kind).unwrap().clone();
    let (own, other) = (of("SESSION"), of("TOKEN_FAMILY"));
    assert_eq!((&own["current"], &other["current"]), (&json!(true), &json!(false)));
    assert_eq!((&own["method"], &other["method"]), (&json!("password"), &json!("register")));
    let octets = client.network().octets();
    assert_eq!(own["network"], format!("{}.{}.{}.0/24", octets[0], octets[1], octets[2]));

    let revoke = "mutation Revoke($id: ID!) { revokeSession(input: { id: $id }) { revokedIds } }";
    let foreign = stranger.graphql(revoke, json!({ "id": own["id"] })).await;
    foreign.expect_error("NOT_FOUND");
    let revoked = browser.graphql(revoke, json!({ "id": other["id"] })).await.expect_data();
    assert_eq!(revoked.at("/data/revokeSession/revokedIds"), &json!([other["id"]]));
    person.graphql(WHO, json!({})).await.expect_refusal(401, "invalid_token");
    let again = browser.graphql(revoke, json!({ "id": other["id"] })).await.expect_data();
    assert_eq!(again.at("/data/revokeSession/revokedIds"), &json!([]));
    browser.graphql(revoke, json!({ "id": own["id"] })).await.expect_data();
    browser.graphql(WHO, json!({})).await.expect_refusal(401, "invalid_token");
}

#[tokio::test]
async fn a_browsers_socket_lives_by_its_cookie() {
    let client = Service::shared().await.client();
    let browser = Browser::log_in(&client, &registered(&client).await).await;
    let open = async |origin: &str| {
        let headers = [
            ("sec-websocket-protocol", "graphql-transport-ws"),
            ("cookie", browser.cookie()),
            ("origin", origin),
        ];
        Socket::open(&client, "/graphql/ws", &headers).await
    };
    assert_eq!(open("https://evil.test").await.unwrap_err().status, 403);
    let mut socket = open(client.address()).await.unwrap();
    socket.send(json!({ "type": "connection_init" })).await;
    socket.json_of("connection_ack").await;
    browser.log_out().await.expect(204);
    assert_eq!(socket.closed().await, (4401, "session_ended".into()));
    // Nor does a cookie count for a socket that does not say which page it is of.
    let mut headless = GraphqlSocket::silent(&client).await;
    headless.send(json!({ "type": "connection_init" })).await;
    assert_eq!(headless.closed().await.0, 4401);
}

#[tokio::test]
async fn a_cookie_is_no_answer_to_other_methods() {
    let client = Service::shared().await.client();
    for path in ["/login", "/logout"] {
        let answer = client.request(Method::PUT, path).send().await.unwrap();
        assert_eq!(answer.status(), 405);
    }
}
