//! The static tables that the runtime consults: versions, sizes, fds, signatures.

use super::Emitter;
use super::names::MessageNames;
use super::paths::{Import, Place};
use super::writer::Writer;
use crate::model::{Arg, ArgKind, Direction, InterfaceRef, Message};

impl Emitter<'_> {
    /// The numbers of messages, for the code here and for tests that write messages themselves.
    pub(super) fn constants(&self, w: &mut Writer) {
        let name = &self.interface.name;
        let messages = || {
            let directions = [(Direction::Request, "Request"), (Direction::Event, "Event")].into_iter();
            directions.flat_map(|(direction, kind)| {
                let messages = self.interface.messages(direction).iter().zip(self.names.messages(direction));
                messages.map(move |(message, names)| (kind, message, &names.constant))
            })
        };
        if messages().next().is_none() {
            return;
        }
        w.line("");
        w.line(format!("/// Opcodes of `{name}`; requests and events are counted apart."));
        w.block("pub mod opcode", "}", |w| {
            for (kind, message, constant) in messages() {
                w.line(format!("/// {kind} `{}`.", message.name));
                w.line(format!("pub const {constant}: u16 = {};", message.opcode));
            }
        });
        w.line("");
        w.line(format!("/// The versions of `{name}` that added the messages."));
        w.block("pub mod since", "}", |w| {
            for (kind, message, constant) in messages() {
                w.line(format!("/// {kind} `{}`.", message.name));
                w.line(format!("pub const {constant}: u32 = {};", message.since));
            }
        });
    }

    pub(super) fn tables(&self, w: &mut Writer) {
        self.import([Import::Runtime("InterfaceIndex"), Import::Runtime("Spec")]);
        w.line("");
        w.line(format!("/// The tables of `{}`.", self.interface.name));
        w.block("pub static SPEC: Spec = Spec", "};", |w| {
            w.line(format!("name: \"{}\",", self.interface.name));
            w.line(format!("version: {},", self.interface.version));
            self.message_table(w, Direction::Request);
            self.message_table(w, Direction::Event);
            w.line("index: InterfaceIndex::new(),");
        });
    }

    /// The messages by opcode. Where a version pin took one out of the middle, its place is kept by an entry that no
    /// object is new enough for.
    fn message_table(&self, w: &mut Writer, direction: Direction) {
        let field = if direction == Direction::Request { "requests" } else { "events" };
        let messages = || self.interface.messages(direction).iter().zip(self.names.messages(direction));
        let kept = messages().map(|(message, names)| (message.opcode, self.message_row(message, names)));
        let last = self.interface.messages(direction).last().map_or(0, |message| message.opcode);
        let lost = self.interface.lost.iter().filter(|lost| lost.direction == direction && lost.opcode < last);
        let lost = lost.map(|lost| (lost.opcode, row(&lost.since.to_string(), 8, true, false, 0, &lost.name, "")));
        let mut rows: Vec<_> = kept.chain(lost).collect();
        if rows.is_empty() {
            return w.line(format!("{field}: &[],"));
        }
        self.import([Import::Runtime("Message")]);
        rows.sort_by_key(|(opcode, _)| *opcode);
        w.line(format!("{field}: &["));
        w.deeper(|w| w.lines(rows.iter().map(|(_, row)| row)));
        w.line("],");
    }

    fn message_row(&self, message: &Message, names: &MessageNames) -> String {
        let args: Vec<_> = message.args.iter().map(|arg| self.arg_row(arg)).collect();
        let (size, fixed) = (message.min_size(), !message.is_variable());
        let since = format!("since::{}", names.constant);
        row(&since, size, fixed, message.destructor, message.fd_count(), &message.name, &args.join(", "))
    }

    fn arg_row(&self, arg: &Arg) -> String {
        self.import([Import::Runtime("Arg"), Import::Runtime("ArgKind")]);
        let kind = match &arg.kind {
            ArgKind::Int(_) => "Int".to_owned(),
            ArgKind::Uint(_) => "Uint".to_owned(),
            ArgKind::Fixed => "Fixed".to_owned(),
            ArgKind::String { nullable } => format!("String {{ nullable: {nullable} }}"),
            ArgKind::Array => "Array".to_owned(),
            ArgKind::Fd => "Fd".to_owned(),
            ArgKind::Object { interface, nullable } => {
                let spec = interface.as_ref().map_or("None".to_owned(), |one| format!("Some({})", self.spec(one)));
                format!("Object {{ nullable: {nullable}, interface: {spec} }}")
            }
            ArgKind::NewId { interface: Some(interface) } => {
                format!("NewId {{ interface: {} }}", self.spec(interface))
            }
            ArgKind::NewId { interface: None } => "AnyNewId".to_owned(),
        };
        format!("Arg {{ name: \"{}\", kind: ArgKind::{kind} }}", arg.name)
    }

    /// A reference to the tables of an interface.
    fn spec(&self, interface: &InterfaceRef) -> String {
        match self.place(interface) {
            Place::Here => "&SPEC".to_owned(),
            Place::Sibling(names) => format!("&super::{}::SPEC", names.module),
            Place::Runtime(_) | Place::Extern(_) => format!("{}::SPEC", self.handle_of(interface)),
        }
    }
}

fn row(since: &str, size: usize, fixed_size: bool, destructor: bool, fds: usize, name: &str, args: &str) -> String {
    format!(
        "Message {{ since: {since}, size: {size}, fixed_size: {fixed_size}, destructor: {destructor}, fds: {fds}, \
         name: \"{name}\", args: &[{args}] }},"
    )
}
