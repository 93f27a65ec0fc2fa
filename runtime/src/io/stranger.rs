//! Received descriptors whose `close` could block.
//!
//! `close` waits for the daemon of a FUSE file and for the server of a network
//! file, and for as long as `SO_LINGER` says to send what is left in a socket of
//! TCP. A peer can send such descriptors. No message of this field needs them, so
//! they are closed by threads of their own, and handlers get an empty pipe instead.
//!
//! One thread for each that holds one: a descriptor leaves the table of this process
//! when its `close` begins, not when that is over. One that waited there for its turn
//! would hold each program that is started meanwhile, in `exec`, and whoever starts it.

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::{io, thread};

use rustix::fs::{FileType, fcntl_get_seals};
use rustix::net::{AddressFamily, sockopt};
use rustix::pipe::{PipeFlags, pipe_with};

use super::credentials::Credentials;
use super::mount;

/// Descriptors of one user that may wait to be closed. From then on its clients that
/// send such a one are dropped, and so are those that send any other.
const WAITING: usize = 64;

/// All that wait to be closed, or are just being closed.
static HELD: AtomicUsize = AtomicUsize::new(0);

static QUEUE: Mutex<Queue> = Mutex::new(Queue { waiting: VecDeque::new(), held: BTreeMap::new(), threads: 0, idle: 0 });

/// There is something in the queue.
static FILLED: Condvar = Condvar::new();

struct Queue {
    waiting: VecDeque<(OwnedFd, Owner)>,
    /// How many of each user are to be closed.
    held: BTreeMap<Owner, usize>,
    threads: usize,
    idle: usize,
}

/// The user (uid) of a peer; none has a peer that is not known.
type Owner = Option<u32>;

/// The user at the other end of a socket.
fn owner(socket: BorrowedFd<'_>) -> Owner {
    Credentials::of_connected(socket).ok().map(|credentials| credentials.uid)
}

/// Whether descriptors are taken from the peer of a socket: not while too many of its
/// user's wait to be closed. Those that are not taken end in the kernel, which waits
/// for nobody.
#[inline]
pub(super) fn are_taken_from(socket: BorrowedFd<'_>) -> bool {
    HELD.load(Relaxed) <= WAITING || lock().held.get(&owner(socket)).is_none_or(|&held| held <= WAITING)
}

/// This descriptor, or a pipe that is empty and closed at the other end.
///
/// # Errors
/// If too many of the user's at the other end of `socket` wait to be closed, or there
/// is no descriptor for a pipe. This one is closed in any case, sooner or later.
pub(super) fn admit(fd: OwnedFd, socket: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    if is_harmless(&fd) {
        return Ok(fd);
    }
    tracing::debug!("a descriptor whose end could hold us is replaced by an empty pipe");
    if close_elsewhere(fd, owner(socket)) > WAITING {
        return Err(io::Error::other("descriptors of file systems or networks that do not let them go"));
    }
    Ok(pipe_with(PipeFlags::CLOEXEC)?.0)
}

/// Closes a descriptor that nobody wants, without waiting for anybody. `socket` is
/// where it came from, if that is known.
pub(super) fn dispose(fd: OwnedFd, socket: Option<BorrowedFd<'_>>) {
    if !is_harmless(&fd) {
        close_elsewhere(fd, socket.and_then(owner));
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

/// How many of its owner's are then to be closed.
fn close_elsewhere(fd: OwnedFd, owner: Owner) -> usize {
    HELD.fetch_add(1, Relaxed);
    let mut queue = lock();
    let held = queue.held.entry(owner).or_default();
    *held += 1;
    let held = *held;
    queue.waiting.push_back((fd, owner));
    if queue.threads == 0 {
        add_thread(&mut queue);
    }
    FILLED.notify_one();
    held
}

/// Without a thread they stay open; the caller must not close them.
fn add_thread(queue: &mut Queue) {
    match thread::Builder::new().name("wayline-close".to_owned()).spawn(close_all) {
        Ok(_) => queue.threads += 1,
        Err(error) => tracing::error!("no thread to close descriptors: {error}"),
    }
}

/// Closes what is in the queue. Before each `close` it sees to it that another thread
/// is there for the next one; it ends when there are others.
fn close_all() {
    let mut queue = lock();
    loop {
        queue.idle += 1;
        queue = FILLED.wait_while(queue, |queue| queue.waiting.is_empty()).unwrap_or_else(PoisonError::into_inner);
        queue.idle -= 1;
        let Some((fd, owner)) = queue.waiting.pop_front() else { continue };
        if queue.idle == 0 {
            add_thread(&mut queue);
        }
        drop(queue);
        drop(fd);
        HELD.fetch_sub(1, Relaxed);
        queue = lock();
        if let Some(held) = queue.held.get_mut(&owner) {
            *held -= 1;
            if *held == 0 {
                queue.held.remove(&owner);
            }
        }
        if queue.idle > 0 {
            queue.threads -= 1;
            return;
        }
    }
}

fn lock() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
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
