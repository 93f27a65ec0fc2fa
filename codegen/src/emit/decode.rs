//! Decoding and dispatch: straight-line code from the words of a message to one call of the handler.

use super::Emitter;
use super::names::{MessageNames, fresh};
use super::paths::Import;
use super::writer::Writer;
use crate::model::{Arg, ArgKind, Direction, Message};

impl Emitter<'_> {
    /// `impl Dispatch` for the side that receives messages of this direction.
    pub(super) fn dispatch(&self, w: &mut Writer, direction: Direction) {
        if !self.context.choices.sides.receives(direction) {
            return;
        }
        let handle = &self.names.handle;
        let (_, has, handler) = direction.receiver();
        let bounds = self.handler_bounds(direction);
        self.import([
            Import::Runtime("Dispatch"),
            Import::Runtime(direction.receiving_role()),
            Import::Runtime("Incoming"),
            Import::Runtime("HandlerResult"),
            Import::Runtime("DecodeError"),
        ]);
        let is_handled = !bounds.is_empty();
        let generics = if is_handled {
            "A".to_owned()
        } else {
            self.import([Import::Runtime(has)]);
            format!("A: {has}")
        };
        w.line("");
        w.bounded_block(&format!("impl<{generics}> {} for {handle}", direction.receiving()), &bounds, |w| {
            let data = if is_handled { format!("<A as {handler}<{handle}>>::Data") } else { "()".to_owned() };
            w.line(format!("type Data = {data};"));
            match self.small_child(direction) {
                Some(child) => {
                    w.line(format!("type Child = {child};"));
                    w.line("");
                    w.line("const HAS_CHILD: bool = true;");
                }
                None => w.line("type Child = Self;"),
            }
            if is_handled {
                w.line("");
                w.line(format!("const OWN_ENDS: bool = <A as {handler}<{handle}>>::OWN_ENDS;"));
            }
            w.line("");
            if is_handled && !self.interface.messages(direction).is_empty() {
                self.decoder(w, direction);
            } else {
                w.block("fn message(_: &mut A, message: &mut Incoming<'_>) -> HandlerResult", "}", |w| {
                    w.line("Err(DecodeError::UnknownOpcode(message.opcode()).into())");
                });
            }
            if is_handled {
                self.lifecycle(w, direction);
            }
        });
    }

    fn decoder(&self, w: &mut Writer, direction: Direction) {
        let (.., handler) = direction.receiver();
        let method = if direction == Direction::Request { "request" } else { "event" };
        // Becomes part of its one caller, the loop over messages, which has the message in registers.
        w.line("#[inline]");
        w.block("fn message(app: &mut A, message: &mut Incoming<'_>) -> HandlerResult", "}", |w| {
            w.line(format!("let this = {}(message.target());", self.names.handle));
            w.block(&format!("let {method} = match message.opcode()"), "};", |w| {
                let messages = self.interface.messages(direction).iter().zip(self.names.messages(direction));
                for (message, names) in messages {
                    w.block(&format!("opcode::{} =>", names.constant), "}", |w| self.arm(w, message, names, direction));
                }
                w.line("unknown => return Err(DecodeError::UnknownOpcode(unknown).into()),");
            });
            w.line(format!("{handler}::{method}(app, this, {method})"));
        });
    }

    /// What happens to an object besides messages.
    fn lifecycle(&self, w: &mut Writer, direction: Direction) {
        let handle = &self.names.handle;
        let (.., handler) = direction.receiver();
        if direction == Direction::Request {
            self.import([Import::Runtime("GlobalId")]);
            w.line("");
            w.block(&format!("fn bound(app: &mut A, this: {handle}, global: GlobalId) -> HandlerResult"), "}", |w| {
                w.line(format!("{handler}::bound(app, this, global)"));
            });
        }
        w.line("");
        w.block(&format!("fn destroyed(app: &mut A, this: {handle}, data: Self::Data)"), "}", |w| {
            w.line(format!("{handler}::destroyed(app, this, data);"));
        });
    }

    /// One message: first all of its words, then its fds, then its objects.
    fn arm(&self, w: &mut Writer, message: &Message, names: &MessageNames, direction: Direction) {
        let peer = direction.receiver().0;
        let taken = ["app", "message", "this", "reader", peer];
        let locals: Vec<_> = names.args.iter().map(|name| fresh(name, &taken)).collect();
        let args = || message.args.iter().zip(&locals);
        if message.since > 1 {
            w.line(format!("message.since(since::{})?;", names.constant));
        }
        if message.is_variable() {
            read_in_turn(w, args());
        } else {
            let words: Vec<_> = args().filter(|(arg, _)| arg.kind.is_word()).map(|(_, local)| local.as_str()).collect();
            w.line(format!("let [{}] = message.words()?;", words.join(", ")));
        }
        if message.destructor {
            w.line("message.is_destructor();");
        }
        for (_, local) in args().filter(|(arg, _)| arg.kind == ArgKind::Fd) {
            w.line(format!("let {local} = message.fd()?;"));
        }
        if message
            .args
            .iter()
            .any(|arg| matches!(arg.kind, ArgKind::Object { .. } | ArgKind::NewId { interface: Some(_) }))
        {
            w.line(format!("let {peer} = app.{peer}();"));
        }
        let mut fields = Vec::with_capacity(locals.len());
        for (field, (arg, local)) in names.args.iter().zip(args()) {
            let value = if find(w, arg, peer, local) { local.clone() } else { self.converted(arg, local) };
            fields.push(if value == *field { value } else { format!("{field}: {value}") });
        }
        let (kind, variant, fields) = (direction.kind(), &names.variant, fields.join(", "));
        w.line(if fields.is_empty() {
            format!("{kind}::{variant}")
        } else {
            format!("{kind}::{variant} {{ {fields} }}")
        });
    }

    /// A word as what it means.
    fn converted(&self, arg: &Arg, word: &str) -> String {
        let named = match &arg.kind {
            ArgKind::Int(Some(named)) | ArgKind::Uint(Some(named)) => self.enum_of(named),
            _ => None,
        };
        match (&arg.kind, named) {
            (_, Some(_)) => format!("{word}.into()"),
            (ArgKind::Int(_), None) => format!("{word}.cast_signed()"),
            (ArgKind::Fixed, _) => {
                self.import([Import::Runtime("Fixed")]);
                format!("Fixed::from_bits({word}.cast_signed())")
            }
            _ => word.to_owned(),
        }
    }
}

