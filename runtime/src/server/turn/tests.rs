//! Deadlines of clients, by what is noted of them and not by waiting.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};

use super::*;

#[path = "../../../tests/probe/mod.rs"]
mod probe;

use probe::{Host, any_fd};

/// Sends words and fds, and lets the server handle them.
fn send(host: &mut Host, peer: &UnixStream, words: &[u32], fds: usize) {
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
fn armed_since(host: &mut Host) -> Option<Instant> {
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
    let mut host = Host::new();
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
        let mut host = Host::new();
        host.server.set_limits(crate::Limits { stray_fd_grace: grace, ..crate::Limits::default() });
        host.server.add_socket(theirs.into()).unwrap();
        send(&mut host, &peer, &[1], 1);
        assert!(armed_since(&mut host).is_some());
        expire_deadlines(&mut host).unwrap();
        dispatch(&mut host, Some(Duration::ZERO)).unwrap();
        assert_eq!(host.ended.len(), ended);
    }
}
