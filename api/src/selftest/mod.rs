//! The self-test: the whole story in one process, through the doors that everybody uses.
//!
//! It starts a node of its own in a folder of its own, so it can be run beside anything, and on a
//! fresh machine; every wait has a bound.

mod application;
mod client;
mod socket;
mod steps;

use anyhow::{Context, ensure};
use serde_json::json;
use tempfile::TempDir;

use self::{
    client::Client,
    socket::{Agent, Watcher},
    steps::Steps,
};
use crate::{
    admin::{
        Frame, Operation,
        client::Connection,
        operation::{AuditFilter, AuditOperation, Replay},
    },
    config::Config,
    node::Node,
};

/// Walks the story and prints each step; fails with the first step that does.
pub async fn run() -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("no folder for the data")?;
    let mut steps = Steps::default();
    let node = steps.step("start a node in an empty folder", Box::pin(start(&folder))).await?;
    let outcome = story(&node, &folder, &mut steps).await;
    let stopped = steps.step("stop the node", async {
        node.shutdown().await;
        Ok(())
    });
    let stopped = stopped.await;
    outcome.and(stopped)?;
    steps.summary();
    Ok(())
}

async fn start(folder: &TempDir) -> anyhow::Result<Node> {
    let data = folder.path().to_str().context("the folder's name is not UTF-8")?;
    let settings = [
        ("KEYLEDGER_DATA", data),
        ("KEYLEDGER_LISTEN", "127.0.0.1:0"),
        ("KEYLEDGER_DEFAULT_PLAN", "pro"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Node::start(Config::from_pairs(settings)?).await
}

async fn story(node: &Node, folder: &TempDir, steps: &mut Steps) -> anyhow::Result<()> {
    let mut client = Client::new(node.address());

    let account = json!({ "user_id": "ada", "user_secret": "correct horse battery staple" });
    let registered = steps.step("register", client.post("/register", &account)).await?;
    let sign_in =
        json!({ "user_key": registered["user_key"], "user_secret": account["user_secret"] });
    let signed_in = steps.step("authenticate", client.post("/authenticate", &sign_in)).await?;
    client.sign_in(&signed_in["access_token"])?;

    let query = "{ viewer { memberships { workspace { id } permissions } } }";
    let viewer = steps.step("ask who I am", client.graphql(query, &json!({}))).await?;
    let workspace = text(&viewer["viewer"]["memberships"][0]["workspace"]["id"])?;

    let query = "mutation ($workspace: ID!) {
        createToken(input: { workspaceId: $workspace, name: \"laptop\" }) {
            secret agentToken { id createdAt } userErrors { code }
        }
    }";
    let variables = json!({ "workspace": workspace });
    let created = steps.step("create an agent token", client.graphql(query, &variables)).await?;
    let created = &created["createToken"];
    let (secret, token) = (text(&created["secret"])?, text(&created["agentToken"]["id"])?);
    let created_at = text(&created["agentToken"]["createdAt"])?;

    let connect = Agent::connect(node.address(), &secret);
    let mut agent = steps.step("connect an agent over /ws", connect).await?;
    let watch = Watcher::subscribe(node.address(), client.bearer(), &workspace);
    let mut watcher = steps.step("watch revocations over /graphql/ws", watch).await?;

    let query = "mutation ($id: ID!) {
        revokeToken(input: { id: $id, reason: \"self-test\" }) { position userErrors { code } }
    }";
    let variables = json!({ "id": token });
    let revoked = steps.step("revoke the token", client.graphql(query, &variables)).await?;
    steps.step("the agent's socket closes with 4401", agent.closed_as_revoked()).await?;
    steps.step("the subscription delivers the revocation", watcher.revocation_of(&token)).await?;
    let again = Agent::refused(node.address(), &secret);
    steps.step("the revoked token is refused", again).await?;

    let query = "query ($id: ID!, $before: DateTime!, $position: Position) {
        now: agentToken(id: $id, consistency: { atLeast: $position }) { status }
        before: agentToken(id: $id, asOf: { time: $before }) { status }
    }";
    let position = &revoked["revokeToken"]["position"];
    let variables = json!({ "id": token, "before": created_at, "position": position });
    let past = steps.step("ask for the token as it was", client.graphql(query, &variables)).await?;
    ensure!(past["now"]["status"] == "REVOKED", "it is {} now", past["now"]["status"]);
    ensure!(past["before"]["status"] == "ACTIVE", "it was {} before", past["before"]["status"]);

    let replayed = steps.step("replay the history", replay(folder, &token)).await?;
    ensure!(
        replayed == ["agent_token.created", "agent_token.revoked"],
        "the history of the token is {replayed:?}"
    );
    application::story(node.address(), folder.path(), &account, steps).await
}

/// Replays a token's history as an operator does, through the socket in the data folder.
async fn replay(folder: &TempDir, token: &str) -> anyhow::Result<Vec<String>> {
    let server = Connection::open(folder.path()).await?;
    let mut server = server.context("the operators' socket is not there")?;
    let filter = AuditFilter { streams: vec![token.to_owned()], ..AuditFilter::default() };
    let replay = AuditOperation::Replay(Replay { filter, sealed: false });
    server.ask(&Operation::Audit(replay)).await?;
    let mut events = Vec::new();
    loop {
        match server.next().await?.context("the operators' socket was cut off")? {
            Frame::Item(event) => events.push(text(&event["type"])?),
            Frame::Progress { .. } => {}
            Frame::Done(_) => return Ok(events),
            Frame::Failed(failure) => return Err(failure.into()),
        }
    }
}

fn text(value: &serde_json::Value) -> anyhow::Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("expected a text, got {value}"))
}
