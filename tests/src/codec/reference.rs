//! The kit's own wire behind the [`Codec`] trait: what the cases are validated against, and an example of an adapter.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use super::{Codec, Decoded, Kind, Refused, Value};
use crate::wire::{self, Args, HEADER, Message, WireError};

/// A codec by the letter of the manual.
#[derive(Debug)]
pub struct Reference {
    input: Vec<u8>,
    fds: VecDeque<OwnedFd>,
    limit: usize,
}

impl Default for Reference {
    fn default() -> Self {
        Self { input: Vec::new(), fds: VecDeque::new(), limit: 4096 }
    }
}

fn refused<T>(reason: &str) -> Result<T, Refused> {
    Err(Refused { reason: reason.to_owned() })
}

impl From<WireError> for Refused {
    fn from(error: WireError) -> Self {
        Self { reason: error.to_string() }
    }
}

impl Codec for Reference {
    fn encode(
        &mut self,
        object: u32,
        opcode: u16,
        signature: &[Kind],
        values: &[Value],
        fds: Vec<OwnedFd>,
    ) -> Result<(Vec<u8>, Vec<OwnedFd>), Refused> {
        let mut message = Message::new(object, opcode);
        let mut expected_fds = 0;
        for (kind, value) in signature.iter().zip(values) {
            message = match (kind, value) {
                (Kind::Int, Value::Int(number)) | (Kind::Fixed, Value::Fixed(number)) => message.int(*number),
                (Kind::Uint, Value::Uint(number)) => message.uint(*number),
                (Kind::Text { nullable: true }, Value::Text(None)) => message.uint(0),
                (Kind::Text { .. }, Value::Text(Some(text))) if !text.contains(&0) => {
                    message.array(&[text.as_slice(), &[0]].concat())
                }
                (Kind::Array, Value::Array(bytes)) => message.array(bytes),
                (Kind::Object { nullable }, Value::Object(id)) if *nullable || *id != 0 => message.uint(*id),
                (Kind::NewId, Value::NewId(id)) if *id != 0 => message.uint(*id),
                (Kind::Fd, Value::Fd) => {
                    expected_fds += 1;
                    message
                }
                _ => return refused("a value that the signature does not allow"),
            };
        }
        if fds.len() != expected_fds || signature.len() != values.len() {
            return refused("too few or too many values");
        }
        let bytes = message.bytes();
        if bytes.len() > self.limit.min(0xfffc) {
            return refused("longer than the limit");
        }
        Ok((bytes, fds))
    }

    fn feed(&mut self, bytes: &[u8], fds: Vec<OwnedFd>) {
        self.input.extend_from_slice(bytes);
        self.fds.extend(fds);
    }

    fn next(&mut self, signature: &[Kind]) -> Result<Option<Decoded>, Refused> {
        if let Some(second) = self.input.get(4..HEADER) {
            let second = u32::from_ne_bytes(second.try_into().expect("four bytes"));
            if (second >> 16) as usize > self.limit {
                return refused("longer than the limit");
            }
        }
        let Some(message) = wire::split(&mut self.input)? else { return Ok(None) };
        let mut args = message.args();
        let (mut values, mut fds) = (Vec::new(), Vec::new());
        for kind in signature {
            values.push(self.value(*kind, &mut args, &mut fds)?);
        }
        args.end()?;
        Ok(Some(Decoded { object: message.object, opcode: message.opcode, values, fds }))
    }

    fn pending(&self) -> usize {
        self.input.len()
    }

    fn set_limit(&mut self, bytes: usize) {
        self.limit = bytes;
    }

    fn fixed_from(&self, number: f64) -> Option<i32> {
        let scaled = (number * 256.0).round();
        let fits = scaled >= f64::from(i32::MIN) && scaled <= f64::from(i32::MAX);
        fits.then_some(scaled as i32)
    }

    fn fixed_to_int(&self, fixed: i32) -> i32 {
        fixed / 256
    }

    fn fixed_to_double(&self, fixed: i32) -> f64 {
        f64::from(fixed) / 256.0
    }

    fn print(&self, kind: Kind, value: &Value) -> Option<String> {
        Some(match (kind, value) {
            (_, Value::Int(number)) => number.to_string(),
            (_, Value::Uint(number)) => number.to_string(),
            (_, Value::Fixed(fixed)) => format!("{:.8}", self.fixed_to_double(*fixed)),
            (_, Value::Text(Some(text))) => format!("\"{}\"", String::from_utf8_lossy(text)),
            (_, Value::Text(None)) | (Kind::Object { .. }, Value::Object(0)) => "nil".to_owned(),
            (_, Value::Array(bytes)) => format!("array[{}]", bytes.len()),
            (_, Value::Object(id)) => format!("[unknown]#{id}"),
            (_, Value::NewId(id)) => format!("new id [unknown]#{id}"),
            (_, Value::Fd) => "fd".to_owned(),
        })
    }
}

impl Reference {
    fn value(&mut self, kind: Kind, args: &mut Args<'_>, fds: &mut Vec<OwnedFd>) -> Result<Value, Refused> {
        Ok(match kind {
            Kind::Int => Value::Int(args.int()?),
            Kind::Uint => Value::Uint(args.uint()?),
            Kind::Fixed => Value::Fixed(args.int()?),
            Kind::Text { nullable } => match args.array()?.split_last() {
                None if nullable => Value::Text(None),
                Some((0, text)) if !text.contains(&0) => Value::Text(Some(text.to_vec())),
                _ => return refused("no string"),
            },
            Kind::Array => Value::Array(args.array()?.to_vec()),
            Kind::Object { nullable } => match args.uint()? {
                0 if !nullable => return refused("a null object"),
                id => Value::Object(id),
            },
            Kind::NewId => match args.uint()? {
                0 => return refused("a null new id"),
                id => Value::NewId(id),
            },
            Kind::Fd => match self.fds.pop_front() {
                Some(fd) => {
                    fds.push(fd);
                    Value::Fd
                }
                None => return refused("no fd"),
            },
        })
    }
}
