//! Writes of one message at the end of a byte queue.
//!
//! Sizes are settled before the first byte is written, so a message that
//! cannot be sent leaves the queue as it was (WIRE.md A.9, W16, W25, W26).

use byteorder::{ByteOrder, NativeEndian};

use super::reader::has_nul;
use super::{HEADER, Header};

/// Appends a message that consists of words alone.
#[inline]
pub(crate) fn push_words<const N: usize>(out: &mut Vec<u8>, object: u32, opcode: u16, words: [u32; N]) {
    // One message of words has at most 20 of them (WIRE.md A.4), so 88 bytes.
    const { assert!(N <= 20) };
    let size = HEADER + N * 4;
    let mut bytes = [0u8; HEADER + 80];
    bytes[0..4].copy_from_slice(&object.to_ne_bytes());
    bytes[4..8].copy_from_slice(&Header::word(size, opcode).to_ne_bytes());
    NativeEndian::write_u32_into(&words, &mut bytes[HEADER..size]);
    out.extend_from_slice(&bytes[..size]);
}

/// Bytes that a string argument takes: length word, text, NUL, pad. `None` if
/// the text has a NUL inside, which the wire cannot carry.
#[inline]
pub(crate) fn string_size(text: &str) -> Option<usize> {
    if has_nul(text.as_bytes()) {
        return None;
    }
    Some(4 + (text.len() + 1).next_multiple_of(4))
}

/// Bytes that an array argument takes: length word, bytes, pad.
#[inline]
pub(crate) fn array_size(array: &[u8]) -> usize {
    4 + array.len().next_multiple_of(4)
}

/// Appends the header of a message whose size is already known and allowed.
#[inline]
pub(crate) fn push_header(out: &mut Vec<u8>, object: u32, opcode: u16, size: usize) {
    out.reserve(size);
    out.extend_from_slice(&object.to_ne_bytes());
    push_word(out, Header::word(size, opcode));
}

/// Appends one word.
#[inline]
pub(crate) fn push_word(out: &mut Vec<u8>, word: u32) {
    out.extend_from_slice(&word.to_ne_bytes());
}

/// Appends an array argument.
#[inline]
pub(crate) fn push_array(out: &mut Vec<u8>, array: &[u8]) {
    push_word(out, array.len() as u32);
    out.extend_from_slice(array);
    pad(out, array.len());
}

/// Appends a string argument that [`string_size`] has accepted.
#[inline]
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    push_word(out, text.len() as u32 + 1);
    out.extend_from_slice(text.as_bytes());
    out.push(0);
    pad(out, text.len() + 1);
}

#[inline]
fn pad(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&[0; 3][..length.next_multiple_of(4) - length]);
}
