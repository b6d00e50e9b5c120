//! The vault's master key, pepper and subject keys.

use domain::id::SubjectId;
use store::{MasterKeys, Vault, VaultError, random};

use crate::support::{Command, Tally, connect, context, fresh, new_id};

#[tokio::test]
async fn the_pepper_is_made_once_and_found_again() {
    let (store, log) = fresh().await;
    let keys = MasterKeys::generate();
    let first = Vault::open(&log, keys.clone(), true).await.unwrap();
    let again = Vault::open(&connect(&store).await, keys, false).await.unwrap();
    let name = [b"ada".as_slice()];
    assert_eq!(first.hmac("handle", &name), again.hmac("handle", &name));
    assert_eq!(first.command_id("op", "ada", "key"), again.command_id("op", "ada", "key"));
}

#[tokio::test]
async fn an_hmac_depends_on_purpose_and_on_where_its_parts_end() {
    let (_store, log) = fresh().await;
    let vault = Vault::open(&log, MasterKeys::generate(), true).await.unwrap();
    let mac = vault.hmac("handle", &[b"ab", b"c"]);
    assert_eq!(mac, vault.hmac("handle", &[b"ab", b"c"]));
    assert_ne!(mac, vault.hmac("handle", &[b"a", b"bc"]));
    assert_ne!(mac, vault.hmac("code", &[b"ab", b"c"]));
    assert_ne!(mac, vault.hmac("handle", &[b"abc"]));
    assert_ne!(vault.command_id("op", "a", "bc"), vault.command_id("op", "ab", "c"));
}

#[tokio::test]
async fn another_master_key_opens_nothing() {
    let (_store, log) = fresh().await;
    Vault::open(&log, MasterKeys::generate(), true).await.unwrap();
    let other = Vault::open(&log, MasterKeys::generate(), true).await;
    assert!(matches!(other, Err(VaultError::WrongMasterKey { .. })));
}

#[tokio::test]
async fn a_pepper_is_made_only_where_allowed_and_never_for_a_log_with_a_history() {
    let (_store, log) = fresh().await;
    let refused = Vault::open(&log, MasterKeys::generate(), false).await;
    assert!(matches!(refused, Err(VaultError::NoPepper)));
    log.execute::<Tally>(new_id(), &Command::Add(1), &context()).await.unwrap();
    let late = Vault::open(&log, MasterKeys::generate(), true).await;
    assert!(matches!(late, Err(VaultError::NoPepper)));
}

#[tokio::test]
async fn nodes_that_start_together_share_one_pepper() {
    let (_store, log) = fresh().await;
    let keys = MasterKeys::generate();
    let open = || Vault::open(&log, keys.clone(), true);
    let (one, two, three) = tokio::join!(open(), open(), open());
    let macs = [one, two, three].map(|vault| vault.unwrap().hmac("x", &[]));
    assert_eq!(macs[0], macs[1]);
    assert_eq!(macs[1], macs[2]);
}

#[tokio::test]
async fn a_new_master_key_takes_over_and_the_old_one_is_needed_no_more() {
    let (_store, log) = fresh().await;
    let (old, new) = (MasterKeys::generate(), MasterKeys::generate());
    let subject = SubjectId::from_uuid(random::uuid());
    let vault = Vault::open(&log, old.clone(), true).await.unwrap();
    vault.create_subject_key(subject, &context()).await.unwrap();
    let sealed = vault.seal(subject, "s", "f", &7).await.unwrap();
    let mac = vault.hmac("x", &[]);

    let both = format!("{},{}", new.encode().expose(), old.encode().expose());
    let both = Vault::open(&log, MasterKeys::parse(&both).unwrap(), false).await.unwrap();
    for subject in [subject, SubjectId::SYSTEM] {
        assert!(both.rewrap_subject_key(subject, &context()).await.unwrap());
        assert!(!both.rewrap_subject_key(subject, &context()).await.unwrap());
    }

    let vault = Vault::open(&log, new, false).await.unwrap();
    assert_eq!(vault.hmac("x", &[]), mac);
    assert_eq!(vault.open_sealed("s", "f", &sealed).await.unwrap(), Some(7));
    assert!(Vault::open(&log, old, false).await.is_err());
}

#[tokio::test]
async fn a_subject_has_one_key_for_life() {
    let (store, log) = fresh().await;
    let keys = MasterKeys::generate();
    let subject = SubjectId::from_uuid(random::uuid());
    let vault = Vault::open(&log, keys.clone(), true).await.unwrap();
    assert!(matches!(vault.seal(subject, "s", "f", &1).await, Err(VaultError::KeyGone)));
    vault.create_subject_key(subject, &context()).await.unwrap();
    let sealed = vault.seal(subject, "s", "f", &1).await.unwrap();
    vault.create_subject_key(subject, &context()).await.unwrap();

    let other = Vault::open(&connect(&store).await, keys, false).await.unwrap();
    assert_eq!(other.open_sealed("s", "f", &sealed).await.unwrap(), Some(1));
    vault.destroy_subject_key(subject).await.unwrap();
    vault.destroy_subject_key(subject).await.unwrap();
    assert_eq!(vault.open_sealed("s", "f", &sealed).await.unwrap(), None);
    assert!(matches!(vault.seal(subject, "s", "f", &1).await, Err(VaultError::KeyGone)));
    let again = vault.create_subject_key(subject, &context()).await;
    assert!(matches!(again, Err(VaultError::KeyGone)));

    // The other node still holds the key, until it hears of it.
    assert_eq!(other.open_sealed("s", "f", &sealed).await.unwrap(), Some(1));
    other.forget(subject);
    assert_eq!(other.open_sealed("s", "f", &sealed).await.unwrap(), None);
}

#[tokio::test]
async fn a_key_destroyed_before_it_was_made_is_never_made() {
    let (_store, log) = fresh().await;
    let vault = Vault::open(&log, MasterKeys::generate(), true).await.unwrap();
    let subject = SubjectId::from_uuid(random::uuid());
    vault.destroy_subject_key(subject).await.unwrap();
    let late = vault.create_subject_key(subject, &context()).await;
    assert!(matches!(late, Err(VaultError::KeyGone)));
}
