//! What clients make a server hold is counted, for each of them and for each user; limits are met exactly and crossed by
//! one, and the guilty client goes.
#![cfg(feature = "io")]

mod probe;

use std::io::{IoSlice, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use probe::keeper::Keeper;
use probe::narrow::Narrow;
use probe::{TestServer, any_fd};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use wayline::io::Socket;
use wayline::io::listener::Listener;
use wayline::io::shm::{Access, Memory, Pool, ShmError};
use wayline::{ClientId, Disconnect, LimitError, Limits, MemoryLink, Resource, Scope, UserLimits, server};

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// Sends all bytes, with fds at the first of them.
fn send(peer: &UnixStream, bytes: &[u8], fds: usize) {
    let fds: Vec<OwnedFd> = (0..fds).map(|_| any_fd()).collect();
    let fds: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(28))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(fds.is_empty() || control.push(SendAncillaryMessage::ScmRights(&fds)));
    let sent = rustix::net::sendmsg(peer, &[IoSlice::new(bytes)], &mut control, SendFlags::DONTWAIT).unwrap();
    assert_eq!(sent, bytes.len(), "the socket has room for it");
}

fn turn(host: &mut TestServer) {
    server::dispatch(host, Some(Duration::ZERO)).unwrap();
}

/// `wl_display.get_registry`.
fn registry(id: u32) -> Vec<u8> {
    bytes(&[1, 12 << 16 | 1, id])
}

/// A server with these limits, and two clients of one user.
fn two(limits: Limits) -> (TestServer, [UnixStream; 2], [ClientId; 2]) {
    let mut host = TestServer::new();
    host.server.set_limits(limits);
    let mut add = || {
        let (peer, theirs) = UnixStream::pair().unwrap();
        peer.set_nonblocking(true).unwrap();
        let id = host.server.add_socket(theirs.into()).unwrap();
        (peer, id)
    };
    let ((one, first), (other, second)) = (add(), add());
    turn(&mut host);
    (host, [one, other], [first, second])
}

/// Limits of one user.
fn of_user(user: UserLimits) -> Limits {
    Limits { user, ..Limits::default() }
}

/// The error event that a client got, if any.
fn told(mut peer: &UnixStream) -> Option<u32> {
    let mut buffer = vec![0; 1 << 16];
    let count = peer.read(&mut buffer).ok()?;
    let words: Vec<u32> =
        buffer[..count].chunks_exact(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap())).collect();
    let mut at = 0;
    while at + 1 < words.len() {
        let (object, size, opcode) = (words[at], words[at + 1] >> 16, words[at + 1] & 0xffff);
        if (object, opcode) == (1, 0) {
            return Some(words[at + 3]);
        }
        at += size as usize / 4;
    }
    None
}

/// The code of `no_memory`.
const NO_MEMORY: Option<u32> = Some(2);

fn crossed(resource: Resource, scope: Scope, limit: u64) -> LimitError {
    LimitError { resource, scope, limit }
}

/// Charges a client up to its limit and one more.
fn charged_to_one(resource: Resource, limits: Limits, limit: u64) {
    let (mut host, _peers, [first, second]) = two(limits);
    host.server.charge(first, resource, limit - 1).unwrap();
    host.server.charge(first, resource, 1).unwrap();
    let refused = Err(crossed(resource, Scope::Client, limit));
    assert_eq!(host.server.charge(first, resource, 1), refused);
    assert_eq!(host.server.charge(first, resource, u64::MAX), refused);
    assert_eq!(host.server.held(first, resource), limit, "what was refused is not counted");
    // Others are not concerned, and what is released can be taken again.
    host.server.charge(second, resource, limit).unwrap();
    host.server.release(first, resource, 2);
    host.server.charge(first, resource, 2).unwrap();
    assert!(host.server.charge(first, resource, 1).is_err());
}

/// Charges two clients of one user up to its limit and one more.
fn charged_to_a_user(resource: Resource, limits: Limits, limit: u64) {
    let (mut host, peers, [first, second]) = two(limits);
    host.server.charge(first, resource, limit / 2).unwrap();
    host.server.charge(second, resource, limit - limit / 2).unwrap();
    let refused = Err(crossed(resource, Scope::User, limit));
    assert_eq!(host.server.charge(second, resource, 1), refused);
    // A client without credentials is a user of its own.
    let (link, _other) = MemoryLink::pair();
    let alone = host.server.connect(link);
    host.server.charge(alone, resource, limit).unwrap();
    assert_eq!(host.server.charge(alone, resource, 1), refused);
    // What a client held goes when it ends.
    let [one, other] = peers;
    drop(one);
    turn(&mut host);
    assert_eq!(host.ended.len(), 1);
    assert_eq!((host.server.held(first, resource), host.server.charge(first, resource, u64::MAX)), (0, Ok(())));
    host.server.charge(second, resource, limit / 2).unwrap();
    assert_eq!(host.server.charge(second, resource, 1), refused);
    drop(other);
}

