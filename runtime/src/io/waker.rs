//! Wakes a poll set from another thread.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{EventfdFlags, epoll, eventfd};

use crate::conn::Wake;

/// An eventfd in a poll set, which is readable while there is work for the loop that no socket tells of. It is this
/// process's own and its counter is 0 or 1, so that neither call waits.
pub(crate) struct Waker(OwnedFd);

impl Waker {
    pub(super) fn in_set(set: impl AsFd, token: u64) -> io::Result<Waker> {
        let waker = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(set, &waker, epoll::EventData::new_u64(token), epoll::EventFlags::IN)?;
        Ok(Waker(waker))
    }
}

impl Wake for Waker {
    fn wake(&self) {
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }

    fn clear(&self) {
        let _ = rustix::io::read(&self.0, &mut [0; 8]);
    }
}
