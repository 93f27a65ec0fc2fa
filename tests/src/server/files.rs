//! Files to hand over: memfds with a name of their own, so that the server's `/proc` entry tells which one it has.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{FallocateFlags, MemfdFlags, Mode, OFlags, SealFlags};

/// A memfd with a name no other has.
#[derive(Debug)]
pub(super) struct NamedMemfd {
    pub(super) fd: OwnedFd,
    pub(super) name: String,
}

impl NamedMemfd {
    /// A memfd of `size` zero bytes that can be sealed.
    pub(super) fn new(size: u64) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("conform-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let fd = rustix::fs::memfd_create(&name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        rustix::fs::ftruncate(&fd, size)?;
        Ok(Self { fd, name })
    }

    /// Writes `bytes` at `offset`, as a client does through its mapping.
    pub(super) fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let written = rustix::io::pwrite(&self.fd, bytes, offset)?;
        if written == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
    }

    /// Truncates or grows it behind the server's back.
    pub(super) fn resize(&self, size: u64) -> io::Result<()> {
        Ok(rustix::fs::ftruncate(&self.fd, size)?)
    }

    /// Gives its first `size` bytes back to the kernel; the file stays as long as it is.
    pub(super) fn punch(&self, size: u64) -> io::Result<()> {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        Ok(rustix::fs::fallocate(&self.fd, flags, 0, size)?)
    }

    /// Adds seals.
    pub(super) fn seal(&self, seals: SealFlags) -> io::Result<()> {
        Ok(rustix::fs::fcntl_add_seals(&self.fd, seals)?)
    }

    /// A second fd for it that cannot write.
    pub(super) fn read_only(&self) -> io::Result<OwnedFd> {
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&self.fd));
        Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
    }
}

/// `count` memfds of `size` bytes.
pub(super) fn memfds(count: usize, size: u64) -> io::Result<Vec<NamedMemfd>> {
    (0..count).map(|_| NamedMemfd::new(size)).collect()
}

/// The inode behind an fd.
pub(super) fn inode(fd: impl AsFd) -> io::Result<u64> {
    Ok(File::from(fd.as_fd().try_clone_to_owned()?).metadata()?.ino())
}

/// A directory, opened.
pub(super) fn directory() -> io::Result<OwnedFd> {
    Ok(rustix::fs::open("/", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// An fd that names a file without opening it.
pub(super) fn path_only() -> io::Result<OwnedFd> {
    Ok(rustix::fs::open("/proc/self/exe", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?)
}

/// An fd for the kit's own process.
pub(super) fn pidfd() -> io::Result<OwnedFd> {
    Ok(rustix::process::pidfd_open(rustix::process::getpid(), rustix::process::PidfdFlags::empty())?)
}

/// A counter that signals through the file system's back door.
pub(super) fn eventfd() -> io::Result<OwnedFd> {
    Ok(rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC)?)
}

/// One end of a pipe; the other is closed.
pub(super) fn pipe_end() -> io::Result<OwnedFd> {
    Ok(io::pipe()?.0.into())
}

/// One end of a socket pair; the other is closed.
pub(super) fn socket_end() -> io::Result<OwnedFd> {
    Ok(std::os::unix::net::UnixStream::pair()?.0.into())
}
