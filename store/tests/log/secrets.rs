//! Secrets kept in vault streams.

use domain::id::{SubjectId, VaultRef};
use store::{Expected, Log, MasterKeys, Vault, VaultError, random};

use crate::support::{connect, context, eventually, fresh};

async fn vault() -> (embedded_store::EmbeddedStore, Log, Vault, VaultRef) {
    let (store, log) = fresh().await;
    let vault = Vault::open(&log, MasterKeys::generate(), true).await.unwrap();
    (store, log, vault, VaultRef::from_uuid(random::uuid()))
}

const SYSTEM: SubjectId = SubjectId::SYSTEM;

#[tokio::test]
async fn a_secret_is_read_as_it_was_written_last() {
    let (_store, log, vault, name) = vault().await;
    assert!(vault.get_secret(name).await.unwrap().is_none());
    let first = vault.put_secret(name, SYSTEM, b"one", Expected::New, &context()).await.unwrap();
    let next = Expected::Version(first);
    let second = vault.put_secret(name, SYSTEM, b"two", next, &context()).await.unwrap();
    let stored = vault.get_secret(name).await.unwrap().unwrap();
    assert_eq!((stored.secret.expose().as_slice(), stored.version), (b"two".as_slice(), second));

    let visible = log.read_stream(&format!("secret-{name}"), 0, 10).await.unwrap();
    assert_eq!(visible.len(), 1, "what was replaced is out of reach");
    assert!(!visible[0].data.to_string().contains("two"));
}

#[tokio::test]
async fn whoever_writes_over_what_it_has_not_seen_is_refused() {
    let (_store, _log, vault, name) = vault().await;
    vault.put_secret(name, SYSTEM, b"one", Expected::New, &context()).await.unwrap();
    for late in [Expected::New, Expected::Version(7)] {
        let refused = vault.put_secret(name, SYSTEM, b"x", late, &context()).await;
        assert!(matches!(refused, Err(VaultError::VersionConflict { current: Some(0) })));
    }
    assert_eq!(vault.get_secret(name).await.unwrap().unwrap().secret.expose(), b"one");
}

#[tokio::test]
async fn the_same_command_again_leaves_what_it_wrote() {
    let (_store, _log, vault, name) = vault().await;
    let context = context();
    for secret in [b"one", b"two"] {
        let version = vault.put_secret(name, SYSTEM, secret, Expected::New, &context).await;
        assert_eq!(version.unwrap(), 0);
    }
    assert_eq!(vault.get_secret(name).await.unwrap().unwrap().secret.expose(), b"one");
}

#[tokio::test]
async fn a_destroyed_secret_is_gone_for_good() {
    let (_store, _log, vault, name) = vault().await;
    vault.put_secret(name, SYSTEM, b"one", Expected::New, &context()).await.unwrap();
    vault.destroy_secret(name).await.unwrap();
    vault.destroy_secret(name).await.unwrap();
    assert!(vault.get_secret(name).await.unwrap().is_none());
    let again = vault.put_secret(name, SYSTEM, b"two", Expected::New, &context()).await;
    assert!(matches!(again, Err(VaultError::Destroyed)));
}

/// The longest text in a value: what is sealed.
fn sealed(value: &serde_json::Value) -> String {
    let inner: Vec<_> = match value {
        serde_json::Value::Object(fields) => fields.values().map(sealed).collect(),
        serde_json::Value::Array(values) => values.iter().map(sealed).collect(),
        serde_json::Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    };
    inner.into_iter().max_by_key(String::len).unwrap_or_default()
}

/// Whether a file of the folder has this text anywhere.
fn lies_in(folder: &std::path::Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[tokio::test]
async fn what_is_destroyed_leaves_the_files_of_a_log_of_our_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let store = embedded_store::EmbeddedStore::builder().path(file).start().await.unwrap();
    let log = connect(&store).await;
    log.scavenge_after_destroying();
    let vault = Vault::open(&log, MasterKeys::generate(), true).await.unwrap();
    let names = [(); 3].map(|()| VaultRef::from_uuid(random::uuid()));
    let mut texts = Vec::new();
    for name in names {
        let secret = [b's'; 64];
        vault.put_secret(name, SYSTEM, &secret, Expected::New, &context()).await.unwrap();
        let events = log.read_stream(&format!("secret-{name}"), 0, 10).await.unwrap();
        texts.push(sealed(&events[0].data));
        assert!(texts.iter().all(|text| text.len() > 64 && lies_in(folder.path(), text)));
    }
    // The second may come while the first one's scavenge runs.
    vault.destroy_secret(names[0]).await.unwrap();
    vault.destroy_secret(names[1]).await.unwrap();
    eventually(async || texts[..2].iter().all(|text| !lies_in(folder.path(), text)).then_some(()))
        .await;
    assert!(lies_in(folder.path(), &texts[2]), "what is not destroyed stays");
    store.shutdown().await;
}

#[tokio::test]
async fn a_secret_goes_with_its_subjects_key() {
    let (_store, _log, vault, name) = vault().await;
    let subject = SubjectId::from_uuid(random::uuid());
    vault.create_subject_key(subject, &context()).await.unwrap();
    vault.put_secret(name, subject, b"one", Expected::New, &context()).await.unwrap();
    vault.destroy_subject_key(subject).await.unwrap();
    assert!(vault.get_secret(name).await.unwrap().is_none());
}
