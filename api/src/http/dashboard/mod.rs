//! Dashboard: the pages in the browser, from the binary itself.
//!
//! One page and its assets. Assets have their hash in their names and are kept for good; the page
//! is made anew for each request, with a nonce, and is kept nowhere.

mod asset;
mod page;
mod policy;

use axum::{Router, routing::get};

pub(super) use self::page::Beginning;
use super::Service;

/// Addresses at which the dashboard shows something; which of them it is, it finds out itself.
const PAGES: [&str; 11] = [
    "/",
    "/accounts",
    "/applications",
    "/history",
    "/live",
    "/members",
    "/pairing",
    "/sessions",
    "/sign-in",
    "/sign-up",
    "/tokens",
];

/// What is said where it was not built.
pub const ABSENT: &str = "This build of Keyledger has no dashboard: it was built without \
    Node, or by cargo alone. Install Node 20 or newer (https://nodejs.org/en/download), then \
    `cargo xtask run` builds both. Everything the dashboard does, the API and the command line do \
    as well.";

pub(super) fn routes() -> Router<Service> {
    let routes = Router::new().route("/assets/{name}", get(asset::asset));
    PAGES.iter().fold(routes, |routes, address| routes.route(address, get(page::page)))
}

/// Tells whether this build has a dashboard.
pub fn is_built() -> bool {
    page::template().is_some()
}
