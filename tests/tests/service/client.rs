//! The crate that programs of others are written with.

use client::{Error, Keyledger, Socket};
use futures::future::join_all;
use serde_json::json;
use tests::{
    account::{Person, SECRET, authenticate, fresh_name},
    service::Service,
};

#[tokio::test]
async fn it_registers_signs_in_and_refreshes_once_for_all_who_ask() {
    let service = Service::shared().await;
    let keyledger = Keyledger::at(service.address()).unwrap();
    let name = fresh_name();
    let user_key = keyledger.register(&name, SECRET).await.unwrap();
    assert_eq!(keyledger.register(&name, SECRET).await.unwrap(), user_key);
    let taken = keyledger.register(&name, "another long and odd secret").await.unwrap_err();
    assert!(matches!(taken, Error::Refused { status: 409, .. }), "{taken}");
    let wrong = keyledger.authenticate(&user_key, "wrong").await.unwrap_err();
    assert!(matches!(wrong, Error::Refused { status: 401, .. }), "{wrong}");

    let session = keyledger.authenticate(&user_key, SECRET).await.unwrap();
    let first = session.access_token().await.unwrap();
    assert_eq!(session.access_token().await.unwrap(), first, "it is good for a while yet");
    let resumed = keyledger.resume(session.refresh_token());
    let tokens = join_all((0..32).map(|_| resumed.access_token())).await;
    let tokens: Vec<_> = tokens.into_iter().map(Result::unwrap).collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]), "each asked for one of its own");
    assert_ne!(tokens[0], first);
    let viewer = resumed.graphql("{ viewer { user { username } } }", json!({})).await.unwrap();
    assert_eq!(viewer["data"]["viewer"]["user"]["username"], json!(name));

    let others = json!({ "user_key": user_key, "user_secret": SECRET, "revoke_others": true });
    service.client().post("/authenticate", others).await.expect(200);
    let ended = resumed.graphql("{ viewer { user { id } } }", json!({})).await.unwrap_err();
    assert!(matches!(ended, Error::Finished), "{ended}");
    assert!(!format!("{session:?}").contains(session.refresh_token()));
    authenticate(&service.client(), &user_key, SECRET).await.expect(200);
}

#[tokio::test]
async fn its_socket_goes_on_where_it_was_and_ends_with_the_token() {
    let service = Service::shared().await;
    let person = Person::new(&service.client()).await;
    let token = person.create_token("Desk").await;
    let url = service.address().replacen("http", "ws", 1) + "/ws";
    let rename = async |name: &str| {
        let rename = "mutation R($id: ID!, $name: String!) {
          renameToken(input: { id: $id, name: $name }) { userErrors { code } } }";
        person.graphql(rename, json!({ "id": token.id, "name": name })).await.expect_data();
    };
    let mut socket = Socket::new(&url, &token.secret, "self");
    while socket.next().await.unwrap()["type"] != "caught_up" {}
    rename("One").await;
    assert_eq!(event(&mut socket).await["type"], "event");
    let cursor = socket.cursor().map(str::to_owned);
    drop(socket);

    rename("Two").await;
    rename("Three").await;
    let mut socket = Socket::new(&url, &token.secret, "self").after(cursor);
    let mut seen = 0;
    loop {
        match socket.next().await.unwrap()["type"].as_str() {
            Some("event") => seen += 1,
            Some("caught_up") => break,
            _ => {}
        }
    }
    assert_eq!(seen, 2, "what happened in between, once each");
    person.revoke_token(&token.id).await;
    let ended = loop {
        if let Err(ended) = socket.next().await {
            break ended;
        }
    };
    assert_eq!(ended.reason, "token_revoked");
    let refused = Socket::new(&url, &token.secret, "self").next().await.unwrap_err();
    assert_eq!(refused.reason, "refused");
}

async fn event(socket: &mut Socket) -> serde_json::Value {
    loop {
        let frame = socket.next().await.unwrap();
        if frame["type"] == "event" {
            return frame;
        }
    }
}
