//! What a group is told at its creation: where it reads, from where, and how it deals with its readers.

use crate::{
    filter::{Filter, Subject},
    log::{StreamName, event::Position},
};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// What a group reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Stream(StreamName),
    All,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream(stream) => stream.as_str(),
            Self::All => "$all",
        })
    }
}

/// What names a group: its source and its own name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) source: String,
    pub(crate) group: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.source, self.group)
    }
}

/// Where a group begins, if it has no checkpoint: at a number of its stream or a position of the log,
/// inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum StartFrom {
    End,
    At(Position),
}

/// Which reader gets an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Strategy {
    RoundRobin,
    DispatchToSingle,
    Pinned,
    PinnedByCorrelation,
}

impl Strategy {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RoundRobin => "RoundRobin",
            Self::DispatchToSingle => "DispatchToSingle",
            Self::Pinned => "Pinned",
            Self::PinnedByCorrelation => "PinnedByCorrelation",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::RoundRobin, Self::DispatchToSingle, Self::Pinned, Self::PinnedByCorrelation]
            .into_iter()
            .find(|strategy| strategy.name() == name)
    }
}

/// Which events of `$all` a group wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FilterSettings {
    pub(crate) by_event_type: bool,
    pub(crate) regex: String,
    pub(crate) prefixes: Vec<String>,
}

impl FilterSettings {
    /// The filter, ready to be asked. It was tried when the group was made.
    pub(crate) fn compile(&self) -> Option<Filter> {
        let on = if self.by_event_type { Subject::EventType } else { Subject::Stream };
        Filter::new(on, &self.regex, self.prefixes.clone()).ok()
    }
}

/// How a group deals with its readers. Sizes are counts of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    pub(crate) start_from: StartFrom,
    pub(crate) filter: Option<FilterSettings>,
    pub(crate) resolve_link_tos: bool,
    pub(crate) extra_statistics: bool,
    pub(crate) message_timeout: Duration,
    pub(crate) max_retry_count: i32,
    pub(crate) live_buffer_size: i32,
    pub(crate) read_batch_size: i32,
    pub(crate) history_buffer_size: i32,
    /// Zero: never by time.
    pub(crate) check_point_after: Duration,
    pub(crate) min_check_point_count: i32,
    pub(crate) max_check_point_count: i32,
    /// Zero: any number.
    pub(crate) max_subscriber_count: i32,
    pub(crate) named_consumer_strategy: Strategy,
}

impl Settings {
    /// Why a group cannot be made with these settings, if it cannot.
    pub(crate) fn refuse(&self) -> Option<String> {
        if self.read_batch_size >= self.history_buffer_size {
            return Some(
                "Specified argument was out of the range of valid values. (Parameter \
                 'ReadBatchSize may not be greater than or equal to BufferSize')"
                    .into(),
            );
        }
        match &self.filter {
            Some(filter) if filter.compile().is_none() => Some("Invalid filter".into()),
            _ => None,
        }
    }

    /// How many events a group holds ahead of its readers.
    pub(crate) fn buffer(&self) -> usize {
        usize::try_from(self.history_buffer_size).unwrap_or(1).max(1)
    }
}

/// A place in a group's source, as clients read it.
pub(crate) fn place_text(all: bool, place: i64) -> String {
    if all { format!("C:{place}/P:{place}") } else { place.to_string() }
}

/// A place as `place_text` writes it.
pub(crate) fn parse_place(text: &str) -> Option<i64> {
    let number = match text.strip_prefix("C:") {
        Some(both) => both.split_once("/P:")?.0,
        None => text,
    };
    number.parse().ok()
}
