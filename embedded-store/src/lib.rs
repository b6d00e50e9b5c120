//! embedded-store.
