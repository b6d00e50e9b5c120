//! `ServerFeatures`: what this server can do, told to everyone.

use crate::protocol::event_store::client::{
    Empty,
    server_features::{SupportedMethod, SupportedMethods, server_features_server::ServerFeatures},
};
use tonic::{Request, Response, Status};

/// The version of EventStoreDB whose protocol this is.
pub(crate) const VERSION: &str = "24.10.0";

/// A method's name and its features.
type Method = (&'static str, &'static [&'static str]);

/// Methods by service, with their features; only what is there.
const SUPPORTED: [(&str, &[Method]); 6] = [
    (
        "event_store.client.streams.streams",
        &[
            ("read", &["position", "events"]),
            ("append", &[]),
            ("delete", &[]),
            ("tombstone", &[]),
            ("batchappend", &["deadline_duration"]),
        ],
    ),
    (
        "event_store.client.persistent_subscriptions.persistentsubscriptions",
        &[
            ("create", &["stream", "all"]),
            ("update", &["stream", "all"]),
            ("delete", &["stream", "all"]),
            ("read", &["stream", "all"]),
            ("getinfo", &["stream", "all"]),
            ("replayparked", &["stream", "all"]),
            ("list", &["stream", "all"]),
            ("restartsubsystem", &["stream", "all"]),
        ],
    ),
    ("event_store.client.gossip.gossip", &[("read", &[])]),
    ("event_store.client.monitoring.monitoring", &[("stats", &[])]),
    (
        "event_store.client.operations.operations",
        &[
            ("startscavenge", &[]),
            ("stopscavenge", &[]),
            ("shutdown", &[]),
            ("restartpersistentsubscriptions", &[]),
        ],
    ),
    ("event_store.client.server_features.serverfeatures", &[("getsupportedmethods", &[])]),
];

/// Answers what is supported.
#[derive(Debug)]
pub(crate) struct Features;

#[tonic::async_trait]
impl ServerFeatures for Features {
    async fn get_supported_methods(
        &self,
        _: Request<Empty>,
    ) -> Result<Response<SupportedMethods>, Status> {
        let methods = SUPPORTED.iter().flat_map(|(service, methods)| {
            methods.iter().map(|(method, features)| SupportedMethod {
                method_name: (*method).into(),
                service_name: (*service).into(),
                features: features.iter().map(|&feature| feature.into()).collect(),
            })
        });
        Ok(Response::new(SupportedMethods {
            methods: methods.collect(),
            event_store_server_version: VERSION.into(),
        }))
    }
}
