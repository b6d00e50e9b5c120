//! The embedded log under measurement: a process of its own, called with the bare generated client.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use embedded_store::{
    EmbeddedStore,
    protocol::event_store::client::{
        Empty, StreamIdentifier, Uuid as ProtoUuid,
        streams::{
            AppendReq, BatchAppendReq, ReadReq, append_req, append_resp, batch_append_req,
            batch_append_resp,
            read_req::{self, options},
            read_resp,
            streams_client::StreamsClient,
        },
        uuid::Value,
    },
};
use futures::{StreamExt as _, stream};
use serde_json::Value as Json;
use tonic::{Streaming, transport::Channel};
use uuid::Uuid;

use crate::server::Server;

/// Bytes of data of an event that is measured.
pub(crate) const SIZE: usize = 500;

/// A log in a process of its own, and a connection to it.
pub(crate) struct Log {
    pub(crate) server: Server,
    pub(crate) client: StreamsClient<Channel>,
}

/// Serves the log in `file` until the process ends.
pub(crate) async fn serve(file: &Path) -> Result<()> {
    let store = EmbeddedStore::builder().path(file).start().await?;
    println!("listening on http://{}", store.address());
    store.stopped().await;
    store.shutdown().await;
    Ok(())
}

impl Log {
    /// Starts a server on `file`, which is made if it is not there.
    pub(crate) async fn start(file: &Path) -> Result<Self> {
        let file = file.to_str().context("the path is text")?;
        let server = Server::limit(&["log", file])?;
        let client = connect(&server.address).await?;
        Ok(Self { server, client })
    }

    /// What the server counts, e.g. `es.writer.commits`.
    pub(crate) async fn figure(&self, path: &str) -> Result<u64> {
        let address = &self.server.address;
        let mut connection = crate::load::connection::Connection::open(address).await?;
        let request =
            format!("GET /stats HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\n\r\n");
        let answer = connection.exchange(request.as_bytes()).await?;
        let figures: Json = serde_json::from_slice(&answer.body)?;
        let figure = path.split('.').fold(&figures, |object, name| &object[name]);
        figure.as_u64().with_context(|| format!("no figure {path}"))
    }
}

/// A client with a connection of its own.
pub(crate) async fn connect(address: &str) -> Result<StreamsClient<Channel>> {
    let channel = Channel::from_shared(format!("http://{address}"))?.connect().await?;
    Ok(StreamsClient::new(channel).max_decoding_message_size(17 << 20))
}

/// Appends one event to a stream, whatever is there.
pub(crate) async fn append(
    client: &mut StreamsClient<Channel>,
    name: String,
    data: Vec<u8>,
) -> Result<()> {
    use append_req::{Content, Options, ProposedMessage, options::ExpectedStreamRevision};
    let options = Options {
        stream_identifier: Some(identifier(name)),
        expected_stream_revision: Some(ExpectedStreamRevision::Any(Empty {})),
    };
    let event = ProposedMessage {
        id: Some(id()),
        metadata: properties(),
        custom_metadata: Vec::new().into(),
        data: data.into(),
    };
    let contents = [Content::Options(options), Content::ProposedMessage(event)];
    let requests = contents.map(|content| AppendReq { content: Some(content) });
    match client.append(stream::iter(requests)).await?.into_inner().result {
        Some(append_resp::Result::Success(_)) => Ok(()),
        other => bail!("the append was answered with {other:?}"),
    }
}

/// Appends `batches` of `size` events each, `inflight` of them unanswered at a time.
pub(crate) async fn append_batches(
    client: &mut StreamsClient<Channel>,
    name: impl Fn(usize) -> String + Send + 'static,
    batches: usize,
    size: usize,
    inflight: usize,
) -> Result<()> {
    let permits = std::sync::Arc::new(tokio::sync::Semaphore::new(inflight));
    let free = std::sync::Arc::clone(&permits);
    let requests = stream::unfold(0, move |n| {
        let (permits, next) = (std::sync::Arc::clone(&free), batch(name(n), size));
        async move {
            if n == batches {
                return None;
            }
            permits.acquire_owned().await.ok()?.forget();
            Some((next, n + 1))
        }
    });
    let mut answers = client.batch_append(requests).await?.into_inner();
    while let Some(answer) = answers.message().await? {
        match answer.result {
            Some(batch_append_resp::Result::Success(_)) => permits.add_permits(1),
            other => bail!("a batch was answered with {other:?}"),
        }
    }
    Ok(())
}

