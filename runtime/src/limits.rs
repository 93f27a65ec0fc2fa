//! Everything a peer can make grow, and how far.
//!
//! `limits.md` is the table of all limits; a test compares it with this file.

use std::time::Duration;

/// Limits of one connection, and of those of one user. `Default` gives the named constants.
///
/// ```
/// use wayline::Limits;
///
/// let limits = Limits { objects: 1000, ..Limits::default() };
/// ```
///
/// Written like this it goes on compiling when a new version has another limit, which is not taken for a breaking change.
///
#[doc = include_str!("limits.md")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest message in bytes, sent or received. 8 to 65 532, whole words.
    pub message_size: usize,
    /// Bytes that may wait for a peer that does not read. A message is taken
    /// while there is room for one of [`Limits::message_size`], so it must be
    /// more than that; looked at from 32 KiB on.
    pub queued_bytes: usize,
    /// Bytes waiting from which on the peer's own messages are no longer read, so
    /// that a client which asks without reading answers stops being served.
    pub throttle_bytes: usize,
    /// Fds that may wait for a peer that does not read.
    pub queued_fds: usize,
    /// Received fds that no message has claimed yet.
    pub unconsumed_fds: usize,
    /// Objects alive at once, of both id ranges together.
    pub objects: u32,
    /// Connections that a server accepts.
    pub clients: usize,
    /// Fds of one client: received and not claimed, queued, of pools, or [charged](crate::Server::charge).
    pub fds: u64,
    /// Bytes of shared memory of one client: pools that were imported under `Server::shm_policy`, and
    /// what the application [charges](crate::Server::charge).
    pub mapped_bytes: u64,
    /// Bytes that an application keeps for one client and [charges](crate::Server::charge) to it.
    pub stored_bytes: u64,
    /// Limits of all clients of one user together.
    pub user: UserLimits,
    /// Globals that a client keeps of those its server announces.
    pub globals: usize,
    /// How long received fds may wait while no message claims the first of them.
    pub unconsumed_fd_grace: Duration,
    /// How long a peer may leave queued bytes unread before it is dropped.
    pub slow_peer_grace: Duration,
    /// How long a removed global can still be bound by clients that do not acknowledge the removal.
    pub global_grace: Duration,
    /// How long a server handles messages of one client before others have their turn.
    pub client_turn: Duration,
    /// How long a server handles messages before an outer loop's other sources have their turn. Each turn serves at least
    /// one client.
    pub turn: Duration,
}

impl Limits {
    /// Default of [`Limits::message_size`].
    pub const MESSAGE_SIZE: usize = 4096;
    /// Default of [`Limits::queued_bytes`].
    pub const QUEUED_BYTES: usize = 4 << 20;
    /// Default of [`Limits::throttle_bytes`].
    pub const THROTTLE_BYTES: usize = 256 << 10;
    /// Default of [`Limits::queued_fds`].
    pub const QUEUED_FDS: usize = 1024;
    /// Default of [`Limits::unconsumed_fds`].
    pub const UNCONSUMED_FDS: usize = 253;
    /// Default of [`Limits::objects`].
    pub const OBJECTS: u32 = 65_536;
    /// Default of [`Limits::clients`].
    pub const CLIENTS: usize = 4096;
    /// Default of [`Limits::fds`].
    pub const FDS: u64 = 2048;
    /// Default of [`Limits::mapped_bytes`].
    pub const MAPPED_BYTES: u64 = 4 << 30;
    /// Default of [`Limits::stored_bytes`].
    pub const STORED_BYTES: u64 = 4 << 20;
    /// Default of [`Limits::globals`].
    pub const GLOBALS: usize = 4096;
    /// Default of [`Limits::unconsumed_fd_grace`].
    pub const UNCONSUMED_FD_GRACE: Duration = Duration::from_secs(5);
    /// Default of [`Limits::slow_peer_grace`].
    pub const SLOW_PEER_GRACE: Duration = Duration::from_secs(30);
    /// Default of [`Limits::global_grace`].
    pub const GLOBAL_GRACE: Duration = Duration::from_secs(30);
    /// Default of [`Limits::client_turn`].
    pub const CLIENT_TURN: Duration = Duration::from_millis(1);
    /// Default of [`Limits::turn`].
    pub const TURN: Duration = Duration::from_millis(4);
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            message_size: Limits::MESSAGE_SIZE,
            queued_bytes: Limits::QUEUED_BYTES,
            throttle_bytes: Limits::THROTTLE_BYTES,
            queued_fds: Limits::QUEUED_FDS,
            unconsumed_fds: Limits::UNCONSUMED_FDS,
            objects: Limits::OBJECTS,
            clients: Limits::CLIENTS,
            fds: Limits::FDS,
            mapped_bytes: Limits::MAPPED_BYTES,
            stored_bytes: Limits::STORED_BYTES,
            user: UserLimits::default(),
            globals: Limits::GLOBALS,
            unconsumed_fd_grace: Limits::UNCONSUMED_FD_GRACE,
            slow_peer_grace: Limits::SLOW_PEER_GRACE,
            global_grace: Limits::GLOBAL_GRACE,
            client_turn: Limits::CLIENT_TURN,
            turn: Limits::TURN,
        }
    }
}

