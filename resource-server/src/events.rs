//! Server-sent events: as much of them as the feed uses.

/// No event is longer.
const LONGEST: usize = 1024 * 1024;

/// What has come of a stream of events.
#[derive(Default)]
pub(crate) struct Events {
    buffer: Vec<u8>,
}

/// More came than an event may have, or something that is no UTF-8.
#[derive(Debug)]
pub(crate) struct Malformed;

impl Events {
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), Malformed> {
        self.buffer.extend_from_slice(chunk);
        if self.buffer.len() > LONGEST { Err(Malformed) } else { Ok(()) }
    }

    /// The data of the next event that came as a whole; its lines stand between line feeds.
    pub(crate) fn take_next(&mut self) -> Result<Option<String>, Malformed> {
        loop {
            let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") else {
                return Ok(None);
            };
            let event: Vec<u8> = self.buffer.drain(..end + 2).collect();
            let event = String::from_utf8(event).map_err(|_| Malformed)?;
            let data = event.lines().filter_map(|line| line.strip_prefix("data:"));
            let data: Vec<_> = data.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
            // A comment, to keep the connection open, has none.
            if !data.is_empty() {
                return Ok(Some(data.join("\n")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_pieces() {
        let mut events = Events::default();
        events.push(b": hello\n\nid: 1\ndata: a\nda").unwrap();
        assert_eq!(events.take_next().unwrap(), None);
        events.push(b"ta: b\n\ndata:c\n\n").unwrap();
        assert_eq!(events.take_next().unwrap().as_deref(), Some("a\nb"));
        assert_eq!(events.take_next().unwrap().as_deref(), Some("c"));
        assert_eq!(events.take_next().unwrap(), None);
    }

    #[test]
    fn an_event_without_an_end_is_not_waited_for() {
        let mut events = Events::default();
        assert!(events.push(&vec![b'x'; LONGEST + 1]).is_err());
    }
}
