//! The protocol's messages, services and clients, generated from `proto/`.
//!
//! Public so that a test or a tool can speak to any EventStoreDB server with them.

/// One module per package, named as the package.
pub mod event_store {
    /// Messages that every service shares.
    pub mod client {
        tonic::include_proto!("event_store.client");

        /// Reading, following, appending to and deleting streams.
        #[expect(
            clippy::pedantic,
            clippy::allow_attributes,
            clippy::large_enum_variant,
            reason = "generated"
        )]
        pub mod streams {
            tonic::include_proto!("event_store.client.streams");
        }

        /// Groups of competing readers.
        #[expect(
            clippy::pedantic,
            clippy::allow_attributes,
            clippy::large_enum_variant,
            reason = "generated"
        )]
        pub mod persistent_subscriptions {
            tonic::include_proto!("event_store.client.persistent_subscriptions");
        }

        /// What the server can do.
        #[expect(clippy::pedantic, clippy::allow_attributes, reason = "generated")]
        pub mod server_features {
            tonic::include_proto!("event_store.client.server_features");
        }

        /// Who is in the cluster.
        #[expect(clippy::pedantic, clippy::allow_attributes, reason = "generated")]
        pub mod gossip {
            tonic::include_proto!("event_store.client.gossip");
        }

        /// What the server counts.
        #[expect(clippy::pedantic, clippy::allow_attributes, reason = "generated")]
        pub mod monitoring {
            tonic::include_proto!("event_store.client.monitoring");
        }

        /// What an operator may ask of a node.
        #[expect(clippy::pedantic, clippy::allow_attributes, reason = "generated")]
        pub mod operations {
            tonic::include_proto!("event_store.client.operations");
        }
    }
}

/// Google's status message, as a batch append carries it.
pub mod google {
    /// `Status` and `Code`.
    #[expect(clippy::pedantic, reason = "generated")]
    pub mod rpc {
        tonic::include_proto!("google.rpc");
    }
}
