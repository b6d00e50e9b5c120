//! Links: events that stand for an event of another stream.
//!
//! A link's type is `$>` and its data `N@stream`; data that says anything else is no link.

use super::{
    StreamName,
    event::{Recorded, Revision},
    read_all::Direction,
    read_stream::{self, State},
    readers::Page,
};
use std::{str, sync::Arc};

/// The type of a link.
pub(crate) const LINK_TYPE: &str = "$>";

/// An event as it is delivered: itself, or what it links to.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// Absent if it was linked to and is no longer visible.
    pub(crate) event: Option<Arc<Recorded>>,
    pub(crate) link: Option<Arc<Recorded>>,
}

impl Resolved {
    pub(crate) fn plain(event: Arc<Recorded>) -> Self {
        Self { event: Some(event), link: None }
    }

    /// The event that was read: the link where there is one.
    pub(crate) fn original(&self) -> Option<&Arc<Recorded>> {
        self.link.as_ref().or(self.event.as_ref())
    }
}

/// Whether the event links to another.
pub(crate) fn is_link(event: &Recorded) -> bool {
    target(event).is_some()
}

/// Follows each link.
pub(crate) fn resolve(
    page: &mut Page<'_>,
    events: Vec<Arc<Recorded>>,
) -> rusqlite::Result<Vec<Resolved>> {
    events.into_iter().map(|event| follow(page, event)).collect()
}

fn follow(page: &mut Page<'_>, event: Arc<Recorded>) -> rusqlite::Result<Resolved> {
    let Some((revision, stream)) = target(&event) else { return Ok(Resolved::plain(event)) };
    let linked = match read_stream::state(page, &stream)? {
        State::Absent | State::Tombstoned => None,
        State::Readable(readable) => {
            let found = read_stream::page(page, readable, Direction::Forwards, revision, 1)?;
            found.events.into_iter().next().filter(|found| found.revision == revision)
        }
    };
    Ok(Resolved { event: linked, link: Some(event) })
}

fn target(event: &Recorded) -> Option<(Revision, StreamName)> {
    if &*event.event_type != LINK_TYPE {
        return None;
    }
    let (revision, stream) = str::from_utf8(&event.data).ok()?.split_once('@')?;
    Some((revision.parse().ok()?, StreamName::parse(stream.as_bytes()).ok()?))
}
