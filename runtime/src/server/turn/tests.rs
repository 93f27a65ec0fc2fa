//! Deadlines of clients, by what is noted of them and not by waiting.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};

use super::*;
use crate::conn::Link;

#[path = "../../../tests/probe/mod.rs"]
mod probe;

use probe::{TestServer, any_fd};

mod carried;
mod ends;

/// Sends words and fds, and lets the server handle them.
fn send(host: &mut TestServer, peer: &UnixStream, words: &[u32], fds: usize) {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let fds: Vec<OwnedFd> = (0..fds).map(|_| any_fd()).collect();
    let fds: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(fds.is_empty() || control.push(SendAncillaryMessage::ScmRights(&fds)));
    rustix::net::sendmsg(peer, &[io::IoSlice::new(&bytes)], &mut control, SendFlags::empty()).unwrap();
    dispatch(host, Some(Duration::ZERO)).unwrap();
}

/// Since when the only client has to send a message for its fds.
fn armed_since(host: &mut TestServer) -> Option<Instant> {
    let client = host.server.clients().next().unwrap();
    let set = host.server.poll_set().unwrap();
    assert_eq!(set.armed_since(client, Task::Read), None);
    set.armed_since(client, Task::ConsumeFds)
}

/// The first words of messages of the probe, which is object 3.
const FD: [u32; 2] = [3, 8 << 16 | 3];
const CREATE: [u32; 2] = [3, 12 << 16 | 4];

#[test]
fn d02_the_time_for_early_fds_begins_anew_when_a_message_claims_one() {
    let (peer, theirs) = UnixStream::pair().unwrap();
    let mut host = TestServer::new();
    host.server.add_socket(theirs.into()).unwrap();
    send(&mut host, &peer, &[1, 12 << 16 | 1, 2], 0);
    let bind = [2, 32 << 16, 1, 6, u32::from_ne_bytes(*b"prob"), u32::from_ne_bytes(*b"e\0\0\0"), 1, 3];
    send(&mut host, &peer, &bind, 0);
    assert_eq!(armed_since(&mut host), None);

    // An fd before its message, and then always one more than messages.
    send(&mut host, &peer, &FD[..1], 1);
    let first = armed_since(&mut host).unwrap();
    send(&mut host, &peer, &[FD[1], FD[0]], 1);
    let second = armed_since(&mut host).unwrap();
    assert!(second > first, "one was claimed");

    // Neither other messages nor more fds are what is owed.
    send(&mut host, &peer, &[FD[1], CREATE[0], CREATE[1], 4, FD[0]], 2);
    let third = armed_since(&mut host).unwrap();
    assert!(third > second);
    send(&mut host, &peer, &FD[1..], 0);
    let fourth = armed_since(&mut host).unwrap();
    send(&mut host, &peer, &[CREATE[0], CREATE[1], 5], 1);
    assert_eq!(armed_since(&mut host), Some(fourth));

    send(&mut host, &peer, &[FD[0], FD[1], FD[0], FD[1]], 0);
    assert!(host.ended.is_empty() && host.server.core.stats.fds_in == 5, "{:?}", host.ended);
}

#[test]
fn a_deadline_expires_when_its_grace_is_over() {
    for (grace, ended) in [(Duration::MAX, 0), (Duration::ZERO, 1)] {
        let (peer, theirs) = UnixStream::pair().unwrap();
        let mut host = TestServer::new();
        host.server.set_limits(crate::Limits { unconsumed_fd_grace: grace, ..crate::Limits::default() });
        host.server.add_socket(theirs.into()).unwrap();
        send(&mut host, &peer, &[1], 1);
        assert!(armed_since(&mut host).is_some());
        expire_deadlines(&mut host).unwrap();
        dispatch(&mut host, Some(Duration::ZERO)).unwrap();
        assert_eq!(host.ended.len(), ended);
    }
}

