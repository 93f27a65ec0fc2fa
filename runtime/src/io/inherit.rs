//! What a parent process hands over: variables, and descriptors named by them.
//!
//! Three conventions are supported: `WAYLAND_SOCKET` (one connected client end, K02), `LISTEN_FDS` of service
//! managers (listening sockets, sd_listen_fds(3), K15), and `WAYLAND_SOCKET_FD` with `WAYLAND_SOCKET_NAME` of programs that
//! start a compositor again when it has crashed (one listening socket). `unsafe` is needed because a descriptor that exists only as a
//! number has no owner yet, and because removing a variable is unsafe while other threads run.

use std::env;
use std::error::Error as StdError;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::process;
use std::sync::{Mutex, PoisonError};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
use rustix::net::{AddressFamily, SocketType, getpeername, sockopt};

/// First descriptor that a service manager passes.
const LISTEN_FDS_START: RawFd = 3;

/// The environment variables that decide where to connect and to listen.
///
/// Taken once with [`Environment::of_process`]; tests and embedders fill in the
/// fields of [`Environment::default`] (nothing is set) instead.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `WAYLAND_SOCKET`: number of an inherited, connected socket.
    pub wayland_socket: Option<OsString>,
    /// `WAYLAND_DISPLAY`: name or path of the server's socket.
    pub wayland_display: Option<OsString>,
    /// `WAYLAND_SOCKET_FD`: number of an inherited, listening socket.
    pub wayland_socket_fd: Option<OsString>,
    /// `WAYLAND_SOCKET_NAME`: the name by which clients find that socket.
    pub wayland_socket_name: Option<OsString>,
    /// `XDG_RUNTIME_DIR`: directory of sockets that are given by name.
    pub xdg_runtime_dir: Option<OsString>,
    /// `LISTEN_PID`: process that the other `LISTEN` variables are meant for.
    pub listen_pid: Option<OsString>,
    /// `LISTEN_FDS`: how many listening sockets were passed, from descriptor 3 on.
    pub listen_fds: Option<OsString>,
    /// `LISTEN_FDNAMES`: their names, separated by colons.
    pub listen_fdnames: Option<OsString>,
    /// Whether used variables are removed from the process as well, so that
    /// its children do not try to use them again.
    pub remove_used: bool,
}

impl Environment {
    /// The variables of this process.
    ///
    /// Call [`connect`](super::connect::connect) and the activation functions
    /// with it at the start of `main`, before starting threads: only then can a
    /// used variable be removed, so that children do not try to use it again.
    /// With threads running the variable stays (a warning is logged).
    #[must_use]
    pub fn of_process() -> Environment {
        Environment {
            wayland_socket: env::var_os(WAYLAND_SOCKET),
            wayland_display: env::var_os("WAYLAND_DISPLAY"),
            wayland_socket_fd: env::var_os(WAYLAND_SOCKET_FD),
            wayland_socket_name: env::var_os(WAYLAND_SOCKET_NAME),
            xdg_runtime_dir: env::var_os("XDG_RUNTIME_DIR"),
            listen_pid: env::var_os(LISTEN_PID),
            listen_fds: env::var_os(LISTEN_FDS),
            listen_fdnames: env::var_os(LISTEN_FDNAMES),
            remove_used: true,
        }
    }

    /// Adopts the connection that `WAYLAND_SOCKET` names and removes the variable.
    ///
    /// `Ok(None)` if the variable is not set.
    ///
    /// # Errors
    /// [`InheritError`] if it is set to anything but the number of an inherited,
    /// connected stream socket. The variable is forgotten in this case too.
    pub fn take_connection(&mut self) -> Result<Option<OwnedFd>, InheritError> {
        let Some(value) = self.wayland_socket.take() else { return Ok(None) };
        self.unset(&[WAYLAND_SOCKET]);
        let fd = parse(&value).ok_or(InheritError::NotANumber { variable: WAYLAND_SOCKET, value })?;
        adopt(fd, is_connected_stream).map(Some)
    }

