//! Between the bytes of one message and its value, by the signature.
//!
//! Makes the same checks in the same order as generated decoders: sizes, then words, strings and arrays, then fds.
//! Memory is taken only for bytes that have arrived.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use super::error::EncodeError;
use super::interface::{Arg, ArgKind, Signature};
use super::value::{Message, Value, ValueRef};
use crate::error::SendError;
use crate::wire::{self, DecodeError, Fixed, HEADER, Header, MAX_SIZE, Reader, Writer};

impl Signature {
    /// Decodes one whole message, header included. Takes the fds of the message from the front of `fds`. Ids are not
    /// looked up.
    ///
    /// # Errors
    /// [`DecodeError`] if the message does not fit the signature; fds that were taken are closed.
    pub fn decode(&self, bytes: &[u8], fds: &mut VecDeque<OwnedFd>) -> Result<Message, DecodeError> {
        let (header, body) = bytes.split_first_chunk::<HEADER>().ok_or(DecodeError::Short)?;
        let header = Header::from_bytes(*header);
        if usize::from(header.size) != bytes.len() {
            return Err(if bytes.len() < usize::from(header.size) { DecodeError::Short } else { DecodeError::Long });
        }
        let (least, is_fixed) = self.sizes();
        check_size(bytes.len(), least, is_fixed)?;
        let mut reader = Reader::new(body);
        let mut values = Vec::with_capacity(self.args.len());
        let mut has_fds = false;
        for arg in &self.args {
            match arg.kind {
                ArgKind::Fd => has_fds = true,
                _ => values.push(owned(read(arg, &mut reader)?)),
            }
        }
        reader.finish()?;
        if !has_fds {
            return Ok(Message { object: header.object, opcode: header.opcode, values });
        }
        for (index, _) in self.args.iter().enumerate().filter(|(_, arg)| arg.kind == ArgKind::Fd) {
            let fd = fds.pop_front().ok_or(DecodeError::MissingFd)?;
            values.insert(index, Value::Fd(fd));
        }
        Ok(Message { object: header.object, opcode: header.opcode, values })
    }

    /// Encodes a message: its bytes, header included, and its fds.
    ///
    /// # Errors
    /// [`EncodeError`] if the values do not fit the signature, or the wire cannot carry them; the fds are closed.
    pub fn encode(&self, mut message: Message) -> Result<(Vec<u8>, Vec<OwnedFd>), EncodeError> {
        let size = self.encoded_size(&message.values)?;
        if size > MAX_SIZE {
            let size = u32::try_from(size).unwrap_or(u32::MAX);
            return Err(SendError::TooLarge { size, limit: MAX_SIZE as u32 }.into());
        }
        let mut bytes = vec![0; size];
        write(&mut bytes, &message);
        Ok((bytes, take_fds(&mut message.values)))
    }

    /// Bytes that the message will have, if the values fit the arguments.
    pub(super) fn encoded_size(&self, values: &[Value]) -> Result<usize, EncodeError> {
        if values.len() != self.args.len() {
            return Err(EncodeError::Count { expected: self.args.len(), found: values.len() });
        }
        let sizes = self.args.iter().zip(values).enumerate().map(|(index, (arg, value))| size(index, arg, value));
        sizes.sum::<Result<usize, EncodeError>>().map(|size| HEADER + size)
    }
}

/// Whether a message can have this size. What is not of fixed size is judged by its reader.
#[inline]
pub(super) fn check_size(size: usize, least: usize, is_fixed: bool) -> Result<(), DecodeError> {
    if size < least {
        Err(DecodeError::Short)
    } else if !size.is_multiple_of(4) || (is_fixed && size != least) {
        Err(DecodeError::Long)
    } else {
        Ok(())
    }
}

#[inline]
pub(super) fn read<'a>(arg: &Arg, reader: &mut Reader<'a>) -> Result<ValueRef<'a>, DecodeError> {
    Ok(match arg.kind {
        ArgKind::Int => ValueRef::Int(reader.word()? as i32),
        ArgKind::Uint => ValueRef::Uint(reader.word()?),
        ArgKind::Fixed => ValueRef::Fixed(Fixed::from_bits(reader.word()? as i32)),
        ArgKind::String { nullable: true } => ValueRef::String(reader.optional_string()?),
        ArgKind::String { nullable: false } => ValueRef::String(Some(reader.string()?)),
        ArgKind::Array => ValueRef::Array(reader.array()?),
        ArgKind::Object { .. } => ValueRef::Object(reader.word()?),
        ArgKind::NewId { .. } => ValueRef::NewId(reader.word()?),
        ArgKind::AnyNewId => {
            let (interface, version, id) = (reader.string()?, reader.word()?, reader.word()?);
            ValueRef::AnyNewId { interface, version, id }
        }
        // No part of the bytes; the caller leaves it out.
        ArgKind::Fd => return Err(DecodeError::Short),
    })
}

