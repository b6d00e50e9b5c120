//! Feed: what ended, for those who verify access tokens without asking each time.
//!
//! A page is signed together with its place in the feed and its time, so that whoever has one
//! knows that nothing was left out and that it is not of yesterday. None is made that could have
//! left out what was answered before it was asked for.

use std::{fmt::Write as _, time::Duration};

use projections::revocations;
use serde::Serialize;
use store::Position;

use crate::{
    app::{App, signing_keys::LONGEST_TOKEN},
    error::Error,
};

/// `typ` of a page's signature: no token can be taken for one, and none for a token.
const KIND: &str = "revocations";
/// The most entries of a page.
const PAGE: u32 = 500;
/// How long a page waits for the read model; longer, and there is none.
const PATIENCE: Duration = Duration::from_secs(2);

/// A stretch of the feed.
#[derive(Clone, Debug)]
pub struct Page {
    /// An entry a line, in JSON.
    pub text: String,
    /// Of the text, which it does not hold (RFC 7515, appendix F).
    pub signature: String,
    /// Where the next one begins.
    pub next: Option<Position>,
}

#[derive(Serialize)]
struct Entry<'a> {
    cursor: String,
    kind: &'static str,
    id: &'a str,
    exp: i64,
    at: i64,
    reason: &'a str,
    /// Of a person: tokens whose `urev` is at least this still count.
    #[serde(skip_serializing_if = "Option::is_none")]
    rev: Option<u64>,
}

/// What is signed beside the entries.
#[derive(Serialize)]
struct Place<'a> {
    iss: &'a str,
    iat: i64,
    after: String,
    next: String,
    /// Whether there was nothing more.
    last: bool,
}

impl App {
    /// Returns what ended after `after`; without a position, all that still matters. `None` where
    /// nothing did, and a page that says so is not wanted.
    ///
    /// # Errors
    ///
    /// [`Error::Stale`] and [`Error::StaleRead`] if something could be missing from it.
    pub async fn revocations_page(
        &self,
        after: Option<Position>,
        even_empty: bool,
    ) -> Result<Option<Page>, Error> {
        let now = self.clock.now();
        if !self.freshness.is_fresh() {
            return Err(Error::Stale);
        }
        let reached = self.live.position();
        if !self.projections.wait_for("revocations", reached, PATIENCE).await {
            return Err(Error::StaleRead { position: None });
        }
        let rows = revocations::feed(&self.db, after, now, LONGEST_TOKEN, PAGE).await?;
        if rows.is_empty() && !even_empty {
            return Ok(None);
        }
        let mut text = String::new();
        for row in &rows {
            let entry = Entry {
                cursor: row.position.encode(),
                kind: row.kind.as_str(),
                id: &row.name,
                exp: row.until.timestamp(),
                at: row.at.timestamp(),
                reason: &row.reason,
                rev: row.revision,
            };
            let entry = serde_json::to_string(&entry);
            let entry = entry.map_err(|error| Error::Internal(error.into()))?;
            let _ = writeln!(text, "{entry}");
        }
        let next = rows.last().map(|row| row.position).or(after);
        let written =
            |position: Option<Position>| position.map(Position::encode).unwrap_or_default();
        let place = Place {
            iss: self.settings.issuer(),
            iat: now.timestamp(),
            after: written(after),
            next: written(next),
            last: rows.len() < PAGE as usize,
        };
        let signature = self.keys.sign_detached(KIND, &place, text.as_bytes())?;
        Ok(Some(Page { text, signature, next }))
    }
}