#[test]
fn early_fds_are_not_judged_while_messages_are_left() {
    let limits = crate::Limits { client_turn: Duration::ZERO, turn: Duration::ZERO, ..crate::Limits::default() };
    let (peer, theirs) = UnixStream::pair().unwrap();
    let mut host = TestServer::new();
    host.server.set_limits(limits);
    host.server.add_socket(theirs.into()).unwrap();
    send(&mut host, &peer, &[1, 12 << 16 | 1, 2], 0);
    let bind = [2, 32 << 16, 1, 6, u32::from_ne_bytes(*b"prob"), u32::from_ne_bytes(*b"e\0\0\0"), 1, 3];
    send(&mut host, &peer, &bind, 0);

    // An early fd, whose message comes behind more others than a turn handles.
    const INTS: [u32; 6] = [3, 24 << 16 | 1, 1, 2, 3, 4];
    send(&mut host, &peer, &INTS[..1], 1);
    assert!(armed_since(&mut host).is_some());
    let words: Vec<u32> = INTS[1..].iter().copied().chain(INTS.repeat(20)).chain(FD).collect();
    send(&mut host, &peer, &words, 0);
    host.server.set_limits(crate::Limits { unconsumed_fd_grace: Duration::ZERO, ..limits });
    expire_deadlines(&mut host).unwrap();
    for _ in 0..4 {
        dispatch(&mut host, Some(Duration::ZERO)).unwrap();
    }
    assert!(host.ended.is_empty(), "{:?}", host.ended);
    assert_eq!(host.requests, 22);
}

/// A socket that takes no fds while too many of this user are in flight.
struct Congested {
    link: Socket,
    fds_in_flight: Arc<AtomicBool>,
    refused: Arc<AtomicUsize>,
}

impl Link for Congested {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        if !fds.is_empty() && self.fds_in_flight.load(Ordering::Relaxed) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        self.link.send(bytes, fds)
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<crate::Received> {
        self.link.receive(buffer, fds)
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        Link::as_fd(&self.link)
    }
}

/// A server with such a client, to which an answer with an fd is to be sent.
fn congested(grace: Duration) -> (TestServer, UnixStream, Arc<AtomicBool>, Arc<AtomicUsize>) {
    let (peer, theirs) = UnixStream::pair().unwrap();
    let mut host = TestServer::new();
    host.server.set_limits(crate::Limits { slow_peer_grace: grace, ..crate::Limits::default() });
    let (fds_in_flight, refused) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let link = Socket::new(theirs.into());
    let link = Congested { link, fds_in_flight: Arc::clone(&fds_in_flight), refused: Arc::clone(&refused) };
    host.server.add_link(Box::new(link)).unwrap();
    send(&mut host, &peer, &[1, 12 << 16 | 1, 2], 0);
    let bind = [2, 32 << 16, 1, 6, u32::from_ne_bytes(*b"prob"), u32::from_ne_bytes(*b"e\0\0\0"), 1, 3];
    send(&mut host, &peer, &bind, 0);
    send(&mut host, &peer, &FD, 1);
    (host, peer, fds_in_flight, refused)
}

#[test]
fn d15_etoomanyrefs_is_tried_again_on_each_tick_and_not_in_between() {
    let (mut host, peer, fds_in_flight, refused) = congested(Duration::MAX);
    assert_eq!(refused.load(Ordering::Relaxed), 1);
    // The socket is writable all the time, which is no reason to look.
    for _ in 0..10 {
        assert!(!dispatch(&mut host, Some(Duration::ZERO)).unwrap(), "nothing is ready");
    }
    assert_eq!(refused.load(Ordering::Relaxed), 1);
    for ticks in 2..5 {
        expire_deadlines(&mut host).unwrap();
        assert_eq!(refused.load(Ordering::Relaxed), ticks);
    }
    fds_in_flight.store(false, Ordering::Relaxed);
    expire_deadlines(&mut host).unwrap();
    let client = host.server.clients().next().unwrap();
    assert!(!host.server.is_behind(client) && host.server.stats().fds_out == 1);
    assert_eq!(host.server.poll_set().unwrap().armed_since(client, Task::SendFds), None);
    dispatch(&mut host, Some(Duration::ZERO)).unwrap();
    assert!(host.ended.is_empty(), "{:?}", host.ended);
    drop(peer);
}

#[test]
fn d15_etoomanyrefs_for_the_whole_grace_ends_the_client_with_that_reason() {
    let (mut host, peer, _, refused) = congested(Duration::ZERO);
    expire_deadlines(&mut host).unwrap();
    dispatch(&mut host, Some(Duration::ZERO)).unwrap();
    assert!(matches!(host.ended[..], [(_, Disconnect::FdsInFlight)]), "{:?}", host.ended);
    assert!(refused.load(Ordering::Relaxed) <= 2);
    drop(peer);
}

