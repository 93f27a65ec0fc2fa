//! The server's side of being found: names, lock files, accepting (K05 to K19).
//!
//! Ends where a connection begins: it hands out accepted sockets with the
//! credentials of their peers and does not read or write a byte.

mod error;
mod lock;
mod luggage;
mod sandbox;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, chmodat, fchmod, fstat, lstat, open, unlink};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::net::{AddressFamily, SocketFlags, SocketType, accept_with, bind, listen, socket_with};
use rustix::process::geteuid;

use self::lock::{FileId, NameLock};
use super::credentials::Credentials;
use super::inherit::{Environment, InheritError, is_listening_stream};
use super::path::Address;

pub use self::error::{AcceptError, ListenError};
pub(crate) use self::luggage::Luggage;
pub use self::sandbox::Sandbox;

/// Connections that may wait to be accepted, as in libwayland.
const BACKLOG: i32 = 128;

/// Last of the names that [`Listener::at_free_name`] tries; the first is `wayland-0`.
const LAST_AUTOMATIC: u32 = 32;

/// Mode of a socket unless another is asked for: this user alone can connect.
const PRIVATE: u32 = 0o600;

/// A listening Unix stream socket, and the name it holds.
///
/// While it lives it holds the lock file of its path. Dropping it removes the
/// socket and the lock file, but never what another server has put there since.
///
/// ```
/// # struct App { server: wayline::Server<App> }
/// # impl wayline::HasServer for App { fn server(&mut self) -> &mut wayline::Server<App> { &mut self.server } }
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("example-0");
/// use wayline::Server;
/// use wayline::io::listener::Listener;
/// use wayline::io::path::Address;
///
/// // `Server::listen_at("example-0")` does this for a name in XDG_RUNTIME_DIR.
/// let listener = Listener::at(&Address::at_path(&path)?)?;
/// let second = listener.try_clone()?;
/// let mut app = App { server: Server::new() };
/// app.server.listen(listener)?;
/// assert!(path.exists());
/// drop(app);
/// assert!(!path.exists(), "the clone does not keep the file");
/// # drop(second);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Listener {
    // In this order on drop: the socket closes first, the lock goes last.
    socket: OwnedFd,
    place: Place,
    spare: Option<OwnedFd>,
    sandbox: Option<Arc<Sandbox>>,
}

#[derive(Debug)]
enum Place {
    File {
        address: Address,
        id: FileId,
        lock: NameLock,
    },
    Abstract {
        address: Address,
    },
    Activated {
        name: Option<OsString>,
    },
    /// Another listener has the file, or nobody here has.
    Elsewhere {
        address: Option<Address>,
    },
}

impl Listener {
    /// Listens at `address`. A path can be connected to by this user alone
    /// (mode 0600, whatever the umask); see [`Listener::at_with_mode`].
    ///
    /// A socket that a dead server left there is taken over. Anything else in
    /// the way stays untouched: a live server, with or without a lock file, a
    /// regular file, a directory.
    ///
    /// # Errors
    /// [`ListenError`], whose text says what to do.
    pub fn at(address: &Address) -> Result<Listener, ListenError> {
        Listener::at_with_mode(address, PRIVATE)
    }

    /// As [`Listener::at`], with the permission bits of the socket file, for
    /// instance 0o660 for a group. Write permission is what lets a user connect
    /// (unix(7), K12). Abstract addresses have no permissions.
    ///
    /// # Errors
    /// [`ListenError`], whose text says what to do.
    pub fn at_with_mode(address: &Address, mode: u32) -> Result<Listener, ListenError> {
        let Some(path) = address.path() else { return Listener::at_abstract(address) };
        let io = |source: io::Error| ListenError::from_io(path, source);
        refuse_other_files(path)?;
        let lock = NameLock::take(path)?;
        let lock = lock.ok_or_else(|| ListenError::InUse { address: address.clone() })?;
        remove_stale(address, path)?;

        let socket = stream_socket().map_err(io)?;
        // The new file takes its mode from the socket, so no moment exists in
        // which it is more open; what the umask took away comes back below.
        let mode = Mode::from_raw_mode(mode & 0o777);
        fchmod(&socket, mode).map_err(|error| io(error.into()))?;
        bind(&socket, &address.to_socket_address().map_err(io)?).map_err(|error| io(error.into()))?;
        let replaced = || ListenError::Replaced { path: path.to_owned() };
        let (file, stat) = pin(path).map_err(io)?.filter(|(_, stat)| is_ours(stat)).ok_or_else(replaced)?;
        // From here on, a failure removes the file.
        let place = Place::File { address: address.clone(), id: FileId::from(&stat), lock };
        let listener = Listener { socket, place, spare: spare(), sandbox: None };
        if permissions(&stat) != mode {
            set_permissions(&file, mode).map_err(io)?;
        }
        listen(&listener.socket, BACKLOG).map_err(|error| io(error.into()))?;
        Ok(listener)
    }

