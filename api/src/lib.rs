//! Keyledger: the service, from its command line to the log.
//!
//! ```text
//! cli, http, graphql, ws, admin ──▶ app ──▶ store, domain
//!                         live ──▶ app::folds      reactors ──▶ app
//! ```
//!
//! Law: `app` and `reactors` name neither HTTP nor GraphQL. Whatever asks, by whichever door,
//! [`app`] acts and `domain` decides.
//!
//! Read in this order: [`config`], [`node`], [`app`], then one way in, e.g. [`http`].

pub mod clock;
pub mod config;
pub mod crash_points;
pub mod error;
mod origin;
pub mod telemetry;

pub mod admin;
pub mod app;
pub mod live;
pub mod reactors;

pub mod graphql;
pub mod http;
pub mod ws;

pub mod cli;
pub mod node;
pub mod selftest;
