//! Bytes and words: the header, the arguments, `Fixed`. Wayland manual, Wire Format.
//!
//! The functions here read and write the layout of one message. They are pure: slices in, slices and words out.
//!
//! The format is host-endian by definition (both ends share one machine).

mod fixed;
mod reader;
mod writer;

pub use fixed::Fixed;
pub(crate) use reader::words_of;
pub use reader::{DecodeError, Reader, Words, words};
pub(crate) use writer::{Writer, array_size, string_size, write_words};

/// Bytes of a message header, the smallest legal message.
pub const HEADER: usize = 8;

/// Largest message the size field can express that is still whole words.
pub const MAX_SIZE: usize = 65_532;

/// Bytes of the largest message without strings and arrays: a header and twenty arguments.
pub(crate) const LARGEST_FIXED: usize = HEADER + 20 * 4;

/// First id of the range the server allocates from (O16).
pub const SERVER_IDS: u32 = 0xff00_0000;

/// The two words in front of every message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Object the message is sent to (request) or from (event).
    pub object: u32,
    /// Position of the message in its interface, requests and events apart.
    pub opcode: u16,
    /// Bytes of the whole message, header included. Not checked here.
    pub size: u16,
}

impl Header {
    /// Splits the two header words.
    #[inline]
    #[must_use]
    pub fn from_bytes(bytes: [u8; HEADER]) -> Header {
        let [a, b, c, d, e, f, g, h] = bytes;
        let word = u32::from_ne_bytes([e, f, g, h]);
        Header { object: u32::from_ne_bytes([a, b, c, d]), opcode: (word & 0xffff) as u16, size: (word >> 16) as u16 }
    }

    /// The second header word.
    #[inline]
    #[must_use]
    pub fn word(size: usize, opcode: u16) -> u32 {
        debug_assert!(size <= MAX_SIZE);
        ((size as u32) << 16) | u32::from(opcode)
    }
}

#[cfg(test)]
mod tests;
