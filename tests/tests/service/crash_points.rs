//! Crash points: the process ends at each place where it matters, and what it left is made whole.

use std::{path::Path, time::Duration};

use api::{
    clock::Clock, config::Config, crash_points::ON_THE_WAY, node::Node, reactors::ReactorStatus,
};
use chrono::TimeDelta;
use domain::Secret;
use projections::DatabaseConfig;
use tests::{
    data::{OpenLog, master_key},
    database,
    driver::Driver,
    ledger::Ledger,
    reconcile::{Sources, reconcile},
    setup::Setup,
    wait::eventually,
};

/// How often each point ends the process; `KEYLEDGER_TEST_CRASHES` says otherwise.
const CRASHES: u32 = 1;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_crash_leaves_half_done_is_finished_or_undone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let ledger = Ledger::create(&folder.path().join("ledger")).unwrap();
    let driver = Driver::new(ledger, "http://127.0.0.1:9");
    let workers: Vec<_> = (0..2).map(|_| tokio::spawn(driver.clone().work())).collect();
    let url = match database::server() {
        Some(server) => Some(database::create(&server).await.unwrap()),
        None => None,
    };
    let setup = match &url {
        Some(url) => Setup::default().database(url).data(&data),
        None => Setup::default().pglite().data(&data),
    };

    for crash in 0..crashes() {
        for (place, point) in (0..).zip(ON_THE_WAY) {
            // Another step of what is under way each time.
            let nth = 1 + (crash * 7 + place * 5) % 23;
            // The start itself passes points; then there is no service to wait for.
            let Ok(service) = setup.clone().crash_at(point, nth).start().await else { continue };
            driver.moved(service.address());
            eventually(point, || async { (!service.runs()).then_some(()) }).await;
        }
        println!("{} of {} at each point", crash + 1, crashes());
    }

    let mut service = setup.start().await.unwrap();
    driver.moved(service.address());
    let last = driver.acknowledged();
    eventually("it to work again", || async { (driver.acknowledged() > last).then_some(()) }).await;
    driver.stop();
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    super::crashes::every_credential_is_what_its_holder_was_told(&service, &driver).await;
    service.stop().await.unwrap();
    a_minute_later(&data, url.as_deref()).await;

    let log = OpenLog::of(&data).await.unwrap();
    let url = url.map(Secret::new);
    let database = DatabaseConfig { url, data_dir: data.clone(), connections: 4 };
    let sources = Sources {
        log: log.url().to_owned(),
        ledger: Some(driver.ledger().path().to_owned()),
        models: Some((database, master_key(&data).unwrap())),
    };
    let report = reconcile(sources).await.unwrap();
    log.close().await;
    println!("{report}");
    assert!(report.differences.is_empty() && report.unfinished.is_empty(), "{report}");
}

/// Lets the reactors finish what a minute ago was under way, and the read models take it in.
async fn a_minute_later(data: &Path, database: Option<&str>) {
    let mut settings = vec![("LISTEN", "127.0.0.1:0".to_owned())];
    settings.push(("DATA", data.display().to_string()));
    settings.extend(database.map(|url| ("DATABASE_URL", url.to_owned())));
    let pairs = settings.into_iter().map(|(name, value)| (format!("KEYLEDGER_{name}"), value));
    let clock = Clock::default();
    clock.shift(TimeDelta::seconds(60));
    let node = Node::start_with(Config::from_pairs(pairs).unwrap(), clock).await.unwrap();
    let head = node.app().log.head().await.unwrap();
    let statuses = node.reactors();
    eventually("the reactors to be done", || async {
        let done = |status: &ReactorStatus| status.reached >= head && status.waiting == 0;
        statuses.now().iter().all(done).then_some(())
    })
    .await;
    let head = node.app().log.head().await.unwrap().unwrap();
    assert!(node.app().settled(head, Duration::from_secs(20)).await);
    node.shutdown().await;
}

#[expect(clippy::disallowed_methods, reason = "says how long a soak lasts")]
fn crashes() -> u32 {
    let told = std::env::var("KEYLEDGER_TEST_CRASHES").ok();
    told.map_or(CRASHES, |told| told.parse().expect("KEYLEDGER_TEST_CRASHES is a number"))
}
