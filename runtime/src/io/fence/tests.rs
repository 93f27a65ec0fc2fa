use std::fs::File;
use std::os::unix::net::UnixStream;

use rustix::fs::{Mode, fcntl_setfl, open};
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
    // The kernel's own signal has one value more than a write can reach.
    assert!(fence.is_signalled().unwrap());
    assert!(fence.take().unwrap() >= Some(maximum));
    fence.signal().unwrap();
    assert_eq!(fence.take().unwrap(), Some(1));
}

#[test]
fn s04_only_an_eventfd_becomes_a_fence() {
    let (socket, _other) = UnixStream::pair().unwrap();
    let (pipe, _writer) = rustix::pipe::pipe().unwrap();
    let eventfd = Fence::new().unwrap();
    let by_path = format!("/proc/self/fd/{}", eventfd.as_fd().as_raw_fd());
    let timer =
        rustix::time::timerfd_create(rustix::time::TimerfdClockId::Monotonic, rustix::time::TimerfdFlags::CLOEXEC);
    let pid = rustix::process::pidfd_open(rustix::process::getpid(), rustix::process::PidfdFlags::empty());
    let strangers = [
        OwnedFd::from(socket),
        pipe,
        OwnedFd::from(File::open("/dev/zero").unwrap()),
        OwnedFd::from(File::open("/proc/self").unwrap()),
        rustix::event::epoll::create(rustix::event::epoll::CreateFlags::CLOEXEC).unwrap(),
        rustix::fs::inotify::init(rustix::fs::inotify::CreateFlags::CLOEXEC).unwrap(),
        rustix::fs::memfd_create("anon_inode:[eventfd]", rustix::fs::MemfdFlags::CLOEXEC).unwrap(),
        timer.unwrap(),
        pid.unwrap(),
        open(&by_path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap(),
    ];
    for stranger in strangers {
        let again = stranger.try_clone().unwrap();
        for result in [Fence::from_fd(stranger), Fence::from_fd_by_proc(again)] {
            let error = result.unwrap_err();
            assert!(matches!(error, FenceError::NotAnEventfd), "{error:?}");
        }
    }
}

#[test]
fn s04_looking_at_a_full_blocking_eventfd_neither_waits_nor_counts() {
    for flags in [EventfdFlags::empty(), EventfdFlags::SEMAPHORE] {
        let peer = Fence::from_fd(eventfd(0, EventfdFlags::CLOEXEC | flags).unwrap()).unwrap();
        assert!(!peer.is_signalled().unwrap());
        rustix::io::write(&peer, &(u64::MAX - 1).to_ne_bytes()).unwrap();
        // Where the kernel signals itself, the counter is now at its very end.
        peer.signal().unwrap();
        let fd = OwnedFd::from(peer.try_clone().unwrap());
        assert!(Fence::from_fd(fd).unwrap().take().unwrap() >= Some(1));
    }
    let fence = Fence::new().unwrap();
    let fence = Fence::from_fd(OwnedFd::from(fence)).unwrap();
    assert_eq!(fence.take().unwrap(), None);
}

#[test]
fn many_fences_are_signalled_at_once() {
    let fences: Vec<_> = (0..100).map(|_| Fence::new().unwrap()).collect();
    Fence::signal_all(&fences).unwrap();
    assert!(fences.iter().all(|fence| fence.take().unwrap() == Some(1)));
    Fence::signal_all([]).unwrap();
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