/// The argument of a message that was judged behind which there is padding that is not zero.
pub(super) fn padded<'a>(args: &'a [Arg], bytes: &[u8]) -> Option<&'a Arg> {
    let mut at = HEADER;
    for arg in args {
        let behind = match arg.kind {
            ArgKind::Fd => continue,
            ArgKind::String { .. } | ArgKind::Array => 0,
            ArgKind::AnyNewId => 8,
            _ => {
                at += 4;
                continue;
            }
        };
        let length = bytes.get(at..)?.first_chunk().map(|length| u32::from_ne_bytes(*length))? as usize;
        let (first, end) = (at + 4 + length, at + 4 + length.next_multiple_of(4));
        if bytes.get(first..end)?.iter().any(|&byte| byte != 0) {
            return Some(arg);
        }
        at = end + behind;
    }
    None
}

/// A copy of what is no descriptor.
fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Int(value) => Value::Int(value),
        ValueRef::Uint(value) => Value::Uint(value),
        ValueRef::Fixed(value) => Value::Fixed(value),
        ValueRef::String(text) => Value::String(text.map(str::to_owned)),
        ValueRef::Array(array) => Value::Array(array.to_owned()),
        ValueRef::Object(id) => Value::Object(id),
        ValueRef::NewId(id) => Value::NewId(id),
        ValueRef::AnyNewId { interface, version, id } => {
            Value::AnyNewId { interface: interface.to_owned(), version, id }
        }
        ValueRef::Fd(_) => unreachable!("the caller leaves it out"),
    }
}

fn size(index: usize, arg: &Arg, value: &Value) -> Result<usize, EncodeError> {
    let string = |text: &str| wire::string_size(text).ok_or(EncodeError::Send(SendError::InteriorNul));
    match (&arg.kind, value) {
        (ArgKind::String { nullable: false }, Value::String(None))
        | (ArgKind::Object { nullable: false, .. }, Value::Object(0))
        | (ArgKind::NewId { .. }, Value::NewId(0))
        | (ArgKind::AnyNewId, Value::AnyNewId { id: 0, .. }) => Err(EncodeError::Null(index)),
        (ArgKind::Int, Value::Int(_))
        | (ArgKind::Uint, Value::Uint(_))
        | (ArgKind::Fixed, Value::Fixed(_))
        | (ArgKind::String { .. }, Value::String(None))
        | (ArgKind::Object { .. }, Value::Object(_))
        | (ArgKind::NewId { .. }, Value::NewId(_)) => Ok(4),
        (ArgKind::String { .. }, Value::String(Some(text))) => string(text),
        (ArgKind::Array, Value::Array(array)) => Ok(wire::array_size(array)),
        (ArgKind::AnyNewId, Value::AnyNewId { interface, .. }) => Ok(string(interface)? + 8),
        (ArgKind::Fd, Value::Fd(_)) => Ok(0),
        _ => Err(EncodeError::Type(index)),
    }
}

/// Writes a message to the place for it, which has its [size](Signature::encoded_size).
pub(super) fn write(place: &mut [u8], message: &Message) {
    let mut writer = Writer::new(place, message.object, message.opcode);
    for value in &message.values {
        match value {
            Value::Int(value) => writer.word(*value as u32),
            Value::Uint(word) | Value::Object(word) | Value::NewId(word) => writer.word(*word),
            Value::Fixed(value) => writer.word(value.to_bits() as u32),
            Value::String(None) => writer.word(0),
            Value::String(Some(text)) => writer.string(text),
            Value::Array(array) => writer.array(array),
            Value::AnyNewId { interface, version, id } => {
                writer.string(interface);
                writer.word(*version);
                writer.word(*id);
            }
            Value::Fd(_) => {}
        }
    }
}

/// Takes the fds out of values.
pub(super) fn take_fds(values: &mut Vec<Value>) -> Vec<OwnedFd> {
    if !values.iter().any(|value| matches!(value, Value::Fd(_))) {
        return Vec::new();
    }
    let fds = values.extract_if(.., |value| matches!(value, Value::Fd(_)));
    fds.filter_map(|value| if let Value::Fd(fd) = value { Some(fd) } else { None }).collect()
}
