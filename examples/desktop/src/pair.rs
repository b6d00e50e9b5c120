//! Pairing: a code for a token.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

/// What the service gave for the code; also what is kept in the file.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Paired {
    pub(crate) token: String,
    pub(crate) name: String,
    pub(crate) websocket_url: Url,
    /// Up to where everything was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
}

/// Reads the code out of `nexmod://pair?code=…`.
pub(crate) fn code_of(link: &str) -> Result<String> {
    let link: Url = link.parse().context("this is no link")?;
    if link.host_str() != Some("pair") {
        bail!("this link does not pair anything");
    }
    let code = link.query_pairs().find(|(name, _)| name == "code");
    Ok(code.context("the link has no code")?.1.into_owned())
}

/// Exchanges a code.
pub(crate) async fn exchange(service: &Url, code: &str) -> Result<Paired> {
    let address = service.join("/api/agent-tokens/exchange")?;
    let body = json!({ "code": code, "device_name": device_name() });
    let request = reqwest::Client::new().post(address).json(&body);
    let response = request.send().await.context("the service does not answer")?;
    let status = response.status();
    if status.is_success() {
        return response.json().await.context("the service answers something else");
    }
    let refusal: Value = response.json().await.unwrap_or_default();
    bail!(
        "{}",
        match refusal["error"].as_str().unwrap_or_default() {
            "pairing_code_invalid" => "there is no such code; is it typed right?",
            "pairing_code_expired" => "the code has expired; generate another",
            "pairing_code_used" => "the code has been used already; generate another",
            "too_many_attempts" => "too many wrong codes; wait ten minutes",
            "plan_required" => "the workspace's plan has no agent tokens",
            "creator_not_allowed" =>
                "whoever generated the code may not have agent tokens any more",
            "token_limit_reached" => "the workspace has all the agent tokens its plan allows",
            _ => return Err(anyhow::anyhow!("refused with {status}: {refusal}")),
        }
    )
}

/// What this machine is called.
fn device_name() -> Option<String> {
    let name = std::fs::read_to_string("/etc/hostname").ok()?;
    let name: String = name.trim().chars().take(64).collect();
    (!name.is_empty()).then_some(name)
}
