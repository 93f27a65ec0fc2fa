//! Descriptors whose mere end could hold us.
//!
//! `close` waits for the daemon of a FUSE file and for the server of a network
//! file, and for as long as `SO_LINGER` says to send what is left in a socket of
//! TCP. A peer can send such descriptors. No message of this field needs them, so
//! they are closed by a thread of their own, and handlers get an empty pipe instead.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use rustix::fs::{FileType, fcntl_get_seals};
use rustix::net::{AddressFamily, sockopt};
use rustix::pipe::{PipeFlags, pipe_with};

use super::mount;

/// Descriptors that may wait to be closed before a peer that sends another one
/// is dropped.
const WAITING: usize = 64;

static HELD: AtomicUsize = AtomicUsize::new(0);

/// This descriptor, or a pipe that is empty and closed at the other end.
///
/// # Errors
/// If too many wait to be closed, or there is no descriptor for a pipe. This one
/// is closed in any case, sooner or later.
pub(super) fn admit(fd: OwnedFd) -> io::Result<OwnedFd> {
    if is_harmless(&fd) {
        return Ok(fd);
    }
    tracing::debug!("a descriptor whose end could hold us is replaced by an empty pipe");
    if close_elsewhere(fd) > WAITING {
        return Err(io::Error::other("descriptors of file systems or networks that do not let them go"));
    }
    Ok(pipe_with(PipeFlags::CLOEXEC)?.0)
}

/// Closes a descriptor that nobody wants, without waiting for anybody.
pub(super) fn dispose(fd: OwnedFd) {
    if !is_harmless(&fd) {
        close_elsewhere(fd);
    }
}

/// Whether closing it waits for nobody, as far as the kernel knows without asking.
fn is_harmless(fd: &OwnedFd) -> bool {
    match mount::look(fd) {
        // Only memory has seals.
        Ok((FileType::RegularFile, stat)) => fcntl_get_seals(fd).is_ok() || mount::check_local(&stat).is_ok(),
        Ok((FileType::Socket, _)) => sockopt::socket_domain(fd.as_fd()) == Ok(AddressFamily::UNIX),
        // Also where the kernel does not say (before Linux 4.11).
        _ => true,
    }
}

/// How many are then waiting to be closed.
fn close_elsewhere(fd: OwnedFd) -> usize {
    static CLOSER: OnceLock<Mutex<Sender<OwnedFd>>> = OnceLock::new();
    let held = HELD.fetch_add(1, Relaxed) + 1;
    let closer = CLOSER.get_or_init(|| {
        let (queue, waiting) = channel();
        let close = move || {
            for fd in waiting {
                drop::<OwnedFd>(fd);
                HELD.fetch_sub(1, Relaxed);
            }
        };
        if let Err(error) = thread::Builder::new().name("wayline-close".to_owned()).spawn(close) {
            tracing::error!("no thread to close descriptors: {error}");
        }
        Mutex::new(queue)
    });
    // Without the thread nobody closes it; this one must not.
    if let Err(unsent) = closer.lock().unwrap_or_else(PoisonError::into_inner).send(fd) {
        std::mem::forget(unsent);
    }
    held
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::fs::File;
    use std::net::TcpListener;
    use std::os::unix::net::UnixStream;

    use rustix::event::{EventfdFlags, eventfd};
    use rustix::fs::{MemfdFlags, fstat, memfd_create};

    use super::*;
    use crate::conn::Link;
    use crate::io::Socket;

    /// What arrives of a descriptor that is sent.
    fn arrived(fd: &OwnedFd) -> OwnedFd {
        let (ours, theirs) = UnixStream::pair().unwrap();
        Socket::new(theirs.into()).send(b"x", &[fd.as_fd()]).unwrap();
        let mut fds = VecDeque::new();
        Socket::new(ours.into()).receive(&mut [0; 8], &mut fds).unwrap();
        assert_eq!(fds.len(), 1);
        fds.pop_front().unwrap()
    }

    #[test]
    fn what_messages_carry_arrives_as_it_is() {
        let temporary = tempfile::tempdir().unwrap();
        let usual = [
            memfd_create("test", MemfdFlags::CLOEXEC).unwrap(),
            memfd_create("sealed", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap(),
            eventfd(0, EventfdFlags::CLOEXEC).unwrap(),
            pipe_with(PipeFlags::CLOEXEC).unwrap().1,
            UnixStream::pair().unwrap().0.into(),
            File::open("/dev/null").unwrap().into(),
            File::open(temporary.path()).unwrap().into(),
        ];
        for fd in usual {
            let (sent, received) = (fstat(&fd).unwrap(), fstat(arrived(&fd)).unwrap());
            assert_eq!((sent.st_dev, sent.st_ino), (received.st_dev, received.st_ino));
        }
    }

    #[test]
    fn a_file_of_a_file_system_that_may_wait_and_a_socket_of_a_network_do_not_arrive() {
        let strangers =
            [OwnedFd::from(File::open("/proc/self/status").unwrap()), TcpListener::bind("127.0.0.1:0").unwrap().into()];
        for fd in strangers {
            let arrived = arrived(&fd);
            assert_eq!(FileType::from_raw_mode(fstat(&arrived).unwrap().st_mode), FileType::Fifo);
            assert_eq!(rustix::io::read(&arrived, &mut [0; 8][..]).unwrap(), 0);
        }
    }
}
