//! What users see when something goes wrong, sorted by whose fault it is.
//!
//! [`SendError`] is what a send method returns,
//! [`Disconnect`] why a connection ended. What handlers return is in `handler_error`.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::escape::Escaped;
use crate::handle::Interface;

/// What a client can make this process hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// Objects, and ids that the client has not let go of.
    Objects,
    /// Bytes that wait for a client that does not read.
    QueuedBytes,
    /// Bytes of received messages that were not handled yet.
    UnreadBytes,
    /// Descriptors: received and not claimed, queued, or taken over by the application.
    Fds,
    /// Bytes of shared memory that the application has mapped.
    MappedBytes,
    /// Bytes that the application keeps for it, such as titles, MIME types and regions.
    StoredBytes,
    /// Connections.
    Clients,
}

impl Resource {
    pub(crate) const COUNT: usize = 6;

    /// Those that connections have accounts of.
    pub(crate) const ALL: [Resource; Resource::COUNT] = [
        Resource::Objects,
        Resource::QueuedBytes,
        Resource::UnreadBytes,
        Resource::Fds,
        Resource::MappedBytes,
        Resource::StoredBytes,
    ];
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Resource::Objects => "objects",
            Resource::QueuedBytes => "queued bytes",
            Resource::UnreadBytes => "unread bytes",
            Resource::Fds => "file descriptors",
            Resource::MappedBytes => "bytes of shared memory",
            Resource::StoredBytes => "bytes stored",
            Resource::Clients => "clients",
        })
    }
}

/// Whom a limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One client.
    Client,
    /// All clients of one user (uid).
    User,
    /// All clients.
    Server,
}

/// A limit would be crossed. By `?` a handler ends its client with `no_memory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitError {
    /// What there would be too much of.
    pub resource: Resource,
    /// Whose.
    pub scope: Scope,
    /// The limit in force.
    pub limit: u64,
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LimitError { resource, scope, limit } = self;
        write!(
            f,
            "more than {limit} {resource} of one {}",
            match scope {
                Scope::Client => "client",
                Scope::User => "user",
                Scope::Server => "server",
            }
        )
    }
}

impl StdError for LimitError {}

/// Why an object was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectError {
    /// The object, or its whole connection, no longer exists. No mistake: the peer may end both at any time.
    Gone,
    /// The object belongs to another endpoint of this process: the application mixed up two connections.
    Foreign,
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ObjectError::Gone => f.write_str("the object no longer exists"),
            ObjectError::Foreign => f.write_str("the object belongs to another endpoint"),
        }
    }
}

impl StdError for ObjectError {}

/// Why a message was not queued. Nothing of it was: neither bytes nor fds.
///
/// Returned from a handler by `?`, [`SendError::Gone`] and
/// [`SendError::QueueFull`] end the handler and are otherwise ignored, since
/// they are nobody's mistake; the others are the application's own bugs and
/// end the connection with code 3 (implementation); why is in the reason, [`Disconnect::Internal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The object or its connection is gone.
    Gone,
    /// The object belongs to another endpoint of this process: the application mixed up two connections.
    Foreign,
    /// The message was added to the interface after the version this object has.
    Version {
        /// Version that added the message.
        since: u32,
        /// Version of the object.
        version: u32,
    },
    /// An object argument is gone or belongs to another connection.
    ForeignObject,
    /// The message would be larger than the limit, in bytes.
    TooLarge {
        /// Size of the message.
        size: u32,
        /// The limit in force.
        limit: u32,
    },
    /// A string has a NUL inside, which the wire cannot carry.
    InteriorNul,
    /// The peer does not read and the queue is at its limit. A server drops
    /// such a client; a client may retry after its connection was flushed.
    QueueFull {
        /// Bytes waiting.
        queued: u32,
    },
    /// No id is left for a new object.
    TooManyObjects(u32),
    /// The message makes an object, which only its send method can, not one that is sent as a value.
    MakesObject,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::Gone => f.write_str("the object no longer exists"),
            SendError::Foreign => f.write_str("the object belongs to another endpoint"),
            SendError::Version { since, version } => {
                write!(f, "the message needs version {since} of the interface, the object has {version}")
            }
            SendError::ForeignObject => f.write_str("an object argument is gone or belongs to another connection"),
            SendError::TooLarge { size, limit } => write!(f, "message of {size} bytes, the limit is {limit}"),
            SendError::InteriorNul => f.write_str("a string argument has a NUL inside"),
            SendError::QueueFull { queued } => write!(f, "the peer does not read: {queued} bytes are queued"),
            SendError::TooManyObjects(limit) => write!(f, "more objects than the limit of {limit}"),
            SendError::MakesObject => f.write_str("a message that makes an object cannot be sent as a value"),
        }
    }
}

