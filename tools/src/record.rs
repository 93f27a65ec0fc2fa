//! One message as all that looks at it sees it, and what its file descriptors are.

use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{FileType, fstat, readlink};
use wayline::dynamic::{Direction, Signature, ValueRef, View};

use crate::meaning::Meaning;

/// Microseconds since the first connection.
pub(crate) type Micros = u64;

/// What a descriptor is, and its size where it is a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FdInfo {
    pub(crate) kind: FdKind,
    pub(crate) size: u64,
}

macro_rules! fd_kinds {
    ($($name:ident $number:literal $text:literal)*) => {
        /// The kinds of descriptors. Numbers are those of captures.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum FdKind {
            $($name = $number),*
        }

        impl FdKind {
            pub(crate) fn of_number(number: u8) -> Option<FdKind> {
                match number {
                    $($number => Some(FdKind::$name),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for FdKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(FdKind::$name => $text),* })
            }
        }
    };
}

fd_kinds! {
    Other 0 "fd"
    Memory 1 "memfd"
    File 2 "file"
    Directory 3 "directory"
    Pipe 4 "pipe"
    Socket 5 "socket"
    Device 6 "device"
    DmaBuf 7 "dmabuf"
    Event 8 "eventfd"
    SyncFile 9 "sync_file"
    DrmSyncobj 10 "syncobj"
}

impl FdInfo {
    /// Asks the kernel.
    pub(crate) fn of(fd: impl AsFd) -> FdInfo {
        use std::os::fd::AsRawFd;
        let Ok(stat) = fstat(&fd) else { return FdInfo { kind: FdKind::Other, size: 0 } };
        let name = readlink(format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd()), Vec::new()).unwrap_or_default();
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            _ if name.to_bytes().starts_with(b"/dmabuf:") => FdKind::DmaBuf,
            FileType::RegularFile if name.to_bytes().starts_with(b"/memfd:") => FdKind::Memory,
            FileType::RegularFile => FdKind::File,
            FileType::Directory => FdKind::Directory,
            FileType::Fifo => FdKind::Pipe,
            FileType::Socket => FdKind::Socket,
            FileType::CharacterDevice | FileType::BlockDevice => FdKind::Device,
            _ => match std::ffi::OsStr::from_bytes(name.to_bytes()).as_bytes() {
                b"anon_inode:[eventfd]" => FdKind::Event,
                b"anon_inode:sync_file" => FdKind::SyncFile,
                b"anon_inode:syncobj_file" => FdKind::DrmSyncobj,
                _ => FdKind::Other,
            },
        };
        let has_size = matches!(kind, FdKind::Memory | FdKind::File | FdKind::DmaBuf);
        let size = if has_size { u64::try_from(stat.st_size).unwrap_or(0) } else { 0 };
        FdInfo { kind, size }
    }

    /// Whether its size is that of memory to be mapped.
    pub(crate) fn is_memory(self) -> bool {
        matches!(self.kind, FdKind::Memory | FdKind::File)
    }
}

/// `memfd 4096 bytes`.
impl fmt::Display for FdInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            FdKind::Memory | FdKind::File | FdKind::DmaBuf => write!(f, "{} {} bytes", self.kind, self.size),
            kind => kind.fmt(f),
        }
    }
}

/// A message, when and where.
pub(crate) struct Record<'a> {
    pub(crate) at: Micros,
    pub(crate) connection: u32,
    pub(crate) message: &'a View<'a>,
    pub(crate) meaning: &'a Meaning,
    /// One for each argument that is a descriptor.
    pub(crate) fds: &'a [FdInfo],
}

impl<'a> Record<'a> {
    pub(crate) fn signature(&self) -> &'a Signature {
        self.message.signature()
    }

    pub(crate) fn interface(&self) -> &'a str {
        &self.message.interface.name
    }

    /// Interface and name of the message.
    pub(crate) fn name(&self) -> (&'a str, &'a str) {
        (self.interface(), &self.signature().name)
    }

    pub(crate) fn object(&self) -> u32 {
        self.message.object
    }

    pub(crate) fn is_request(&self) -> bool {
        self.message.direction == Direction::Request
    }

    /// The value of the argument with this name.
    pub(crate) fn value(&self, name: &str) -> Option<ValueRef<'a>> {
        self.message.args().find(|(arg, _)| arg.name == name).map(|(_, value)| value)
    }

    /// A number or an id.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        match self.value(name)? {
            ValueRef::Uint(value) | ValueRef::Object(value) | ValueRef::NewId(value) => Some(value),
            ValueRef::Int(value) => Some(value as u32),
            _ => None,
        }
    }
}

/// What the descriptors of a message are.
#[inline]
pub(crate) fn descriptors(fds: &[OwnedFd]) -> Vec<FdInfo> {
    if fds.is_empty() { Vec::new() } else { ask(fds) }
}

#[cold]
fn ask(fds: &[OwnedFd]) -> Vec<FdInfo> {
    fds.iter().map(FdInfo::of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_have_a_kind_and_a_size() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(4096).unwrap();
        assert_eq!(FdInfo::of(&file).to_string(), "file 4096 bytes");
        let (reader, _writer) = std::io::pipe().unwrap();
        assert_eq!(FdInfo::of(&reader).to_string(), "pipe");
        let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert_eq!(FdInfo::of(&one).to_string(), "socket");
        assert_eq!(FdInfo::of(std::fs::File::open("/dev/null").unwrap()).to_string(), "device");
        for number in 0..=255 {
            assert!(FdKind::of_number(number).is_none_or(|kind| kind as u8 == number));
        }
    }
}
