//! A bare handler: reads the body a verification reads, answers what it answers.

use std::net::SocketAddr;

use anyhow::Result;
use axum::{Form, Json, Router, routing::post};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Question {
    token: String,
}

#[derive(Serialize)]
struct Answer {
    valid: bool,
    code: &'static str,
    token_id: String,
    workspace_id: &'static str,
    acts_as: &'static str,
    scopes: [&'static str; 1],
    expires_at: Option<String>,
    position: &'static str,
}

/// Serves until the process ends; prints the address like the product does.
pub(crate) async fn serve(listen: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind(listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let router = Router::new()
        .route("/api/agent-tokens/verify", post(verify))
        .route("/oauth/introspect", post(introspect));
    axum::serve(listener, router).await?;
    Ok(())
}

async fn verify(Json(question): Json<Question>) -> Json<Answer> {
    Json(Answer {
        valid: true,
        code: "VALID",
        token_id: question.token,
        workspace_id: "ws_0000000000000000000000",
        acts_as: "usr_0000000000000000000000",
        scopes: ["ws:connect"],
        expires_at: None,
        position: "AAAAAAAAAAAAAAAA",
    })
}

#[derive(Serialize)]
struct Introspected {
    active: bool,
    client_id: &'static str,
    scope: &'static str,
    sub: String,
    exp: u32,
    token_type: &'static str,
}

async fn introspect(Form(question): Form<Question>) -> Json<Introspected> {
    Json(Introspected {
        active: true,
        client_id: "bench",
        scope: "openid",
        sub: question.token.len().to_string(),
        exp: 1_800_000_000,
        token_type: "Bearer",
    })
}
