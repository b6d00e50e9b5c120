//! Serves a log until it is interrupted: `cargo run --example serve -- 127.0.0.1:2113 [FILE]`.

use embedded_store::EmbeddedStore;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let listen = arguments.next().unwrap_or_else(|| "127.0.0.1:2113".into()).parse()?;
    let builder = EmbeddedStore::builder().listen(listen);
    let store = match arguments.next() {
        Some(file) => builder.path(file).start().await?,
        None => builder.in_memory().start().await?,
    };
    println!("listening on {}", store.address());
    tokio::signal::ctrl_c().await?;
    store.shutdown().await;
    Ok(())
}