    /// Adopts the listening socket that `WAYLAND_SOCKET_FD` names, and removes it and `WAYLAND_SOCKET_NAME`. Returns the
    /// name beside it, if there is one.
    ///
    /// `Ok(None)` if the variable is not set.
    ///
    /// # Errors
    /// [`InheritError`] if it is set to anything but the number of an inherited, listening stream socket. The variables are
    /// forgotten in this case too.
    pub fn take_listener(&mut self) -> Result<Option<(OwnedFd, Option<OsString>)>, InheritError> {
        let (number, name) = (self.wayland_socket_fd.take(), self.wayland_socket_name.take());
        let Some(value) = number else { return Ok(None) };
        self.unset(&[WAYLAND_SOCKET_FD, WAYLAND_SOCKET_NAME]);
        let fd = parse(&value).ok_or(InheritError::NotANumber { variable: WAYLAND_SOCKET_FD, value })?;
        Ok(Some((adopt(fd, is_listening_stream)?, name)))
    }

    /// Adopts the listening sockets passed by a service manager, in order and
    /// with their names, and removes the variables.
    ///
    /// Empty if none were passed, or if `LISTEN_PID` names another process.
    ///
    /// # Errors
    /// [`InheritError`] if one of them is not a listening Unix stream socket;
    /// those before it are closed.
    pub fn take_listeners(&mut self) -> Result<Vec<(OwnedFd, Option<OsString>)>, InheritError> {
        self.take_listeners_from(LISTEN_FDS_START)
    }

    fn take_listeners_from(&mut self, first: RawFd) -> Result<Vec<(OwnedFd, Option<OsString>)>, InheritError> {
        let pid = self.listen_pid.as_deref().and_then(parse);
        if pid.is_none_or(|pid| i64::from(pid) != i64::from(process::id())) {
            return Ok(Vec::new());
        }
        self.listen_pid = None;
        let count = self.listen_fds.take();
        let names = self.listen_fdnames.take();
        self.unset(&[LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES]);

        let Some(value) = count else { return Ok(Vec::new()) };
        let count = parse(&value).ok_or(InheritError::NotANumber { variable: LISTEN_FDS, value })?;
        let mut names = names.as_deref().map(split_names).unwrap_or_default().into_iter();
        let fds = first..first.saturating_add(count);
        fds.map(|fd| Ok((adopt(fd, is_listening_stream)?, names.next()))).collect()
    }

    /// Removes used variables from the process, if that is wanted and possible.
    fn unset(&self, variables: &[&'static str]) {
        if !self.remove_used {
            return;
        }
        if !is_single_threaded() {
            tracing::warn!(?variables, "used variables stay in the environment: other threads are running");
            return;
        }
        for variable in variables {
            // SAFETY: this is the only thread of the process, as was just
            // checked, so nothing reads or writes the environment meanwhile.
            #[expect(unsafe_code, reason = "there is no safe way to remove a variable")]
            unsafe {
                env::remove_var(variable);
            }
        }
    }
}

const WAYLAND_SOCKET: &str = "WAYLAND_SOCKET";
const WAYLAND_SOCKET_FD: &str = "WAYLAND_SOCKET_FD";
const WAYLAND_SOCKET_NAME: &str = "WAYLAND_SOCKET_NAME";
const LISTEN_PID: &str = "LISTEN_PID";
const LISTEN_FDS: &str = "LISTEN_FDS";
const LISTEN_FDNAMES: &str = "LISTEN_FDNAMES";

/// Why an inherited descriptor cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum InheritError {
    /// The variable does not hold a number in plain decimal digits.
    NotANumber {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: OsString,
    },
    /// No such descriptor is open, or it is one of the three standard streams.
    NotOpen {
        /// The number.
        fd: RawFd,
    },
    /// The descriptor is marked close-on-exec, so no parent can have passed it:
    /// this process opened it, or adopted it before.
    NotInherited {
        /// The number.
        fd: RawFd,
    },
    /// The descriptor is something else than the socket that was announced.
    WrongKind {
        /// The number.
        fd: RawFd,
        /// What it should have been.
        expected: &'static str,
    },
    /// A system call failed.
    Io {
        /// The number.
        fd: RawFd,
        /// What the kernel said.
        source: io::Error,
    },
}

