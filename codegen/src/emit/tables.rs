//! The static tables that the runtime consults: versions, sizes, fds, signatures.

use super::Emitter;
use super::paths::{Import, Place};
use super::writer::{Value, Writer};
use crate::model::{Arg, ArgKind, Direction, InterfaceRef, Message};

impl Emitter<'_> {
    pub(super) fn tables(&self, w: &mut Writer) {
        self.import([Import::Type("Slot"), Import::Type("Spec")]);
        w.line("");
        w.line(format!("/// The tables of `{}`.", self.interface.name));
        let fields = vec![
            ("name", text(&self.interface.name)),
            ("version", Value::plain(self.interface.version)),
            ("requests", self.message_table(Direction::Request)),
            ("events", self.message_table(Direction::Event)),
            ("slot", Value::plain("Slot::new()")),
        ];
        w.value("pub static SPEC: Spec =", &Value::Struct("Spec", fields));
    }

    /// The messages by opcode. Where a version pin took one out of the middle, its place is kept by an entry that no
    /// object is new enough for.
    fn message_table(&self, direction: Direction) -> Value {
        let kept = self.interface.messages(direction).iter().map(|message| (message.opcode, self.message_row(message)));
        let last = self.interface.messages(direction).last().map_or(0, |message| message.opcode);
        let lost = self.interface.lost.iter().filter(|lost| lost.direction == direction && lost.opcode < last);
        let lost = lost.map(|lost| (lost.opcode, row(lost.since, 8, true, false, 0, &lost.name, Vec::new())));
        let mut rows: Vec<_> = kept.chain(lost).collect();
        if !rows.is_empty() {
            self.import([Import::Type("Message")]);
        }
        rows.sort_by_key(|(opcode, _)| *opcode);
        Value::Slice(rows.into_iter().map(|(_, row)| row).collect())
    }

    fn message_row(&self, message: &Message) -> Value {
        let args = message.args.iter().map(|arg| self.arg_row(arg)).collect();
        let fixed = !message.is_variable();
        row(message.since, message.min_size(), fixed, message.destructor, message.fd_count(), &message.name, args)
    }

    fn arg_row(&self, arg: &Arg) -> Value {
        self.import([Import::Type("Arg"), Import::Type("ArgKind")]);
        let nullable = |nullable: &bool| ("nullable", Value::plain(nullable));
        let kind = match &arg.kind {
            ArgKind::Int(_) => Value::plain("ArgKind::Int"),
            ArgKind::Uint(_) => Value::plain("ArgKind::Uint"),
            ArgKind::Fixed => Value::plain("ArgKind::Fixed"),
            ArgKind::String { nullable: null } => Value::Struct("ArgKind::String", vec![nullable(null)]),
            ArgKind::Array => Value::plain("ArgKind::Array"),
            ArgKind::Fd => Value::plain("ArgKind::Fd"),
            ArgKind::Object { interface, nullable: null } => {
                let interface = match interface {
                    Some(interface) => Value::Call("Some", Box::new(self.spec(interface))),
                    None => Value::plain("None"),
                };
                Value::Struct("ArgKind::Object", vec![nullable(null), ("interface", interface)])
            }
            ArgKind::NewId { interface: Some(interface) } => {
                Value::Struct("ArgKind::NewId", vec![("interface", self.spec(interface))])
            }
            ArgKind::NewId { interface: None } => Value::plain("ArgKind::AnyNewId"),
        };
        Value::Struct("Arg", vec![("name", text(&arg.name)), ("kind", kind)])
    }

    /// A reference to the tables of an interface.
    fn spec(&self, interface: &InterfaceRef) -> Value {
        match self.place(interface) {
            Place::Here => Value::plain("&SPEC"),
            Place::Sibling(names) => Value::plain(format!("&super::{}::SPEC", names.module)),
            Place::Runtime(_) | Place::Extern(_) => Value::plain(format!("{}::SPEC", self.handle_of(interface))),
        }
    }
}

fn row(since: u32, size: usize, fixed_size: bool, destructor: bool, fds: usize, name: &str, args: Vec<Value>) -> Value {
    let fields = vec![
        ("since", Value::plain(since)),
        ("size", Value::plain(size)),
        ("fixed_size", Value::plain(fixed_size)),
        ("destructor", Value::plain(destructor)),
        ("fds", Value::plain(fds)),
        ("name", text(name)),
        ("args", Value::Slice(args)),
    ];
    Value::Struct("Message", fields)
}

fn text(name: &str) -> Value {
    Value::plain(format!("\"{name}\""))
}
