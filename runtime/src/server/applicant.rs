//! Who wants to connect, and whether they may.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::process::geteuid;

use crate::conn::Link;
use crate::endpoint::error_message;
use crate::error::ProtocolError;
use crate::handle::{Interface, ListenerId};
use crate::io::Socket;
use crate::io::credentials::Credentials;
use crate::io::listener::Sandbox;
use crate::io::process::{Process, ProcessError};
use crate::io::sys::socket;
use crate::limits::Limits;
use crate::protocol::WlDisplay;
use crate::protocol::wl_display::Error as Code;

/// A peer that wants to connect.
///
/// ```
/// use wayline::server::{Admission, Applicant};
/// use wayline::{ClientId, GlobalId, HasServer, ListenerId, Server};
///
/// /// What sandboxed programs are tagged with.
/// const SANDBOXED: u64 = 1;
///
/// struct App {
///     server: Server<App>,
///     /// The listener that only sandboxes know.
///     sandbox: Option<ListenerId>,
///     screen_capture: Option<GlobalId>,
/// }
///
/// impl HasServer for App {
///     fn server(&mut self) -> &mut Server<App> {
///         &mut self.server
///     }
///
///     fn admit(&mut self, applicant: &Applicant<'_>) -> Admission {
///         if !applicant.is_own_user() {
///             return Admission::refused("programs of other users are not shown here");
///         }
///         if Some(applicant.listener()) == self.sandbox {
///             return Admission::tagged(SANDBOXED);
///         }
///         Admission::from(true)
///     }
///
///     fn visible(&self, client: ClientId, global: GlobalId) -> bool {
///         Some(global) != self.screen_capture || self.server.tag(client) != SANDBOXED
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Applicant<'a> {
    socket: BorrowedFd<'a>,
    credentials: Credentials,
    listener: ListenerId,
    sandbox: Option<&'a Sandbox>,
    /// Whether the address that it used lets everybody in.
    is_open: bool,
}

impl<'a> Applicant<'a> {
    pub(super) fn new(socket: BorrowedFd<'a>, credentials: Credentials, listener: ListenerId) -> Applicant<'a> {
        Applicant { socket, credentials, listener, sandbox: None, is_open: false }
    }

    /// As one that came through a listener for a sandbox, or through one with an abstract name.
    pub(super) fn through(self, sandbox: Option<&'a Sandbox>, is_open: bool) -> Applicant<'a> {
        Applicant { sandbox, is_open, ..self }
    }

    /// The sandbox that it is in, if its listener is [for one](crate::io::listener::Listener::for_sandbox).
    #[must_use]
    pub fn sandbox(&self) -> Option<&'a Sandbox> {
        self.sandbox
    }

    /// What is answered unless the application decides: an address with a file lets in whom its permissions let in. An
    /// abstract one has none, so there it is this user and root.
    pub(super) fn by_address(&self) -> Admission {
        if !self.is_open || self.is_own_user() || self.credentials.uid == 0 {
            return Admission::from(true);
        }
        Admission::refused("programs of other users may not connect here")
    }

    /// Process, user and group, as the kernel noted them when it connected.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.credentials
    }

    /// Through which listener it comes.
    #[must_use]
    pub fn listener(&self) -> ListenerId {
        self.listener
    }

    /// Whether its effective user is that of this process.
    #[must_use]
    pub fn is_own_user(&self) -> bool {
        self.credentials.uid == geteuid().as_raw()
    }

    /// Whether its effective group, or one of its supplementary groups, is this one (`SO_PEERGROUPS`, Linux 4.13).
    ///
    /// # Errors
    /// What the kernel says.
    pub fn is_in_group(&self, gid: u32) -> std::io::Result<bool> {
        Ok(self.credentials.gid == gid || socket::peer_groups(self.socket)?.contains(&gid))
    }

    /// The process that connected. Its descriptor outlives this call, so the application can keep it.
    ///
    /// # Errors
    /// As [`Process::of_peer`].
    pub fn process(&self) -> Result<Process, ProcessError> {
        Process::of_peer(self.socket)
    }

    /// The label that the kernel's security module has for the process, such as an SELinux context (`SO_PEERSEC`).
    ///
    /// # Errors
    /// [`ProcessError::Unsupported`] without such a module.
    pub fn security_label(&self) -> Result<Vec<u8>, ProcessError> {
        socket::peer_label(self.socket).map_err(ProcessError::of)
    }

    /// Lets it send no descriptors from now on: if it tries, its `sendmsg` fails with `EPERM` and the connection is as
    /// before (`SO_PASSRIGHTS`, Linux 6.16). Those that it sent when it connected, before this, arrive.
    ///
    /// # Errors
    /// [`ProcessError::Unsupported`] with an older kernel.
    pub fn forbid_descriptors(&self) -> Result<(), ProcessError> {
        socket::set_pass_rights(self.socket, false).map_err(ProcessError::of)
    }
}

impl AsFd for Applicant<'_> {
    /// Its socket, from which nothing was read yet.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket
    }
}

/// Whether a peer may connect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Admission {
    /// It may.
    #[non_exhaustive]
    Admitted {
        /// What [`Server::tag`](crate::Server::tag) says of it from now on; 0 if there is nothing to say.
        tag: u64,
    },
    /// It may not.
    #[non_exhaustive]
    Refused {
        /// What it is told, as the text of an error event; nothing if this is empty.
        reason: String,
    },
}

impl Admission {
    /// It may connect, and is tagged.
    #[must_use]
    pub fn tagged(tag: u64) -> Admission {
        Admission::Admitted { tag }
    }

    /// It may not connect, and is told why.
    #[must_use]
    pub fn refused(reason: impl Into<String>) -> Admission {
        Admission::Refused { reason: reason.into() }
    }
}

impl From<bool> for Admission {
    /// Whether it may connect: without a tag, or without a word.
    fn from(admitted: bool) -> Admission {
        if admitted { Admission::tagged(0) } else { Admission::refused("") }
    }
}

/// Closes a connection, and says why if its socket takes that at once.
pub(super) fn refuse(socket: OwnedFd, credentials: Credentials, reason: String) {
    tracing::debug!("a client of user {} was not admitted: {reason}", credentials.uid);
    if reason.is_empty() {
        return;
    }
    let interface = Some(WlDisplay::SPEC.name);
    let error = ProtocolError { object: 1, interface, code: Code::IMPLEMENTATION.0, message: reason };
    // Whether it hears of it is its own business.
    let _ = Socket::new(socket).send(&error_message(&error, Limits::MESSAGE_SIZE), &[]);
}
