//! Tests of PGlite: what it survives, and what replaces it when it does not.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use sqlx::Executor as _;

use crate::testing::{World, embedded, eventually};

/// Tells the process that is killed where its files lie.
const FOLDER: &str = "KEYLEDGER_TEST_KILLED_FOLDER";
const READY: &str = "it has been written to";

#[tokio::test]
async fn files_that_were_closed_are_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(embedded(folder.path()).await).await;
    let ada = world.tenant("ada").await;
    world.catch_up().await;
    world.db.close().await;
    let world = world.with(embedded(folder.path()).await);
    assert!(crate::users::by_id(&world.db, ada.user).await.unwrap().is_some());
    world.db.close().await;
}

#[tokio::test]
async fn files_that_can_not_be_opened_are_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(embedded(folder.path()).await).await;
    let ada = world.tenant("ada").await;
    world.catch_up().await;
    world.db.close().await;
    let control = find(&folder.path().join("pglite"), "pg_control");
    fs::write(control, "not what it was").unwrap();
    let world = world.with(embedded(folder.path()).await);
    world.catch_up().await;
    assert!(crate::users::by_id(&world.db, ada.user).await.unwrap().is_some());
    world.db.close().await;
}

#[tokio::test]
async fn a_process_that_is_killed_leaves_files_that_open_or_are_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "pglite::tests::writes_until_it_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line.contains(READY)));
        // SIGKILL: nothing is closed, nothing is flushed.
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let world = World::new(embedded(folder.path()).await).await;
    let ada = world.tenant("ada").await;
    world.catch_up().await;
    assert!(crate::users::by_id(&world.db, ada.user).await.unwrap().is_some());
    world.db.close().await;
}

#[tokio::test]
async fn a_start_after_a_kill_has_little_to_replay() {
    let folder = tempfile::tempdir().unwrap();
    let db = embedded(folder.path()).await;
    let write = |sql: &'static str| db.projecting().execute(sql);
    write("create table public.written (text text)").await.unwrap();
    let to_replay = || async {
        sqlx::query_scalar!(
            r#"select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::bigint as "length!"
                 from pg_control_checkpoint()"#,
        )
        .fetch_one(db.projecting())
        .await
        .unwrap()
    };
    for _ in 0..3 {
        let much =
            "insert into public.written select repeat('x', 900) from generate_series(1, 30000)";
        write(much).await.unwrap();
    }
    eventually(|| async { (to_replay().await < super::REPLAY).then_some(()) }).await;
    db.close().await;
}

/// Not a test of its own: what another kills.
#[tokio::test]
async fn writes_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let world = World::new(embedded(folder.as_ref()).await).await;
    let _running = world.run();
    for number in 0_u64.. {
        let tenant = world.tenant(&format!("tenant{number}")).await;
        let written = async || {
            let row = crate::users::by_id(&world.db, tenant.user).await;
            row.ok().flatten()
        };
        eventually(written).await;
        if number == 3 {
            println!("{READY}");
        }
    }
}

fn find(folder: &std::path::Path, name: &str) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if entry.file_name() == name {
                return entry.path();
            }
        }
    }
    panic!("there is no {name}")
}
