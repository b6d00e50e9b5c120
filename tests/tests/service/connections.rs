//! Connections: the slow, the broken and those that hang up.

use std::{net::SocketAddr, time::Duration};

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection as _, PgConnection, Row as _};
use tests::{
    account::Person,
    database,
    graphql_socket::GraphqlSocket,
    service::Service,
    setup::Setup,
    socket::Socket,
    wait::{PATIENCE, eventually},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use xtask::postgres;

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off() {
    let address = address(Service::shared().await);
    let half_a_header = "POST /register HTTP/1.1\r\nHost: a\r\nContent-Ty";
    let half_a_body = "POST /register HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
                       Content-Length: 100\r\n\r\n{\"user_id\":";
    let (header, body) = tokio::join!(send(address, half_a_header), send(address, half_a_body));
    assert!(!header.contains("200 OK") && !body.contains("201 Created"), "{header}{body}");
}

#[tokio::test]
async fn what_two_readers_could_read_in_two_ways_is_refused() {
    let address = address(Service::shared().await);
    let ambiguous = [
        "POST /register HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n{}{}{",
        "POST /register HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nX: nul\0byte\r\n\r\n",
        "GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n",
        "nonsense\r\n\r\n",
    ];
    for request in ambiguous {
        let answer = send(address, request).await;
        assert!(!answer.contains("200 OK"), "{request:?}: {answer}");
    }
    let endless = format!("GET /healthz HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(600_000));
    let answer = send(address, &endless).await;
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test]
async fn a_body_with_two_lengths_is_refused() {
    let address = address(Service::shared().await);
    let (chunked, length) = ("Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n");
    let ask = async |headers: [&str; 2]| {
        let headers = headers.concat();
        send(address, &format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{headers}\r\n0\r\n\r\n")).await
    };
    for headers in [[chunked, length], [length, chunked], [chunked, "CONTENT-LENGTH:5\r\n"]] {
        let answer = ask(headers).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{headers:?}: {answer}");
        assert!(answer.contains("\"error\":\"invalid_request\""), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
    // Behind a request that is sound, and with another one hidden in what follows.
    let hidden = format!(
        "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n\
         GET /healthz HTTP/1.1\r\nHost: a\r\n{length}{chunked}\r\n0\r\n\r\n\
         GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
    );
    let answers = send(address, &hidden).await;
    let statuses: Vec<_> =
        answers.match_indices("HTTP/1.1 ").map(|(at, _)| &answers[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["200", "400"], "{answers}");
    let either = ask([chunked, "Connection: close\r\n"]).await;
    assert!(either.starts_with("HTTP/1.1 200 "), "{either}");
}

#[tokio::test]
async fn whoever_leaves_leaves_nothing_open() {
    let service = Setup::default().start().await.unwrap();
    let (client, person) = (service.client(), Person::new(&service.client()).await);
    let token = person.create_token("Desk").await;
    let list = "{ agentTokens(first: 1) { totalCount } }";
    // What is kept on purpose, e.g. connections to Postgres, is there from here on.
    join_all((0..32).map(|_| person.graphql(list, json!({})))).await;
    let held = async || {
        let metrics = client.get("/metrics").await.expect(200).text;
        let line = metrics.lines().find_map(|line| line.strip_prefix("keyledger_tasks "));
        (service.open_files(), line.expect("it is counted").parse::<f64>().unwrap())
    };
    let (files, tasks) = held().await;
    for _ in 0..20 {
        let visitor = Person {
            client: service.client().with_bearer(person.client.bearer().unwrap()),
            ..person.clone()
        };
        let mut sockets = Vec::new();
        for _ in 0..4 {
            sockets.push(Socket::agent(&visitor.client, &token.secret).await);
        }
        let mut watcher = GraphqlSocket::open(&visitor.client).await;
        let watch = "subscription { tokenRevocations { __typename } }";
        watcher.subscribe("1", watch, json!({})).await;
        join_all((0..4).map(|_| visitor.graphql(list, json!({})))).await;
        drop((sockets, watcher));
        let gone = || async {
            let query = "query($id: ID!) { agentToken(id: $id) { activeConnections } }";
            let answer = person.graphql(query, json!({ "id": token.id })).await;
            (answer.at("/data/agentToken/activeConnections") == 0).then_some(())
        };
        eventually("the sockets to be gone", gone).await;
    }
    // Nearly two hundred connections came; a few of our own may come and go meanwhile.
    eventually("as much to be open as before", || async {
        let (files_now, tasks_now) = held().await;
        (files_now <= files + 20 && tasks_now <= tasks + 20.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_leaves_nothing_half_done() {
    let start = tokio::task::spawn_blocking(postgres::Server::start);
    let postgres = start.await.unwrap().unwrap();
    let url = database::create(&postgres.url()).await.unwrap();
    let service = Setup::default().database(&url).start().await.unwrap();
    let person = Person::new(&service.client()).await;
    let token = person.create_token("Desk").await;
    let rename = "mutation($id: ID!, $name: String!) {
      renameToken(input: { id: $id, name: $name }) { position } }";
    let list = "{ agentTokens(first: 1) { totalCount } auditEvents(first: 5) { head } }";

    let hang_up = |number: u64| {
        let (query, variables) = if number.is_multiple_of(2) {
            (rename, json!({ "id": token.id, "name": format!("n{number}") }))
        } else {
            (list, json!({}))
        };
        let body = json!({ "query": query, "variables": variables });
        let request = person.client.request(Method::POST, "/graphql").json(&body);
        // The bound is the fault: a caller who waits no longer than this.
        async move { request.timeout(Duration::from_micros(number * 97 % 20_000)).send().await }
    };
    for round in 0..10 {
        join_all((0..32).map(|caller| hang_up(round * 32 + caller))).await;
    }

    person.graphql(list, json!({})).await.expect_data();
    let mut observer = PgConnection::connect(&postgres.url()).await.unwrap();
    let open = "select count(*) from pg_stat_activity where state = 'idle in transaction'
                and state_change < now() - interval '1 second'";
    let row = sqlx::query(open).fetch_one(&mut observer).await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 0, "transactions were left open");
    // What follows is written where it is read, not in somebody's forgotten transaction.
    let newest = json!({ "id": token.id, "name": "newest" });
    person.graphql(rename, newest).await.expect_data();
    let name = "query($id: ID!) { agentToken(id: $id) { name } }";
    eventually("the newest name to be read", || async {
        let answer = person.graphql(name, json!({ "id": token.id })).await;
        (answer.at("/data/agentToken/name") == "newest").then_some(())
    })
    .await;
}

fn address(service: &Service) -> SocketAddr {
    service.address().trim_start_matches("http://").parse().unwrap()
}

/// Sends bytes and reads until the other side closes.
async fn send(to: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(to).await.unwrap();
    // It may be cut off while it is still sending.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "still open: {request:.60}");
    String::from_utf8_lossy(&answer).into_owned()
}
