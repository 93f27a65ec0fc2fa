//! The lock file beside a socket, which says that the name is taken.
//!
//! The rules are libwayland's, so that both kinds of server respect each other
//! (K06, K07), plus the check that the locked file is still the one on disk.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, FlockOperation, Mode, OFlags, Stat, flock, fstat, lstat, open, unlink};
use rustix::io::Errno;

use super::error::ListenError;

/// How often a lock file may vanish between opening and locking it before the
/// name counts as taken. Each time, another server has just ended there.
const ATTEMPTS: usize = 16;

/// Identity of a file on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// Identity of what `path` names now, without following a symbolic link.
    pub(super) fn at(path: &Path) -> Option<FileId> {
        lstat(path).ok().map(|stat| FileId::from(&stat))
    }
}

impl From<&Stat> for FileId {
    fn from(stat: &Stat) -> FileId {
        FileId { device: stat.st_dev, inode: stat.st_ino }
    }
}

/// A held lock. Dropping it removes the lock file, unless that is not ours any
/// more, and then lets the lock go.
#[derive(Debug)]
pub(super) struct NameLock {
    path: PathBuf,
    id: FileId,
    file: OwnedFd,
    /// Whether it is this process's to remove; another one may have the lock too.
    pub(super) owned: bool,
}

impl NameLock {
    /// Takes the lock of a socket path; `None` if another process holds it.
    ///
    /// The lock lies at the path with `.lock` appended, so that `a.x` and `a.y`
    /// do not share one (K09).
    ///
    /// # Errors
    /// [`ListenError::NoDirectory`], and [`ListenError::LockFile`] for all else.
    pub(super) fn take(socket: &Path) -> Result<Option<NameLock>, ListenError> {
        let mut path = socket.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let failed = |error: Errno| ListenError::from_lock(socket, &path, error.into());
        let flags = OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        for _ in 0..ATTEMPTS {
            let file = open(&path, flags, Mode::from_raw_mode(0o660)).map_err(failed)?;
            let stat = fstat(&file).map_err(failed)?;
            if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                let source = io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file; remove it");
                return Err(ListenError::LockFile { path, source });
            }
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Err(Errno::WOULDBLOCK) => return Ok(None),
                result => result.map_err(failed)?,
            }
            // The former holder may have removed the file after it was opened
            // here. Such a lock is worth nothing: the next server makes a new file.
            let id = FileId::from(&stat);
            if FileId::at(&path) == Some(id) {
                return Ok(Some(NameLock { path, id, file, owned: true }));
            }
        }
        Ok(None)
    }
}

impl NameLock {
    /// The lock of a socket path that another process has taken, by its descriptor, and owns. `None` if it is the lock of
    /// another file.
    pub(super) fn of_fd(socket: &Path, file: OwnedFd) -> Option<NameLock> {
        let mut path = socket.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let id = FileId::from(&fstat(&file).ok()?);
        (FileId::at(&path) == Some(id)).then_some(NameLock { path, id, file, owned: false })
    }
}

impl AsFd for NameLock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Drop for NameLock {
    fn drop(&mut self) {
        if self.owned && FileId::at(&self.path) == Some(self.id) {
            // A failure leaves a file that the next server takes over.
            let _ = unlink(&self.path);
        }
    }
}
