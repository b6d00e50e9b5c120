//! Verification: whether a token may do something now, told to other services.

use serde_json::json;
use tests::{
    account::{Person, verify},
    client::Client,
    service::Service,
    setup::Setup,
};

#[tokio::test]
async fn a_live_token_is_valid_and_says_whose_it_is() {
    let (verifier, person) = scene().await;
    let token = person.create_token("Desk").await;
    let answer = verify(&verifier, &token.secret).await.expect(200);
    assert_eq!(answer.at("/valid"), true, "{}", answer.text);
    assert_eq!(answer.at("/code"), "VALID");
    assert_eq!(answer.at("/token_id"), &json!(token.id));
    assert_eq!(answer.at("/workspace_id"), &json!(person.workspace().await));
    assert_eq!(answer.at("/scopes"), &json!(["ws:connect"]));
    assert!(answer.at("/expires_at").is_null());
    assert!(answer.at("/acts_as").as_str().is_some_and(|it| it.starts_with("usr_")));
    assert!(answer.at("/position").is_string());
}

#[tokio::test]
async fn a_revoked_token_is_refused_by_the_next_request() {
    let (verifier, person) = scene().await;
    for _ in 0..5 {
        let token = person.create_token("Desk").await;
        assert_eq!(verify(&verifier, &token.secret).await.at("/code"), "VALID");
        person.revoke_token(&token.id).await;
        let answer = verify(&verifier, &token.secret).await.expect(200);
        assert_eq!((answer.at("/valid"), answer.at("/code")), (&json!(false), &json!("REVOKED")));
    }
}

#[tokio::test]
async fn any_change_of_any_character_is_an_unknown_token() {
    let (verifier, person) = scene().await;
    let secret = person.create_token("Desk").await.secret;
    let mut forgeries: Vec<String> = (0..secret.len()).map(|n| secret[..n].to_owned()).collect();
    forgeries.extend((0..secret.len()).map(|n| {
        let other = if &secret[n..=n] == "0" { "1" } else { "0" };
        format!("{}{other}{}", &secret[..n], &secret[n + 1..])
    }));
    forgeries.extend([format!("{secret}0"), format!(" {secret}"), secret.to_uppercase()]);
    for forgery in forgeries {
        let answer = verify(&verifier, &forgery).await.expect(200);
        assert_eq!(answer.at("/valid"), false, "{forgery}");
        assert_eq!(answer.at("/code"), "NOT_FOUND", "{forgery}");
        assert!(answer.at("/token_id").is_null(), "{}", answer.text);
    }
    assert_eq!(verify(&verifier, &secret).await.at("/code"), "VALID");
}

#[tokio::test]
async fn a_token_does_only_what_its_scopes_say_from_where_it_may() {
    let (verifier, person) = scene().await;
    let input = json!({ "name": "Desk", "allowedCidrs": ["192.0.2.0/24", "2001:db8::/32"] });
    let token = person.create_token_with(input).await.secret;
    let ask = async |scope: &str, ip: Option<&str>| {
        let body = json!({ "token": token, "scope": scope, "ip": ip });
        verifier.post("/api/agent-tokens/verify", body).await.expect(200).text_at("/code")
    };
    assert_eq!(ask("ws:connect", Some("192.0.2.7")).await, "VALID");
    assert_eq!(ask("ws:connect", Some("2001:db8::1")).await, "VALID");
    assert_eq!(ask("ws:connect", Some("198.51.100.1")).await, "NETWORK_NOT_ALLOWED");
    assert_eq!(ask("graphql", Some("192.0.2.7")).await, "INSUFFICIENT_SCOPE");
}

#[tokio::test]
async fn a_token_is_suspended_with_its_plan_and_works_again_with_it() {
    let service = Setup::default().start().await.unwrap();
    let (verifier, person) = (service.verifier(), Person::new(&service.client()).await);
    let token = person.create_token("Desk").await.secret;
    let workspace = person.workspace().await;
    for (plan, code) in [("free", "PLAN_INACTIVE"), ("team", "VALID")] {
        service.operate(&["workspace", "set-plan", &workspace, plan]).unwrap();
        let answer = verify(&verifier, &token).await.expect(200);
        assert_eq!(answer.at("/code"), code, "{}", answer.text);
    }
}

#[tokio::test]
async fn the_old_token_works_until_the_overlap_of_its_rotation_ends() {
    let (verifier, person) = scene().await;
    let old = person.create_token("Desk").await;
    for (overlap, code) in [(600, "VALID"), (0, "REVOKED")] {
        let old = if overlap == 0 { person.create_token("Other").await } else { old.clone() };
        let input = json!({ "input": { "id": old.id, "overlapSeconds": overlap } });
        let rotate =
            "mutation($input: RotateTokenInput!) { rotateToken(input: $input) { secret } }";
        let new = person.graphql(rotate, input).await.expect_data();
        let new = new.text_at("/data/rotateToken/secret");
        assert_eq!(verify(&verifier, &new).await.at("/code"), "VALID");
        assert_eq!(verify(&verifier, &old.secret).await.at("/code"), code);
    }
}

#[tokio::test]
async fn only_a_service_that_may_is_answered() {
    let service = Service::shared().await;
    let (anonymous, person) = (service.client(), Person::new(&service.client()).await);
    let token = person.create_token("Desk").await.secret;
    verify(&anonymous, &token).await.expect(401);
    verify(&anonymous.with_bearer("nxv_forged"), &token).await.expect(401);
    for other in [anonymous.with_bearer(&token), person.client.clone()] {
        let answer = verify(&other, &token).await;
        assert!([401, 403].contains(&answer.status), "{} {}", answer.status, answer.text);
    }
    verify(&service.with_scope("billing:manage"), &token).await.expect(403);
}

#[tokio::test]
async fn a_service_credential_ends_when_it_is_revoked() {
    let service = Service::shared().await;
    let create = ["service-credential", "create", "--name", "v", "--scope", "tokens:verify"];
    let created = service.operate(&create).unwrap();
    let verifier = service.client().with_bearer(created["secret"].as_str().unwrap());
    verify(&verifier, "nxa_nothing").await.expect(200);
    let id = created["id"].as_str().unwrap();
    service.operate(&["service-credential", "revoke", id]).unwrap();
    verify(&verifier, "nxa_nothing").await.expect(401);
}

#[tokio::test]
async fn what_is_no_question_is_refused() {
    let (verifier, _) = scene().await;
    let bodies =
        [json!({}), json!([]), json!({ "token": 1 }), json!({ "token": "nxa_x", "scope": "?" })];
    for body in bodies {
        let answer = verifier.post("/api/agent-tokens/verify", body).await;
        answer.expect_refusal(400, "invalid_request");
    }
}

async fn scene() -> (Client, Person) {
    let service = Service::shared().await;
    (service.verifier(), Person::new(&service.client()).await)
}
