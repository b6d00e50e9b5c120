//! Crashes: everything is killed in the middle of its work, and nothing acknowledged is lost.

use domain::Secret;
use projections::DatabaseConfig;
use tests::{
    account::{refresh, verify},
    data::{OpenLog, master_key},
    driver::Driver,
    ledger::Ledger,
    prober::{Bad, Prober},
    reconcile::{Sources, reconcile},
    service::Service,
    setup::Setup,
    wait::eventually,
};

/// How often the service is killed. A bound on what such a test can show, not on the service.
const KILLS: usize = 6;

#[tokio::test]
async fn a_service_killed_under_load_loses_nothing_and_does_nothing_twice() {
    let mut service = Setup::default().pglite().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::create(&folder.path().join("ledger")).unwrap();
    let driver = Driver::new(ledger, service.address());
    let prober = Prober::start(&service.verifier());
    let workers: Vec<_> = (0..4).map(|_| tokio::spawn(driver.clone().work())).collect();

    for kill in 0..KILLS {
        let before = driver.acknowledged();
        // Another moment each time: after a few commands, and after many.
        let enough = before + 1 + kill * 2;
        eventually("load", || async { (driver.acknowledged() >= enough).then_some(()) }).await;
        for secret in driver.revoked.lock().unwrap().iter().skip(kill * 2).take(3) {
            prober.add(Bad::Agent(secret.clone()));
        }
        for replaced in driver.replaced.lock().unwrap().iter().skip(kill).take(3) {
            prober.add(Bad::Refresh(replaced.clone()));
        }
        service.kill().unwrap();
        service = service.start_again().await.unwrap();
        driver.moved(service.address());
        prober.moved(service.address());
    }
    let last = driver.acknowledged();
    eventually("it to work again", || async { (driver.acknowledged() > last).then_some(()) }).await;
    driver.stop();
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    prober.assert_nothing_worked();
    every_credential_is_what_its_holder_was_told(&service, &driver).await;

    service.kill().unwrap();
    let log = OpenLog::of(service.data()).await.unwrap();
    let database =
        DatabaseConfig { url: None, data_dir: service.data().to_owned(), connections: 4 };
    let key: Secret<String> = master_key(service.data()).unwrap();
    let sources = Sources {
        log: log.url().to_owned(),
        ledger: Some(driver.ledger().path().to_owned()),
        models: Some((database, key)),
    };
    let report = reconcile(sources).await.unwrap();
    log.close().await;
    println!("{report}");
    assert!(report.differences.is_empty(), "{report}");
    assert!(report.commands > 50 && report.models >= 5, "{report}");
}

pub(crate) async fn every_credential_is_what_its_holder_was_told(
    service: &Service,
    driver: &Driver,
) {
    let verifier = service.verifier();
    let (live, revoked) =
        (driver.live.lock().unwrap().clone(), driver.revoked.lock().unwrap().clone());
    assert!(!live.is_empty() && !revoked.is_empty());
    for (secrets, code) in [(live, "VALID"), (revoked, "REVOKED")] {
        for secret in secrets {
            let answer = verify(&verifier, &secret).await;
            assert_eq!(answer.at("/code"), code, "{}", answer.text);
        }
    }
    let client = service.client();
    let (logins, replaced) =
        (driver.logins.lock().unwrap().clone(), driver.replaced.lock().unwrap().clone());
    for login in logins {
        refresh(&client, &login).await.expect(200);
    }
    for replaced in replaced {
        refresh(&client, &replaced).await.expect_refusal(400, "invalid_grant");
    }
}
