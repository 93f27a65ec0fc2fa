//! Messages as values: sending one that was built or kept, and keeping one that was received.

use super::docs;
use super::names::{MessageNames, Scope};
use super::paths::Import;
use super::writer::Writer;
use super::{Emitter, messages};
use crate::model::{Arg, ArgKind, Direction, Message};

impl Emitter<'_> {
    fn pairs(&self, direction: Direction) -> impl Iterator<Item = (&Message, &MessageNames)> {
        self.interface.messages(direction).iter().zip(self.names.messages(direction))
    }

    /// `into_owned`, and `send` for the side that sends these messages, if there is any that makes no object.
    pub(super) fn values(&self, w: &mut Writer, direction: Direction) {
        if self.interface.messages(direction).is_empty() {
            return;
        }
        let kind = direction.kind();
        let sends = self.context.choices.sides.sends(direction)
            && !self.pairs(direction).all(|(message, _)| makes_object(message));
        if self.lifetime(direction).is_empty() {
            w.line("");
            w.line(format!("/// [`{kind}`] borrows nothing and is its own owned form."));
            w.line(format!("pub type Owned{kind} = {kind};"));
            w.line("");
            w.block(&format!("impl {kind}"), "}", |w| {
                w.line("/// The message, to be kept.");
                w.line("#[must_use]");
                w.block(&format!("pub fn into_owned(self) -> Owned{kind}"), "}", |w| w.line("self"));
                if sends {
                    w.line("");
                    self.send_method(w, direction, kind, &|_, name| name.to_owned());
                }
            });
            return;
        }
        self.owned_enum(w, direction);
        w.line("");
        w.block(&format!("impl {kind}<'_>"), "}", |w| {
            self.conversion(w, direction);
            if sends {
                w.line("");
                self.send_method(w, direction, kind, &|_, name| name.to_owned());
            }
        });
        if sends {
            w.line("");
            w.block(&format!("impl Owned{kind}"), "}", |w| {
                self.send_method(w, direction, &format!("Owned{kind}"), &|arg, name| match arg.kind {
                    ArgKind::String { nullable: true } => format!("{name}.as_deref()"),
                    ArgKind::String { nullable: false } | ArgKind::Array => format!("&{name}"),
                    _ => name.to_owned(),
                });
            });
        }
    }

    fn send_method(&self, w: &mut Writer, direction: Direction, kind: &str, pass: &dyn Fn(&Arg, &str) -> String) {
        let (module, owner, has) = direction.sender();
        self.import([Import::Runtime(owner), Import::Runtime(has), Import::Runtime("SendError")]);
        let fields: Vec<_> = self.names.messages(direction).iter().flat_map(|names| &names.args).collect();
        let mut scope = Scope::with(&fields);
        let [this, peer] = ["this", module].map(|name| scope.claim(name.to_owned()));
        let handle = &self.names.handle;
        let makers: Vec<_> = self.pairs(direction).filter(|(message, _)| makes_object(message)).collect();
        let article = if direction == Direction::Request { "request" } else { "event" };
        w.line(format!("/// Sends the {article} as its method would."));
        w.line("///");
        w.line("/// # Errors");
        w.line("/// [`SendError`] if nothing was queued.");
        if !makers.is_empty() {
            let names: Vec<_> = makers.iter().map(|(message, _)| format!("`{}`", message.name)).collect();
            let text = "[`SendError::MakesObject`] for those that make objects, which only their methods can:";
            w.line(format!("/// {text} {}.", names.join(", ")));
        }
        let ends = self.pairs(direction).any(|(message, _)| message.destructor);
        let bounds: Vec<_> = ends.then(|| format!("{handle}: {}", direction.sending())).into_iter().collect();
        if ends {
            self.import([Import::Runtime("Dispatch"), Import::Runtime(direction.sending_role())]);
        }
        let parameters = format!("self, {this}: {handle}, {peer}: &mut {owner}<A>");
        let head = format!("pub fn send<A: {has}>({parameters}) -> Result<(), SendError>");
        w.bounded_block(&head, &bounds, |w| {
            w.block("match self", "}", |w| {
                for (message, names) in self.pairs(direction).filter(|(message, _)| !makes_object(message)) {
                    let args = message.args.iter().zip(&names.args).map(|(arg, name)| pass(arg, name));
                    let args: String = args.map(|arg| format!(", {arg}")).collect();
                    let pattern = literal(kind, &names.variant, names.args.iter().cloned());
                    w.line(format!("{pattern} => {this}.{}({peer}{args}),", names.method));
                }
                if !makers.is_empty() {
                    let patterns = makers.iter().map(|(_, names)| format!("{kind}::{} {{ .. }}", names.variant));
                    let patterns: Vec<_> = patterns.collect();
                    w.line(format!("{} => Err(SendError::MakesObject),", patterns.join(" | ")));
                }
            });
        });
    }

    /// The enum of messages with what it would borrow as its own.
    fn owned_enum(&self, w: &mut Writer, direction: Direction) {
        let kind = direction.kind();
        w.line("");
        w.line(format!("/// {kind}s of `{}` that own their strings and arrays, to be kept.", self.interface.name));
        let owns_fds = self.interface.messages(direction).iter().any(|message| message.fd_count() > 0);
        w.line(if owns_fds { "#[derive(Debug)]" } else { "#[derive(Clone, Debug, PartialEq)]" });
        w.block(&format!("pub enum Owned{kind}"), "}", |w| {
            for (message, names) in self.pairs(direction) {
                w.lines(docs::comment(&messages::summary(message)));
                if message.args.is_empty() {
                    w.line(format!("{},", names.variant));
                    continue;
                }
                w.block(&names.variant, "},", |w| {
                    for (arg, name) in message.args.iter().zip(&names.args) {
                        w.lines(docs::comment(&docs::rustdoc(&arg.docs, &format!("`{}`.", arg.name), &[])));
                        w.line(format!("{name}: {},", self.kept(arg)));
                    }
                });
            }
        });
    }

    fn conversion(&self, w: &mut Writer, direction: Direction) {
        let kind = direction.kind();
        w.line("/// Copies strings and arrays out of the receive buffer, so that the message can be kept.");
        w.line("#[must_use]");
        w.block(&format!("pub fn into_owned(self) -> Owned{kind}"), "}", |w| {
            w.block("match self", "}", |w| {
                for (message, names) in self.pairs(direction) {
                    let fields = message.args.iter().zip(&names.args).map(|(arg, name)| keep(arg, name));
                    let owned = literal(&format!("Owned{kind}"), &names.variant, fields);
                    w.line(format!("{} => {owned},", literal(kind, &names.variant, names.args.iter().cloned())));
                }
            });
        });
    }

    /// The type of an argument in a message that is kept.
    fn kept(&self, arg: &Arg) -> String {
        match &arg.kind {
            ArgKind::String { nullable: false } => "String".to_owned(),
            ArgKind::String { nullable: true } => "Option<String>".to_owned(),
            ArgKind::Array => "Vec<u8>".to_owned(),
            ArgKind::NewId { interface: None } => "(String, u32)".to_owned(),
            _ => self.received(arg),
        }
    }
}

/// A field of a received message as one that is kept. Of an object to be made there is the interface and the version.
fn keep(arg: &Arg, name: &str) -> String {
    match &arg.kind {
        ArgKind::String { nullable: false } => format!("{name}: {name}.to_owned()"),
        ArgKind::String { nullable: true } => format!("{name}: {name}.map(str::to_owned)"),
        ArgKind::Array => format!("{name}: {name}.to_vec()"),
        ArgKind::NewId { interface: None } => {
            format!("{name}: ({name}.interface().to_owned(), {name}.version())")
        }
        _ => name.to_owned(),
    }
}

fn makes_object(message: &Message) -> bool {
    message.args.iter().any(|arg| matches!(arg.kind, ArgKind::NewId { .. }))
}

/// `Kind::Variant { fields }`.
fn literal(kind: &str, variant: &str, fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<_> = fields.collect();
    if fields.is_empty() {
        return format!("{kind}::{variant}");
    }
    format!("{kind}::{variant} {{ {} }}", fields.join(", "))
}