#[test]
fn fds_that_are_charged_are_refused_beyond_the_limit() {
    charged_to_one(Resource::Fds, Limits { fds: 9, ..Limits::default() }, 9);
}

#[test]
fn mapped_bytes_are_refused_beyond_the_limit() {
    charged_to_one(Resource::MappedBytes, Limits { mapped_bytes: 9, ..Limits::default() }, 9);
}

#[test]
fn stored_bytes_are_refused_beyond_the_limit() {
    charged_to_one(Resource::StoredBytes, Limits { stored_bytes: 9, ..Limits::default() }, 9);
}

#[test]
fn fds_of_a_user_are_refused_beyond_the_limit() {
    charged_to_a_user(Resource::Fds, of_user(UserLimits { fds: 9, ..UserLimits::default() }), 9);
}

#[test]
fn mapped_bytes_of_a_user_are_refused_beyond_the_limit() {
    charged_to_a_user(Resource::MappedBytes, of_user(UserLimits { mapped_bytes: 9, ..UserLimits::default() }), 9);
}

#[test]
fn stored_bytes_of_a_user_are_refused_beyond_the_limit() {
    charged_to_a_user(Resource::StoredBytes, of_user(UserLimits { stored_bytes: 9, ..UserLimits::default() }), 9);
}

#[test]
fn fds_that_wait_in_the_runtime_count_with_those_that_are_charged() {
    let (mut host, [one, other], [first, second]) = two(Limits { fds: 5, ..Limits::default() });
    send(&one, &registry(2), 3);
    turn(&mut host);
    assert_eq!(host.server.held(first, Resource::Fds), 3);
    host.server.charge(first, Resource::Fds, 2).unwrap();
    assert!(host.server.charge(first, Resource::Fds, 1).is_err());
    send(&other, &registry(2), 5);
    turn(&mut host);
    assert_eq!((host.server.held(second, Resource::Fds), host.ended.len()), (5, 0));
    send(&other, &registry(3), 1);
    turn(&mut host);
    let limit = crossed(Resource::Fds, Scope::Client, 5);
    assert_eq!(host.ended, [(second, Disconnect::Limit(limit))]);
    assert_eq!((told(&other), told(&one)), (NO_MEMORY, None));
}

/// A pool of so many bytes under the policy of a client.
fn pool(host: &mut TestServer, client: ClientId, bytes: usize) -> Result<Pool, ShmError> {
    let fd = Memory::create("pool", bytes).unwrap().try_clone_fd().unwrap();
    Pool::import(fd, bytes as i32, Access::ReadOnly, &host.server.shm_policy(client))
}

/// Bytes of shared memory and descriptors that a server holds for a client.
fn shared(host: &TestServer, client: ClientId) -> [u64; 2] {
    [Resource::MappedBytes, Resource::Fds].map(|resource| host.server.held(client, resource))
}

#[test]
fn pools_are_in_the_account_of_their_client_until_they_are_dropped() {
    let (mut host, [one, _two], [first, second]) = two(Limits::default());
    let (a, b) = (pool(&mut host, first, 4096).unwrap(), pool(&mut host, first, 8192).unwrap());
    let clone = b.clone();
    host.server.charge(first, Resource::Fds, 3).unwrap();
    assert_eq!((shared(&host, first), shared(&host, second)), ([12_288, 5], [0, 0]));
    drop((a, b));
    host.server.release(first, Resource::Fds, 3);
    assert_eq!(shared(&host, first), [8192, 1], "it is used by a clone");
    // A pool may outlive its client. Nobody counts it then.
    drop(one);
    turn(&mut host);
    assert_eq!((host.ended.len(), shared(&host, first)), (1, [0, 0]));
    let late = pool(&mut host, first, 4096).unwrap();
    assert_eq!((late.size(), clone.size(), shared(&host, first)), (4096, 8192, [0, 0]));
}

