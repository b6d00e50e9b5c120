//! Bad input: the right status, no panic, nothing appended.

use crate::support::{append, event, read, soon, store};
use embedded_store::{
    EmbeddedStore,
    protocol::event_store::client::{
        Empty, StreamIdentifier, Uuid as ProtoUuid,
        streams::{
            AppendReq, ReadReq, append_req,
            append_req::options::ExpectedStreamRevision,
            read_req::{
                self, Options,
                options::{
                    AllOptions, CountOption, FilterOption, FilterOptions, Position, StreamOption,
                    StreamOptions, SubscriptionOptions, UuidOption, all_options::AllOption,
                    filter_options, stream_options::RevisionOption, uuid_option,
                },
            },
            streams_client::StreamsClient,
        },
        uuid::Value,
    },
};
use eventstore::ExpectedRevision::NoStream;
use futures::StreamExt as _;
use std::{future::Future, io::Read as _, io::Write as _, net::TcpStream};
use tonic::{Code, Status, transport::Channel};

async fn streams(store: &EmbeddedStore) -> StreamsClient<Channel> {
    let endpoint = Channel::from_shared(format!("http://{}", store.address())).unwrap();
    StreamsClient::new(endpoint.connect().await.unwrap())
}

fn stream(name: &[u8]) -> StreamIdentifier {
    StreamIdentifier { stream_name: name.to_vec().into() }
}

fn options(name: &[u8], expected: Option<ExpectedStreamRevision>) -> AppendReq {
    let options = append_req::Options {
        stream_identifier: Some(stream(name)),
        expected_stream_revision: expected,
    };
    AppendReq { content: Some(append_req::Content::Options(options)) }
}

fn proposed(id: &str) -> AppendReq {
    let properties = [("type", "A"), ("content-type", "application/json")];
    let message = append_req::ProposedMessage {
        id: Some(ProtoUuid { value: Some(Value::String(id.into())) }),
        metadata: properties.map(|(key, value)| (key.into(), value.into())).into(),
        custom_metadata: bytes::Bytes::new(),
        data: bytes::Bytes::new(),
    };
    AppendReq { content: Some(append_req::Content::ProposedMessage(message)) }
}

const ID: &str = "8f7f7a52-92b1-4ab3-a1f2-0f3a7c1f8a11";
const ANY: Option<ExpectedStreamRevision> = Some(ExpectedStreamRevision::Any(Empty {}));

/// The status of a call that has to fail.
async fn refused<T>(call: impl Future<Output = Result<T, Status>>) -> Code {
    match soon(call).await {
        Ok(_) => panic!("the call is refused"),
        Err(status) => status.code(),
    }
}

#[tokio::test]
async fn malformed_appends_are_refused_and_write_nothing() {
    let (store, client) = store().await;
    let mut streams = streams(&store).await;
    let nil = "00000000-0000-0000-0000-000000000000";
    let beyond = Some(ExpectedStreamRevision::Revision(1 << 63));
    let requests = [
        (vec![], Code::Unknown),
        (vec![AppendReq { content: None }], Code::Unknown),
        (vec![proposed(ID)], Code::Unknown),
        (vec![options(b"s", ANY), options(b"s", ANY)], Code::Unknown),
        (vec![options(b"s", None), proposed(ID)], Code::InvalidArgument),
        (vec![options(b"", ANY), proposed(ID)], Code::Unknown),
        (vec![options(b"$$", ANY), proposed(ID)], Code::Unknown),
        (vec![options(b"\xff\xfe", ANY), proposed(ID)], Code::Unknown),
        (vec![options(b"$all", ANY), proposed(ID)], Code::PermissionDenied),
        (vec![options(b"s", beyond), proposed(ID)], Code::Unknown),
        (vec![options(b"s", ANY), proposed(nil)], Code::Unknown),
        (vec![options(b"s", ANY), proposed("no id")], Code::Unknown),
    ];
    for (index, (request, code)) in requests.into_iter().enumerate() {
        let call = streams.append(futures::stream::iter(request));
        assert_eq!(refused(call).await, code, "request {index}");
    }
    assert!(read(&client, "s").await.is_err(), "nothing was written");
    store.shutdown().await;
}

#[tokio::test]
async fn names_may_be_long_and_odd() {
    let (store, client) = store().await;
    for name in ["a\0b".to_owned(), "x".repeat(10_000), "Größe 🗝 — ünï".to_owned(), "$$$$s".into()]
    {
        append(&client, &name, NoStream, event(0)).await.unwrap();
        assert_eq!(read(&client, &name).await.unwrap()[0].get_original_event().stream_id, name);
    }
    store.shutdown().await;
}

