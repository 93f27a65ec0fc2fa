//! The client's side of finding a server (K01 to K05).
//!
//! Ends where the connection begins: it hands out a connected socket and does
//! not read or write a byte.

use std::error::Error as StdError;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use super::inherit::{Environment, InheritError};
use super::path::{Address, AddressError};

/// How long [`connect`] and [`connect_to`] wait for a server that does not accept connections: as long as a slow machine
/// takes to start one whose socket is there already.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A time to wait of zero would be none at all for the kernel.
const SHORTEST: Duration = Duration::from_micros(1);

/// Connects the way every Wayland client does: to the inherited connection of
/// `WAYLAND_SOCKET` if that is set, else to `name`, else to `WAYLAND_DISPLAY`,
/// else to `wayland-0`.
///
/// A `WAYLAND_SOCKET` that cannot be used is an error; nothing else is tried
/// then (K01). To reach one certain server whatever the environment
/// says, use [`connect_to`].
///
/// The result has close-on-exec set. It is left in blocking mode, since sending
/// and receiving ask for `MSG_DONTWAIT` with each call.
///
/// # Errors
/// [`ConnectError`], whose text says what to do.
pub fn connect(name: Option<&OsStr>, env: &mut Environment) -> Result<OwnedFd, ConnectError> {
    connect_within(name, env, PATIENCE)
}

/// As [`connect`], with another time to wait.
///
/// # Errors
/// [`ConnectError`], whose text says what to do.
pub fn connect_within(name: Option<&OsStr>, env: &mut Environment, timeout: Duration) -> Result<OwnedFd, ConnectError> {
    if let Some(fd) = env.take_connection()? {
        return Ok(fd);
    }
    let address = match name {
        Some(name) => Address::named(name, env)?,
        None => Address::of_display(env)?,
    };
    connect_to_within(&address, timeout)
}

/// Connects to the server at `address`. The result is as that of [`connect`].
///
/// Waits while the server's queue of connections is full, for [`PATIENCE`]. That is
/// the only thing it waits for.
///
/// # Errors
/// [`ConnectError`], whose text says what to do.
pub fn connect_to(address: &Address) -> Result<OwnedFd, ConnectError> {
    connect_to_within(address, PATIENCE)
}

/// As [`connect_to`], with another time to wait.
///
/// # Errors
/// [`ConnectError`], whose text says what to do.
pub fn connect_to_within(address: &Address, timeout: Duration) -> Result<OwnedFd, ConnectError> {
    let io = |source: io::Error| ConnectError::Io { address: address.clone(), source };
    let target = address.to_socket_address().map_err(io)?;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .map_err(|error| io(error.into()))?;
    let deadline = Instant::now().checked_add(timeout);
    let connected = loop {
        // The kernel waits in `connect` for as long as a send may take.
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()).max(SHORTEST));
        set_socket_timeout(&socket, Timeout::Send, left).map_err(|error| io(error.into()))?;
        match rustix::net::connect(&socket, &target) {
            Err(Errno::INTR) => {}
            result => break result,
        }
    };
    match connected {
        Ok(()) => {
            set_socket_timeout(&socket, Timeout::Send, None).map_err(|error| io(error.into()))?;
            Ok(socket)
        }
        Err(Errno::AGAIN) => Err(ConnectError::TimedOut { address: address.clone() }),
        Err(Errno::NOENT | Errno::NOTDIR) => Err(ConnectError::NotFound { address: address.clone() }),
        Err(Errno::CONNREFUSED) => Err(ConnectError::Refused { address: address.clone() }),
        Err(Errno::ACCESS | Errno::PERM) => Err(ConnectError::PermissionDenied { address: address.clone() }),
        Err(Errno::PROTOTYPE) => Err(ConnectError::WrongType { address: address.clone() }),
        Err(error) => Err(io(error.into())),
    }
}

/// Why no connection was made.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// `WAYLAND_SOCKET` is set to something that cannot be used.
    Inherited(InheritError),
    /// The name has no address.
    Address(AddressError),
    /// Nothing is there.
    NotFound {
        /// Where it was looked for.
        address: Address,
    },
    /// Something is there, but no server listens: it has ended, or it is no socket.
    Refused {
        /// Where it was looked for.
        address: Address,
    },
    /// A server listens, but for all the time allowed it accepted nobody, and its queue is full.
    TimedOut {
        /// Where it listens.
        address: Address,
    },
    /// No write permission on the socket, or no way through a directory.
    PermissionDenied {
        /// Where the socket is.
        address: Address,
    },
    /// A datagram or packet socket.
    WrongType {
        /// Where the socket is.
        address: Address,
    },
    /// A system call failed.
    Io {
        /// Where the socket is.
        address: Address,
        /// What the kernel said.
        source: io::Error,
    },
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectError::Inherited(error) => error.fmt(f),
            ConnectError::Address(error) => error.fmt(f),
            ConnectError::NotFound { address } => {
                write!(f, "there is no socket at `{address}`; start the server, or check WAYLAND_DISPLAY")
            }
            ConnectError::Refused { address } => {
                write!(f, "no server listens at `{address}`; start it again, it takes over the old socket")
            }
            ConnectError::TimedOut { address } => {
                write!(f, "the server at `{address}` accepts no connections; see whether it hangs")
            }
            ConnectError::PermissionDenied { address } => {
                write!(f, "no permission to connect to `{address}`; run as the user that owns the server")
            }
            ConnectError::WrongType { address } => {
                write!(f, "the socket at `{address}` is not a stream socket; another program uses this name")
            }
            ConnectError::Io { address, .. } => write!(f, "cannot connect to `{address}`"),
        }
    }
}

impl StdError for ConnectError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            ConnectError::Inherited(error) => error.source(),
            ConnectError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<InheritError> for ConnectError {
    fn from(error: InheritError) -> ConnectError {
        ConnectError::Inherited(error)
    }
}

impl From<AddressError> for ConnectError {
    fn from(error: AddressError) -> ConnectError {
        ConnectError::Address(error)
    }
}

impl ConnectError {
    /// The class of the error as the C library would report it, for instance
    /// `NotFound` (`ENOENT`) without `XDG_RUNTIME_DIR`.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            ConnectError::Inherited(InheritError::Io { source, .. }) | ConnectError::Io { source, .. } => source.kind(),
            ConnectError::Inherited(_) | ConnectError::WrongType { .. } => io::ErrorKind::InvalidInput,
            ConnectError::Address(error) => error.kind(),
            ConnectError::NotFound { .. } => io::ErrorKind::NotFound,
            ConnectError::Refused { .. } => io::ErrorKind::ConnectionRefused,
            ConnectError::TimedOut { .. } => io::ErrorKind::TimedOut,
            ConnectError::PermissionDenied { .. } => io::ErrorKind::PermissionDenied,
        }
    }
}

#[cfg(test)]
mod tests;
