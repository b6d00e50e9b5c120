//! Exporting: the whole log as lines of JSON, from one moment.

use super::{
    Count, Error, Progress,
    line::{Blob, Event, FORMAT, Line, Lines},
};
use crate::log::{StreamName, offline};
use std::{io::Write, path::Path};

/// What was exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many events.
    pub events: u64,
}

/// Writes every record of the log `file` to `to`. Without the last line, which has a digest, it is no
/// export.
pub fn export(
    file: &Path,
    to: &mut dyn Write,
    tell: &mut dyn FnMut(Progress),
) -> Result<Exported, Error> {
    let log = offline::open(file)?;
    let mut out = Out { to, lines: Lines::default() };
    let total = offline::count(&log.sql)?;
    out.write(&Line::Log { format: FORMAT, instance: log.instance, end: log.end })?;
    let mut count = Count::new(Some(total), tell);
    offline::each(&log.sql, |record, intact| {
        let record = record?;
        if !intact {
            return Err(Error::Damaged { position: record.position });
        }
        count.one_more();
        out.write(&Line::Event(Box::new(Event {
            position: record.position,
            stream: record.stream.as_str().into(),
            revision: record.revision,
            id: record.id,
            created: record.created,
            name: record.event_type.into(),
            json: record.is_json,
            data: Blob::new(&record.data),
            metadata: Blob::new(&record.metadata),
        })))
    })?;
    let mut emptied = log.sql.prepare(
        "SELECT name, stream % 2, last FROM emptied JOIN streams ON id = stream / 2 ORDER BY stream",
    )?;
    let mut rows = emptied.query([])?;
    while let Some(row) = rows.next()? {
        let stream = StreamName::stored(row.get_ref(0)?.as_str().map_err(sql)?, row.get(1)?);
        out.write(&Line::Emptied { stream: stream.as_str().into(), last: row.get(2)? })?;
    }
    let events = count.end();
    let Out { to, lines } = out;
    serde_json::to_writer(&mut *to, &Line::End { events, sha256: lines.digest() }).map_err(io)?;
    to.write_all(b"\n")?;
    to.flush()?;
    Ok(Exported { events })
}

/// Where lines go, and their digest.
struct Out<'a> {
    to: &'a mut dyn Write,
    lines: Lines,
}

impl Out<'_> {
    fn write(&mut self, line: &Line) -> Result<(), Error> {
        let mut text = serde_json::to_vec(line).map_err(io)?;
        text.push(b'\n');
        self.lines.add(&text);
        Ok(self.to.write_all(&text)?)
    }
}

fn io(error: serde_json::Error) -> Error {
    Error::Io(error.into())
}

fn sql(error: rusqlite::types::FromSqlError) -> Error {
    Error::Storage(error.into())
}
