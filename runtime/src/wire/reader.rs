//! Borrowed reads of message arguments.
//!
//! A [`Reader`] walks one message body. Strings and arrays are slices of the
//! buffer it was given; nothing is copied or allocated, whatever lengths the
//! peer claims. Ids are returned as plain words.

use byteorder::{ByteOrder, NativeEndian};
use std::error::Error as StdError;
use std::fmt;

/// Why a message body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The body ends before its last argument, or a length runs past the end.
    Short,
    /// Bytes are left after the last argument.
    Long,
    /// A string, object or new id is null where the protocol forbids it.
    Null,
    /// A string does not end in NUL, or has one inside.
    Nul,
    /// A string is not UTF-8.
    Utf8,
    /// The interface has no message with this opcode.
    UnknownOpcode(u16),
    /// An object argument names no live object.
    UnknownObject(u32),
    /// An object argument names an object of another interface.
    WrongInterface(u32),
    /// A new id is 0, taken, of the wrong range or leaves a gap (O03 to O05).
    BadNewId(u32),
    /// The message carries fewer fds than its signature asks for.
    MissingFd,
    /// The peer holds as many objects as its limit allows.
    TooManyObjects(u32),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Short => f.write_str("message too short for its arguments"),
            DecodeError::Long => f.write_str("message longer than its arguments"),
            DecodeError::Null => f.write_str("null where a value is required"),
            DecodeError::Nul => f.write_str("string not NUL-terminated, or with an interior NUL"),
            DecodeError::Utf8 => f.write_str("string is not UTF-8"),
            DecodeError::UnknownOpcode(opcode) => write!(f, "no message has opcode {opcode}"),
            DecodeError::UnknownObject(id) => write!(f, "unknown object {id}"),
            DecodeError::WrongInterface(id) => write!(f, "object {id} has another interface"),
            DecodeError::BadNewId(id) => write!(f, "bad new id {id}"),
            DecodeError::MissingFd => f.write_str("a file descriptor is missing"),
            DecodeError::TooManyObjects(limit) => write!(f, "more objects than the limit of {limit}"),
        }
    }
}

impl StdError for DecodeError {}

/// Reads exactly `N` words; the body must hold neither more nor less.
#[inline]
pub(crate) fn words_of<const N: usize>(body: &[u8]) -> Result<[u32; N], DecodeError> {
    if body.len() != N * 4 {
        return Err(if body.len() < N * 4 { DecodeError::Short } else { DecodeError::Long });
    }
    // Word by word, so that a decoder loads each where it needs it.
    let (words, _) = body.as_chunks::<4>();
    Ok(std::array::from_fn(|at| words.get(at).map_or(0, |word| u32::from_ne_bytes(*word))))
}

/// Whether any byte is 0. It looks at blocks of sixty-four bytes: of the sixteen least,
/// one of each column, since that takes the compiler one instruction for sixteen bytes.
#[inline(always)]
pub(crate) fn has_nul(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some((block, behind)) = rest.split_first_chunk::<64>() {
        let (rows, _) = block.as_chunks::<16>();
        let least = rows.iter().fold([u8::MAX; 16], |least, row| std::array::from_fn(|at| least[at].min(row[at])));
        if has_zero(&least) {
            return true;
        }
        rest = behind;
    }
    !rest.is_empty() && tail_has_zero(rest)
}

#[inline(never)]
fn tail_has_zero(bytes: &[u8]) -> bool {
    has_zero(bytes)
}

/// Whether any byte is 0, without an early exit, so that it is done in vectors.
#[inline(always)]
pub(crate) fn has_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, &byte| found | (byte == 0))
}

/// The text in front of a NUL.
#[inline(always)]
fn text_of(bytes: &[u8]) -> Result<&str, DecodeError> {
    if has_nul(bytes) {
        return Err(DecodeError::Nul);
    }
    simdutf8::basic::from_utf8(bytes).map_err(|_| DecodeError::Utf8)
}

/// As [`text_of`]. Not inlined: the loops over messages, which decoders are inlined into, keep what they need in registers.
#[inline(never)]
fn short_text(bytes: &[u8]) -> Result<&str, DecodeError> {
    text_of(bytes)
}

/// Walks the arguments of one message body.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first argument. `body` excludes the header.
    #[inline]
    #[must_use]
    pub fn new(body: &'a [u8]) -> Reader<'a> {
        Reader { rest: body }
    }

    /// The next word.
    ///
    /// # Errors
    /// [`DecodeError::Short`] at the end of the body.
    #[inline]
    pub fn word(&mut self) -> Result<u32, DecodeError> {
        let (word, rest) = self.rest.split_first_chunk::<4>().ok_or(DecodeError::Short)?;
        self.rest = rest;
        Ok(u32::from_ne_bytes(*word))
    }

    /// The next array. Its length is counted in bytes; pad bytes are skipped unread.
    ///
    /// # Errors
    /// [`DecodeError::Short`] if the claimed length runs past the end.
    #[inline]
    pub fn array(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.word()? as usize;
        // The comparison comes first, so rounding up cannot overflow.
        if length > self.rest.len() {
            return Err(DecodeError::Short);
        }
        let padded = (length + 3) & !3;
        let (field, rest) = self.rest.split_at_checked(padded).ok_or(DecodeError::Short)?;
        self.rest = rest;
        Ok(&field[..length])
    }

    /// The next string, where null is not allowed.
    ///
    /// # Errors
    /// Any [`DecodeError`] about strings.
    #[inline]
    pub fn string(&mut self) -> Result<&'a str, DecodeError> {
        self.optional_string()?.ok_or(DecodeError::Null)
    }

    /// The next string, or `None` for null (a length of 0; "" has length 1).
    ///
    /// # Errors
    /// Any [`DecodeError`] about strings except `Null`.
    #[inline(always)]
    pub fn optional_string(&mut self) -> Result<Option<&'a str>, DecodeError> {
        let Some((&last, text)) = self.array()?.split_last() else { return Ok(None) };
        if last != 0 {
            return Err(DecodeError::Nul);
        }
        let text = if text.len() < 64 { short_text(text) } else { text_of(text) };
        text.map(Some)
    }

    /// Insists that nothing is left.
    ///
    /// # Errors
    /// [`DecodeError::Long`].
    #[inline]
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DecodeError::Long) }
    }
}

/// The 32-bit words of an array argument, such as the keys of `enter`.
/// A last fragment of fewer than four bytes is left out.
#[must_use]
pub fn words(array: &[u8]) -> Words<'_> {
    Words { chunks: array.chunks_exact(4) }
}

/// Iterator made by [`words`].
#[derive(Clone, Debug)]
pub struct Words<'a> {
    chunks: std::slice::ChunksExact<'a, u8>,
}

impl Iterator for Words<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.chunks.next().map(NativeEndian::read_u32)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.chunks.size_hint()
    }
}

impl ExactSizeIterator for Words<'_> {}
