//! The first start: the service on `./data`, and three lines to try it with.

use std::{process::Stdio, time::Duration};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    time::timeout,
};

use crate::{
    dashboard,
    process::{cargo, step},
    workspace_root,
};

/// How long the service may take to end by itself once asked.
const GRACE: Duration = Duration::from_secs(20);

/// Starts the service; needs nothing but Rust, and Node for the dashboard.
#[derive(Args)]
pub struct Run {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    /// The data folder.
    #[arg(long, default_value = "./data")]
    data: String,
    /// Optimise: a build twice as long, for a service several times as fast.
    #[arg(long)]
    release: bool,
}

impl Run {
    /// Builds, starts, prints what to try, and waits until the service ends.
    pub fn start(&self) -> Result<()> {
        dashboard::build_if_possible()?;
        let mut build = cargo(["build", "--workspace", "--bin", "keyledger"]);
        if self.release {
            build.arg("--release");
        }
        step("build (the first one takes minutes)", &mut build)?;
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(self.serve())
    }

    async fn serve(&self) -> Result<()> {
        let profile = if self.release { "release" } else { "debug" };
        let binary = workspace_root().join("target").join(profile).join("keyledger");
        let mut service = Command::new(binary)
            .args(["serve", "--listen", &self.listen, "--data", &self.data])
            .env("KEYLEDGER_DEFAULT_PLAN", "pro")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("could not start the service's binary")?;
        let mut lines = BufReader::new(service.stdout.take().expect("it is piped")).lines();
        let mut terminate = signal(SignalKind::terminate())?;
        loop {
            tokio::select! {
                line = lines.next_line() => match line? {
                    Some(line) => say(&line),
                    None => break,
                },
                // The terminal sends it to the service as well; it ends by itself.
                _ = tokio::signal::ctrl_c() => break,
                _ = terminate.recv() => { ask_to_end(&service).await?; break }
            }
        }
        let status = timeout(GRACE, service.wait()).await.context("it did not end")??;
        ensure!(status.success(), "the service ended with {status}");
        Ok(())
    }
}

/// Passes a line of the service on, and what to try after the one that says where it listens.
fn say(line: &str) {
    println!("{line}");
    if let Some(address) = line.strip_prefix("listening on ") {
        let address = address.trim();
        println!("\nOpen {address} in a browser.\n\n{}", three_lines(address));
    }
}

async fn ask_to_end(service: &Child) -> Result<()> {
    let Some(id) = service.id() else { return Ok(()) };
    let asked = Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
    ensure!(asked.success(), "could not ask the service to end");
    Ok(())
}

/// What to paste into a shell: register, sign in, create an agent token.
///
/// Each line stands on the one before it, and each prints what it got.
/// They may be pasted again: the same name with the same secret is the same account.
fn three_lines(address: &str) -> String {
    let member = |name: &str| format!(r#"sed -n 's/.*"{name}":"\([^"]*\)".*/\1/p'"#);
    let json = "-H 'Content-Type: application/json'";
    let secret = "correct horse battery staple";
    let (user_key, access_token) = (member("user_key"), member("access_token"));
    format!(
        r#"Three lines to try, in this order:

USER_KEY=$(curl -s {address}/register {json} -d '{{"user_id":"ada","user_secret":"{secret}"}}' | {user_key}); echo "$USER_KEY"

ACCESS_TOKEN=$(curl -s {address}/authenticate {json} -d '{{"user_key":"'"$USER_KEY"'","user_secret":"{secret}"}}' | {access_token}); echo "$ACCESS_TOKEN"

curl -s {address}/graphql {json} -H "Authorization: Bearer $ACCESS_TOKEN" -d '{{"query":"mutation {{ createToken(input: {{ name: \"Desktop\" }}) {{ agentToken {{ id name hint status }} secret userErrors {{ code message }} }} }}"}}'; echo
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_name_the_address_and_quote_as_a_shell_expects() {
        let lines = three_lines("http://127.0.0.1:8080");
        assert_eq!(lines.matches("http://127.0.0.1:8080/").count(), 3);
        assert!(lines.contains(r#"'{"user_id":"ada","user_secret":"#), "{lines}");
        assert!(lines.contains(r#"(input: { name: \"Desktop\" })"#), "{lines}");
    }
}