fn read_in_turn<'a>(w: &mut Writer, args: impl Iterator<Item = (&'a Arg, &'a String)>) {
    w.line("let mut reader = message.reader()?;");
    for (arg, local) in args {
        let read = match &arg.kind {
            ArgKind::String { nullable: false } => "reader.string()?",
            ArgKind::String { nullable: true } => "reader.optional_string()?",
            ArgKind::Array => "reader.array()?",
            ArgKind::NewId { interface: None } => "message.new_id(&mut reader)?",
            ArgKind::Fd => continue,
            _ => "reader.word()?",
        };
        w.line(format!("let {local} = {read};"));
    }
    w.line("reader.finish()?;");
}

/// Turns the id in `local` into its object, found or made. `false` if the argument is no object.
fn find(w: &mut Writer, arg: &Arg, peer: &str, local: &str) -> bool {
    let lookup = match &arg.kind {
        ArgKind::Object { interface: Some(_), nullable: false } => "object",
        ArgKind::Object { interface: Some(_), nullable: true } => "optional_object",
        ArgKind::Object { interface: None, nullable: false } => "any_object",
        ArgKind::Object { interface: None, nullable: true } => {
            w.block(&format!("let {local} = match {local}"), "};", |w| {
                w.line("0 => None,");
                w.line(format!("id => Some({peer}.any_object(this.0, id)?),"));
            });
            return true;
        }
        ArgKind::NewId { interface: Some(_) } => "create",
        _ => return false,
    };
    w.line(format!("let {local} = {peer}.{lookup}(this.0, {local})?;"));
    true
}
