//! The Wayland wire as the kit speaks it: host-endian 32-bit words, nothing else.
//!
//! Knows how one message is laid out (Wayland manual, Wire Format), how to build it well *and badly* (any header, any length word,
//! any body), and how to read one back with every length checked. Refuses to know objects, protocols, sockets and fds:
//! an fd argument has no bytes, so it has no function here. Nothing is shared with the implementation under test.

/// Object id of `wl_display`, which exists from the start on both sides.
pub const DISPLAY: u32 = 1;
/// Bytes of a message header: object id, then `size << 16 | opcode`.
pub const HEADER: usize = 8;
/// First id of the range the server allocates from.
pub const SERVER_RANGE: u32 = 0xff00_0000;

/// A message under construction. Argument methods append in XML order; nothing is validated, because wrong messages are
/// what most cases are made of.
#[derive(Clone, Debug)]
pub struct Message {
    object: u32,
    opcode: u16,
    body: Vec<u8>,
}

impl Message {
    /// Starts a message to (request) or from (event) `object`.
    #[must_use]
    pub fn new(object: u32, opcode: u16) -> Self {
        Self { object, opcode, body: Vec::new() }
    }

    /// Appends one word: a `uint`, an `object`, a typed `new_id`, or a length about to be lied about.
    #[must_use]
    pub fn uint(mut self, value: u32) -> Self {
        self.body.extend(value.to_ne_bytes());
        self
    }

    /// Appends an `int`, or a `fixed` in its raw 24.8 form.
    #[must_use]
    pub fn int(self, value: i32) -> Self {
        self.uint(value.cast_unsigned())
    }

    /// Appends a `string`: length with NUL, bytes, NUL, zero padding.
    #[must_use]
    pub fn string(self, text: &str) -> Self {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0);
        self.array(&bytes)
    }

    /// Appends an `array`: length, bytes, zero padding.
    #[must_use]
    pub fn array(self, bytes: &[u8]) -> Self {
        let mut message = self.uint(word(bytes.len())).raw(bytes);
        while !message.body.len().is_multiple_of(4) {
            message.body.push(0);
        }
        message
    }

    /// Appends bytes as they are.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.body.extend_from_slice(bytes);
        self
    }

    /// The bytes with a truthful header. The size field wraps where the body is too long for it, as the field does.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes_claiming(HEADER + self.body.len())
    }

    /// The bytes with `size` in the header, whatever the body holds. Only the low 16 bits fit.
    #[must_use]
    pub fn bytes_claiming(&self, size: usize) -> Vec<u8> {
        let mut bytes = self.object.to_ne_bytes().to_vec();
        bytes.extend((word(size) << 16 | u32::from(self.opcode)).to_ne_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// A complete message taken from a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The object the message is sent to or from.
    pub object: u32,
    /// Position among the requests or the events of the object's interface.
    pub opcode: u16,
    /// Everything behind the header.
    pub body: Vec<u8>,
}

/// Why bytes are not a message, or a body is not the arguments asked of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The header claims a size that no message can have.
    #[error("message header of object {object} claims {size} bytes")]
    Size {
        /// Sender or target in the header.
        object: u32,
        /// The claimed size.
        size: usize,
    },
    /// The body ends before argument `argument` (counted from 0) does.
    #[error("argument {argument} runs past the end of the message")]
    Short {
        /// Index of the argument.
        argument: usize,
    },
    /// A string without its NUL, with a NUL inside, or null where the reader wanted text.
    #[error("argument {argument} is not a string")]
    Text {
        /// Index of the argument.
        argument: usize,
    },
    /// Bytes are left after the last argument.
    #[error("{surplus} bytes after the last argument")]
    Surplus {
        /// How many.
        surplus: usize,
    },
}

/// Splits the first complete message off `stream`. `None` means that more bytes are needed.
///
/// # Errors
/// [`WireError::Size`] for a size below the header or not a multiple of 4.
pub fn split(stream: &mut Vec<u8>) -> Result<Option<Received>, WireError> {
    let message = first(stream)?;
    stream.drain(..message.as_ref().map_or(0, |message| HEADER + message.body.len()));
    Ok(message)
}

/// The first complete message of `stream`, which stays as it is.
///
/// # Errors
/// As [`split`].
pub fn first(stream: &[u8]) -> Result<Option<Received>, WireError> {
    let (Some(object), Some(second)) = (word_at(stream, 0), word_at(stream, 4)) else { return Ok(None) };
    let size = (second >> 16) as usize;
    if size < HEADER || !size.is_multiple_of(4) {
        return Err(WireError::Size { object, size });
    }
    if stream.len() < size {
        return Ok(None);
    }
    Ok(Some(Received { object, opcode: (second & 0xffff) as u16, body: stream[HEADER..size].to_vec() }))
}

