//! Who signals the eventfds of peers, so that nobody who must go on waits.
//!
//! A write to an eventfd can sleep: its other holders decide whether it blocks,
//! and fill it when they like. So the kernel signals it itself ([`Aio`]). Where
//! that is denied, one thread writes; it may be held, the caller is not.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, Once, OnceLock, PoisonError};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::io::sys::Aio;

/// Signals that may wait for the thread; each holds a descriptor.
const QUEUE: usize = 64;

#[derive(Debug)]
pub(super) struct Signaller {
    aio: Option<Aio>,
    /// Started when first needed.
    thread: Mutex<Option<SyncSender<OwnedFd>>>,
}

impl Signaller {
    /// The one of this process.
    pub(super) fn shared() -> &'static Signaller {
        static SHARED: OnceLock<Signaller> = OnceLock::new();
        SHARED.get_or_init(|| Signaller::new(Aio::new().ok()))
    }

    pub(super) fn new(aio: Option<Aio>) -> Signaller {
        Signaller { aio, thread: Mutex::new(None) }
    }

    /// Signals each of these eventfds. One that the thread has no room for is
    /// not signalled, which the log says once.
    pub(super) fn signal(&self, eventfds: &[BorrowedFd<'_>]) -> io::Result<()> {
        if self.aio.as_ref().is_some_and(|aio| aio.signal(eventfds).is_ok()) {
            return Ok(());
        }
        eventfds.iter().try_for_each(|eventfd| self.defer(eventfd.try_clone_to_owned()?, write))
    }

    /// Whether this is known to be an eventfd; `false` says nothing.
    pub(super) fn knows(&self, fd: BorrowedFd<'_>) -> bool {
        self.aio.as_ref().is_some_and(|aio| aio.is_eventfd(fd))
    }

    /// Gives an eventfd to the thread, which does `act` with each.
    pub(super) fn defer(&self, eventfd: OwnedFd, mut act: impl FnMut(OwnedFd) + Send + 'static) -> io::Result<()> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = match &mut *thread {
            Some(queue) => queue,
            none => {
                let (queue, waiting) = sync_channel(QUEUE);
                thread::Builder::new()
                    .name("wayline-fences".to_owned())
                    .spawn(move || waiting.into_iter().for_each(&mut act))?;
                none.insert(queue)
            }
        };
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = queue.try_send(eventfd) {
            static LOST: Once = Once::new();
            LOST.call_once(|| tracing::warn!("fences are lost: a peer holds the thread that signals them"));
        }
        Ok(())
    }
}

/// May sleep, if a peer fills the eventfd after the look at it.
fn write(eventfd: OwnedFd) {
    let mut fds = [PollFd::new(&eventfd, PollFlags::OUT)];
    let room = poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready == 1);
    // A full one is signalled already.
    if room && fds[0].revents().contains(PollFlags::OUT) {
        let _ = rustix::io::write(eventfd.as_fd(), &1u64.to_ne_bytes());
    }
}

#[cfg(test)]
mod tests;