    /// Listens at the first free one of `wayland-0` to `wayland-32` in `XDG_RUNTIME_DIR`.
    ///
    /// # Errors
    /// [`ListenError::AllTaken`] after the last name; other errors as they occur.
    pub fn at_free_name(env: &Environment) -> Result<Listener, ListenError> {
        for number in 0..=LAST_AUTOMATIC {
            let address = Address::named(format!("wayland-{number}"), env)?;
            match Listener::at(&address) {
                Err(ListenError::InUse { .. } | ListenError::NotASocket { .. }) => {}
                result => return result,
            }
        }
        let dir = env.xdg_runtime_dir.as_deref().unwrap_or(OsStr::new("")).into();
        Err(ListenError::AllTaken { dir, tried: LAST_AUTOMATIC + 1 })
    }

    /// The listeners that a service manager passed to this process, in its
    /// order; empty if there are none. Their names and files belong to the
    /// manager: nothing is locked, and nothing is removed on drop (K16).
    ///
    /// With [`Environment::of_process`], call this before starting threads.
    ///
    /// # Errors
    /// [`InheritError`] if one of them is not a listening Unix stream socket.
    pub fn activated(env: &mut Environment) -> Result<Vec<Listener>, InheritError> {
        env.take_listeners()?.into_iter().map(|(fd, name)| Listener::adopt(fd, name)).collect()
    }

    /// The listener that a parent process made and passed by `WAYLAND_SOCKET_FD`, so that it outlives this process: clients
    /// that come while a compositor is started again wait, and find nothing changed. Its file is the parent's: nothing is
    /// locked, and nothing is removed on drop. `None` if there is none.
    ///
    /// With [`Environment::of_process`], call this before starting threads.
    ///
    /// # Errors
    /// [`InheritError`] if it is not a listening Unix stream socket.
    pub fn passed(env: &mut Environment) -> Result<Option<Listener>, InheritError> {
        let Some((socket, name)) = env.take_listener()? else { return Ok(None) };
        let address = name.and_then(|name| Address::named(name, env).ok());
        Listener::prepare(socket, Place::Elsewhere { address }).map(Some)
    }

    /// A listener of a socket that listens already, however it came here. Its file belongs to whoever made it: nothing is
    /// locked, and nothing is removed on drop.
    ///
    /// # Errors
    /// [`InheritError`] if it is not a listening Unix stream socket; it is closed then.
    pub fn from_fd(socket: OwnedFd) -> Result<Listener, InheritError> {
        let fd = socket.as_raw_fd();
        is_listening_stream(socket.as_fd()).map_err(|expected| InheritError::WrongKind { fd, expected })?;
        Listener::prepare(socket, Place::Elsewhere { address: None })
    }

    /// Another listener of the same socket, for a server on another thread: whichever is free takes the next client. The
    /// file goes with the listener that was cloned, so that one has to live longest.
    ///
    /// # Errors
    /// If the process has no descriptor left.
    pub fn try_clone(&self) -> io::Result<Listener> {
        let socket = self.socket.try_clone()?;
        Ok(Listener {
            socket,
            place: Place::Elsewhere { address: self.address().cloned() },
            spare: spare(),
            sandbox: self.sandbox.clone(),
        })
    }

    fn adopt(socket: OwnedFd, name: Option<OsString>) -> Result<Listener, InheritError> {
        Listener::prepare(socket, Place::Activated { name })
    }

    fn prepare(socket: OwnedFd, place: Place) -> Result<Listener, InheritError> {
        ioctl_fionbio(&socket, true).map_err(|error| {
            let fd = socket.as_raw_fd();
            InheritError::Io { fd, source: error.into() }
        })?;
        Ok(Listener { socket, place, spare: spare(), sandbox: None })
    }

    fn at_abstract(address: &Address) -> Result<Listener, ListenError> {
        let io = |source: io::Error| ListenError::Io { path: PathBuf::from(address.to_string()), source };
        let socket = stream_socket().map_err(io)?;
        match bind(&socket, &address.to_socket_address().map_err(io)?) {
            Err(Errno::ADDRINUSE) => return Err(ListenError::InUse { address: address.clone() }),
            result => result.map_err(|error| io(error.into()))?,
        }
        listen(&socket, BACKLOG).map_err(|error| io(error.into()))?;
        Ok(Listener { socket, place: Place::Abstract { address: address.clone() }, spare: spare(), sandbox: None })
    }

    /// The listener, all of whose clients are in a sandbox: see [`Sandbox`].
    #[must_use]
    pub fn for_sandbox(mut self, sandbox: Sandbox) -> Listener {
        self.sandbox = Some(Arc::new(sandbox));
        self
    }