impl StdError for SendError {}

impl From<ObjectError> for SendError {
    fn from(error: ObjectError) -> SendError {
        match error {
            ObjectError::Gone => SendError::Gone,
            ObjectError::Foreign => SendError::Foreign,
        }
    }
}

/// The contents of a `wl_display.error` event.
///
/// ```
/// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
/// # use app::{ClientApp, Counter, ServerApp};
/// # use wayline::{Disconnect, testing};
/// # mod counter { pub struct Error; impl Error { pub const TOO_MUCH: u32 = 1; } }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut server = ServerApp::new();
/// # let mut app = ClientApp { client: testing::connect(&mut server.server), total: 0 };
/// # testing::pump(&mut server, &mut app);
/// # let counter: Counter = app.client.bind(1)?;
/// # testing::pump(&mut server, &mut app);
/// # let object = server.server.objects::<Counter>().next().expect("it is bound");
/// # server.server.post_error(object, counter::Error::TOO_MUCH, "too much");
/// # testing::pump(&mut server, &mut app);
/// let reason: &Disconnect = app.client.ended().expect("the server has refused it");
/// // So with the `wayline::Error` that `client::roundtrip(&mut app)` and every other wait returns now.
/// let error = reason.protocol_error().expect("by a protocol error");
/// assert!(error.is::<Counter>(counter::Error::TOO_MUCH));
/// assert_eq!(error.object, counter.id());
/// # use wayline::Interface;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolError {
    /// Id of the object the error is about; 0 if the peer named none.
    pub object: u32,
    /// Its interface, if it was still known.
    pub interface: Option<&'static str>,
    /// A value of that interface's `error` enum.
    pub code: u32,
    /// Text for people, as it came. [`Escaped`] shows it, as the `Display` of this error does.
    pub message: String,
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProtocolError { object, interface, code, message } = self;
        write!(f, "{}#{object}: error {code}: {}", interface.unwrap_or("unknown"), Escaped(message))
    }
}

impl StdError for ProtocolError {}

impl ProtocolError {
    /// Whether it is this error of interface `I`: `code` is a value of its `error` enum.
    #[must_use]
    pub fn is<I: Interface>(&self, code: impl Into<u32>) -> bool {
        self.interface == Some(I::SPEC.name) && self.code == code.into()
    }
}

/// A global cannot be offered with this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalError {
    /// The interface.
    pub interface: &'static str,
    /// The version asked for.
    pub version: u32,
    /// The highest version the generated code knows.
    pub known: u32,
}

impl fmt::Display for GlobalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GlobalError { interface, version, known } = self;
        write!(f, "version {version} of {interface} was asked for, versions 1 to {known} are known")
    }
}

impl StdError for GlobalError {}

/// Why a global was not bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindError {
    /// The server does not offer the interface, or a round trip to hear of it is still missing.
    NotOffered {
        /// The interface asked for.
        interface: &'static str,
    },
    /// The server offers only older versions than the application needs.
    TooOld {
        /// The interface asked for.
        interface: &'static str,
        /// What the server has.
        offered: u32,
        /// What the application asked for.
        needed: u32,
    },
    /// The request could not be queued.
    Send(SendError),
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BindError::NotOffered { interface } => write!(f, "the server offers no {interface}"),
            BindError::TooOld { interface, offered, needed } => {
                write!(f, "the server offers {interface} version {offered}, version {needed} is needed")
            }
            BindError::Send(error) => error.fmt(f),
        }
    }
}

impl StdError for BindError {}

