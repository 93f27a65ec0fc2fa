//! What a client is told when its server cannot go on with it.

mod probe;

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use probe::protocol::{Probe, ProbeChild, probe as api};
use probe::{Pair, TestClient, TestServer, any_fd, link};
use wayline::{Disconnect, Limits, Link, MemoryLink, Received, SendError, server};

/// A connection with a fault about fds.
struct Defective {
    link: MemoryLink,
    /// Whether it takes nothing at the moment.
    full: Arc<AtomicBool>,
    /// Whether the kernel drops fds of everything received.
    loses: bool,
    /// Sent along with the first bytes.
    stray: Option<OwnedFd>,
}

impl Link for Defective {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        if self.full.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let stray = self.stray.take();
        let fds: Vec<_> = fds.iter().copied().chain(stray.as_ref().map(AsFd::as_fd)).collect();
        self.link.send(bytes, &fds)
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        let received = self.link.receive(buffer, fds)?;
        Ok(Received { fds_lost: self.loses, ..received })
    }
}

/// Both halves, the server's end and the client's with these faults.
fn pair(loses: bool, stray: Option<OwnedFd>, full: Arc<AtomicBool>) -> Pair {
    let (one, other) = MemoryLink::pair();
    let mut host = TestServer::new();
    host.server.set_limits(Limits { unconsumed_fds: 0, queued_fds: 2, ..Limits::default() });
    let id = host.server.connect(link(Defective { link: one, full, loses, stray: None }));
    let guest = TestClient::new(link(Defective { link: other, full: Arc::default(), loses: false, stray }));
    let mut pair = Pair { host, guest, id };
    pair.pump();
    pair
}

/// Both halves with a probe and its child, and the client's socket full from now on.
fn stuck() -> (Pair, Probe, ProbeChild, Arc<AtomicBool>) {
    let full = Arc::new(AtomicBool::new(false));
    let mut pair = pair(false, None, Arc::clone(&full));
    let probe: Probe = pair.guest.client.bind(1).unwrap();
    probe.create(&mut pair.guest.client).unwrap();
    pair.pump();
    let child = pair.host.children[0];
    full.store(true, Ordering::Relaxed);
    (pair, probe, child, full)
}

#[test]
fn d09_a_client_is_told_of_msg_ctrunc() {
    let pair = pair(true, None, Arc::default());
    assert_eq!(pair.reason(), Some(&Disconnect::FdsLost));
    let Some(Disconnect::Protocol(error)) = pair.guest.client.ended() else { panic!("no error event") };
    assert_eq!((error.object, error.code), (1, 2), "{error}");
}

#[test]
fn d08_a_client_with_unconsumed_fds_is_told() {
    let pair = pair(false, Some(any_fd()), Arc::default());
    assert_eq!(pair.reason(), Some(&Disconnect::UnconsumedFds { count: 1 }));
    let Some(Disconnect::Protocol(error)) = pair.guest.client.ended() else { panic!("no error event") };
    assert_eq!((error.object, error.code), (1, 1), "{error}");
}

#[test]
fn a_client_that_missed_an_event_for_its_fd_is_dropped() {
    let (mut pair, _, child, full) = stuck();
    for serial in 0..2 {
        child.poked(&mut pair.host.server, serial, any_fd()).unwrap();
    }
    let refused = child.poked(&mut pair.host.server, 2, any_fd());
    assert!(matches!(refused, Err(SendError::QueueFull { .. })), "{refused:?}");
    // That it would read again does not bring back what it missed.
    full.store(false, Ordering::Relaxed);
    pair.pump();
    assert_eq!(pair.reason(), Some(&Disconnect::SlowPeer { queued: 24, fds: 2 }));
}

#[test]
fn a_client_that_has_much_to_read_is_told_all_the_same() {
    let (mut pair, probe, child, full) = stuck();
    probe.fail(&mut pair.guest.client, api::Error::ASKED).unwrap();
    pair.pump();
    assert_eq!(pair.reason(), None, "the error is still on its way");
    assert!(!pair.host.server.is_alive(child), "nothing follows the error");
    full.store(false, Ordering::Relaxed);
    server::resume(&mut pair.host, pair.id);
    pair.pump();
    let Some(Disconnect::Protocol(error)) = pair.reason() else { panic!("{:?}", pair.reason()) };
    let Some(Disconnect::Protocol(told)) = pair.guest.client.ended() else { panic!("no error event") };
    assert_eq!((error.code, &error.message), (told.code, &told.message));
}

#[test]
fn an_error_about_an_object_that_the_client_has_destroyed_still_names_the_interface() {
    let mut pair = Pair::new();
    let probe: Probe = pair.guest.client.bind(1).unwrap();
    let own = probe.create(&mut pair.guest.client).unwrap();
    pair.pump();
    let child = pair.host.children[0];
    pair.host.server.post_error(child, 9u32, "no");
    own.destroy(&mut pair.guest.client).unwrap();
    pair.pump();
    let error = pair.guest.client.ended().and_then(Disconnect::protocol_error).expect("an error event");
    assert!(error.is::<ProbeChild>(9u32) && !error.is::<ProbeChild>(8u32) && !error.is::<Probe>(9u32), "{error}");
}