    /// The sandbox that its clients are in, if they are.
    #[must_use]
    pub fn sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_deref()
    }

    /// The same, for as long as the caller wants it.
    pub(crate) fn shared_sandbox(&self) -> Option<Arc<Sandbox>> {
        self.sandbox.clone()
    }

    /// Whether its address has no file, whose permissions would say who may connect.
    pub(crate) fn is_abstract(&self) -> bool {
        self.address().is_some_and(|address| address.path().is_none())
    }

    /// Where clients find this listener; `None` for an activated one, whose
    /// address only the service manager knows.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        match &self.place {
            Place::File { address, .. } | Place::Abstract { address } => Some(address),
            Place::Elsewhere { address } => address.as_ref(),
            Place::Activated { .. } => None,
        }
    }

    /// The name that the service manager gave to an activated listener (`LISTEN_FDNAMES`).
    #[must_use]
    pub fn activation_name(&self) -> Option<&OsStr> {
        match &self.place {
            Place::Activated { name } => name.as_deref(),
            Place::File { .. } | Place::Abstract { .. } | Place::Elsewhere { .. } => None,
        }
    }

    /// Takes the next waiting connection; `None` if there is none. Never blocks.
    ///
    /// The socket has close-on-exec set and is in blocking mode, since sending
    /// and receiving ask for `MSG_DONTWAIT`. Nothing was read from it, so the
    /// caller can refuse the peer by its credentials alone (K13). It
    /// may be closed already, with requests still to be read (K18).
    ///
    /// # Errors
    /// [`AcceptError::Exhausted`] asks the caller to back off; see there.
    pub fn accept(&mut self) -> Result<Option<(OwnedFd, Credentials)>, AcceptError> {
        loop {
            match accept_with(&self.socket, SocketFlags::CLOEXEC) {
                Ok(socket) => {
                    let peer = Credentials::of_connected(socket.as_fd()).map_err(AcceptError::Io)?;
                    return Ok(Some((socket, peer)));
                }
                Err(Errno::AGAIN) => return Ok(None),
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(error @ (Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)) => {
                    return Err(AcceptError::Exhausted(error.into()));
                }
                Err(error) => return Err(AcceptError::Io(error.into())),
            }
        }
    }

    /// Accepts and closes the next waiting connection, with the help of a
    /// descriptor kept in reserve. Whether there was one.
    ///
    /// For servers that would rather refuse a client than let it wait when
    /// [`Listener::accept`] is [`AcceptError::Exhausted`].
    ///
    /// # Errors
    /// As [`Listener::accept`], if the reserve could not be filled again either.
    pub fn refuse(&mut self) -> Result<bool, AcceptError> {
        self.spare = None;
        let refused = self.accept().map(|connection| connection.is_some());
        self.spare = spare();
        refused
    }
}

impl AsFd for Listener {
    /// Readable when a connection waits.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Our file cannot lose its inode number while the socket is open, so
        // an equal number means that it is still ours.
        if let Place::File { address, id, lock } = &self.place
            && lock.owned
            && let Some(path) = address.path()
            && FileId::at(path) == Some(*id)
        {
            // A failure leaves a socket that the next server takes over.
            let _ = unlink(path);
        }
    }
}

fn stream_socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?)
}

/// Some descriptor, the cheapest kind there is, to give up when one is needed.
fn spare() -> Option<OwnedFd> {
    eventfd(0, EventfdFlags::CLOEXEC).ok()
}

/// Only a socket may stand where a socket is to be made (K11).
fn refuse_other_files(path: &Path) -> Result<(), ListenError> {
    match lstat(path) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode) != FileType::Socket => {
            Err(ListenError::NotASocket { path: path.to_owned() })
        }
        _ => Ok(()),
    }
}

/// Opens the socket that lies at `path` as that very file, which stays the same
/// whatever is put at its path; `None` if something else lies there.
fn pin(path: &Path) -> io::Result<Option<(OwnedFd, Stat)>> {
    let file = open(path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    let stat = fstat(&file)?;
    Ok((FileType::from_raw_mode(stat.st_mode) == FileType::Socket).then_some((file, stat)))
}

fn permissions(stat: &Stat) -> Mode {
    Mode::from_raw_mode(stat.st_mode) & Mode::from_raw_mode(0o777)
}

/// Whether a file can be the one that was just made: ours, and with no other name.
fn is_ours(stat: &Stat) -> bool {
    stat.st_uid == geteuid().as_raw() && stat.st_nlink == 1
}

/// Changes the mode of this file, not of what its path names now.
fn set_permissions(file: &OwnedFd, mode: Mode) -> io::Result<()> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(chmodat(CWD, path, mode, AtFlags::empty())?)
}

/// Removes the socket of a dead server. The lock is held by us, but not every
/// server takes one, so the socket is tried as well.
fn remove_stale(address: &Address, path: &Path) -> Result<(), ListenError> {
    refuse_other_files(path)?;
    let io = |source: io::Error| ListenError::from_io(path, source);
    let target = address.to_socket_address().map_err(io)?;
    match rustix::net::connect(&stream_socket().map_err(io)?, &target) {
        Err(Errno::NOENT) => Ok(()),
        Err(Errno::CONNREFUSED) => match unlink(path) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(io(error.into())),
        },
        _ => Err(ListenError::InUse { address: address.clone() }),
    }
}

#[cfg(test)]
mod tests;