#[test]
fn a_removed_global_that_nobody_acknowledges_is_destroyed_when_its_grace_is_over() {
    for (grace, left) in [(Duration::MAX, true), (Duration::ZERO, false)] {
        let (peer, theirs) = UnixStream::pair().unwrap();
        let mut host = TestServer::new();
        host.server.set_limits(crate::Limits { global_grace: grace, ..crate::Limits::default() });
        host.server.add_socket(theirs.into()).unwrap();
        send(&mut host, &peer, &[1, 12 << 16 | 1, 2], 0);
        let id = host.global;
        host.server.remove_global(id);
        dispatch(&mut host, Some(Duration::ZERO)).unwrap();
        let set = host.server.poll_set().unwrap();
        assert!(set.armed_since(ClientId::NOBODY, Task::Acknowledge(id)).is_some());
        expire_deadlines(&mut host).unwrap();
        assert_eq!(host.server.role.globals.is_awaited(id), left);
        // What the client sends now has been on its way for too long, or not.
        send(&mut host, &peer, &[2, 32 << 16, 1, 6, u32::from_ne_bytes(*b"prob"), 0x65, 1, 3], 0);
        dispatch(&mut host, Some(Duration::ZERO)).unwrap();
        assert_eq!(host.ended.is_empty(), left);
    }
}

#[test]
fn the_timer_runs_no_longer_than_a_removed_global_is_waited_for() {
    let (peer, theirs) = UnixStream::pair().unwrap();
    let mut host = TestServer::new();
    host.server.add_socket(theirs.into()).unwrap();
    send(&mut host, &peer, &[1, 12 << 16 | 1, 2], 0);
    let id = host.global;
    host.server.remove_global(id);
    dispatch(&mut host, Some(Duration::ZERO)).unwrap();
    host.server.destroy_global(id);
    expire_deadlines(&mut host).unwrap();
    let set = host.server.poll_set().unwrap();
    assert_eq!(set.armed_since(ClientId::NOBODY, Task::Acknowledge(id)), None);
}

#[test]
fn d15_a_try_that_sends_nothing_leaves_the_time_of_a_peer_as_it_was() {
    let (mut host, _peer, fds_in_flight, _) = congested(Duration::MAX);
    let client = host.server.clients().next().unwrap();
    let since = host.server.poll_set().unwrap().armed_since(client, Task::SendFds).unwrap();
    for _ in 0..3 {
        go_on(&mut host, client);
        expire_deadlines(&mut host).unwrap();
        assert_eq!(host.server.poll_set().unwrap().armed_since(client, Task::SendFds), Some(since));
    }
    fds_in_flight.store(false, Ordering::Relaxed);
    go_on(&mut host, client);
    assert_eq!(host.server.poll_set().unwrap().armed_since(client, Task::SendFds), None);
}

#[test]
fn a_turn_accepts_a_bounded_number_of_the_connections_that_wait() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let mut host = TestServer::new();
    let address = crate::io::path::Address::at_path(&path).unwrap();
    host.server.listen(crate::io::listener::Listener::at(&address).unwrap()).unwrap();
    let waiting: Vec<UnixStream> = (0..100).map(|_| UnixStream::connect(&path).unwrap()).collect();
    for turn in 1..=4 {
        super::turn(&mut host).unwrap();
        assert_eq!(host.server.clients().count(), waiting.len().min(turn * ACCEPTS_PER_TURN));
    }
}

#[test]
fn that_descriptors_ran_out_is_said_once_until_a_client_was_accepted() {
    probe::lines::Lines::of(|lines| {
        let mut set = crate::io::poll_set::PollSet::new().unwrap();
        for _ in 0..10 {
            set.pause_accepting(&"none is left").unwrap();
            set.set_accepting(true).unwrap();
        }
        assert_eq!(lines.containing("none is left").len(), 1);
        set.exhausted = false;
        set.pause_accepting(&"none is left").unwrap();
        assert_eq!(lines.containing("none is left").len(), 2);
    });
}

#[test]
fn a_user_without_clients_has_no_account() {
    let mut host = TestServer::new();
    let mut peers = Vec::new();
    for _ in 0..3 {
        let (peer, theirs) = UnixStream::pair().unwrap();
        host.server.add_socket(theirs.into()).unwrap();
        peers.push(peer);
    }
    assert_eq!(host.server.core.accounts.users(), 1);
    peers.pop();
    dispatch(&mut host, Some(Duration::ZERO)).unwrap();
    assert_eq!((host.ended.len(), host.server.core.accounts.users()), (1, 1));
    drop(peers);
    dispatch(&mut host, Some(Duration::ZERO)).unwrap();
    assert_eq!((host.ended.len(), host.server.core.accounts.users()), (3, 0));
}
