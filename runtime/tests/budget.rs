//! A turn is bounded in time: what does not fit into it waits, in order and charged to its client, and others are served
//! in between. With limits of zero each turn handles as little as it may, whatever the clock says.
#![cfg(feature = "io")]

mod probe;

use std::io::{IoSlice, Read};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use wayline::{Disconnect, Limits, server};

use probe::{TestServer, any_fd};

/// Messages that one client handles before the clock is looked at.
const UNTIMED: u64 = 16;

/// Looks at the poll set in one turn of an outer loop.
const ROUNDS: u64 = 8;

/// A server that handles as little in a turn as it may.
fn hurried(limits: Limits) -> TestServer {
    let mut host = TestServer::new();
    host.server.set_limits(limits);
    host
}

/// Requests of the probe, which is object 3: bytes of a message with nothing in it, of one with an fd, and of four words.
const RECENT: [u32; 2] = [3, 8 << 16 | 8];
const FD: [u32; 2] = [3, 8 << 16 | 3];
const INTS: [u32; 6] = [3, 24 << 16 | 1, 1, 2, 3, 4];

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// Sends all bytes, with fds at the first of them.
fn send(peer: &UnixStream, bytes: &[u8], fds: &[OwnedFd]) {
    let fds: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(28))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(fds.is_empty() || control.push(SendAncillaryMessage::ScmRights(&fds)));
    let sent = rustix::net::sendmsg(peer, &[IoSlice::new(bytes)], &mut control, SendFlags::DONTWAIT).unwrap();
    assert_eq!(sent, bytes.len(), "the socket has room for it");
}

/// A client that has bound the probe as object 3.
fn bound(host: &mut TestServer) -> UnixStream {
    let (peer, theirs) = UnixStream::pair().unwrap();
    host.server.add_socket(theirs.into()).unwrap();
    let bind = [2, 32 << 16, 1, 6, u32::from_ne_bytes(*b"prob"), u32::from_ne_bytes(*b"e\0\0\0"), 3, 3];
    send(&peer, &bytes(&[1, 12 << 16 | 1, 2]), &[]);
    send(&peer, &bytes(&bind), &[]);
    turns_until_idle(host);
    peer.set_nonblocking(true).unwrap();
    read_all(&peer);
    peer
}

fn is_readable(host: &mut TestServer) -> bool {
    let fd = host.server.poll_fd().unwrap();
    poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&Timespec::default())).unwrap() == 1
}

/// Turns as an outer loop makes them: only when the poll set is readable. Returns how many.
fn turns_until_idle(host: &mut TestServer) -> usize {
    (0..10_000).find(|_| !is_readable(host) || !server::dispatch(host, Some(Duration::ZERO)).unwrap()).expect("it ends")
}

/// Reads what is there. Returns how many bytes.
fn read_all(mut peer: &UnixStream) -> usize {
    let mut buffer = vec![0; 1 << 20];
    std::iter::from_fn(|| peer.read(&mut buffer).ok().filter(|&count| count > 0)).sum()
}

#[test]
fn client_turn_leaves_the_rest_of_a_read_for_later_turns_and_loses_nothing() {
    const MESSAGES: usize = 8192;
    let mut host = hurried(Limits { client_turn: Duration::ZERO, turn: Duration::MAX, ..Limits::default() });
    let (busy, other) = (bound(&mut host), bound(&mut host));
    let before = host.requests;

    // One read's worth of messages, some with fds, and the end of the stream behind them.
    let with_fd = |index: usize| index.is_multiple_of(800);
    let messages: Vec<u8> = (0..MESSAGES).flat_map(|index| bytes(if with_fd(index) { &FD } else { &RECENT })).collect();
    let fds: Vec<OwnedFd> = (0..MESSAGES).filter(|&index| with_fd(index)).map(|_| any_fd()).collect();
    send(&busy, &messages, &fds);
    busy.shutdown(Shutdown::Write).unwrap();

    let mut turns = 0;
    while host.ended.is_empty() {
        assert!(is_readable(&mut host), "an outer loop must know that messages are left");
        // The other client is answered in each turn.
        send(&other, &bytes(&INTS), &[]);
        let handled = host.requests;
        server::dispatch(&mut host, Some(Duration::ZERO)).unwrap();
        let handled = host.requests - handled;
        // What is left of a read and what comes after it may share a round.
        assert!(handled <= (ROUNDS + 1) * UNTIMED + 1, "{handled} messages in a turn");
        assert_eq!(read_all(&other), 24, "in turn {turns}");
        read_all(&busy);
        turns += 1;
    }
    assert!(turns >= MESSAGES / (ROUNDS * UNTIMED) as usize);
    assert_eq!(host.requests - before, (MESSAGES + turns) as u64);
    assert_eq!(host.server.stats().fds_in, fds.len() as u64);
    assert!(matches!(host.ended[..], [(_, Disconnect::Closed)]), "{:?}", host.ended);
    turns_until_idle(&mut host);
    assert!(!is_readable(&mut host), "nothing is left");
}

#[test]
fn turn_is_shared_fairly_among_busy_clients() {
    const CLIENTS: usize = 100;
    let limits = Limits { client_turn: Duration::ZERO, turn: Duration::ZERO, ..Limits::default() };
    let mut host = hurried(limits);
    let peers: Vec<UnixStream> = (0..CLIENTS).map(|_| bound(&mut host)).collect();
    for peer in &peers {
        send(peer, &bytes(&RECENT).repeat(1000), &[]);
    }
    let probes = host.probes.clone();
    let handled =
        |host: &mut TestServer| -> Vec<u64> { probes.iter().map(|&p| *host.server.data(p).unwrap()).collect() };
    for _ in 0..3 * CLIENTS {
        server::dispatch(&mut host, Some(Duration::ZERO)).unwrap();
        let handled = handled(&mut host);
        let (least, most) = (handled.iter().min().unwrap(), handled.iter().max().unwrap());
        assert!(most - least <= UNTIMED, "one client had {most} messages handled, another {least}");
    }
    turns_until_idle(&mut host);
    assert_eq!(handled(&mut host), vec![1000; CLIENTS]);
}
