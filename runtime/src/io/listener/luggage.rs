//! A listener as another process takes it over.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::ioctl_fionbio;
use rustix::net::getsockname;

use super::lock::{FileId, NameLock};
use super::{Listener, Place, spare};
use crate::io::inherit::is_listening_stream;
use crate::io::path::Address;

/// What is known of a listener beside its socket.
#[derive(Debug)]
pub(crate) struct Luggage<F> {
    /// Which kind of place it has.
    pub(crate) kind: u32,
    /// Its path, its name, or nothing.
    pub(crate) text: Option<OsString>,
    /// The file that is locked.
    pub(crate) lock: Option<F>,
}

impl Listener {
    /// All that another process needs to listen in its place: the socket, and what is known of it.
    pub(crate) fn luggage(&self) -> (BorrowedFd<'_>, Luggage<BorrowedFd<'_>>) {
        let of = |address: &Address| Some(address.to_bytes());
        let (kind, text, lock) = match &self.place {
            Place::File { address, lock, .. } => (0, of(address), Some(lock.as_fd())),
            Place::Abstract { address } => (1, of(address), None),
            Place::Activated { name } => (2, name.clone(), None),
            Place::Elsewhere { address } => (3, address.as_ref().and_then(of), None),
        };
        (self.socket.as_fd(), Luggage { kind, text, lock })
    }

    /// The listener that another process has. File and lock are that one's until this is [`own`](Listener::own).
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn of_luggage(socket: OwnedFd, luggage: Luggage<OwnedFd>) -> io::Result<Listener> {
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, "a listener that there cannot be");
        is_listening_stream(socket.as_fd()).map_err(|_| wrong())?;
        ioctl_fionbio(&socket, true)?;
        let Luggage { kind, text, lock } = luggage;
        let address = match (kind, &text) {
            (2, _) | (_, None) => None,
            (kind, Some(text)) => Some(Address::of_bytes(text, kind == 1).map_err(|_| wrong())?),
        };
        // The file is removed by whoever owns it, so it has to be the file of this socket.
        if let (0 | 1, Some(address)) = (kind, &address)
            && getsockname(&socket)? != address.to_socket_address()?.into()
        {
            return Err(wrong());
        }
        let place = match (kind, address, lock) {
            (0, Some(address), Some(lock)) => {
                let path = address.path().ok_or_else(wrong)?;
                let id = FileId::at(path).ok_or_else(wrong)?;
                let lock = NameLock::of_fd(path, lock).ok_or_else(wrong)?;
                Place::File { address, id, lock }
            }
            (1, Some(address), _) => Place::Abstract { address },
            (2, _, _) => Place::Activated { name: text },
            (3, address, _) => Place::Elsewhere { address },
            _ => return Err(wrong()),
        };
        Ok(Listener { socket, place, spare: spare(), sandbox: None })
    }

    /// Takes file and lock over, so that they go with this listener, or leaves them to another process.
    pub(crate) fn own(&mut self, owned: bool) {
        if let Place::File { lock, .. } = &mut self.place {
            lock.owned = owned;
        }
    }
}
