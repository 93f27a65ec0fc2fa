//! What can go wrong with shared memory, and how a server tells its client.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use wayline_pixels::LayoutError;

/// The errors of `wl_shm`, which its pools and buffers use too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum WlShmCode {
    /// `invalid_format`: it was not advertised.
    Format = 0,
    /// `invalid_stride`: size, offset or stride make no sense.
    Stride = 1,
    /// `invalid_fd`: the descriptor cannot serve as shared memory.
    Fd = 2,
}

impl From<WlShmCode> for u32 {
    fn from(code: WlShmCode) -> u32 {
        code as u32
    }
}

/// The code to post on the pool (M05 to M08).
impl From<LayoutError> for WlShmCode {
    fn from(error: LayoutError) -> WlShmCode {
        match error {
            LayoutError::Format { .. } => WlShmCode::Format,
            _ => WlShmCode::Stride,
        }
    }
}

/// Why shared memory could not be made, imported, read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum ShmError {
    /// A size of zero or less.
    Size {
        /// The size asked for, in bytes.
        size: i64,
    },
    /// The descriptor is no memory and no file: a pipe, a socket, a directory.
    NotSharedMemory,
    /// A file on a file system that could make its readers wait as long as
    /// somebody likes: FUSE, or a network.
    FileSystem {
        /// What the kernel calls it; `unknown` if it is not to be found out.
        name: String,
    },
    /// The descriptor is not open for reading.
    NotReadable,
    /// The descriptor is not open for writing, or writing is sealed.
    NotWritable,
    /// The descriptor appends: what is written through it lands behind the end.
    Appending,
    /// The policy asks for memory that cannot shrink, and this can.
    NotSealed,
    /// A pool can only grow.
    Shrinking {
        /// Bytes it has.
        current: usize,
        /// Bytes that were asked for.
        requested: i64,
    },
    /// The peer holds more shared memory than it may.
    Quota {
        /// Bytes asked for on top of what is in use.
        requested: usize,
        /// The limit in bytes.
        bytes: usize,
        /// The limit in pools.
        pools: usize,
    },
    /// Writing could cost this process more memory than peers may cost it.
    Budget {
        /// Size of the pool in bytes.
        requested: usize,
        /// The limit in bytes, of all peers together or of this one.
        bytes: usize,
    },
    /// The file ends before the memory that was promised.
    Truncated {
        /// Where the access would have ended, in bytes.
        end: usize,
    },
    /// The caller asked for bytes or pixels outside: a bug on this side.
    OutOfBounds {
        /// First byte.
        start: usize,
        /// Behind the last byte.
        end: usize,
        /// Size of the memory.
        size: usize,
    },
    /// The memory is still mapped for writing somewhere, so it cannot be made immutable.
    StillMapped,
    /// The arguments of a buffer make no sense.
    Layout(LayoutError),
    /// A system call failed.
    Io {
        /// What was tried.
        action: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}

impl fmt::Display for ShmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ShmError::Size { size } => write!(f, "shared memory cannot have {size} bytes"),
            ShmError::NotSharedMemory => f.write_str("the descriptor is not shared memory; send a memfd"),
            ShmError::FileSystem { name } => {
                write!(f, "the descriptor is a file on {name}, which could make its readers wait; send a memfd")
            }
            ShmError::NotReadable => f.write_str("the shared memory cannot be read through this descriptor"),
            ShmError::NotWritable => f.write_str("the shared memory is read-only"),
            ShmError::Appending => {
                f.write_str("the descriptor appends (O_APPEND); open the shared memory without that")
            }
            ShmError::NotSealed => f.write_str("the memfd can shrink; seal it with F_SEAL_SHRINK"),
            ShmError::Shrinking { current, requested } => {
                write!(f, "shrinking a pool from {current} to {requested} bytes is not possible")
            }
            ShmError::Quota { requested, bytes, pools } => write!(
                f,
                "{requested} more bytes or one more pool would exceed the quota of {bytes} bytes in {pools} pools"
            ),
            ShmError::Budget { requested, bytes } => write!(
                f,
                "writing to shared memory could cost {requested} bytes, too many for a budget of {bytes} bytes"
            ),
            ShmError::Truncated { end } => write!(f, "the file ends before byte {end} of the shared memory"),
            ShmError::OutOfBounds { start, end, size } => {
                write!(f, "bytes {start}..{end} are outside of shared memory of {size} bytes")
            }
            ShmError::StillMapped => f.write_str("the memory is still mapped for writing; unmap it everywhere first"),
            ShmError::Layout(error) => error.fmt(f),
            ShmError::Io { action, .. } => write!(f, "cannot {action} shared memory"),
        }
    }
}

impl StdError for ShmError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            ShmError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<LayoutError> for ShmError {
    fn from(error: LayoutError) -> ShmError {
        ShmError::Layout(error)
    }
}

impl ShmError {
    /// The code for an error that is the client's fault (M01 to M10), to
    /// be posted on the `wl_shm`, pool or buffer that was used.
    ///
    /// `None` for the server's own trouble and for the quota, which
    /// `wl_display.no_memory` describes best.
    #[must_use]
    pub fn wl_shm_code(&self) -> Option<WlShmCode> {
        match self {
            ShmError::Size { .. } => Some(WlShmCode::Stride),
            ShmError::Layout(error) => Some((*error).into()),
            ShmError::NotSharedMemory
            | ShmError::FileSystem { .. }
            | ShmError::NotReadable
            | ShmError::NotWritable
            | ShmError::Appending
            | ShmError::NotSealed
            | ShmError::Shrinking { .. }
            | ShmError::Truncated { .. } => Some(WlShmCode::Fd),
            ShmError::Quota { .. }
            | ShmError::Budget { .. }
            | ShmError::OutOfBounds { .. }
            | ShmError::StillMapped
            | ShmError::Io { .. } => None,
        }
    }

    pub(super) fn io(action: &'static str, source: impl Into<io::Error>) -> ShmError {
        ShmError::Io { action, source: source.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m05_to_m08_have_the_codes_of_wl_shm() {
        let format = ShmError::from(LayoutError::Format { code: 77 });
        assert_eq!(format.wl_shm_code().map(u32::from), Some(0));
        for error in [
            LayoutError::Dimensions { width: 0, height: 1 },
            LayoutError::Stride { stride: 3, row: 4 },
            LayoutError::TooLarge { size: 1 << 31 },
            LayoutError::Offset { offset: -1 },
            LayoutError::OutsidePool { end: 5, pool_size: 4 },
        ] {
            assert_eq!(ShmError::from(error).wl_shm_code(), Some(WlShmCode::Stride), "{error}");
        }
    }
}
