//! Everything a peer can make grow, and how far. DESIGN item 9.
//!
//! All limits are enforced before anything is allocated. The defaults suit a
//! desktop compositor; each names the reason for its figure.

use std::time::Duration;

/// Limits of one connection. `Default` gives the named constants below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest message in bytes, sent or received. 8 to 65 532, whole words.
    pub message_size: usize,
    /// Bytes that may wait for a peer that does not read.
    pub queued_bytes: usize,
    /// Bytes waiting above which the peer's own messages are no longer read, so
    /// that a client which asks without reading answers stops being served.
    pub throttle_bytes: usize,
    /// Fds that may wait for a peer that does not read.
    pub queued_fds: usize,
    /// Received fds that no message has claimed yet.
    pub unclaimed_fds: usize,
    /// Objects alive at once, of both id ranges together.
    pub objects: u32,
    /// How long an fd may wait for the message that claims it.
    pub stray_fd_grace: Duration,
    /// How long a peer may leave queued bytes unread before it is dropped.
    pub slow_peer_grace: Duration,
}

impl Limits {
    /// 4096: what every libwayland before 1.23 can hold, and `WL_MAX_MESSAGE_SIZE` since.
    pub const MESSAGE_SIZE: usize = 4096;
    /// 4 MiB: a busy client away for a few seconds loses nothing; deployed
    /// compositors found 4 KiB far too small and chose 1 MiB (WIRE.md C.7).
    pub const QUEUED_BYTES: usize = 4 << 20;
    /// 256 KiB: a little above what a socket buffer holds, so it is reached by peers that do not read.
    pub const THROTTLE_BYTES: usize = 256 << 10;
    /// 1024: as many as a libwayland connection queues.
    pub const QUEUED_FDS: usize = 1024;
    /// 253: one full `sendmsg`; libwayland never sends more than 28 ahead.
    pub const UNCLAIMED_FDS: usize = 253;
    /// 65 536: ten times what a browser with many windows uses; 1 MiB of table.
    pub const OBJECTS: u32 = 65_536;
    /// 5 s: an early fd is legal, one whose message never comes is not (WIRE.md D19).
    pub const STRAY_FD_GRACE: Duration = Duration::from_secs(5);
    /// 30 s: a client stopped for longer has missed more than it could catch up
    /// with; below that, [`Limits::QUEUED_BYTES`] bounds what it costs.
    pub const SLOW_PEER_GRACE: Duration = Duration::from_secs(30);
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            message_size: Limits::MESSAGE_SIZE,
            queued_bytes: Limits::QUEUED_BYTES,
            throttle_bytes: Limits::THROTTLE_BYTES,
            queued_fds: Limits::QUEUED_FDS,
            unclaimed_fds: Limits::UNCLAIMED_FDS,
            objects: Limits::OBJECTS,
            stray_fd_grace: Limits::STRAY_FD_GRACE,
            slow_peer_grace: Limits::SLOW_PEER_GRACE,
        }
    }
}

/// Most fds in one `sendmsg`: libwayland receivers have room for no more (WIRE.md A.6).
pub(crate) const FDS_PER_SEND: usize = 28;

/// Bytes collected before a send is tried within a turn: beyond 32 KiB a larger
/// write no longer lowers the cost of a byte.
pub(crate) const FLUSH_AT: usize = 32 << 10;

/// Bytes of a send buffer at first. Small, because a fan-out starts one for each
/// client; that of a busy client grows once and is then kept for reuse.
pub(crate) const FIRST_QUEUE: usize = 512;

/// Bytes asked of the kernel in one read; with it the work one peer can cause in one turn.
pub(crate) const READ_SIZE: usize = 64 << 10;