fn read_request(place: StreamOption) -> Options {
    Options {
        stream_option: Some(place),
        read_direction: 0,
        resolve_links: false,
        count_option: Some(CountOption::Count(10)),
        filter_option: Some(FilterOption::NoFilter(Empty {})),
        uuid_option: Some(UuidOption { content: Some(uuid_option::Content::String(Empty {})) }),
        control_option: None,
    }
}

fn from_revision(revision: u64) -> StreamOption {
    StreamOption::Stream(StreamOptions {
        stream_identifier: Some(stream(b"s")),
        revision_option: Some(RevisionOption::Revision(revision)),
    })
}

fn from_position(commit: u64, prepare: u64) -> StreamOption {
    let position = Position { commit_position: commit, prepare_position: prepare };
    StreamOption::All(AllOptions { all_option: Some(AllOption::Position(position)) })
}

fn filtered(regex: &str) -> FilterOption {
    let expression = filter_options::Expression { regex: regex.into(), prefix: vec![] };
    FilterOption::Filter(FilterOptions {
        filter: Some(filter_options::Filter::StreamIdentifier(expression)),
        window: Some(filter_options::Window::Count(Empty {})),
        checkpoint_interval_multiplier: 1,
    })
}

#[tokio::test]
async fn reads_that_make_no_sense_are_refused_before_the_first_message() {
    let (store, client) = store().await;
    append(&client, "s", NoStream, event(0)).await.unwrap();
    let mut streams = streams(&store).await;
    let stream = || read_request(from_revision(0));
    let all = || read_request(from_position(0, 0));
    let subscription = Some(CountOption::Subscription(SubscriptionOptions {}));
    let requests = [
        (None, Code::Unknown),
        (Some(Options { uuid_option: None, ..stream() }), Code::Unknown),
        (Some(Options { stream_option: None, ..stream() }), Code::InvalidArgument),
        (Some(Options { count_option: None, ..stream() }), Code::InvalidArgument),
        (Some(Options { filter_option: None, ..stream() }), Code::InvalidArgument),
        (Some(Options { read_direction: 7, ..stream() }), Code::InvalidArgument),
        (Some(Options { filter_option: Some(filtered("a")), ..stream() }), Code::InvalidArgument),
        (
            Some(Options { count_option: subscription, read_direction: 1, ..all() }),
            Code::InvalidArgument,
        ),
        (Some(Options { filter_option: Some(filtered("(")), ..all() }), Code::Unknown),
        (Some(Options { count_option: Some(CountOption::Count(0)), ..all() }), Code::Unknown),
        (Some(read_request(from_revision(1 << 63))), Code::Unknown),
        (Some(read_request(from_position(1, 2))), Code::Unknown),
        (Some(read_request(from_position(1 << 63, 0))), Code::Unknown),
        (Some(read_request(from_position(u64::MAX, 3))), Code::Unknown),
    ];
    for (index, (options, code)) in requests.into_iter().enumerate() {
        assert_eq!(refused(streams.read(ReadReq { options })).await, code, "request {index}");
    }
    // The greatest numbers that mean something.
    let greatest = i64::MAX.cast_unsigned();
    for place in [from_revision(greatest), from_position(greatest, greatest)] {
        let options: Option<read_req::Options> = Some(read_request(place));
        let mut answers = soon(streams.read(ReadReq { options })).await.unwrap().into_inner();
        assert!(soon(answers.message()).await.unwrap().is_none());
    }
    store.shutdown().await;
}

#[tokio::test]
async fn an_append_that_breaks_off_writes_nothing() {
    let (store, client) = store().await;
    let mut streams = streams(&store).await;
    let begun = futures::stream::iter([options(b"s", ANY), proposed(ID)]);
    let requests = begun.chain(futures::stream::pending());
    let call = tokio::spawn(async move { streams.append(requests).await.map(|_| ()) });
    append(&client, "other", NoStream, event(0)).await.unwrap();
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    append(&client, "another", NoStream, event(1)).await.unwrap();
    let seen = read(&client, "s").await;
    assert!(seen.is_err(), "{seen:?}");
    store.shutdown().await;
}

#[tokio::test]
async fn a_thousand_readers_that_never_read_keep_nobody_waiting() {
    let (store, client) = store().await;
    let large = || eventstore::EventData::binary("large", vec![b'x'; 100_000].into());
    for _ in 0..40 {
        append(&client, "s", eventstore::ExpectedRevision::Any, large()).await.unwrap();
    }
    let mut streams = streams(&store).await;
    let mut idle = Vec::new();
    for _ in 0..1000 {
        let options = Some(read_request(from_position(0, 0)));
        idle.push(soon(streams.read(ReadReq { options })).await.unwrap());
    }
    append(&client, "t", NoStream, event(0)).await.unwrap();
    assert_eq!(read(&client, "t").await.unwrap().len(), 1);
    soon(store.shutdown()).await;
}

