//! Who is at the other end of a Unix socket.
//!
//! What `SO_PEERCRED` says. The process itself, which stays known even after its
//! number was given to another, is [`Process`](super::process::Process).

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::net::{getpeername, sockopt};
use rustix::process::Pid;

/// Process, user and group of a peer, frozen by the kernel when the peer
/// connected (seen by a server) or listened (seen by a client).
///
/// They stay as they are when the peer later executes another program, changes
/// its user or exits (unix(7), K14). The two ends of a socket pair both
/// show the process that made the pair, whoever holds them now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// Process id. `None` if the process has no number in our pid namespace.
    /// Good for messages; for decisions use `uid`, since numbers are reused.
    pub pid: Option<u32>,
    /// Effective user id.
    pub uid: u32,
    /// Effective group id.
    pub gid: u32,
}

impl Credentials {
    /// Credentials of the process at the other end of `socket`.
    ///
    /// # Errors
    /// `NotConnected` for a socket that is not; otherwise what the kernel says
    /// about a descriptor that is no socket.
    pub fn of_peer(socket: impl AsFd) -> io::Result<Credentials> {
        let socket = socket.as_fd();
        getpeername(socket)?;
        Credentials::of_connected(socket)
    }

    /// As [`Credentials::of_peer`], for a socket that was just accepted.
    pub(super) fn of_connected(socket: BorrowedFd<'_>) -> io::Result<Credentials> {
        let peer = sockopt::socket_peercred(socket)?;
        let pid = u32::try_from(Pid::as_raw(Some(peer.pid))).ok().filter(|&pid| pid != 0);
        Ok(Credentials { pid, uid: peer.uid.as_raw(), gid: peer.gid.as_raw() })
    }
}

#[cfg(test)]
mod tests;