impl fmt::Display for InheritError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InheritError::NotANumber { variable, value } => {
                write!(f, "{variable} is `{}`, which is not a number; unset it to go by name", value.display())
            }
            InheritError::NotOpen { fd } => write!(
                f,
                "inherited descriptor {fd} is not open; did the parent process pass it on without close-on-exec?"
            ),
            InheritError::NotInherited { fd } => {
                write!(f, "descriptor {fd} was not inherited: it belongs to this process already")
            }
            InheritError::WrongKind { fd, expected } => write!(f, "inherited descriptor {fd} is not a {expected}"),
            InheritError::Io { fd, .. } => write!(f, "cannot adopt inherited descriptor {fd}"),
        }
    }
}

impl StdError for InheritError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            InheritError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// A number in plain decimal digits: no sign, no blanks, nothing after it.
fn parse(value: &OsStr) -> Option<i32> {
    let text = value.to_str()?;
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn split_names(names: &OsStr) -> Vec<OsString> {
    names.to_string_lossy().split(':').map(OsString::from).collect()
}

/// What an announced descriptor must be; the text for [`InheritError::WrongKind`] if it is not.
type Check = fn(BorrowedFd<'_>) -> Result<(), &'static str>;

fn is_connected_stream(fd: BorrowedFd<'_>) -> Result<(), &'static str> {
    if is_unix_stream(fd) && getpeername(fd).is_ok() { Ok(()) } else { Err("connected Unix stream socket") }
}

/// What a service manager hands over must be this (K15).
pub(super) fn is_listening_stream(fd: BorrowedFd<'_>) -> Result<(), &'static str> {
    let listening = is_unix_stream(fd) && sockopt::socket_acceptconn(fd) == Ok(true);
    if listening { Ok(()) } else { Err("listening Unix stream socket") }
}

fn is_unix_stream(fd: BorrowedFd<'_>) -> bool {
    sockopt::socket_domain(fd) == Ok(AddressFamily::UNIX) && sockopt::socket_type(fd) == Ok(SocketType::STREAM)
}

/// Takes ownership of an inherited descriptor and marks it close-on-exec.
fn adopt(number: RawFd, check: Check) -> Result<OwnedFd, InheritError> {
    static ADOPTING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = ADOPTING.lock().unwrap_or_else(PoisonError::into_inner);

    if number < LISTEN_FDS_START {
        // The standard streams have their owner in the standard library.
        return Err(InheritError::NotOpen { fd: number });
    }
    let io = |source: rustix::io::Errno| InheritError::Io { fd: number, source: source.into() };
    // SAFETY: the number is not -1. It is used for system calls that change
    // nothing, and that fail with EBADF if no such descriptor is open.
    #[expect(unsafe_code, reason = "an inherited descriptor is only a number")]
    let fd = unsafe { BorrowedFd::borrow_raw(number) };
    let flags = fcntl_getfd(fd).map_err(|_| InheritError::NotOpen { fd: number })?;
    if flags.contains(FdFlags::CLOEXEC) {
        return Err(InheritError::NotInherited { fd: number });
    }
    check(fd).map_err(|expected| InheritError::WrongKind { fd: number, expected })?;
    fcntl_setfd(fd, flags | FdFlags::CLOEXEC).map_err(io)?;
    // SAFETY: the descriptor is open. It has no owner: Rust code opens all of
    // its own with close-on-exec, and this one was not so marked. It is now,
    // under the lock, so that it cannot be adopted twice.
    #[expect(unsafe_code, reason = "an inherited descriptor is only a number")]
    let owned = unsafe { OwnedFd::from_raw_fd(number) };
    Ok(owned)
}

/// Whether no other thread exists: the link count of the task directory is two
/// more than the number of threads. Without /proc the answer is no.
fn is_single_threaded() -> bool {
    rustix::fs::stat("/proc/self/task").is_ok_and(|task| task.st_nlink == 3)
}

#[cfg(test)]
mod tests;