impl From<SendError> for BindError {
    fn from(error: SendError) -> BindError {
        BindError::Send(error)
    }
}

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disconnect {
    /// A protocol error: posted to the client (server side) or received from the server (client side).
    Protocol(ProtocolError),
    /// The peer sent bytes that are no valid message (client side; a server answers with `Protocol`).
    Malformed {
        /// Id the message was for.
        object: u32,
        /// Interface of that object, or "unknown".
        interface: &'static str,
        /// Opcode of the message.
        opcode: u16,
        /// What is wrong.
        reason: String,
    },
    /// The peer closed the connection between two messages.
    Closed,
    /// The peer closed the connection within a message.
    Truncated {
        /// Bytes of the unfinished message.
        received: usize,
    },
    /// The peer closed the connection with unread data, or died.
    Reset,
    /// The peer did not read what was sent to it.
    SlowPeer {
        /// Bytes waiting when the limit was reached.
        queued: usize,
        /// Fds waiting when the limit was reached.
        fds: usize,
    },
    /// The kernel dropped fds of a message (`MSG_CTRUNC`): too many at once, or this process is at its own limit.
    FdsLost,
    /// The peer sent more fds than its messages use.
    UnconsumedFds {
        /// How many were waiting.
        count: usize,
    },
    /// For [`Limits::slow_peer_grace`](crate::Limits::slow_peer_grace) a message could not be sent because this user
    /// has too many file descriptors in flight, over all its sockets: `ETOOMANYREFS`, unix(7) (D15). Until then it is
    /// tried again.
    FdsInFlight,
    /// The peer, or all clients of its user together, made this process hold too much.
    Limit(LimitError),
    /// A system call failed.
    Socket(SocketError),
    /// A handler here failed, by an error that is nobody's but this side's. A server's client was told which request it
    /// was, and not this text.
    Internal(String),
    /// The application ended it.
    Local,
}

impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Disconnect::Protocol(error) => write!(f, "protocol error: {error}"),
            Disconnect::Malformed { object, interface, opcode, reason } => {
                write!(f, "malformed message {interface}#{object} opcode {opcode}: {}", Escaped(reason))
            }
            Disconnect::Closed => f.write_str("closed by the peer"),
            Disconnect::Truncated { received } => write!(f, "closed by the peer after {received} bytes of a message"),
            Disconnect::Reset => f.write_str("connection reset by the peer"),
            Disconnect::SlowPeer { queued, fds } => {
                write!(f, "the peer does not read: {queued} bytes and {fds} fds are queued")
            }
            Disconnect::FdsLost => f.write_str("file descriptors of the peer were lost"),
            Disconnect::UnconsumedFds { count } => write!(f, "{count} file descriptors that no message claims"),
            Disconnect::FdsInFlight => f.write_str("too many file descriptors in flight"),
            Disconnect::Limit(error) => write!(f, "a limit was reached: {error}"),
            Disconnect::Socket(error) => write!(f, "socket error: {error}"),
            Disconnect::Internal(text) => write!(f, "a handler failed: {}", Escaped(text)),
            Disconnect::Local => f.write_str("closed here"),
        }
    }
}

impl StdError for Disconnect {}

impl Disconnect {
    /// The error event that ended the connection: sent by the server, received by the client. `None` if it ended
    /// otherwise. [`ProtocolError::is`] tells which one it is.
    #[must_use]
    pub fn protocol_error(&self) -> Option<&ProtocolError> {
        match self {
            Disconnect::Protocol(error) => Some(error),
            _ => None,
        }
    }

    /// The reason when a call on a link fails.
    pub(crate) fn by(error: &io::Error) -> Disconnect {
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Disconnect::Reset,
            kind => Disconnect::Socket(SocketError { kind, code: error.raw_os_error() }),
        }
    }
}

/// What remains of an [`io::Error`] in a value that can be copied and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketError {
    kind: io::ErrorKind,
    code: Option<i32>,
}

impl From<SocketError> for io::Error {
    fn from(SocketError { kind, code }: SocketError) -> io::Error {
        code.map_or_else(|| kind.into(), io::Error::from_raw_os_error)
    }
}

impl std::fmt::Display for SocketError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        io::Error::from(*self).fmt(f)
    }
}
