//! Two nodes on one log: what one of them answered holds on the other.

use std::time::Duration;

use futures::future::{join, join_all};
use tests::{
    application::{Application, Visitor},
    log_server::LogServer,
    service::Service,
    setup::Setup,
    wait::within,
};

struct Nodes {
    one: Service,
    other: Service,
    _log: LogServer,
}

impl Nodes {
    async fn start() -> Self {
        let log = LogServer::start().unwrap();
        let at = |log: &LogServer| Setup::default().log(log.url());
        let (one, other) = (at(&log).start().await.unwrap(), at(&log).start().await.unwrap());
        Self { one, other, _log: log }
    }
}

#[tokio::test]
async fn one_code_and_one_refresh_token_have_one_winner_on_two_nodes() {
    let Nodes { one, other, _log } = Nodes::start().await;
    let visitor = Visitor::new(&one).await;
    let app = Application::public(&one, &[]);
    let elsewhere = app.at(other.address());
    let nodes = [&app, &elsewhere];

    let code = app.code(&visitor).await;
    let answers = join_all((0..64).map(|number| nodes[number % 2].exchange(&code))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|it| it.status == 200);
    assert_eq!(won.len(), 1);
    for answer in lost {
        answer.expect_refusal(400, "invalid_grant");
    }
    let dead = won[0].text_at("/refresh_token");
    elsewhere.refresh(&dead).await.expect_refusal(400, "invalid_grant");

    let live = app.tokens(&visitor).await.text_at("/refresh_token");
    let answers = join_all((0..64).map(|number| nodes[number % 2].refresh(&live))).await;
    let mut successors: Vec<_> =
        answers.into_iter().map(|answer| answer.expect(200).text_at("/refresh_token")).collect();
    successors.dedup();
    assert_eq!(successors.len(), 1, "the same successor for all");
}

#[tokio::test]
async fn a_refresh_on_one_node_and_a_revocation_on_the_other_leave_nothing_that_works() {
    let Nodes { one, other, _log } = Nodes::start().await;
    let visitor = Visitor::new(&one).await;
    let app = Application::public(&one, &[]);
    let elsewhere = app.at(other.address());
    for _ in 0..8 {
        let live = app.tokens(&visitor).await.text_at("/refresh_token");
        let refreshes = join_all((0..4).map(|_| app.refresh(&live)));
        let (answers, revoked) = join(refreshes, elsewhere.revoke(&live)).await;
        revoked.expect(200);
        for node in [&app, &elsewhere] {
            node.refresh(&live).await.expect_refusal(400, "invalid_grant");
        }
        for tokens in answers.into_iter().filter(|answer| answer.status == 200) {
            let refresh = tokens.text_at("/refresh_token");
            for node in [&app, &elsewhere] {
                node.refresh(&refresh).await.expect_refusal(400, "invalid_grant");
            }
            let api = one.client().with_bearer(&tokens.text_at("/access_token"));
            within(Duration::from_secs(5), "the other node to refuse", || async {
                (api.get("/v1/me").await.status == 401).then_some(())
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_family_lives_on_through_nodes_and_dies_on_all_of_them() {
    let Nodes { one, other, _log } = Nodes::start().await;
    let visitor = Visitor::new(&one).await;
    let app = Application::public(&one, &[]);
    let elsewhere = app.at(other.address());
    // Begun on one node, decided on the other, redeemed on the first.
    let request = app.request(&[]);
    let arrived = visitor.at(other.address()).allow(&request).await;
    let mut tokens = app.exchange(&arrived.query("code").unwrap()).await.expect(200);
    for node in [&elsewhere, &app, &elsewhere, &app] {
        tokens = node.refresh(&tokens.text_at("/refresh_token")).await.expect(200);
    }
    let api = other.client().with_bearer(&tokens.text_at("/access_token"));
    api.get("/v1/me").await.expect(200);
    app.revoke(&tokens.text_at("/refresh_token")).await.expect(200);
    let dead = elsewhere.refresh(&tokens.text_at("/refresh_token")).await;
    dead.expect_refusal(400, "invalid_grant");
    within(Duration::from_secs(5), "the other node to refuse", || async {
        (api.get("/v1/me").await.status == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_node_that_was_killed_remembers_rotations_and_gives_a_lost_answer_again() {
    let mut service = Setup::default().pglite().start().await.unwrap();
    let visitor = Visitor::new(&service).await;
    let app = Application::public(&service, &[]);
    let code = app.code(&visitor).await;
    let first = app.exchange(&code).await.expect(200).text_at("/refresh_token");
    let second = app.refresh(&first).await.expect(200).text_at("/refresh_token");
    service.kill().unwrap();
    let service = service.start_again().await.unwrap();
    let app = app.at(service.address());
    let again = app.refresh(&first).await.expect(200).text_at("/refresh_token");
    assert_eq!(again, second, "the same successor");
    app.refresh(&second).await.expect(200);
    // The code was spent, whatever became of its answer: it ends what it began, and no more.
    app.exchange(&code).await.expect_refusal(400, "invalid_grant");
    app.refresh(&second).await.expect_refusal(400, "invalid_grant");
    app.tokens(&visitor.at(service.address())).await;
}

#[tokio::test]
async fn without_the_log_a_refresh_is_put_off_and_never_refused() {
    let log = LogServer::start().unwrap();
    let service = Setup::default().log(log.url()).start().await.unwrap();
    let (app, visitor) = (Application::public(&service, &[]), Visitor::new(&service).await);
    let live = app.tokens(&visitor).await.text_at("/refresh_token");
    let mut log = log;
    log.kill().unwrap();
    for _ in 0..3 {
        app.refresh(&live).await.expect_refusal(503, "temporarily_unavailable");
    }
    log.start_again().unwrap();
    within(Duration::from_secs(30), "the log to be back", || async {
        let answer = app.refresh(&live).await;
        assert!(answer.status == 200 || answer.status == 503, "{}", answer.text);
        (answer.status == 200).then_some(())
    })
    .await;
}
