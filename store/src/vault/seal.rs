//! Sealing: fields closed on their way into the log, opened on their way out.
//!
//! Opening works on the JSON, before an event is decoded; a field whose key is
//! destroyed becomes blank, and is never an error.

use std::collections::{BTreeSet, HashMap};

use domain::{
    Sealed, Secret,
    id::SubjectId,
    sealed::{BLANK, Ciphertext, OPENED, SEALED},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Vault, VaultError, cipher::Text, subject_key::Found};
use crate::Recorded;

/// The name to which the metadata's sealed field is bound.
pub const CLIENT_FIELD: &str = "client";

/// An event whose sealed fields are open, or blank where the key is destroyed.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// For readers only: what was opened can not be written again.
    pub event: Recorded,
    /// The names of the fields that nobody can read any more.
    pub blank: Vec<String>,
}

impl Vault {
    /// Seals `value` for the member `field` of an event in `stream`: it opens nowhere else.
    ///
    /// # Errors
    ///
    /// [`VaultError::KeyGone`] if the subject has no key.
    pub async fn seal<T: Serialize + Sync>(
        &self,
        subject: SubjectId,
        stream: &str,
        field: &str,
        value: &T,
    ) -> Result<Sealed<T>, VaultError> {
        let key = self.key(subject).await?.ok_or(VaultError::KeyGone)?;
        let plain = serde_json::to_vec(value).map(Secret::new).map_err(VaultError::Malformed)?;
        let Text { nonce, text } = key.seal(stream, field, plain.expose());
        Ok(Sealed::Closed(Ciphertext { subject, nonce, text }))
    }

    /// Opens one field; `None`: its key is destroyed.
    pub async fn open_sealed<T: DeserializeOwned + Clone + Sync>(
        &self,
        stream: &str,
        field: &str,
        sealed: &Sealed<T>,
    ) -> Result<Option<T>, VaultError> {
        match sealed {
            Sealed::Open(value) => Ok(Some(value.clone())),
            Sealed::Blank => Ok(None),
            Sealed::Closed(ciphertext) => {
                let key = self.key(ciphertext.subject).await?;
                let value = open(&key, stream, field, ciphertext)?;
                value.map(serde_json::from_value).transpose().map_err(VaultError::Malformed)
            }
        }
    }

    /// Opens every sealed member of a payload in place; returns the names of those left blank.
    pub async fn open_fields(
        &self,
        stream: &str,
        data: &mut Value,
    ) -> Result<Vec<String>, VaultError> {
        let mut subjects = BTreeSet::new();
        find_subjects(data, &mut subjects);
        let keys = self.keys_of(subjects).await?;
        let mut opening = Opening { stream, keys: &keys, blank: Vec::new() };
        opening.walk("", data)?;
        Ok(opening.blank)
    }

    /// Opens the payload and the metadata of an event.
    pub async fn open_recorded(&self, mut event: Recorded) -> Result<Opened, VaultError> {
        let mut blank = self.open_fields(&event.stream, &mut event.data).await?;
        if let Some(client @ Sealed::Closed(_)) = &event.metadata.client {
            let opened = self.open_sealed(&event.stream, CLIENT_FIELD, client).await?;
            if opened.is_none() {
                blank.push(CLIENT_FIELD.to_owned());
            }
            event.metadata.client = Some(opened.map_or(Sealed::Blank, Sealed::Open));
        }
        Ok(Opened { event, blank })
    }
}

/// The ciphertext that `value` is, if it is a sealed field.
fn sealed(value: &Value) -> Option<&Value> {
    let members = value.as_object()?;
    if members.len() == 1 { members.get(SEALED) } else { None }
}

fn find_subjects(value: &Value, subjects: &mut BTreeSet<SubjectId>) {
    match value {
        // What is no ciphertext is found out when it is opened.
        _ if sealed(value).is_some() => subjects.extend(
            sealed(value)
                .and_then(|sealed| sealed.get("subject")?.as_str()?.parse::<SubjectId>().ok()),
        ),
        Value::Object(members) => {
            members.values().for_each(|member| find_subjects(member, subjects));
        }
        Value::Array(items) => items.iter().for_each(|item| find_subjects(item, subjects)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

struct Opening<'a> {
    stream: &'a str,
    keys: &'a HashMap<SubjectId, Found>,
    blank: Vec<String>,
}

impl Opening<'_> {
    /// Opens what is in `value`, the member `name` (of a list: the list's name).
    fn walk(&mut self, name: &str, value: &mut Value) -> Result<(), VaultError> {
        if let Some(ciphertext) = sealed(value) {
            let ciphertext = Ciphertext::deserialize(ciphertext).map_err(VaultError::Malformed)?;
            let key = self.keys.get(&ciphertext.subject).unwrap_or(&None);
            *value = if let Some(opened) = open(key, self.stream, name, &ciphertext)? {
                json!({ OPENED: opened })
            } else {
                self.blank.push(name.to_owned());
                json!({ BLANK: true })
            };
            return Ok(());
        }
        match value {
            Value::Object(members) => {
                members.iter_mut().try_for_each(|(name, member)| self.walk(name, member))
            }
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.walk(name, item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }
}

fn open(
    key: &Found,
    stream: &str,
    field: &str,
    ciphertext: &Ciphertext,
) -> Result<Option<Value>, VaultError> {
    let Some(key) = key else { return Ok(None) };
    let Some(plain) = key.open(stream, field, &ciphertext.nonce, &ciphertext.text) else {
        return Err(VaultError::Forged { stream: stream.to_owned() });
    };
    serde_json::from_slice(plain.expose()).map(Some).map_err(VaultError::Malformed)
}
