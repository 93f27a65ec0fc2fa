//! Messages as values, and their text.

use std::fmt::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use super::interface::{Arg, ArgKind, Interface, Signature};
use crate::escape::Escaped;
use crate::wire::Fixed;

/// The value of one argument.
#[derive(Debug)]
pub enum Value {
    /// `int`
    Int(i32),
    /// `uint`
    Uint(u32),
    /// `fixed`
    Fixed(Fixed),
    /// `string`; null if there is none.
    String(Option<String>),
    /// `array`
    Array(Vec<u8>),
    /// `fd`, owned by the message.
    Fd(OwnedFd),
    /// `object`: its id, or 0 for null.
    Object(u32),
    /// `new_id` of the interface that the signature says: the id.
    NewId(u32),
    /// `new_id` that names its interface and version, as in `wl_registry.bind`.
    AnyNewId {
        /// Name of the interface.
        interface: String,
        /// Version of the new object.
        version: u32,
        /// The id.
        id: u32,
    },
}

/// A message with its arguments. Owns its strings, arrays and fds.
#[derive(Debug)]
pub struct Message {
    /// Id of the object it is sent to (requests) or from (events).
    pub object: u32,
    /// Position of the message in the interface; requests and events are counted apart.
    pub opcode: u16,
    /// One value for each argument.
    pub values: Vec<Value>,
}

/// The text of a message as the runtime traces it, such as `wl_surface#3.attach(wl_buffer#5, 0, 0)`.
pub(super) struct Text<'a> {
    pub(super) interface: &'a Interface,
    pub(super) signature: &'a Signature,
    pub(super) message: &'a Message,
    /// Whether fds are shown with their numbers.
    pub(super) numbers: bool,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}.{}(", self.interface.name, self.message.object, self.signature.name)?;
        for (index, (arg, value)) in self.signature.args.iter().zip(&self.message.values).enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            argument(f, arg, value, self.numbers)?;
        }
        f.write_char(')')
    }
}

fn argument(f: &mut fmt::Formatter<'_>, arg: &Arg, value: &Value, numbers: bool) -> fmt::Result {
    match (value, &arg.kind) {
        (Value::Int(value), _) => write!(f, "{value}"),
        (Value::Uint(value), _) => write!(f, "{value}"),
        (Value::Fixed(value), _) => write!(f, "{value}"),
        (Value::String(Some(text)), _) => write!(f, "{text:?}"),
        (Value::String(None) | Value::Object(0), _) => f.write_str("nil"),
        (Value::Array(array), _) => write!(f, "array[{}]", array.len()),
        (Value::Fd(fd), _) if numbers => write!(f, "fd {}", fd.as_raw_fd()),
        (Value::Fd(_), _) => f.write_str("fd"),
        (Value::Object(id), ArgKind::Object { interface: Some(interface), .. }) => write!(f, "{interface}#{id}"),
        (Value::Object(id), _) => write!(f, "#{id}"),
        (Value::NewId(id), ArgKind::NewId { interface }) => write!(f, "new id {interface}#{id}"),
        (Value::NewId(id), _) => write!(f, "new id #{id}"),
        (Value::AnyNewId { interface, version, id }, _) => {
            write!(f, "new id {}#{id} version {version}", Escaped(interface))
        }
    }
}