#[test]
fn pools_of_a_client_beyond_its_limits_are_refused() {
    let (mut host, [one, _two], [first, second]) = two(Limits { mapped_bytes: 8192, fds: 2, ..Limits::default() });
    let held = pool(&mut host, first, 8192).unwrap();
    assert!(matches!(pool(&mut host, first, 4096), Err(ShmError::Quota { requested: 4096, bytes: 8192, pools: 2 })));
    drop(held);
    let many = [0; 2].map(|_| pool(&mut host, first, 4096).unwrap());
    assert!(matches!(pool(&mut host, first, 0x10), Err(ShmError::Quota { pools: 2, .. })));
    // Others are not concerned, and the client that is at its limits goes on.
    let other = pool(&mut host, second, 8192).unwrap();
    send(&one, &registry(2), 0);
    turn(&mut host);
    assert!(host.ended.is_empty());
    drop((many, other));
    assert_eq!([first, second].map(|client| shared(&host, client)), [[0, 0]; 2]);
}

#[test]
fn pools_of_a_user_beyond_the_limit_end_the_client_that_has_most() {
    let limits = of_user(UserLimits { mapped_bytes: 3 * 4096, ..UserLimits::default() });
    let (mut host, [one, other], [first, second]) = two(limits);
    let mut pools = vec![pool(&mut host, first, 8192).unwrap(), pool(&mut host, second, 4096).unwrap()];
    send(&one, &registry(2), 0);
    send(&other, &registry(2), 0);
    turn(&mut host);
    assert!(host.ended.is_empty());
    pools.push(pool(&mut host, second, 16).unwrap());
    send(&other, &registry(3), 0);
    turn(&mut host);
    let limit = crossed(Resource::MappedBytes, Scope::User, 3 * 4096);
    assert_eq!(host.ended, [(first, Disconnect::Limit(limit))]);
    assert_eq!((told(&one), told(&other)), (NO_MEMORY, None));
}

#[test]
fn objects_of_a_user_beyond_the_limit_end_the_client_that_has_most() {
    // Either has a display.
    let limits = of_user(UserLimits { objects: 2 + 5, ..UserLimits::default() });
    let (mut host, [one, other], [first, second]) = two(limits);
    (2..5).for_each(|id| send(&one, &registry(id), 0));
    (2..4).for_each(|id| send(&other, &registry(id), 0));
    turn(&mut host);
    turn(&mut host);
    assert_eq!((host.server.held(first, Resource::Objects), host.server.held(second, Resource::Objects)), (4, 3));
    assert!(host.ended.is_empty());
    // The one that crosses it has less.
    send(&other, &registry(4), 0);
    send(&one, &registry(5), 0);
    turn(&mut host);
    turn(&mut host);
    let limit = crossed(Resource::Objects, Scope::User, 7);
    assert_eq!(host.ended, [(first, Disconnect::Limit(limit))]);
    assert_eq!((told(&one), told(&other)), (NO_MEMORY, None));
}

#[test]
fn queued_bytes_of_a_user_beyond_the_limit_end_the_client_that_has_most() {
    // delete_id has 12 bytes, an answer to sync as well.
    let limits = of_user(UserLimits { queued_bytes: 24 * 5, ..UserLimits::default() });
    let mut host = TestServer::new();
    host.server.set_limits(limits);
    let full = Arc::new(AtomicBool::new(true));
    let mut clients = Vec::new();
    for _ in 0..2 {
        let (peer, theirs) = UnixStream::pair().unwrap();
        let link = Narrow { link: Socket::new(theirs.into()), full: Arc::clone(&full) };
        clients.push((peer, host.server.add_link(Box::new(link)).unwrap()));
    }
    let sync = |peer, host: &mut TestServer| {
        send(peer, &bytes(&[1, 12 << 16, 2]), 0);
        // What a server queues is looked at when its turn ends.
        turn(host);
        turn(host);
    };
    (0..3).for_each(|_| sync(&clients[0].0, &mut host));
    (0..2).for_each(|_| sync(&clients[1].0, &mut host));
    let held = |host: &TestServer, at: usize| host.server.held(clients[at].1, Resource::QueuedBytes);
    assert_eq!((held(&host, 0), held(&host, 1), host.ended.len()), (72, 48, 0));
    sync(&clients[1].0, &mut host);
    assert_eq!(host.ended.len(), 1);
    let limit = crossed(Resource::QueuedBytes, Scope::User, 120);
    assert_eq!(host.ended[0].1, Disconnect::Limit(limit));
    full.store(false, Ordering::Relaxed);
}

#[test]
fn unread_bytes_of_a_user_beyond_the_limit_end_the_client_that_has_most() {
    // Sixteen messages are handled in a turn of a client, whatever the clock says.
    let user = UserLimits { unread_bytes: 12 * 30, ..UserLimits::default() };
    let limits = Limits { user, client_turn: Duration::ZERO, turn: Duration::MAX, ..Limits::default() };
    for (more, ended) in [(0, 0), (1, 1)] {
        let (mut host, [one, other], [first, _]) = two(limits);
        let burst = |count: u32| (2..2 + count).flat_map(registry).collect::<Vec<u8>>();
        send(&one, &burst(16 + 20), 0);
        send(&other, &burst(16 + 10 + more), 0);
        turn(&mut host);
        assert_eq!(host.ended.len(), ended);
        if ended > 0 {
            assert_eq!(host.ended, [(first, Disconnect::Limit(crossed(Resource::UnreadBytes, Scope::User, 360)))]);
            assert_eq!(told(&one), NO_MEMORY);
        }
    }
}

