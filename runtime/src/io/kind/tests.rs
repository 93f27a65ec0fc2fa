use std::collections::VecDeque;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};

use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::fs::{MemfdFlags, fcntl_add_seals, memfd_create};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};

use super::*;
use crate::conn::Link;
use crate::io::Socket;

/// What arrives at the other end of a socket.
fn sent(fd: OwnedFd) -> OwnedFd {
    let (ours, theirs) = UnixStream::pair().unwrap();
    Socket::new(theirs.into()).send(b"x", &[fd.as_fd()]).unwrap();
    let mut fds = VecDeque::new();
    Socket::new(ours.into()).receive(&mut [0; 8], &mut fds).unwrap();
    fds.pop_front().unwrap()
}

fn memory(seals: SealFlags) -> OwnedFd {
    let fd = memfd_create("kind", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
    fcntl_add_seals(&fd, seals).unwrap();
    fd
}

/// A signalfd: found among the descriptors of this process, since calloop hands out none.
#[cfg(feature = "calloop")]
fn signals() -> (calloop::signals::Signals, OwnedFd) {
    let signals = calloop::signals::Signals::new(&[calloop::signals::Signal::SIGUSR2]).unwrap();
    let this = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
    let numbers = std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| {
        let number = entry.ok()?.file_name().into_string().ok()?.parse().ok()?;
        let name = std::fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
        (name.to_str() == Some("anon_inode:[signalfd]")).then_some(number)
    });
    let found = numbers.collect::<Vec<i32>>().into_iter();
    let fd = found.filter_map(|number| pidfd_getfd(&this, number, PidfdGetfdFlags::empty()).ok()).next().unwrap();
    (signals, fd)
}

#[cfg(feature = "calloop")]
#[test]
fn signals_are_known_after_they_crossed_a_socket() {
    let (signals, fd) = signals();
    assert_eq!(Kind::of(&fd).unwrap(), Kind::Signals);
    let arrived = sent(fd);
    assert_eq!(Kind::of(&arrived).unwrap(), Kind::Signals);
    let error = Kind::demand(arrived, "an eventfd", |kind| kind == Kind::Eventfd).unwrap_err();
    assert_eq!(error.to_string(), "an eventfd is wanted, not a signalfd");
    drop(signals);
}

#[test]
fn each_kind_is_known_after_it_crossed_a_socket() {
    let dir = tempfile::tempdir().unwrap();
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let listener = UnixListener::bind(dir.path().join("socket")).unwrap();
    let plain = dir.path().join("anon_inode:[eventfd]");
    std::fs::write(&plain, "a file by the name of something else").unwrap();
    let on_tmpfs = fcntl_get_seals(File::open(&plain).unwrap()).is_ok();
    let file = if on_tmpfs { Kind::Memory { keeps_size: false, constant: false } } else { Kind::File };
    let kinds: Vec<(OwnedFd, Kind)> = vec![
        (memory(SealFlags::empty()), Kind::Memory { keeps_size: false, constant: false }),
        (memory(SealFlags::SHRINK), Kind::Memory { keeps_size: true, constant: false }),
        (memory(SealFlags::SHRINK | SealFlags::WRITE), Kind::Memory { keeps_size: true, constant: true }),
        (File::open(&plain).unwrap().into(), file),
        (File::open(dir.path()).unwrap().into(), Kind::Directory),
        (reader, Kind::Pipe { reads: true, writes: false }),
        (writer, Kind::Pipe { reads: false, writes: true }),
        (UnixStream::pair().unwrap().0.into(), Kind::Socket { listens: false }),
        (listener.into(), Kind::Socket { listens: true }),
        (eventfd(0, EventfdFlags::CLOEXEC).unwrap(), Kind::Eventfd),
        (pidfd_open(getpid(), PidfdFlags::empty()).unwrap(), Kind::Process),
        (timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC).unwrap(), Kind::Timer),
        (epoll::create(epoll::CreateFlags::CLOEXEC).unwrap(), Kind::Epoll),
        (File::open("/dev/null").unwrap().into(), Kind::Device),
    ];
    for (fd, kind) in kinds {
        assert_eq!(Kind::of(&fd).unwrap(), kind, "before it was sent");
        assert_eq!(Kind::of(sent(fd)).unwrap(), kind);
    }
}

#[test]
fn a_descriptor_of_the_wrong_kind_is_refused_with_what_was_found_and_expected() {
    let error = Kind::demand(memory(SealFlags::empty()), "an eventfd", |kind| kind == Kind::Eventfd).unwrap_err();
    assert_eq!(error.to_string(), "an eventfd is wanted, not memory");
    let fence = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    assert!(Kind::demand(fence, "an eventfd", |kind| kind == Kind::Eventfd).is_ok());
}
