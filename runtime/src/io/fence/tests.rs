use std::fs::File;
use std::os::unix::net::UnixStream;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::{FdFlags, fcntl_getfd};

use super::*;

fn received(fence: &Fence) -> Fence {
    Fence::from_fd(OwnedFd::from(fence.try_clone().unwrap())).unwrap()
}

fn make_blocking(fence: &Fence) {
    let flags = fcntl_getfl(fence).unwrap();
    fcntl_setfl(fence, flags - OFlags::NONBLOCK).unwrap();
}

#[test]
fn a_new_fence_is_not_signalled_and_closed_on_exec() {
    let fence = Fence::new().unwrap();
    assert!(!fence.is_signalled().unwrap());
    assert_eq!(fence.take().unwrap(), None);
    assert_eq!(fcntl_getfd(&fence).unwrap(), FdFlags::CLOEXEC);
    assert!(fcntl_getfl(&fence).unwrap().contains(OFlags::NONBLOCK));
}

#[test]
fn s01_three_signals_are_one_read_of_three() {
    let fence = Fence::new().unwrap();
    let peer = received(&fence);
    for _ in 0..3 {
        fence.signal().unwrap();
    }
    assert!(peer.is_signalled().unwrap());
    assert_eq!(peer.take().unwrap(), Some(3));
    assert_eq!(peer.take().unwrap(), None);
}

#[test]
fn s01_a_semaphore_gives_one_at_a_time() {
    let flags = EventfdFlags::CLOEXEC | EventfdFlags::SEMAPHORE;
    let fence = Fence::from_fd(eventfd(2, flags).unwrap()).unwrap();
    assert_eq!([(); 3].map(|()| fence.take().unwrap()), [Some(1), Some(1), None]);
}

#[test]
fn s02_a_wait_ends_with_the_connection() {
    let fence = Fence::new().unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    assert_eq!(fence.wait(&ours, Some(Duration::ZERO)).unwrap(), Wait::TimedOut);
    drop(theirs);
    assert_eq!(fence.wait(&ours, None).unwrap(), Wait::PeerGone);
    fence.signal().unwrap();
    assert_eq!(fence.wait(&ours, None).unwrap(), Wait::Signalled(1), "a signal sent before the end counts");
}

#[test]
fn s02_waiting_data_does_not_end_a_wait() {
    let fence = Fence::new().unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    rustix::io::write(&theirs, b"message").unwrap();
    assert_eq!(fence.wait(&ours, Some(Duration::ZERO)).unwrap(), Wait::TimedOut);
    fence.signal().unwrap();
    assert_eq!(fence.wait(&ours, Some(Duration::MAX)).unwrap(), Wait::Signalled(1));
}

#[test]
fn s03_a_signal_at_the_maximum_is_coalesced_and_never_blocks() {
    let fence = Fence::new().unwrap();
    make_blocking(&fence);
    let maximum = u64::MAX - 1;
    rustix::io::write(&fence, &maximum.to_ne_bytes()).unwrap();
    fence.signal().unwrap();
    assert_eq!(fence.take().unwrap(), Some(maximum));
    fence.signal().unwrap();
    assert_eq!(fence.take().unwrap(), Some(1));
}

#[test]
fn s04_only_an_eventfd_becomes_a_fence() {
    let (socket, _other) = UnixStream::pair().unwrap();
    let (pipe, _writer) = rustix::pipe::pipe().unwrap();
    let strangers = [
        OwnedFd::from(socket),
        pipe,
        OwnedFd::from(File::open("/dev/zero").unwrap()),
        OwnedFd::from(File::open("/proc/self").unwrap()),
        rustix::event::epoll::create(rustix::event::epoll::CreateFlags::CLOEXEC).unwrap(),
        rustix::fs::memfd_create("anon_inode:[eventfd]", rustix::fs::MemfdFlags::CLOEXEC).unwrap(),
    ];
    for stranger in strangers {
        let error = Fence::from_fd(stranger).unwrap_err();
        assert!(matches!(error, FenceError::NotAnEventfd), "{error:?}");
    }
}

#[test]
fn s05_reads_do_not_block_after_the_peer_cleared_the_flag() {
    let fence = Fence::new().unwrap();
    let peer = received(&fence);
    make_blocking(&peer);
    assert!(!fcntl_getfl(&fence).unwrap().contains(OFlags::NONBLOCK), "the flag is shared");
    assert_eq!(fence.take().unwrap(), None);
    peer.signal().unwrap();
    assert_eq!(fence.take().unwrap(), Some(1));
}

#[test]
fn s06_another_holder_may_read_first() {
    let fence = Fence::new().unwrap();
    let peer = received(&fence);
    fence.signal().unwrap();
    assert!(fence.is_signalled().unwrap());
    assert_eq!(peer.take().unwrap(), Some(1));
    assert_eq!(fence.take().unwrap(), None);
    assert!(!fence.is_signalled().unwrap());
}
