//! People: registered, signed in, and with a workspace of their own.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::{answer::Answer, client::Client};

/// A secret that no policy refuses.
pub const SECRET: &str = "correct horse battery staple";

/// A person with an account, signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    pub user_key: String,
    pub refresh_token: String,
    /// With the person's access token.
    pub client: Client,
}

/// An agent token as it was handed out.
#[derive(Clone, Debug)]
pub struct Token {
    /// `tok_…`.
    pub id: String,
    /// `nxa_…`, seen once.
    pub secret: String,
    /// Where in the log it was created.
    pub position: String,
}

/// A name that nobody else of this process has.
pub fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("person{}x{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Person {
    /// Registers somebody new and signs them in.
    ///
    /// # Panics
    ///
    /// If the service refuses.
    pub async fn new(client: &Client) -> Self {
        let name = fresh_name();
        let user_key = register(client, &name, SECRET).await.expect(201).text_at("/user_key");
        Self::sign_in(client, &name, &user_key).await
    }

    /// Signs in somebody who is registered.
    ///
    /// # Panics
    ///
    /// If the service refuses.
    pub async fn sign_in(client: &Client, name: &str, user_key: &str) -> Self {
        let tokens = authenticate(client, user_key, SECRET).await.expect(200);
        Self {
            name: name.to_owned(),
            user_key: user_key.to_owned(),
            refresh_token: tokens.text_at("/refresh_token"),
            client: client.with_bearer(&tokens.text_at("/access_token")),
        }
    }

    /// Executes a GraphQL document as this person.
    pub async fn graphql(&self, query: &str, variables: Value) -> Answer {
        self.client.graphql(query, variables).await
    }

    /// Creates an agent token in the personal workspace.
    ///
    /// # Panics
    ///
    /// If the service refuses.
    pub async fn create_token(&self, name: &str) -> Token {
        self.create_token_with(json!({ "name": name })).await
    }

    /// Creates an agent token from a whole `CreateTokenInput`.
    ///
    /// # Panics
    ///
    /// If the service refuses.
    pub async fn create_token_with(&self, input: Value) -> Token {
        let answer = self.try_create_token(input).await.expect_data();
        let refused = answer.at("/data/createToken/userErrors");
        assert_eq!(refused, &json!([]), "{}", answer.text);
        Token {
            id: answer.text_at("/data/createToken/agentToken/id"),
            secret: answer.text_at("/data/createToken/secret"),
            position: answer.text_at("/data/createToken/position"),
        }
    }

    /// Tries to create an agent token.
    pub async fn try_create_token(&self, input: Value) -> Answer {
        self.graphql(CREATE_TOKEN, json!({ "input": input })).await
    }

    /// Revokes an agent token.
    ///
    /// # Panics
    ///
    /// If the service refuses.
    pub async fn revoke_token(&self, id: &str) -> Answer {
        let answer = self.graphql(REVOKE_TOKEN, json!({ "input": { "id": id } })).await;
        let answer = answer.expect_data();
        assert_eq!(answer.at("/data/revokeToken/userErrors"), &json!([]), "{}", answer.text);
        answer
    }

    /// The id of the personal workspace.
    ///
    /// # Panics
    ///
    /// If the service refuses.
    pub async fn workspace(&self) -> String {
        let answer = self.graphql("{ workspace { id } }", json!({})).await.expect_data();
        answer.text_at("/data/workspace/id")
    }
}

/// `POST /register`.
pub async fn register(client: &Client, name: &str, secret: &str) -> Answer {
    client.post("/register", json!({ "user_id": name, "user_secret": secret })).await
}

/// `POST /authenticate`.
pub async fn authenticate(client: &Client, user_key: &str, secret: &str) -> Answer {
    client.post("/authenticate", json!({ "user_key": user_key, "user_secret": secret })).await
}

/// `POST /refresh`.
pub async fn refresh(client: &Client, token: &str) -> Answer {
    client.post("/refresh", json!({ "refresh_token": token })).await
}

/// `POST /api/agent-tokens/verify`, as a service that may.
pub async fn verify(verifier: &Client, token: &str) -> Answer {
    verifier.post("/api/agent-tokens/verify", json!({ "token": token })).await
}

const CREATE_TOKEN: &str = "mutation Create($input: CreateTokenInput!) {
  createToken(input: $input) {
    agentToken { id name hint status revoked expiresAt revision scopes allowedCidrs }
    secret secretAvailable position userErrors { code message path } clientMutationId
  }
}";

const REVOKE_TOKEN: &str = "mutation Revoke($input: RevokeTokenInput!) {
  revokeToken(input: $input) {
    agentToken { id status revoked revokedAt revocationReason revision }
    position userErrors { code message path }
  }
}";
