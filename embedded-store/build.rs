//! Generates the protocol's messages, services and clients, without `protoc`.

use tonic_build::manual::{Method, Service};

/// Where the messages of the service are.
const MESSAGES: &str = "crate::protocol::event_store::client::streams";

const PROTOS: [&str; 6] = [
    "streams.proto",
    "persistent.proto",
    "server_features.proto",
    "gossip.proto",
    "monitoring.proto",
    "operations.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rustc-check-cfg=cfg(fuzzing)");
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    tonic_build::configure().bytes(["."]).compile_fds(descriptors)?;
    tonic_build::manual::Builder::new().build_client(false).compile(&[streams()]);
    Ok(())
}

/// `Streams` once more, for our server: what a read is answered with is encoded by hand.
fn streams() -> Service {
    let method = |name: &str, route: &str, request: &str, response: &str| {
        Method::builder()
            .name(name)
            .route_name(route)
            .input_type(format!("{MESSAGES}::{request}"))
            .output_type(format!("{MESSAGES}::{response}"))
            .codec_path("tonic::codec::ProstCodec")
    };
    let read = Method::builder()
        .name("read")
        .route_name("Read")
        .input_type(format!("{MESSAGES}::ReadReq"))
        .output_type("crate::rpc::Answer")
        .codec_path("crate::rpc::Answers")
        .server_streaming();
    let append = method("append", "Append", "AppendReq", "AppendResp").client_streaming();
    let batch = method("batch_append", "BatchAppend", "BatchAppendReq", "BatchAppendResp");
    Service::builder()
        .name("Streams")
        .package("event_store.client.streams")
        .method(read.build())
        .method(append.build())
        .method(method("delete", "Delete", "DeleteReq", "DeleteResp").build())
        .method(method("tombstone", "Tombstone", "TombstoneReq", "TombstoneResp").build())
        .method(batch.client_streaming().server_streaming().build())
        .build()
}
