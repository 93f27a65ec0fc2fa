//! The checked model: what a protocol means, with opcodes, versions, resolved references and sizes on the wire. Built
//! by the checker alone, so that code that has a model need not check anything again.

use std::collections::BTreeSet;

/// The interfaces that every connection starts from. They belong to the runtime, which provides their Rust types.
pub const BOOTSTRAP: &[&str] = &["wl_display", "wl_registry", "wl_callback", "wl_fixes"];

/// The most arguments of a message; an untyped new id counts as three. libwayland's limit (X37).
pub const MAX_ARGS: usize = 20;

/// Length of a message header in bytes.
pub const HEADER: usize = 8;

/// One protocol file.
#[derive(Debug, Clone)]
pub struct Protocol {
    /// Name of the protocol; not part of the wire.
    pub name: String,
    /// Text of the `copyright` element.
    pub copyright: Option<String>,
    /// What the file says about itself.
    pub docs: Docs,
    /// The interfaces in the order of the file.
    pub interfaces: Vec<Interface>,
}

/// One interface.
#[derive(Debug, Clone)]
pub struct Interface {
    /// Name on the wire.
    pub name: String,
    /// The version described: the file's, or the pin's if that is lower.
    pub version: u32,
    /// Whether the file promises that the interface never changes again.
    pub frozen: bool,
    /// What the file says about it.
    pub docs: Docs,
    /// Client to server, in opcode order. A version pin can leave gaps: an opcode is not an index.
    pub requests: Vec<Message>,
    /// Server to client, in opcode order; see `requests`.
    pub events: Vec<Message>,
    /// The enums in the order of the file.
    pub enums: Vec<Enum>,
    /// The messages that a version pin took away.
    pub lost: Vec<Lost>,
}

/// A message that the file has and the model leaves out, because it is newer than the pinned version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Which side would send it.
    pub direction: Direction,
    /// Name in the file.
    pub name: String,
    /// Number on the wire.
    pub opcode: u16,
    /// First version of the interface that has it.
    pub since: u32,
}

/// A request or an event.
#[derive(Debug, Clone)]
pub struct Message {
    /// Name in the file.
    pub name: String,
    /// Number on the wire: the place among the requests, or the events, of the file.
    pub opcode: u16,
    /// First version of the interface that has it.
    pub since: u32,
    /// First version that advises against it.
    pub deprecated_since: Option<u32>,
    /// Whether sending it ends the object.
    pub destructor: bool,
    /// What the file says about it.
    pub docs: Docs,
    /// The arguments in wire order.
    pub args: Vec<Arg>,
}

/// One argument of a message.
#[derive(Debug, Clone)]
pub struct Arg {
    /// Name in the file.
    pub name: String,
    /// Type on the wire.
    pub kind: ArgKind,
    /// What the file says about it.
    pub docs: Docs,
}

/// The types of the Wayland wire format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgKind {
    /// A signed word, possibly a value of an enum.
    Int(Option<EnumRef>),
    /// An unsigned word, possibly a value of an enum or a bitfield.
    Uint(Option<EnumRef>),
    /// Signed 24.8.
    Fixed,
    /// Length, bytes with a final NUL, padding.
    String {
        /// Whether it may be absent.
        nullable: bool,
    },
    /// Length, bytes, padding.
    Array,
    /// The id of an object that exists.
    Object {
        /// Its interface; `None` if it may be any.
        interface: Option<InterfaceRef>,
        /// Whether it may be absent.
        nullable: bool,
    },
    /// The id of an object that the message creates.
    NewId {
        /// Its interface; `None` if the message itself names interface and version.
        interface: Option<InterfaceRef>,
    },
    /// A file descriptor, beside the bytes.
    Fd,
}

/// A reference to an interface by an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceRef {
    /// Name on the wire.
    pub name: String,
    /// Who defines it.
    pub origin: Origin,
}

/// Who defines an interface that is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The file at this index of the compilation.
    File(usize),
    /// The runtime: one of [`BOOTSTRAP`] that no file defines.
    Runtime,
    /// Nobody in this compilation.
    Foreign,
}

/// A reference to an enum by an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumRef {
    /// The interface that defines it: one of this compilation, or one whose Rust type the caller has named.
    pub interface: InterfaceRef,
    /// Name in the file.
    pub name: String,
}