#[test]
fn clients_beyond_the_limit_are_refused_when_they_connect() {
    for (limits, scope) in [
        (Limits { clients: 2, ..Limits::default() }, Scope::Server),
        (of_user(UserLimits { clients: 2, ..UserLimits::default() }), Scope::User),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("crowded-0");
        let address = wayline::io::path::Address::named(&path, &Default::default()).unwrap();
        let mut host = TestServer::new();
        host.server.set_limits(limits);
        host.server.listen(Listener::at(&address).unwrap()).unwrap();
        let connect = |host: &mut TestServer| {
            let peer = UnixStream::connect(&path).unwrap();
            turn(host);
            peer
        };
        let (first, _second) = (connect(&mut host), connect(&mut host));
        assert_eq!((host.server.clients().count(), host.refused.len()), (2, 0));
        let mut third = connect(&mut host);
        assert_eq!(host.refused, [crossed(Resource::Clients, scope, 2)]);
        third.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        assert_eq!(third.read(&mut [0]).unwrap(), 0, "it is closed");
        assert_eq!(host.server.clients().count(), 2);
        // One that leaves makes room.
        drop(first);
        let deadline = Instant::now() + Duration::from_secs(20);
        while host.ended.is_empty() {
            turn(&mut host);
            assert!(Instant::now() < deadline);
        }
        let _fourth = connect(&mut host);
        assert_eq!((host.server.clients().count(), host.refused.len()), (2, 1));
    }
}

/// A client that holds descriptors of its own: the account does not outlive it, and nothing is left of it.
#[test]
fn an_account_ends_with_its_client_whatever_was_charged() {
    let (mut host, [mut one, _other], [first, second]) = two(Limits::default());
    for resource in [Resource::Fds, Resource::MappedBytes, Resource::StoredBytes] {
        host.server.charge(first, resource, 100).unwrap();
    }
    host.server.disconnect(first);
    assert_eq!(host.server.held(first, Resource::Fds), 0, "from the moment that it ends");
    host.server.release(first, Resource::Fds, 100);
    turn(&mut host);
    assert_eq!(host.ended.len(), 1);
    assert_eq!(one.read(&mut [0]).unwrap_or(0), 0);
    host.server.charge(second, Resource::Fds, Limits::FDS).unwrap();
    assert_eq!(host.server.charge(second, Resource::Fds, 1), Err(crossed(Resource::Fds, Scope::Client, Limits::FDS)));
    assert_eq!(host.server.clients().count(), 1);
}

#[test]
fn a_refused_charge_ends_the_client_of_the_handler_with_no_memory() {
    let mut keeper = Keeper::new();
    keeper.server.set_limits(Limits { stored_bytes: 8, fds: 2, ..Limits::default() });
    let mut peers = [keeper.client(), keeper.client(), keeper.client()];
    // Bytes of a text, and fds, up to the limits and one more.
    let text = |length: u32| [bytes(&[3, 20 << 16 | 2, 0, length, 0]), vec![0; (length as usize - 1) / 4 * 4]].concat();
    let text = |length: u32| {
        let mut text = text(length);
        let size = text.len() as u32;
        text[4..8].copy_from_slice(&(size << 16 | 2).to_ne_bytes());
        text
    };
    send(&peers[0], &text(8), 0);
    keeper.turn();
    send(&peers[1], &text(9), 0);
    send(&peers[2], &bytes(&[3, 8 << 16 | 3, 3, 8 << 16 | 3]), 2);
    keeper.turn();
    assert_eq!((keeper.ended.len(), told(&peers[1])), (1, NO_MEMORY));
    send(&peers[2], &bytes(&[3, 8 << 16 | 3]), 1);
    keeper.turn();
    assert_eq!((keeper.ended.len(), told(&peers[2])), (2, NO_MEMORY));
    assert!(keeper.ended.iter().all(|reason| matches!(reason, Disconnect::Protocol(error) if error.code == 2)));
    assert_eq!(told(&peers[0]), None);
    let client = keeper.server.clients().next().unwrap();
    assert_eq!(keeper.server.held(client, Resource::StoredBytes), 8);
    let _ = &mut peers;
}