impl Received {
    /// Reads the arguments from the front.
    #[must_use]
    pub fn args(&self) -> Args<'_> {
        Args { rest: &self.body, index: 0 }
    }

    /// The first argument as a word; 0 if there is none. For events whose shape is already known.
    #[must_use]
    pub fn first(&self) -> u32 {
        word_at(&self.body, 0).unwrap_or(0)
    }
}

/// A cursor over the arguments of one message.
#[derive(Clone, Debug)]
pub struct Args<'a> {
    rest: &'a [u8],
    index: usize,
}

impl<'a> Args<'a> {
    /// Takes one word.
    ///
    /// # Errors
    /// [`WireError::Short`] at the end of the body.
    pub fn uint(&mut self) -> Result<u32, WireError> {
        let value = word_at(self.rest, 0).ok_or(WireError::Short { argument: self.index })?;
        self.rest = &self.rest[4..];
        self.index += 1;
        Ok(value)
    }

    /// Takes one signed word.
    ///
    /// # Errors
    /// As [`Args::uint`].
    pub fn int(&mut self) -> Result<i32, WireError> {
        self.uint().map(u32::cast_signed)
    }

    /// Takes an array. Padding is skipped unread.
    ///
    /// # Errors
    /// [`WireError::Short`] if the length word promises more than the body holds.
    pub fn array(&mut self) -> Result<&'a [u8], WireError> {
        let argument = self.index;
        let length = self.uint()? as usize;
        let padded = length.checked_add(3).ok_or(WireError::Short { argument })? & !3;
        if padded > self.rest.len() {
            return Err(WireError::Short { argument });
        }
        let bytes = &self.rest[..length];
        self.rest = &self.rest[padded..];
        Ok(bytes)
    }

    /// Takes a string that may be null.
    ///
    /// # Errors
    /// As [`Args::array`], and [`WireError::Text`] for a missing or an interior NUL.
    pub fn nullable_string(&mut self) -> Result<Option<String>, WireError> {
        let argument = self.index;
        let bytes = self.array()?;
        match bytes.split_last() {
            None => Ok(None),
            Some((0, text)) if !text.contains(&0) => Ok(Some(String::from_utf8_lossy(text).into_owned())),
            Some(_) => Err(WireError::Text { argument }),
        }
    }

    /// Takes a string.
    ///
    /// # Errors
    /// As [`Args::nullable_string`], and [`WireError::Text`] for null.
    pub fn string(&mut self) -> Result<String, WireError> {
        let argument = self.index;
        self.nullable_string()?.ok_or(WireError::Text { argument })
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`WireError::Surplus`] if bytes are left.
    pub fn end(&self) -> Result<(), WireError> {
        if self.rest.is_empty() { Ok(()) } else { Err(WireError::Surplus { surplus: self.rest.len() }) }
    }
}

fn word_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().expect("a slice of four bytes")))
}

/// A length as it goes on the wire: longer than the word can say wraps, as the wire's own field would.
fn word(length: usize) -> u32 {
    (length & 0xffff_ffff) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w03_bind_has_the_bytes_of_the_manual() {
        let bind = Message::new(2, 0).uint(1).string("wl_shm").uint(1).uint(3).bytes();
        let words: Vec<u32> = bind.chunks(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap())).collect();
        let text = |bytes: &[u8; 4]| u32::from_ne_bytes(*bytes);
        assert_eq!(words, [2, 0x20_0000, 1, 7, text(b"wl_s"), text(b"hm\0\0"), 1, 3]);
    }

    #[test]
    fn split_waits_for_the_last_byte_and_keeps_the_rest() {
        let whole = Message::new(1, 0).uint(2).bytes();
        let mut stream = whole[..11].to_vec();
        assert_eq!(split(&mut stream), Ok(None));
        stream.push(whole[11]);
        stream.extend([9, 9]);
        assert_eq!(split(&mut stream).unwrap().unwrap().args().uint(), Ok(2));
        assert_eq!(stream, [9, 9]);
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let body = Message::new(1, 0).uint(0xffff_fffe).raw(&[0; 8]).bytes()[HEADER..].to_vec();
        let message = Received { object: 1, opcode: 0, body };
        assert_eq!(message.args().array(), Err(WireError::Short { argument: 0 }));
        assert_eq!(split(&mut Message::new(3, 0).bytes_claiming(7)), Err(WireError::Size { object: 3, size: 7 }));
    }
}