/// A set of named values.
#[derive(Debug, Clone)]
pub struct Enum {
    /// Name in the file.
    pub name: String,
    /// First version of the interface that has it.
    pub since: u32,
    /// Whether values are sets of bits.
    pub bitfield: bool,
    /// What the file says about it.
    pub docs: Docs,
    /// The values in the order of the file; two may be equal.
    pub entries: Vec<Entry>,
}

/// One value of an enum.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Name in the file; may start with a digit.
    pub name: String,
    /// The value.
    pub value: u32,
    /// Whether the file wrote the value in hexadecimal.
    pub hexadecimal: bool,
    /// First version of the interface that has it.
    pub since: u32,
    /// First version that advises against it.
    pub deprecated_since: Option<u32>,
    /// What the file says about it.
    pub docs: Docs,
}

/// Documentation as the file gives it, without the indentation that the XML around it asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Docs {
    /// One line.
    pub summary: Option<String>,
    /// The rest; may be empty.
    pub text: String,
}

/// Which side sends a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Client to server.
    Request,
    /// Server to client.
    Event,
}

impl Interface {
    /// The messages of one direction.
    pub fn messages(&self, direction: Direction) -> &[Message] {
        match direction {
            Direction::Request => &self.requests,
            Direction::Event => &self.events,
        }
    }

    /// The interfaces that messages of one direction create, each once, sorted by name: what the receiver must be ready
    /// to own. [`None`] stands for any interface at all.
    pub fn creates(&self, direction: Direction) -> Vec<Option<&InterfaceRef>> {
        let mut seen = BTreeSet::new();
        let mut created: Vec<_> = self
            .messages(direction)
            .iter()
            .flat_map(|message| &message.args)
            .filter_map(|arg| match &arg.kind {
                ArgKind::NewId { interface } => Some(interface.as_ref()),
                _ => None,
            })
            .filter(|interface| seen.insert(interface.map(|interface| &interface.name)))
            .collect();
        created.sort_by_key(|interface| interface.map(|interface| &interface.name));
        created
    }
}

impl Message {
    /// How many fds travel with it.
    pub fn fd_count(&self) -> usize {
        self.args.iter().filter(|arg| arg.kind == ArgKind::Fd).count()
    }

    /// Length of the message in bytes, header included, with all strings and arrays empty: the exact length unless
    /// [`Self::is_variable`].
    pub fn min_size(&self) -> usize {
        HEADER + self.args.iter().map(|arg| arg.kind.min_words() * 4).sum::<usize>()
    }

    /// Whether strings or arrays can make the message longer than [`Self::min_size`].
    pub fn is_variable(&self) -> bool {
        self.args
            .iter()
            .any(|arg| matches!(arg.kind, ArgKind::String { .. } | ArgKind::Array | ArgKind::NewId { interface: None }))
    }

    /// The signature in libwayland's notation (`wl_message`), `since` digits included when above 1.
    pub fn signature(&self) -> String {
        let since = if self.since > 1 { self.since.to_string() } else { String::new() };
        self.args.iter().fold(since, |mut text, arg| {
            text.push_str(match arg.kind {
                ArgKind::Int(_) => "i",
                ArgKind::Uint(_) => "u",
                ArgKind::Fixed => "f",
                ArgKind::String { nullable: false } => "s",
                ArgKind::String { nullable: true } => "?s",
                ArgKind::Array => "a",
                ArgKind::Object { nullable: false, .. } => "o",
                ArgKind::Object { nullable: true, .. } => "?o",
                ArgKind::NewId { interface: Some(_) } => "n",
                ArgKind::NewId { interface: None } => "sun",
                ArgKind::Fd => "h",
            });
            text
        })
    }
}

impl ArgKind {
    /// How many of the [`MAX_ARGS`] it takes.
    pub fn weight(&self) -> usize {
        if *self == (Self::NewId { interface: None }) { 3 } else { 1 }
    }

    /// The least number of words in the message.
    fn min_words(&self) -> usize {
        match self {
            Self::Fd => 0,
            // The length of the string that names the interface, the version, the id.
            Self::NewId { interface: None } => 3,
            _ => 1,
        }
    }
}
