//! A desktop app: pairs once, then connects by itself until its token is revoked.
//!
//! ```sh
//! desktop --service http://127.0.0.1:8080 --pair-code 123456   # or the deep link:
//! desktop 'nexmod://pair?code=123456'
//! desktop                                                     # from then on
//! ```

mod connect;
mod pair;
mod register;
mod store;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Parser;
use client::Ended;
use url::Url;

use crate::store::Store;

/// Pairs with a Keyledger service and prints what it says.
#[derive(Parser)]
struct Arguments {
    /// The deep link that a dashboard shows beside the code: nexmod://pair?code=…
    link: Option<String>,
    /// The code that a dashboard shows.
    #[arg(long)]
    pair_code: Option<String>,
    /// Where the service is.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    service: Url,
    /// Where the token is kept, readable by nobody else.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Makes this program the one that opens nexmod:// links.
    #[arg(long)]
    register: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.register {
        let file = register::handler(&arguments.service)?;
        println!("nexmod:// links open this program: {}", file.display());
        return Ok(());
    }
    let store = Store::at(match arguments.file {
        Some(file) => file,
        None => store::usual_file()?,
    });
    let code = match (&arguments.pair_code, &arguments.link) {
        (Some(code), _) => Some(code.clone()),
        (None, Some(link)) => Some(pair::code_of(link)?),
        (None, None) => None,
    };
    if let Some(code) = code {
        let paired = pair::exchange(&arguments.service, &code).await?;
        println!("paired as {}", paired.name);
        store.write(&paired)?;
    }
    let Some(paired) = store.read()? else {
        bail!("not paired yet: generate a code in the dashboard and start me with --pair-code")
    };
    let Ended { reason } = connect::stay(&store, paired).await.context("the connection")?;
    store.forget()?;
    bail!("the token is not accepted any more ({reason}); pair again to go on")
}
