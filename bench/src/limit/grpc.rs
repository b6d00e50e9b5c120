//! A bare unary call, on one connection, a number of them in flight.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::{net::TcpListener, task::JoinSet};
use tonic::{
    Request, Response, Status,
    transport::{Channel, Server, server::TcpIncoming},
};

use crate::load::{Latencies, alone, gather, http::Run, rate};

#[expect(clippy::pedantic, clippy::allow_attributes, unreachable_pub, reason = "generated")]
mod proto {
    tonic::include_proto!("bench");
}
use proto::{
    Message,
    echo_client::EchoClient,
    echo_server::{Echo, EchoServer},
};

struct Service;

#[tonic::async_trait]
impl Echo for Service {
    async fn call(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}

/// Serves until the process ends; prints the address like the product does.
pub(crate) async fn serve(listen: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind(listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let incoming = TcpIncoming::from_listener(listener, true, None)
        .map_err(|error| anyhow::anyhow!("cannot listen: {error}"))?;
    Server::builder().add_service(EchoServer::new(Service)).serve_with_incoming(incoming).await?;
    Ok(())
}

/// Calls the echo at `address` from `callers` at once, over one connection.
pub(crate) async fn measure(address: &str, callers: usize, duration: Duration) -> Result<Run> {
    let endpoint = Channel::from_shared(format!("http://{address}"))?;
    alone(async move {
        let client = EchoClient::new(endpoint.connect().await?);
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..callers {
            let mut client = client.clone();
            tasks.spawn(async move {
                let mut latencies = Latencies::default();
                while begun.elapsed() < duration {
                    let sent = Instant::now();
                    client.call(Message { body: vec![0; 300] }).await?;
                    latencies.push(sent.elapsed());
                }
                anyhow::Ok(latencies)
            });
        }
        let latencies = gather(tasks).await?;
        Ok(Run { per_second: rate(latencies.len(), begun.elapsed()), latencies })
    })
    .await?
}
