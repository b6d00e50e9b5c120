//! Importing: an export becomes a new log, whole or not at all.
//!
//! It is written beside its place, and moved there once its end was read and its digest fits.

use super::{
    Count, Error, Progress,
    line::{Event, FORMAT, Line, Lines},
};
use crate::log::{Lock, StreamName, event::Recorded, offline::NewLog};
use std::{fs::File, io::BufRead, path::Path, sync::OnceLock};

/// Makes the log `file` of what `export` wrote; returns how many events it has.
pub fn import(
    file: &Path,
    from: &mut dyn BufRead,
    tell: &mut dyn FnMut(Progress),
) -> Result<u64, Error> {
    let lock = Lock::take(file)?;
    if file.exists() {
        return Err(Error::Exists { path: file.into() });
    }
    let mut beside = file.as_os_str().to_owned();
    beside.push(".importing");
    let beside = Path::new(&beside);
    let made = fill(beside, from, tell);
    if made.is_err() {
        // It may not be there yet; a part of a log is of no use to anyone.
        let _ = std::fs::remove_file(beside);
        return made;
    }
    std::fs::rename(beside, file)?;
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    drop(lock);
    made
}

fn fill(file: &Path, from: &mut dyn BufRead, tell: &mut dyn FnMut(Progress)) -> Result<u64, Error> {
    let mut lines = Reader { from, number: 0, text: Vec::new(), digest: Lines::default() };
    let Some(Line::Log { format: FORMAT, instance, end }) = lines.next()? else {
        return Err(lines.malformed("an export begins with the log, in the format 1"));
    };
    let mut log = NewLog::create(file, instance, end)?;
    let mut count = Count::new(None, tell);
    let mut last = 0;
    loop {
        // The last line is not part of its own digest.
        let before = lines.digest.clone();
        match lines.next()? {
            Some(Line::Event(event)) => {
                let event = recorded(*event).map_err(|reason| lines.malformed(&reason))?;
                if event.position <= last || event.position > end {
                    return Err(lines.malformed("its position is out of order"));
                }
                last = event.position;
                log.add(&event)?;
                count.one_more();
            }
            Some(Line::Emptied { stream, last }) => {
                let stream = name(&stream).map_err(|reason| lines.malformed(&reason))?;
                log.emptied(&stream, last)?;
            }
            Some(Line::End { events, sha256 }) => {
                let done = count.end();
                if events != done || sha256 != before.digest() {
                    return Err(lines.malformed("the lines before it are not what was exported"));
                }
                log.finish()?;
                return Ok(done);
            }
            Some(Line::Log { .. }) => return Err(lines.malformed("a second log begins")),
            None => return Err(lines.malformed("the export ends before its end")),
        }
    }
}

struct Reader<'a> {
    from: &'a mut dyn BufRead,
    number: u64,
    text: Vec<u8>,
    digest: Lines,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<Option<Line>, Error> {
        self.text.clear();
        self.number += 1;
        if self.from.read_until(b'\n', &mut self.text)? == 0 {
            return Ok(None);
        }
        self.digest.add(&self.text);
        serde_json::from_slice(&self.text)
            .map(Some)
            .map_err(|error| self.malformed(&format!("it is no record ({})", fault(&error))))
    }

    fn malformed(&self, reason: &str) -> Error {
        Error::Malformed { line: self.number, reason: reason.into() }
    }
}

/// What is wrong with a line, without what it says.
fn fault(error: &serde_json::Error) -> String {
    format!("{:?} at column {}", error.classify(), error.column()).to_lowercase()
}

fn recorded(event: Event) -> Result<Recorded, String> {
    let base64 = |_| "its Base64 cannot be read".to_owned();
    if event.revision < 0 || event.name.is_empty() {
        return Err("it has no number or no type".into());
    }
    Ok(Recorded {
        position: event.position,
        stream: name(&event.stream)?,
        revision: event.revision,
        id: event.id,
        created: event.created,
        event_type: event.name.into(),
        is_json: event.json,
        data: event.data.bytes().map_err(base64)?,
        metadata: event.metadata.bytes().map_err(base64)?,
        encoded: OnceLock::new(),
    })
}

fn name(name: &str) -> Result<StreamName, String> {
    StreamName::parse(name.as_bytes()).map_err(|invalid| invalid.to_string())
}
