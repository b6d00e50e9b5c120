//! Generates the protocol's messages, services and clients, without `protoc`.

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
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    tonic_build::configure().bytes(["."]).compile_fds(descriptors)?;
    Ok(())
}
