//! Rows of `events`: how a recorded event is stored, with a checksum, and read back.

use super::{StreamName, event::Recorded, heads::StreamKey};
use bytes::Bytes;
use rusqlite::{Connection, Row, params};
use std::sync::OnceLock;
use uuid::Uuid;

/// The columns that `read` expects, in its order.
macro_rules! columns {
    () => {
        "position, stream, revision, id, created, type, json, metadata, data"
    };
}
pub(crate) use columns;

pub(crate) fn insert(
    connection: &Connection,
    stream: StreamKey,
    event: &Recorded,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(concat!(
            "INSERT INTO events (",
            columns!(),
            ", checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        ))?
        .execute(params![
            event.position,
            stream,
            event.revision,
            event.id.as_bytes(),
            event.created,
            event.event_type,
            event.is_json,
            &event.metadata[..],
            &event.data[..],
            checksum(stream, event),
        ])?;
    Ok(())
}

/// Which stream the row belongs to.
pub(crate) fn stream(row: &Row<'_>) -> rusqlite::Result<StreamKey> {
    row.get(1)
}

/// Reads a row of `columns!()` of the stream with this name.
pub(crate) fn read(row: &Row<'_>, stream: StreamName) -> rusqlite::Result<Recorded> {
    Ok(Recorded {
        position: row.get(0)?,
        stream,
        revision: row.get(2)?,
        id: Uuid::from_bytes(row.get(3)?),
        created: row.get(4)?,
        event_type: row.get_ref(5)?.as_str()?.into(),
        is_json: row.get(6)?,
        metadata: Bytes::copy_from_slice(row.get_ref(7)?.as_blob()?),
        data: Bytes::copy_from_slice(row.get_ref(8)?.as_blob()?),
        encoded: OnceLock::new(),
    })
}

/// CRC-32 over everything that the row says.
pub(crate) fn checksum(stream: StreamKey, event: &Recorded) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for number in [event.position, stream, event.revision, event.created] {
        hasher.update(&number.to_le_bytes());
    }
    hasher.update(event.id.as_bytes());
    hasher.update(&[u8::from(event.is_json)]);
    for part in [event.event_type.as_bytes(), &event.metadata, &event.data] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize()
}
