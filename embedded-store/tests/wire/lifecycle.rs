//! Starting, stopping, and who may come in.

use crate::support::{append, caught_up, client, event, numbers, read, soon, store};
use ExpectedRevision::{Any, NoStream};
use embedded_store::{
    EmbeddedStore, Error as StartError,
    protocol::event_store::client::{
        Empty, gossip::gossip_client::GossipClient, streams::streams_client::StreamsClient,
    },
};
use eventstore::{
    AppendToStreamOptions, Error, ExpectedRevision, ReadStreamOptions, StreamPosition::Start,
    SubscribeToAllOptions, SubscribeToStreamOptions,
};
use std::time::Duration;
use tonic::{Code, transport::Channel};

async fn channel(store: &EmbeddedStore) -> Channel {
    let endpoint = Channel::from_shared(format!("http://{}", store.address())).unwrap();
    endpoint.connect().await.unwrap()
}

#[tokio::test]
async fn shutdown_ends_every_subscription_with_unavailable_and_frees_the_port() {
    let (store, client) = store().await;
    let mut all = client.subscribe_to_all(&SubscribeToAllOptions::default().position(Start)).await;
    let options = SubscribeToStreamOptions::default().start_from(Start);
    let mut stream = client.subscribe_to_stream("s", &options).await;
    caught_up(&mut all).await;
    caught_up(&mut stream).await;
    let address = store.address();
    soon(store.shutdown()).await;
    for subscription in [&mut all, &mut stream] {
        let end = soon(subscription.next_subscription_event()).await;
        assert!(
            matches!(&end, Err(Error::ServerError(message)) if message.contains("Shutting Down")),
            "{end:?}"
        );
    }
    let next = soon(EmbeddedStore::builder().listen(address).start()).await.unwrap();
    assert_eq!(next.address(), address);
    next.shutdown().await;
}

#[tokio::test]
async fn a_client_goes_on_with_a_restarted_server() {
    let (store, client) = store().await;
    append(&client, "s", NoStream, event(0)).await.unwrap();
    let address = store.address();
    store.shutdown().await;
    assert!(append(&client, "s", Any, event(1)).await.is_err());
    let again = EmbeddedStore::builder().listen(address).start().await.unwrap();
    let back = async { while append(&client, "s", NoStream, event(2)).await.is_err() {} };
    soon(back).await;
    assert_eq!(numbers(&read(&client, "s").await.unwrap()), [2]);
    again.shutdown().await;
}

#[tokio::test]
async fn only_whoever_knows_the_password_may_call() {
    let builder = EmbeddedStore::builder().credentials("keeper", "p@ss:word/1");
    let store = builder.start().await.unwrap();
    let keeper = client(&store.url());
    append(&keeper, "s", NoStream, event(0)).await.unwrap();

    let port = store.address().port();
    for stranger in ["", "keeper:wrong@", "other:p%40ss%3Aword%2F1@"] {
        let url = format!("esdb://{stranger}127.0.0.1:{port}?tls=false&discoveryInterval=1");
        // The features are told to everyone, so that the client connects; nothing else is.
        let stranger = client(&url);
        assert_eq!(stranger.server_info().await.unwrap().version().to_string(), "24.10.0");
        let refused = append(&stranger, "s", Any, event(1)).await;
        assert!(matches!(refused, Err(Error::AccessDenied)), "{refused:?}");
        assert!(matches!(read(&stranger, "s").await, Err(Error::AccessDenied)));
    }
    assert_eq!(numbers(&read(&keeper, "s").await.unwrap()), [0]);
    assert!(!format!("{store:?}").contains("p@ss"));
    store.shutdown().await;
}

#[tokio::test]
async fn a_deadline_is_kept_by_the_server() {
    let (store, _) = store().await;
    let mut streams = StreamsClient::new(channel(&store).await);
    // The client never sends a first message, so that only the deadline can end the call.
    let mut call = tonic::Request::new(futures::stream::pending());
    call.set_timeout(Duration::from_millis(50));
    let refused = soon(streams.append(call)).await.unwrap_err();
    assert!(matches!(refused.code(), Code::DeadlineExceeded | Code::Cancelled), "{refused:?}");
    let client = client(&store.url());
    let options = AppendToStreamOptions::default().deadline(Duration::from_secs(5));
    client.append_to_stream("s", &options, event(0)).await.unwrap();
    store.shutdown().await;
}

#[tokio::test]
async fn gossip_tells_of_one_leader_where_clients_are_to_connect() {
    let store = EmbeddedStore::builder().advertise("localhost").start().await.unwrap();
    let answer = GossipClient::new(channel(&store).await).read(Empty {}).await.unwrap();
    let [member] = &answer.get_ref().members[..] else { panic!("there is one member") };
    let place = member.http_end_point.as_ref().unwrap();
    assert_eq!(place.address, "localhost");
    assert_eq!(place.port, u32::from(store.address().port()));
    // A client in discovery mode goes where gossip sends it.
    let port = store.address().port();
    let url = format!("esdb+discover://127.0.0.1:{port}?tls=false&discoveryInterval=1");
    let discovering = client(&url);
    append(&discovering, "s", NoStream, event(0)).await.unwrap();
    store.shutdown().await;
}

#[tokio::test]
async fn a_file_belongs_to_one_store_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let first = EmbeddedStore::builder().path(&file).start().await.unwrap();
    let second = EmbeddedStore::builder().path(&file).start().await;
    assert!(matches!(&second, Err(StartError::Locked { path }) if *path == file), "{second:?}");
    first.shutdown().await;
    EmbeddedStore::builder().path(&file).start().await.unwrap().shutdown().await;
}

#[tokio::test]
async fn a_file_of_a_newer_release_or_of_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let newer = folder.path().join("newer.db");
    EmbeddedStore::builder().path(&newer).start().await.unwrap().shutdown().await;
    let sqlite = rusqlite::Connection::open(&newer).unwrap();
    sqlite.pragma_update(None, "user_version", 99).unwrap();
    drop(sqlite);
    let refused = EmbeddedStore::builder().path(&newer).start().await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the log has schema 99, this release knows 2: a newer release wrote it"
    );

    let foreign = folder.path().join("foreign.db");
    let sqlite = rusqlite::Connection::open(&foreign).unwrap();
    sqlite.execute_batch("CREATE TABLE t (x)").unwrap();
    drop(sqlite);
    let refused = EmbeddedStore::builder().path(&foreign).start().await.unwrap_err();
    assert!(matches!(refused, StartError::Foreign { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_reader_of_a_long_stream_is_told_when_the_server_stops() {
    let (store, client) = store().await;
    for _ in 0..40 {
        let large = eventstore::EventData::binary("large", vec![b'x'; 1_000_000].into());
        append(&client, "s", Any, large).await.unwrap();
    }
    let options = ReadStreamOptions::default().position(Start);
    let mut reading = client.read_stream("s", &options).await.unwrap();
    soon(reading.next()).await.unwrap();
    let stopping = tokio::spawn(store.shutdown());
    let end = async {
        loop {
            match reading.next().await {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    };
    let end = soon(end).await;
    assert!(matches!(end, Err(Error::ServerError(_))), "{end:?}");
    soon(stopping).await.unwrap();
}
