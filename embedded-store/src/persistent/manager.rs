//! All groups: made, changed, deleted, found; and written down, so that they outlive a restart.

use super::{
    books::{self, Books},
    group::{Command, Group, Info},
    settings::{Key, Settings, Source},
};
use crate::{
    log::{Log, StreamName, clock},
    rpc::status,
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::{Mutex, mpsc, oneshot};
use tonic::Status;

/// The stream that says which groups there are, and the type of its events.
const CONFIGURATION: &str = "$persistentSubscriptionConfig";
const CONFIGURATION_TYPE: &str = "$PersistentConfig";

/// Why something cannot be done with a group.
#[derive(Debug)]
pub(crate) enum Failure {
    Exists,
    Missing,
    Failed(String),
    Status(Box<Status>),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

/// Every group of the log.
pub(crate) struct Subscriptions {
    log: Arc<Log>,
    groups: Mutex<BTreeMap<Key, Entry>>,
}

struct Entry {
    settings: Settings,
    commands: mpsc::Sender<Command>,
}

/// What is written down.
#[derive(Serialize, Deserialize)]
struct Configuration {
    updated: String,
    version: String,
    entries: Vec<Written>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    stream: String,
    group: String,
    #[serde(flatten)]
    settings: Settings,
}

impl Subscriptions {
    /// Starts the groups that are written down.
    pub(crate) async fn load(log: Arc<Log>) -> Result<Self, Status> {
        let subscriptions = Self { log, groups: Mutex::new(BTreeMap::new()) };
        subscriptions.start_all().await?;
        Ok(subscriptions)
    }

    async fn start_all(&self) -> Result<(), Status> {
        let mut groups = self.groups.lock().await;
        let stream = StreamName::stored(CONFIGURATION, false);
        let Some(written) = books::newest(&self.log, stream).await? else { return Ok(()) };
        let configuration: Configuration = serde_json::from_slice(&written)
            .map_err(|error| Status::data_loss(format!("the groups cannot be read: {error}")))?;
        for Written { stream, group, settings } in configuration.entries {
            let key = Key { source: stream, group };
            let source = source_of(&key)?;
            let commands =
                Group::start(Arc::clone(&self.log), &key, &source, settings.clone()).await?;
            groups.insert(key, Entry { settings, commands });
        }
        Ok(())
    }

    pub(crate) async fn create(&self, key: Key, settings: Settings) -> Result<(), Failure> {
        let mut groups = self.groups.lock().await;
        if groups.contains_key(&key) {
            return Err(Failure::Exists);
        }
        self.put(&mut groups, key, settings).await
    }

    /// Replaces the settings; readers are told that they are dropped.
    pub(crate) async fn update(&self, key: Key, mut settings: Settings) -> Result<(), Failure> {
        let mut groups = self.groups.lock().await;
        let Some(entry) = groups.get(&key) else { return Err(Failure::Missing) };
        if let Some(reason) = settings.refuse() {
            return Err(Failure::Failed(reason));
        }
        settings.filter.clone_from(&entry.settings.filter);
        stop(&entry.commands, &key).await;
        self.put(&mut groups, key, settings).await
    }

    async fn put(
        &self,
        groups: &mut BTreeMap<Key, Entry>,
        key: Key,
        settings: Settings,
    ) -> Result<(), Failure> {
        if let Some(reason) = settings.refuse() {
            return Err(Failure::Failed(reason));
        }
        let source = source_of(&key)?;
        let commands = Group::start(Arc::clone(&self.log), &key, &source, settings.clone()).await?;
        groups.insert(key, Entry { settings, commands });
        self.write_down(groups).await
    }

    pub(crate) async fn delete(&self, key: &Key) -> Result<(), Failure> {
        let mut groups = self.groups.lock().await;
        let Some(entry) = groups.remove(key) else { return Err(Failure::Missing) };
        stop(&entry.commands, key).await;
        self.write_down(&groups).await?;
        let all = key.source == "$all";
        let books = Books::new(Arc::clone(&self.log), &key.to_string(), all);
        books.delete().await.map_err(|refusal| status::storage(&refusal.to_string()).into())
    }

    /// Where a group takes its commands.
    pub(crate) async fn find(&self, key: &Key) -> Result<mpsc::Sender<Command>, Failure> {
        let groups = self.groups.lock().await;
        groups.get(key).map(|entry| entry.commands.clone()).ok_or(Failure::Missing)
    }

    pub(crate) async fn info(&self, key: &Key) -> Result<(Settings, Info), Failure> {
        let (settings, commands) = {
            let groups = self.groups.lock().await;
            let entry = groups.get(key).ok_or(Failure::Missing)?;
            (entry.settings.clone(), entry.commands.clone())
        };
        let (reply, info) = oneshot::channel();
        // A group that just ended has nothing to say.
        let _ = commands.send(Command::Info { reply }).await;
        Ok((settings, info.await.unwrap_or_default()))
    }

    /// The groups of a source, or all of them.
    pub(crate) async fn keys(&self, source: Option<&str>) -> Vec<Key> {
        let groups = self.groups.lock().await;
        let wanted = |key: &&Key| source.is_none_or(|source| key.source == source);
        groups.keys().filter(wanted).cloned().collect()
    }

    /// Drops every reader and starts every group again from what is written down.
    pub(crate) async fn restart(&self) -> Result<(), Status> {
        let stopped = std::mem::take(&mut *self.groups.lock().await);
        for (key, entry) in &stopped {
            stop(&entry.commands, key).await;
        }
        self.start_all().await
    }

    async fn write_down(&self, groups: &BTreeMap<Key, Entry>) -> Result<(), Failure> {
        let entries = groups.iter().map(|(key, entry)| Written {
            stream: key.source.clone(),
            group: key.group.clone(),
            settings: entry.settings.clone(),
        });
        let configuration = Configuration {
            updated: clock::rfc3339(clock::now()),
            version: "2".into(),
            entries: entries.collect(),
        };
        let json = serde_json::to_vec(&configuration)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        let stream = StreamName::stored(CONFIGURATION, false);
        books::append(&self.log, &stream, CONFIGURATION_TYPE, json, Bytes::new())
            .await
            .map_err(|refusal| status::storage(&refusal.to_string()).into())
    }
}

async fn stop(commands: &mpsc::Sender<Command>, key: &Key) {
    let (reply, stopped) = oneshot::channel();
    let reason = status::subscription_dropped(key);
    // A group that has ended by itself has stopped, too.
    if commands.send(Command::Stop { reason, reply }).await.is_ok() {
        let _ = stopped.await;
    }
}

fn source_of(key: &Key) -> Result<Source, Status> {
    if key.source == "$all" {
        return Ok(Source::All);
    }
    let stream = StreamName::parse(key.source.as_bytes()).map_err(|_| status::unhandled())?;
    Ok(Source::Stream(stream))
}
