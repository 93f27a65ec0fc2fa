//! A copy of what the kit sends: what its cases do to a peer, for those who want to do it elsewhere, such as fuzzers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the kernel took in one call.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The stream, counted over the process.
    pub stream: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How many fds went along.
    pub fds: usize,
}

static RECORD: Mutex<Option<Vec<Sent>>> = Mutex::new(None);

/// Returns what all streams sent since the last call, and keeps a copy of what they send from now on.
pub fn take() -> Vec<Sent> {
    RECORD.lock().unwrap_or_else(PoisonError::into_inner).replace(Vec::new()).unwrap_or_default()
}

pub(super) fn note(stream: u64, bytes: &[u8], fds: usize) {
    if let Some(record) = &mut *RECORD.lock().unwrap_or_else(PoisonError::into_inner) {
        record.push(Sent { stream, bytes: bytes.to_vec(), fds });
    }
}

/// The number of the next stream.
pub(super) fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
