//! Queue: commands on one stream wait for each other here, not for a conflict.
//!
//! Within this node only; between nodes the expected revision decides. A fixed
//! number of queues, so that memory does not grow with the streams; two streams
//! that share one merely wait a little longer.

use std::hash::{BuildHasher, RandomState};

use tokio::{
    sync::{Mutex, MutexGuard},
    time::{Instant, timeout_at},
};

use crate::Unavailable;

const QUEUES: usize = 4_096;

pub(crate) struct Queues {
    hasher: RandomState,
    queues: Box<[Mutex<()>]>,
}

impl Default for Queues {
    fn default() -> Self {
        let queues = std::iter::repeat_with(Mutex::default).take(QUEUES).collect();
        Self { hasher: RandomState::new(), queues }
    }
}

impl Queues {
    /// Waits for its turn on `stream`, first come, first served.
    pub(crate) async fn enter(
        &self,
        stream: &str,
        end: Instant,
    ) -> Result<MutexGuard<'_, ()>, Unavailable> {
        let hash = self.hasher.hash_one(stream);
        let index = usize::try_from(hash % QUEUES as u64).unwrap_or_default();
        timeout_at(end, self.queues[index].lock())
            .await
            .map_err(|_elapsed| Unavailable::because("others on the same stream wait for it"))
    }
}
