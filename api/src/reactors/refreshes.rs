//! Refreshes: provider tokens that end soon are renewed before anyone waits for them.
//!
//! Which are due is looked up in a read model, so nothing is held in memory for accounts that are
//! not; whether one really is, its stream says. Of all nodes one looks after them.

use std::time::Duration;

use domain::reactor_cursor::ReactorName;
use futures::{StreamExt, stream};
use projections::connected_accounts;
use tokio::time::{self, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::lease::Lease;
use crate::{app::App, error::Error};

const NAME: ReactorName = ReactorName::new("refreshes");
/// How often it is looked for accounts that are due.
const LOOK: Duration = Duration::from_secs(2);
/// Accounts taken at a time, and how many providers are asked at once.
const MOST: u32 = 100;
const AT_ONCE: usize = 8;

/// Renews what is due until `stop`.
pub(super) async fn run(app: App, holder: String, stop: CancellationToken) {
    if app.platforms.iter().next().is_none() {
        return;
    }
    let mut ticks = time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut lease = None;
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = look(&app, &holder, &mut lease).await {
            error.log();
        }
    }
}

async fn look(app: &App, holder: &str, lease: &mut Option<Lease>) -> Result<(), Error> {
    let due = connected_accounts::due(&app.db, app.clock.now(), MOST).await?;
    if due.is_empty() {
        return Ok(());
    }
    if lease.is_none() {
        *lease = Some(Lease::read(app, NAME, holder).await?);
    }
    let Some(lease) = lease else { return Ok(()) };
    if !lease.hold(app).await? {
        return Ok(());
    }
    stream::iter(due)
        .for_each_concurrent(AT_ONCE, |id| async move {
            match app.refresh_ahead(id).await {
                // On record in the account's own stream, and tried again when that says.
                Ok(()) | Err(Error::Rejected { .. } | Error::ProviderUnavailable { .. }) => {}
                Err(error) => error.log(),
            }
        })
        .await;
    Ok(())
}
