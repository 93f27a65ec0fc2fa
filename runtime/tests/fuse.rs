//! A descriptor of a FUSE file system whose daemon does not answer holds nobody but who sent it. Needs root and
//! `/dev/fuse`, and says that it was skipped where there is neither.
//!
//! A process that closes such a descriptor waits, and so does a program that is started with it, in `exec`. Nothing
//! here starts one while it has one.
#![cfg(feature = "io")]

#[path = "probe/held.rs"]
mod held;
mod probe;

use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use held::{Held, Mount, PATIENCE, in_time};
use probe::TestServer;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use wayline::io::Socket;
use wayline::io::fence::Fence;
use wayline::io::shm::{Access, Policy, Pool, ShmError};
use wayline::{Disconnect, Link, server};

fn send(peer: &UnixStream, bytes: &[u8], fds: &[Held]) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(253))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds: Vec<_> = fds.iter().map(Held::fd).collect();
    assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
    sendmsg(peer, &[IoSlice::new(bytes)], &mut control, SendFlags::empty()).unwrap();
}

fn sync(id: u32) -> Vec<u8> {
    [1, 12 << 16, id].iter().flat_map(|word: &u32| word.to_ne_bytes()).collect()
}

/// Turns until nothing is left to do.
fn pump(host: &mut TestServer) {
    while server::dispatch(host, Some(Duration::ZERO)).unwrap() {}
}

/// Requires that a client is answered.
fn is_served(host: &mut TestServer, mut peer: &UnixStream) {
    peer.write_all(&sync(2)).unwrap();
    pump(host);
    // `done` and `delete_id`.
    let mut answer = [0; 24];
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    peer.read_exact(&mut answer).unwrap();
    assert_eq!(answer[..4], 2_u32.to_ne_bytes());
}

#[test]
fn a_server_that_is_sent_files_whose_daemon_never_answers_serves_others_and_starts_programs() {
    let Some(mount) = Mount::new() else { return };
    let (peer, theirs) = UnixStream::pair().unwrap();
    let (other, others) = UnixStream::pair().unwrap();
    let (late, lates) = UnixStream::pair().unwrap();
    for _ in 0..3 {
        let file = mount.file();
        send(&peer, &sync(2), std::slice::from_ref(&file));
        drop(file);
        mount.is_asked();
    }
    assert_eq!(mount.open_here(), 0, "they are under way");
    in_time("a server", move || {
        let mut host = TestServer::new();
        for socket in [theirs, others, lates] {
            host.server.add_socket(socket.into()).unwrap();
        }
        pump(&mut host);
        is_served(&mut host, &other);
        drop(peer);
        pump(&mut host);
        is_served(&mut host, &late);
        assert_eq!(host.server.clients().count(), 2);
    });
    for _ in 0..3 {
        mount.is_asked();
    }
    mount.until_none_is_open_here();
    in_time("a program", || assert!(Command::new("true").status().unwrap().success()));
}

#[test]
fn what_waits_to_be_closed_for_one_user_is_bounded_and_the_clients_that_send_more_are_dropped() {
    let Some(mount) = Mount::new() else { return };
    let file = mount.file();
    let many: Vec<Held> = (0..50).map(|_| file.again()).collect();
    let (other, others) = UnixStream::pair().unwrap();
    let mut theirs = vec![others];
    let mut peers = Vec::new();
    for _ in 0..6 {
        let (peer, their) = UnixStream::pair().unwrap();
        send(&peer, &sync(2), &many);
        peers.push(peer);
        theirs.push(their);
    }
    let ended = in_time("a server", move || {
        let mut host = TestServer::new();
        for socket in theirs {
            host.server.add_socket(socket.into()).unwrap();
        }
        pump(&mut host);
        is_served(&mut host, &other);
        host.ended.into_iter().map(|(_, reason)| reason).collect::<Vec<_>>()
    });
    // The second one brings more than 64; descriptors of later ones end in the kernel.
    assert_eq!(ended.len(), 5, "{ended:?}");
    assert!(matches!(ended[0], Disconnect::Socket(_)), "{ended:?}");
    assert!(ended[1..].iter().all(|reason| *reason == Disconnect::FdsLost), "{ended:?}");
    for _ in 0..100 {
        mount.is_asked();
    }
    assert_eq!(mount.open_here(), 51, "ours");
    drop((many, file));
    mount.until_none_is_open_here();
}

#[test]
fn a_pool_of_a_file_whose_daemon_never_answers_is_refused_at_once() {
    let Some(mount) = Mount::new() else { return };
    // One that was received, and one that the application has from elsewhere.
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (file, other) = (mount.file(), mount.file());
    send(&ours, b"x", std::slice::from_ref(&file));
    let (received, direct) = in_time("an import", move || {
        let mut fds = std::collections::VecDeque::new();
        Socket::new(theirs.into()).receive(&mut [0; 8], &mut fds).unwrap();
        let import =
            |file: OwnedFd| Pool::import(file, 4096, Access::ReadOnly, &Policy::default()).map(drop).unwrap_err();
        (import(fds.pop_front().unwrap()), import(other.into_fd()))
    });
    assert!(matches!(received, ShmError::NotSharedMemory), "{received}");
    assert!(matches!(&direct, ShmError::FileSystem { name } if name.starts_with("fuse")), "{direct}");
    assert!(received.wl_shm_code().is_some() && direct.wl_shm_code().is_some());
    drop(file);
    mount.until_none_is_open_here();
}

#[test]
fn a_fence_of_a_file_whose_daemon_never_answers_is_refused_at_once() {
    let Some(mount) = Mount::new() else { return };
    let file = mount.file();
    in_time("a fence", move || assert!(Fence::from_fd(file.into_fd()).is_err()));
    mount.until_none_is_open_here();
}