#[tokio::test]
async fn garbage_on_the_wire_closes_its_connection_only() {
    let (store, client) = store().await;
    let address = store.address();
    let garbage = tokio::task::spawn_blocking(move || {
        for garbage in
            [&b"\x00\x01\x02garbage\r\n\r\n"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nxxxxxxxxxx"]
        {
            let mut socket = TcpStream::connect(address).unwrap();
            socket.write_all(garbage).unwrap();
            // It answers something or nothing, and hangs up.
            let _ = socket.read_to_end(&mut Vec::new());
        }
    });
    soon(garbage).await.unwrap();
    append(&client, "s", NoStream, event(0)).await.unwrap();
    store.shutdown().await;
}

/// Calls a method with bytes that are no message of it: the field is there, and holds garbage.
async fn call_with_garbage(store: &EmbeddedStore, method: &'static str) -> Code {
    let endpoint = Channel::from_shared(format!("http://{}", store.address())).unwrap();
    let mut grpc = tonic::client::Grpc::new(endpoint.connect().await.unwrap());
    grpc.ready().await.unwrap();
    let codec = tonic::codec::ProstCodec::<Vec<u8>, Vec<u8>>::default();
    let garbage = futures::stream::iter([vec![0xff_u8; 64]]);
    let path = http::uri::PathAndQuery::from_static(method);
    let answered = soon(grpc.streaming(tonic::Request::new(garbage), path, codec)).await;
    match answered {
        Err(status) => status.code(),
        Ok(mut answers) => soon(answers.get_mut().message()).await.unwrap_err().code(),
    }
}

#[tokio::test]
async fn messages_that_cannot_be_decoded_are_refused() {
    let (store, client) = store().await;
    for method in [
        "/event_store.client.streams.Streams/Read",
        "/event_store.client.streams.Streams/Append",
        "/event_store.client.streams.Streams/Delete",
        "/event_store.client.streams.Streams/Tombstone",
        "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Create",
        "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read",
    ] {
        let code = call_with_garbage(&store, method).await;
        assert!(matches!(code, Code::Internal | Code::Unknown), "{method}: {code:?}");
    }
    append(&client, "s", NoStream, event(0)).await.unwrap();
    store.shutdown().await;
}

#[tokio::test]
async fn a_message_of_sixteen_mebibytes_is_refused_and_the_connection_goes_on() {
    let (store, client) = store().await;
    let mut streams = streams(&store).await;
    let mut large = proposed(ID);
    if let Some(append_req::Content::ProposedMessage(message)) = &mut large.content {
        message.data = vec![0; 17 << 20].into();
    }
    let call = streams.append(futures::stream::iter([options(b"s", ANY), large]));
    assert_eq!(refused(call).await, Code::OutOfRange);
    // Within what a message may be, and beyond what an append may be.
    let mut large = proposed(ID);
    if let Some(append_req::Content::ProposedMessage(message)) = &mut large.content {
        message.data = vec![0; 16_000_000].into();
    }
    let call = streams.append(futures::stream::iter([options(b"s", ANY), large]));
    assert_eq!(refused(call).await, Code::InvalidArgument);
    assert!(read(&client, "s").await.is_err(), "nothing was written");
    streams.append(futures::stream::iter([options(b"s", ANY), proposed(ID)])).await.unwrap();
    assert_eq!(read(&client, "s").await.unwrap().len(), 1);
    store.shutdown().await;
}

#[tokio::test]
async fn a_client_that_opens_a_thousand_streams_and_leaves_leaves_nothing_behind() {
    let (store, client) = store().await;
    let mut streams = streams(&store).await;
    let mut following = Vec::new();
    for n in 0..1000 {
        let mut options = read_request(StreamOption::Stream(StreamOptions {
            stream_identifier: Some(stream(format!("s-{n}").as_bytes())),
            revision_option: Some(RevisionOption::Start(Empty {})),
        }));
        options.count_option = Some(CountOption::Subscription(SubscriptionOptions {}));
        let request = ReadReq { options: Some(options) };
        following.push(soon(streams.read(request)).await.unwrap());
    }
    append(&client, "s-7", NoStream, event(0)).await.unwrap();
    drop(following);
    drop(streams);
    let gone = async {
        let operator = eventstore::operations::Client::new(store.url().parse().unwrap());
        loop {
            let options = eventstore::operations::StatsOptions::default();
            let mut figures = operator.stats(&options).await.unwrap();
            // The two that are left are the writer's and the one that asks.
            if figures.next().await.unwrap().0["es-connections"] == "2" {
                return;
            }
        }
    };
    soon(gone).await;
    store.shutdown().await;
}