fn batch(name: String, size: usize) -> BatchAppendReq {
    use batch_append_req::{Options, ProposedMessage, options::ExpectedStreamPosition};
    let event = || ProposedMessage {
        id: Some(id()),
        metadata: properties(),
        custom_metadata: Vec::new().into(),
        data: vec![b'x'; SIZE].into(),
    };
    BatchAppendReq {
        correlation_id: Some(id()),
        options: Some(Options {
            stream_identifier: Some(identifier(name)),
            expected_stream_position: Some(ExpectedStreamPosition::Any(())),
            deadline_option: None,
        }),
        proposed_messages: (0..size).map(|_| event()).collect(),
        is_final: true,
    }
}

/// Reads the whole of `$all` from its start; returns how many events that were.
pub(crate) async fn read_all(client: &mut StreamsClient<Channel>) -> Result<usize> {
    let all =
        options::AllOptions { all_option: Some(options::all_options::AllOption::Start(Empty {})) };
    let count = options::CountOption::Count(u64::MAX);
    let request = request(options::StreamOption::All(all), count, 0);
    drain(client.read(request).await?.into_inner()).await
}

/// Reads so many messages of a server that sends as many as it is asked for.
pub(crate) async fn read_count(client: &mut StreamsClient<Channel>, count: usize) -> Result<usize> {
    let all =
        options::AllOptions { all_option: Some(options::all_options::AllOption::Start(Empty {})) };
    let count = options::CountOption::Count(u64::try_from(count)?);
    let request = request(options::StreamOption::All(all), count, 0);
    drain(client.read(request).await?.into_inner()).await
}

/// Reads the newest event of a stream.
pub(crate) async fn read_newest(
    client: &mut StreamsClient<Channel>,
    name: String,
) -> Result<usize> {
    use options::stream_options::RevisionOption;
    let of = options::StreamOptions {
        stream_identifier: Some(identifier(name)),
        revision_option: Some(RevisionOption::End(Empty {})),
    };
    let request = request(options::StreamOption::Stream(of), options::CountOption::Count(1), 1);
    drain(client.read(request).await?.into_inner()).await
}

/// Counts the events of a read.
pub(crate) async fn drain(
    mut messages: Streaming<embedded_store::protocol::event_store::client::streams::ReadResp>,
) -> Result<usize> {
    let mut events = 0;
    while let Some(message) = messages.next().await {
        events += usize::from(matches!(message?.content, Some(read_resp::Content::Event(_))));
    }
    Ok(events)
}

/// A `Read`; direction 0 is forwards, 1 backwards.
pub(crate) fn request(
    place: options::StreamOption,
    count: options::CountOption,
    read_direction: i32,
) -> ReadReq {
    ReadReq {
        options: Some(read_req::Options {
            stream_option: Some(place),
            read_direction,
            resolve_links: false,
            count_option: Some(count),
            filter_option: Some(options::FilterOption::NoFilter(Empty {})),
            uuid_option: Some(options::UuidOption {
                content: Some(options::uuid_option::Content::String(Empty {})),
            }),
            control_option: None,
        }),
    }
}

fn identifier(name: String) -> StreamIdentifier {
    StreamIdentifier { stream_name: name.into() }
}

fn id() -> ProtoUuid {
    let id: Uuid = store::random::uuid();
    ProtoUuid { value: Some(Value::String(id.to_string())) }
}

fn properties() -> std::collections::HashMap<String, String> {
    [("type", "measured"), ("content-type", "application/octet-stream")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}
