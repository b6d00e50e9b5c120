//! No delay: small requests to the log are sent at once.
//!
//! The crate leaves Nagle's algorithm on, and its HTTP/2 sends a request in two
//! pieces. So the second piece waits until the server acknowledges the first,
//! which an idle server puts off for 40 ms: every operation takes as long. The
//! crate gives no way to its socket, so it is looked for among the process's.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use eventstore::ClientSettings;

/// An operation that takes longer may have waited for a delayed acknowledgement.
const SUSPICIOUS: Duration = Duration::from_millis(30);
/// A slow log must not make us look for ever.
const SOONEST: Duration = Duration::from_secs(1);

/// Looks for the sockets when an operation was slow: after each connect the first one is.
#[derive(Debug)]
pub(super) struct NoDelay {
    ports: Vec<u16>,
    next: Mutex<Instant>,
}

impl NoDelay {
    pub(super) fn new(settings: &ClientSettings) -> Self {
        let ports = settings.hosts().iter().filter_map(|host| u16::try_from(host.port).ok());
        Self { ports: ports.collect(), next: Mutex::new(Instant::now()) }
    }

    /// Returns the ports to look for, if an operation that took so long is a reason to.
    pub(super) fn suspects(&self, took: Duration) -> Option<Vec<u16>> {
        if took < SUSPICIOUS {
            return None;
        }
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        (*next <= now).then(|| {
            *next = now + SOONEST;
            self.ports.clone()
        })
    }
}

/// Switches Nagle's algorithm off for every connection of this process to one of `ports`.
///
/// Where the sockets cannot be found, they stay as slow as they are.
#[cfg(unix)]
pub(super) fn apply(ports: &[u16]) {
    let Ok(open) = std::fs::read_dir("/dev/fd") else { return };
    let numbers =
        open.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let found = numbers.filter(|number| apply_to(*number, ports).is_some()).count();
    if found > 0 {
        tracing::debug!(found, "requests to the event log are no longer delayed");
    }
}

#[cfg(not(unix))]
pub(super) fn apply(_ports: &[u16]) {}

/// The descriptor is duplicated first, so that it stays what it is while it is looked at.
#[cfg(unix)]
fn apply_to(number: i32, ports: &[u16]) -> Option<()> {
    let descriptor = filedescriptor::FileDescriptor::dup(&number).ok()?.as_file().ok()?;
    let socket = socket2::SockRef::from(&descriptor);
    let port = socket.peer_addr().ok()?.as_socket()?.port();
    if !ports.contains(&port) || socket.tcp_nodelay().ok()? {
        return None;
    }
    socket.set_tcp_nodelay(true).ok()
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn connections_to_a_port_are_found_and_others_left_alone() {
        let [ours, other] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let connect = |to: &TcpListener| TcpStream::connect(to.local_addr().unwrap()).unwrap();
        let (found, left) = (connect(&ours), connect(&other));
        apply(&[ours.local_addr().unwrap().port()]);
        assert!(found.nodelay().unwrap() && !left.nodelay().unwrap());
    }

    #[test]
    fn only_a_slow_operation_is_a_reason_and_only_once_in_a_while() {
        let settings = "esdb://localhost:2113?tls=false".parse().unwrap();
        let nodelay = NoDelay::new(&settings);
        assert_eq!(nodelay.suspects(Duration::from_millis(5)), None);
        assert_eq!(nodelay.suspects(Duration::from_millis(44)), Some(vec![2113]));
        assert_eq!(nodelay.suspects(Duration::from_millis(44)), None);
    }
}
