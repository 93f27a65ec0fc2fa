//! The process at the other end of a Unix socket.
//!
//! A process number may be another process's by the time anybody looks it up. So what is read here about a process is
//! read through a pidfd, and only believed if that still says, afterwards, that the process lives.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::sys::socket;

/// The process that connected, or that made a socket pair, whether or not it still lives.
///
/// It keeps the descriptor of the process open, which costs one of this process's descriptors and keeps nobody alive.
///
/// ```
/// use std::os::unix::net::UnixStream;
/// use wayline::io::process::{Process, ProcessError};
///
/// let (one, _other) = UnixStream::pair()?;
/// match Process::of_peer(&one) {
///     Ok(process) => {
///         assert_eq!(process.pid()?, Some(std::process::id()));
///         assert!(process.name()?.is_some());
///     }
///     Err(ProcessError::Unsupported) => println!("the kernel is older than Linux 6.5"),
///     Err(error) => return Err(error.into()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Process {
    pidfd: OwnedFd,
}

impl Process {
    /// The process at the other end of `socket`, by `SO_PEERPIDFD` (Linux 6.5).
    ///
    /// # Errors
    /// [`ProcessError::Unsupported`] with an older kernel, [`ProcessError::Gone`] if the kernel no longer knows it (before
    /// Linux 6.16, one that has been waited for), otherwise what the kernel says.
    pub fn of_peer(socket: impl AsFd) -> Result<Process, ProcessError> {
        socket::peer_pidfd(socket.as_fd()).map(|pidfd| Process { pidfd }).map_err(ProcessError::of)
    }

    /// Its number, for messages: `None` if it has been waited for, or has no number in the pid namespace of this process.
    ///
    /// # Errors
    /// If `/proc` cannot be read.
    pub fn pid(&self) -> io::Result<Option<u32>> {
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", self.pidfd.as_raw_fd()))?;
        let line = info.lines().find_map(|line| line.strip_prefix("Pid:"));
        // -1 of one that is gone, 0 of one in a namespace that is not seen.
        Ok(line.and_then(|number| number.trim().parse().ok()).filter(|&number: &u32| number != 0))
    }

    /// Whether it has not ended yet.
    ///
    /// # Errors
    /// If the kernel has no memory to wait for it.
    pub fn is_alive(&self) -> io::Result<bool> {
        let mut ended = [PollFd::new(&self.pidfd, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        Ok(rustix::io::retry_on_intr(|| poll(&mut ended, Some(&now)))? == 0)
    }

    /// The name that the program gave itself, up to 15 bytes, other than UTF-8 replaced (proc(5), `comm`). Its user chose
    /// it: good for messages, by [`Escaped`](crate::Escaped), and for nothing else. `None` if the process is gone.
    ///
    /// # Errors
    /// If `/proc` cannot be read.
    pub fn name(&self) -> io::Result<Option<String>> {
        let name = self.file("comm")?;
        Ok(name.map(|name| String::from_utf8_lossy(&name).trim_end_matches('\n').to_owned()))
    }

    /// Its control group of the unified hierarchy, such as `/user.slice/app-foot-4711.scope` (cgroups(7)): with systemd it
    /// names the unit, which the program cannot choose. `None` if the process is gone, or there is none.
    ///
    /// # Errors
    /// If `/proc` cannot be read.
    pub fn control_group(&self) -> io::Result<Option<String>> {
        let groups = self.file("cgroup")?;
        let groups = groups.map(|groups| String::from_utf8_lossy(&groups).into_owned());
        Ok(groups.and_then(|groups| groups.lines().find_map(|line| line.strip_prefix("0::").map(str::to_owned))))
    }

    /// A file that the kernel has about it; `None` if it is gone, so that the file may have been another process's.
    fn file(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(pid) = self.pid()? else { return Ok(None) };
        match std::fs::read(format!("/proc/{pid}/{name}")) {
            Ok(bytes) => Ok(self.pid()?.map(|_| bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.raw_os_error() == Some(Errno::SRCH.raw_os_error()) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl AsFd for Process {
    /// Readable when the process has ended (pidfd_open(2)).
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

impl From<Process> for OwnedFd {
    fn from(process: Process) -> OwnedFd {
        process.pidfd
    }
}

/// Why nothing is known of a process.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProcessError {
    /// This kernel cannot tell, or has no security module that could.
    Unsupported,
    /// The kernel no longer knows the process.
    Gone,
    /// A system call failed.
    Io(io::Error),
}

impl ProcessError {
    pub(crate) fn of(error: io::Error) -> ProcessError {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NOPROTOOPT | Errno::OPNOTSUPP) => ProcessError::Unsupported,
            Some(Errno::SRCH | Errno::NODATA | Errno::INVAL) => ProcessError::Gone,
            _ => ProcessError::Io(error),
        }
    }
}

impl fmt::Display for ProcessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProcessError::Unsupported => f.write_str("this kernel does not tell"),
            ProcessError::Gone => f.write_str("the process is gone"),
            ProcessError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ProcessError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ProcessError::Io(error) => Some(error),
            ProcessError::Unsupported | ProcessError::Gone => None,
        }
    }
}

#[cfg(test)]
mod tests;
