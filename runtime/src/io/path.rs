//! Names of sockets, and the addresses they stand for.
//!
//! The rules are libwayland's (K03 to K05, K08). The file system is not touched: `connect` and `listener` find out
//! whether anything is at an address.

use std::error::Error as StdError;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::net::SocketAddrUnix;

use super::inherit::Environment;

/// Longest path of a socket in bytes, without the final NUL: `sun_path` has
/// room for 108 (unix(7), K05).
pub const MAX_PATH: usize = 107;

/// Longest abstract name in bytes: `sun_path` less the leading NUL.
pub const MAX_ABSTRACT_NAME: usize = 107;

/// Where a socket lives: a path, or a name in the abstract namespace.
///
/// An address of either kind is known to fit into a `sockaddr_un`; a path that
/// does not fit is an error and never shortened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address(Place);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place {
    Path(PathBuf),
    Abstract(Vec<u8>),
}

impl Address {
    /// The address of a display name: an absolute path is taken as it is, any
    /// other name lies in `XDG_RUNTIME_DIR` (K03, K04).
    ///
    /// An empty name is a name too and gives the directory itself.
    ///
    /// # Errors
    /// [`AddressError`] if there is no usable `XDG_RUNTIME_DIR`, or the path
    /// does not fit.
    pub fn named(name: impl AsRef<OsStr>, env: &Environment) -> Result<Address, AddressError> {
        let name = name.as_ref();
        if name.as_bytes().starts_with(b"/") {
            return Address::at_path(name);
        }
        let dir = env.xdg_runtime_dir.as_deref().filter(|dir| !dir.is_empty());
        let dir = dir.ok_or_else(|| AddressError::NoRuntimeDir { name: name.to_owned() })?;
        if !Path::new(dir).is_absolute() {
            return Err(AddressError::RelativeRuntimeDir { name: name.to_owned(), dir: dir.into() });
        }
        Address::at_path(Path::new(dir).join(name))
    }

    /// The address a client uses when nobody names one: `WAYLAND_DISPLAY`, else `wayland-0`.
    ///
    /// # Errors
    /// As [`Address::named`].
    pub fn of_display(env: &Environment) -> Result<Address, AddressError> {
        Address::named(env.wayland_display.as_deref().unwrap_or(OsStr::new("wayland-0")), env)
    }

    /// The address of a path. A relative one counts from the working directory.
    ///
    /// # Errors
    /// [`AddressError::TooLong`] above [`MAX_PATH`] bytes, [`AddressError::InteriorNul`].
    pub fn at_path(path: impl AsRef<Path>) -> Result<Address, AddressError> {
        let path = path.as_ref();
        let bytes = path.as_os_str().as_bytes();
        if bytes.contains(&0) {
            return Err(AddressError::InteriorNul);
        }
        if bytes.len() > MAX_PATH {
            return Err(AddressError::TooLong { path: path.to_owned(), length: bytes.len() });
        }
        Ok(Address(Place::Path(path.to_owned())))
    }

    /// An address in the abstract namespace, which no file stands for.
    ///
    /// Abstract names have no permissions: every local user in the same network
    /// namespace can connect. That is why nothing but this call makes one
    /// (K19). The name may hold any bytes; two names differ if their
    /// lengths do.
    ///
    /// # Errors
    /// [`AddressError::TooLong`] above [`MAX_ABSTRACT_NAME`] bytes, and
    /// [`AddressError::EmptyAbstractName`], which the kernel would replace by a random one.
    pub fn open_to_everyone(abstract_name: impl AsRef<[u8]>) -> Result<Address, AddressError> {
        let name = abstract_name.as_ref();
        if name.is_empty() {
            return Err(AddressError::EmptyAbstractName);
        }
        if name.len() > MAX_ABSTRACT_NAME {
            let path = PathBuf::from(OsStr::from_bytes(name));
            return Err(AddressError::TooLong { path, length: name.len() });
        }
        Ok(Address(Place::Abstract(name.to_owned())))
    }

    /// The path, unless the address is an abstract one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Place::Path(path) => Some(path),
            Place::Abstract(_) => None,
        }
    }

    /// The path, or the abstract name, as [`Address::of_bytes`] takes it.
    pub(crate) fn to_bytes(&self) -> OsString {
        match &self.0 {
            Place::Path(path) => path.as_os_str().to_owned(),
            Place::Abstract(name) => OsStr::from_bytes(name).to_owned(),
        }
    }

    /// The address of a path, or of an abstract name.
    pub(crate) fn of_bytes(text: &OsStr, is_abstract: bool) -> Result<Address, AddressError> {
        if is_abstract { Address::open_to_everyone(text.as_bytes()) } else { Address::at_path(text) }
    }

    /// The form the kernel takes. Cannot fail for lengths checked above.
    pub(super) fn to_socket_address(&self) -> io::Result<SocketAddrUnix> {
        Ok(match &self.0 {
            Place::Path(path) => SocketAddrUnix::new(path)?,
            Place::Abstract(name) => SocketAddrUnix::new_abstract_name(name)?,
        })
    }
}

/// The path, or `@name` for an abstract address.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Path(path) => path.display().fmt(f),
            Place::Abstract(name) => write!(f, "@{}", name.escape_ascii()),
        }
    }
}

/// Why a name has no address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// `XDG_RUNTIME_DIR` is unset or empty.
    NoRuntimeDir {
        /// The name that was asked for.
        name: OsString,
    },
    /// `XDG_RUNTIME_DIR` is not absolute.
    RelativeRuntimeDir {
        /// The name that was asked for.
        name: OsString,
        /// Value of the variable.
        dir: PathBuf,
    },
    /// More bytes than a socket address can hold.
    TooLong {
        /// The path, or the abstract name.
        path: PathBuf,
        /// Its length in bytes.
        length: usize,
    },
    /// A NUL in a path.
    InteriorNul,
    /// An abstract name of no bytes.
    EmptyAbstractName,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddressError::NoRuntimeDir { name } => write!(
                f,
                "cannot look up socket `{}`: XDG_RUNTIME_DIR is not set; set it, or give an absolute path",
                name.display()
            ),
            AddressError::RelativeRuntimeDir { name, dir } => write!(
                f,
                "cannot look up socket `{}`: XDG_RUNTIME_DIR is the relative path `{}`; make it absolute",
                name.display(),
                dir.display()
            ),
            AddressError::TooLong { path, length } => write!(
                f,
                "socket path `{}` has {length} bytes, the limit is {MAX_PATH}; use a shorter directory",
                path.display()
            ),
            AddressError::InteriorNul => f.write_str("a socket path cannot contain a NUL byte"),
            AddressError::EmptyAbstractName => f.write_str("an abstract socket needs a name"),
        }
    }
}

impl StdError for AddressError {}

impl AddressError {
    /// The class of the error as the C library would report it: `NotFound`
    /// for a missing directory, `InvalidFilename` (`ENAMETOOLONG`), `InvalidInput`.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            AddressError::NoRuntimeDir { .. } | AddressError::RelativeRuntimeDir { .. } => io::ErrorKind::NotFound,
            AddressError::TooLong { .. } => io::ErrorKind::InvalidFilename,
            AddressError::InteriorNul | AddressError::EmptyAbstractName => io::ErrorKind::InvalidInput,
        }
    }
}

#[cfg(test)]
mod tests;
