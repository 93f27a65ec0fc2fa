//! Writes of one message into the place that a byte queue has for it.
//!
//! Sizes are settled before the first byte is written, so a message that
//! cannot be sent leaves the queue as it was (W16, W25, W26).

use super::Header;
use super::reader::has_zero;

/// Writes a message that consists of words alone; `place` has its size.
#[inline]
pub(crate) fn write_words<const N: usize>(place: &mut [u8], object: u32, opcode: u16, words: [u32; N]) {
    let mut message = Writer::new(place, object, opcode);
    for word in words {
        message.word(word);
    }
}

/// Bytes that a string argument takes: length word, text, NUL, pad. `None` if
/// the text has a NUL inside, which the wire cannot carry.
#[inline]
pub(crate) fn string_size(text: &str) -> Option<usize> {
    if has_zero(text.as_bytes()) {
        return None;
    }
    Some(4 + (text.len() + 1).next_multiple_of(4))
}

/// Bytes that an array argument takes: length word, bytes, pad.
#[inline]
pub(crate) fn array_size(array: &[u8]) -> usize {
    4 + array.len().next_multiple_of(4)
}

/// Writes one message, argument by argument.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    message: &'a mut [u8],
    at: usize,
}

impl<'a> Writer<'a> {
    /// Writes the header. `place` has the size of the message, which is known and allowed.
    #[inline]
    pub(crate) fn new(place: &'a mut [u8], object: u32, opcode: u16) -> Writer<'a> {
        let second = Header::word(place.len(), opcode);
        let mut writer = Writer { message: place, at: 0 };
        writer.word(object);
        writer.word(second);
        writer
    }

    /// The message, as far as it was written.
    pub(crate) fn message(&self) -> &[u8] {
        &self.message[..self.at]
    }

    /// Writes one word.
    #[inline]
    pub(crate) fn word(&mut self, word: u32) {
        self.message[self.at..][..4].copy_from_slice(&word.to_ne_bytes());
        self.at += 4;
    }

    /// Writes an array argument.
    #[inline]
    pub(crate) fn array(&mut self, array: &[u8]) {
        self.word(array.len() as u32);
        self.field(array, array.len().next_multiple_of(4));
    }

    /// Writes a string argument that [`string_size`] has accepted.
    #[inline]
    pub(crate) fn string(&mut self, text: &str) {
        self.word(text.len() as u32 + 1);
        self.field(text.as_bytes(), (text.len() + 1).next_multiple_of(4));
    }

    /// Writes bytes that take `size` with their pad.
    #[inline]
    fn field(&mut self, bytes: &[u8], size: usize) {
        let field = &mut self.message[self.at..][..size];
        // NUL and pad are in the last word.
        if let Some(last) = field.last_chunk_mut::<4>() {
            *last = [0; 4];
        }
        field[..bytes.len()].copy_from_slice(bytes);
        self.at += size;
    }
}
