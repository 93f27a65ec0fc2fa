//! Messages as values, and their text.

use std::fmt::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::interface::{Arg, ArgKind};
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

/// The value of one argument where it lies, see [`View::args`](super::View::args).
#[derive(Clone, Copy, Debug)]
pub enum ValueRef<'a> {
    /// `int`
    Int(i32),
    /// `uint`
    Uint(u32),
    /// `fixed`
    Fixed(Fixed),
    /// `string`; null if there is none.
    String(Option<&'a str>),
    /// `array`
    Array(&'a [u8]),
    /// `fd`
    Fd(BorrowedFd<'a>),
    /// `object`: its id, or 0 for null.
    Object(u32),
    /// `new_id` of the interface that the signature says: the id.
    NewId(u32),
    /// `new_id` that names its interface and version, as in `wl_registry.bind`.
    AnyNewId {
        /// Name of the interface.
        interface: &'a str,
        /// Version of the new object.
        version: u32,
        /// The id.
        id: u32,
    },
}

impl Value {
    /// The same, borrowed.
    #[must_use]
    pub fn borrow(&self) -> ValueRef<'_> {
        match self {
            Value::Int(value) => ValueRef::Int(*value),
            Value::Uint(value) => ValueRef::Uint(*value),
            Value::Fixed(value) => ValueRef::Fixed(*value),
            Value::String(text) => ValueRef::String(text.as_deref()),
            Value::Array(array) => ValueRef::Array(array),
            Value::Fd(fd) => ValueRef::Fd(fd.as_fd()),
            Value::Object(id) => ValueRef::Object(*id),
            Value::NewId(id) => ValueRef::NewId(*id),
            Value::AnyNewId { interface, version, id } => ValueRef::AnyNewId { interface, version: *version, id: *id },
        }
    }
}

/// The text of a message as the runtime traces it, such as `wl_surface#3.attach(wl_buffer#5, 0, 0)`. `numbers`: whether
/// fds are shown with their numbers.
pub(super) fn write_line<'a>(
    f: &mut impl Write,
    interface: &str,
    object: u32,
    message: &str,
    args: impl Iterator<Item = (&'a Arg, ValueRef<'a>)>,
    numbers: bool,
) -> fmt::Result {
    write!(f, "{interface}#{object}.{message}(")?;
    for (index, (arg, value)) in args.enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        argument(f, arg, value, numbers)?;
    }
    f.write_char(')')
}

fn argument(f: &mut impl Write, arg: &Arg, value: ValueRef<'_>, numbers: bool) -> fmt::Result {
    match (value, &arg.kind) {
        (ValueRef::Int(value), _) => write!(f, "{value}"),
        (ValueRef::Uint(value), _) => write!(f, "{value}"),
        (ValueRef::Fixed(value), _) => write!(f, "{value}"),
        (ValueRef::String(Some(text)), _) => write!(f, "{text:?}"),
        (ValueRef::String(None) | ValueRef::Object(0), _) => f.write_str("nil"),
        (ValueRef::Array(array), _) => write!(f, "array[{}]", array.len()),
        (ValueRef::Fd(fd), _) if numbers => write!(f, "fd {}", fd.as_raw_fd()),
        (ValueRef::Fd(_), _) => f.write_str("fd"),
        (ValueRef::Object(id), ArgKind::Object { interface: Some(interface), .. }) => write!(f, "{interface}#{id}"),
        (ValueRef::Object(id), _) => write!(f, "#{id}"),
        (ValueRef::NewId(id), ArgKind::NewId { interface }) => write!(f, "new id {interface}#{id}"),
        (ValueRef::NewId(id), _) => write!(f, "new id #{id}"),
        (ValueRef::AnyNewId { interface, version, id }, _) => {
            write!(f, "new id {}#{id} version {version}", Escaped(interface))
        }
    }
}
