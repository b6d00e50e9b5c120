//! Fields sealed in events, and opened for readers.

use domain::{Aggregate, Sealed, id::SubjectId};
use serde_json::json;
use store::{CLIENT_FIELD, Client, Context, MasterKeys, Vault, VaultError, random};

use crate::support::{Event, Tally, context, fresh, new_id};

async fn vault_with_key() -> (embedded_store::EmbeddedStore, store::Log, Vault, SubjectId) {
    let (store, log) = fresh().await;
    let vault = Vault::open(&log, MasterKeys::generate(), true).await.unwrap();
    let subject = SubjectId::from_uuid(random::uuid());
    vault.create_subject_key(subject, &context()).await.unwrap();
    (store, log, vault, subject)
}

#[tokio::test]
async fn every_sealed_member_of_a_payload_is_opened_wherever_it_lies() {
    let (_store, _log, vault, subject) = vault_with_key().await;
    let name = vault.seal(subject, "user-1", "name", &"Ada").await.unwrap();
    let mails = vault.seal(subject, "user-1", "mails", &vec!["a@b"]).await.unwrap();
    let mut data = json!({ "id": 1, "name": name, "deep": [{ "mails": [mails] }] });
    assert!(!data.to_string().contains("Ada"));

    let blank = vault.open_fields("user-1", &mut data).await.unwrap();
    assert!(blank.is_empty());
    let opened = json!({ "$opened": ["a@b"] });
    let expected =
        json!({ "id": 1, "name": { "$opened": "Ada" }, "deep": [{ "mails": [opened] }] });
    assert_eq!(data, expected);
}

#[tokio::test]
async fn a_field_moved_to_another_stream_or_member_is_a_forgery() {
    let (_store, _log, vault, subject) = vault_with_key().await;
    let name = vault.seal(subject, "user-1", "name", &"Ada").await.unwrap();
    for (stream, member) in [("user-2", "name"), ("user-1", "email")] {
        let mut data = json!({ member: name });
        let opened = vault.open_fields(stream, &mut data).await;
        assert!(matches!(opened, Err(VaultError::Forged { .. })), "{stream} {member}");
    }
    let mut data = json!({ "name": { "$sealed": "nonsense" } });
    let opened = vault.open_fields("user-1", &mut data).await;
    assert!(matches!(opened, Err(VaultError::Malformed(_))));
}

#[tokio::test]
async fn a_destroyed_key_leaves_blanks_and_no_error() {
    let (_store, _log, vault, subject) = vault_with_key().await;
    let other = SubjectId::from_uuid(random::uuid());
    vault.create_subject_key(other, &context()).await.unwrap();
    let name = vault.seal(subject, "user-1", "name", &"Ada").await.unwrap();
    let city = vault.seal(other, "user-1", "city", &"London").await.unwrap();
    vault.destroy_subject_key(subject).await.unwrap();

    let mut data = json!({ "name": name, "city": city });
    let blank = vault.open_fields("user-1", &mut data).await.unwrap();
    assert_eq!(blank, ["name"]);
    assert_eq!(data, json!({ "name": { "$blank": true }, "city": { "$opened": "London" } }));
}

#[tokio::test]
async fn an_event_survives_the_erasure_of_its_person() {
    let (_store, log, vault, subject) = vault_with_key().await;
    let id = new_id();
    let stream = format!("{}-{id}", Tally::CATEGORY);
    let note = vault.seal(subject, &stream, "note", &"private".to_owned()).await.unwrap();
    let client = Client { ip: Some("10.0.0.1".into()), user_agent: None };
    let client = vault.seal(subject, &stream, CLIENT_FIELD, &client).await.unwrap();
    let context = Context { client: Some(client), ..context() };
    log.execute::<Noted>(id, &note, &context).await.unwrap();
    let stored = log.read_stream(&stream, 0, 1).await.unwrap().remove(0);
    assert!(!format!("{stored:?}").contains("10.0.0.1"));

    let opened = vault.open_recorded(stored.clone()).await.unwrap();
    assert!(opened.blank.is_empty());
    let ip = opened.event.metadata.client.as_ref().and_then(|client| client.opened()?.ip.clone());
    assert_eq!(ip.as_deref(), Some("10.0.0.1"));
    let Event::Added { note: Some(note), .. } = opened.event.decode().unwrap() else { panic!() };
    assert_eq!(note.opened().map(String::as_str), Some("private"));

    vault.destroy_subject_key(subject).await.unwrap();
    let erased = vault.open_recorded(stored).await.unwrap();
    assert_eq!(erased.blank, ["note", CLIENT_FIELD]);
    assert_eq!(erased.event.metadata.client, Some(Sealed::Blank));
    let decoded: Event = erased.event.decode().unwrap();
    assert_eq!(decoded, Event::Added { amount: 1, note: Some(Sealed::Blank) });
}

#[tokio::test]
async fn what_was_opened_is_never_written_back() {
    let (_store, log, ..) = vault_with_key().await;
    let opened = Sealed::Open("private".to_owned());
    let refused = log.execute::<Noted>(new_id(), &opened, &context()).await;
    assert!(matches!(refused, Err(store::ExecuteError::Unwritable(_))));
}

/// A tally whose additions have a note.
#[derive(Clone, Default)]
struct Noted(Tally);

impl Aggregate for Noted {
    const CATEGORY: &'static str = Tally::CATEGORY;

    type Id = <Tally as Aggregate>::Id;
    type Command = Sealed<String>;
    type Event = Event;
    type Rejection = <Tally as Aggregate>::Rejection;

    fn decide(&self, note: &Sealed<String>) -> Result<Vec<Event>, Self::Rejection> {
        Ok(vec![Event::Added { amount: 1, note: Some(note.clone()) }])
    }

    fn evolve(self, event: &Event, at: domain::Time) -> Self {
        Self(self.0.evolve(event, at))
    }
}