/// Limits of all clients of one user (uid) together, at a server. A client without credentials is a user of its own.
/// `Default` gives the named constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserLimits {
    /// Connections that a server accepts from one user.
    pub clients: usize,
    /// Objects alive at once.
    pub objects: u64,
    /// Bytes that may wait for clients that do not read.
    pub queued_bytes: u64,
    /// Bytes of received messages that were not handled yet; not those of one whose end is still to come.
    pub unread_bytes: u64,
    /// Fds, as [`Limits::fds`].
    pub fds: u64,
    /// As [`Limits::mapped_bytes`].
    pub mapped_bytes: u64,
    /// As [`Limits::stored_bytes`].
    pub stored_bytes: u64,
}

impl UserLimits {
    /// Default of [`UserLimits::clients`].
    pub const CLIENTS: usize = 2048;
    /// Default of [`UserLimits::objects`].
    pub const OBJECTS: u64 = 4 * Limits::OBJECTS as u64;
    /// Default of [`UserLimits::queued_bytes`].
    pub const QUEUED_BYTES: u64 = 16 * Limits::QUEUED_BYTES as u64;
    /// Default of [`UserLimits::unread_bytes`].
    pub const UNREAD_BYTES: u64 = 64 << 20;
    /// Default of [`UserLimits::fds`].
    pub const FDS: u64 = 4 * Limits::FDS;
    /// Default of [`UserLimits::mapped_bytes`].
    pub const MAPPED_BYTES: u64 = 4 * Limits::MAPPED_BYTES;
    /// Default of [`UserLimits::stored_bytes`].
    pub const STORED_BYTES: u64 = 16 * Limits::STORED_BYTES;
}

impl Default for UserLimits {
    fn default() -> UserLimits {
        UserLimits {
            clients: UserLimits::CLIENTS,
            objects: UserLimits::OBJECTS,
            queued_bytes: UserLimits::QUEUED_BYTES,
            unread_bytes: UserLimits::UNREAD_BYTES,
            fds: UserLimits::FDS,
            mapped_bytes: UserLimits::MAPPED_BYTES,
            stored_bytes: UserLimits::STORED_BYTES,
        }
    }
}

/// Most fds in one `sendmsg`: libwayland receivers have room for no more (`MAX_FDS_OUT`).
pub(crate) const FDS_PER_SEND: usize = 28;

/// Bytes collected before a send is tried within a turn: beyond 32 KiB a larger
/// write no longer lowers the cost of a byte.
pub(crate) const FLUSH_AT: usize = 32 << 10;

/// Bytes of a send buffer at first. Small, because a fan-out starts one for each
/// client; that of a busy client grows once and is then kept for reuse.
pub(crate) const FIRST_QUEUE: usize = 512;

/// Bytes asked of the kernel in one read; with it the work one peer can cause in one turn.
pub(crate) const READ_SIZE: usize = 64 << 10;
