//! P11: verification and creation with a short and with a long history behind them.

use anyhow::Result;

use super::{Settings, create, keep, verify};
use crate::{product::Product, report::Row};

/// The history that the long one is compared with.
const SHORT: usize = 10_000;
/// Tokens verified round and round: the same number whatever the history.
const VERIFIED: usize = 10_000;

pub(super) async fn run(settings: &Settings) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for history in [SHORT, settings.history] {
        let product = Product::start_with(
            settings,
            vec![("KEYLEDGER_PLAN_ENTERPRISE_TOKENS", "100000".to_owned())],
        )?;
        let mut tokens = product.seed(history).await?;
        tokens.truncate(VERIFIED);
        product.caught_up().await?;
        let requests = verify::requests(&tokens, &product.verifier()?);
        let hot = verify::hot(&product, &requests, 64, settings.duration).await?;
        let created = create::measure(&product, settings.duration).await?;
        for (row, goal) in [(hot, "within 20 %"), (created, "within 20 %")] {
            let what = format!("{}, {history} tokens of history", row.what);
            keep(&mut rows, Row { scenario: "P11", what, goal, ..row });
        }
    }
    Ok(rows)
}
