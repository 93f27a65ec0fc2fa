//! Descriptions of interfaces: what protocol XML says of the wire, in values made at run time.

use crate::spec::{self, Spec};
use crate::wire::HEADER;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the server.
    Request,
    /// From the server to the client.
    Event,
}

/// Describes one interface. Filled in by the program, checked by [`Protocols::new`](super::Protocols::new).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Name on the wire, such as `wl_surface`.
    pub name: String,
    /// Highest version described, from 1. Objects made by other objects have at most this version.
    pub version: u32,
    /// Requests by opcode.
    pub requests: Vec<Signature>,
    /// Events by opcode.
    pub events: Vec<Signature>,
}

/// Describes one request or event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Name in the XML.
    pub name: String,
    /// Version of the interface that added the message, from 1.
    pub since: u32,
    /// Whether the message ends its object.
    pub destructor: bool,
    /// Arguments in order.
    pub args: Vec<Arg>,
}

/// Describes one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// Name in the XML.
    pub name: String,
    /// Type of the argument.
    pub kind: ArgKind,
}

/// Types of arguments in Wayland XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgKind {
    /// `int`
    Int,
    /// `uint`
    Uint,
    /// `fixed`
    Fixed,
    /// `string`
    String {
        /// Whether null is allowed.
        nullable: bool,
    },
    /// `array`
    Array,
    /// `fd`
    Fd,
    /// `object`
    Object {
        /// Whether null is allowed.
        nullable: bool,
        /// Name of the interface the object must have. Any object is accepted if it is `None` or not described.
        interface: Option<String>,
    },
    /// `new_id` with an interface.
    NewId {
        /// Name of the interface. A message that makes an object of one that is not described is refused.
        interface: String,
    },
    /// `new_id` that names its interface and version on the wire.
    AnyNewId,
}

impl Interface {
    /// The messages of one direction by opcode.
    #[must_use]
    pub fn messages(&self, direction: Direction) -> &[Signature] {
        match direction {
            Direction::Request => &self.requests,
            Direction::Event => &self.events,
        }
    }

    /// The opcode of a message with this name.
    #[must_use]
    pub fn opcode(&self, direction: Direction, name: &str) -> Option<u16> {
        let at = self.messages(direction).iter().position(|signature| signature.name == name)?;
        u16::try_from(at).ok()
    }
}

impl Signature {
    /// Bytes of the smallest such message, header included.
    #[must_use]
    pub fn min_size(&self) -> usize {
        self.sizes().0
    }

    /// Whether every such message has the same size.
    #[must_use]
    pub fn is_fixed_size(&self) -> bool {
        self.sizes().1
    }

    /// The two above, by one look at the arguments.
    pub(super) fn sizes(&self) -> (usize, bool) {
        self.args.iter().fold((HEADER, true), |(size, fixed), arg| {
            let varies = matches!(arg.kind, ArgKind::String { .. } | ArgKind::Array | ArgKind::AnyNewId);
            (size + arg.kind.min_size(), fixed && !varies)
        })
    }

    /// How many fds travel with the message.
    #[must_use]
    pub fn fds(&self) -> usize {
        self.args.iter().filter(|arg| arg.kind == ArgKind::Fd).count()
    }
}

impl ArgKind {
    fn min_size(&self) -> usize {
        match self {
            ArgKind::Fd => 0,
            // A string, the version, the id.
            ArgKind::AnyNewId => 12,
            _ => 4,
        }
    }
}

/// Copies the tables of generated code.
impl From<&Spec> for Interface {
    fn from(spec: &Spec) -> Interface {
        let messages = |messages: &[spec::Message]| messages.iter().map(Signature::from).collect();
        Interface {
            name: spec.name.to_owned(),
            version: spec.version,
            requests: messages(spec.requests),
            events: messages(spec.events),
        }
    }
}

impl From<&spec::Message> for Signature {
    fn from(message: &spec::Message) -> Signature {
        let args = message.args.iter().map(|arg| Arg { name: arg.name.to_owned(), kind: arg.kind.into() });
        Signature {
            name: message.name.to_owned(),
            since: message.since,
            destructor: message.destructor,
            args: args.collect(),
        }
    }
}

impl From<spec::ArgKind> for ArgKind {
    fn from(kind: spec::ArgKind) -> ArgKind {
        match kind {
            spec::ArgKind::Int => ArgKind::Int,
            spec::ArgKind::Uint => ArgKind::Uint,
            spec::ArgKind::Fixed => ArgKind::Fixed,
            spec::ArgKind::String { nullable } => ArgKind::String { nullable },
            spec::ArgKind::Array => ArgKind::Array,
            spec::ArgKind::Fd => ArgKind::Fd,
            spec::ArgKind::Object { nullable, interface } => {
                ArgKind::Object { nullable, interface: interface.map(|interface| interface.name.to_owned()) }
            }
            spec::ArgKind::NewId { interface } => ArgKind::NewId { interface: interface.name.to_owned() },
            spec::ArgKind::AnyNewId => ArgKind::AnyNewId,
        }
    }
}
