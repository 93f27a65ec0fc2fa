//! The enums of messages: values that borrow from the receive buffer and own their fds.

use super::names::MessageNames;
use super::paths::Import;
use super::writer::Writer;
use super::{Emitter, docs};
use crate::model::{Arg, ArgKind, Direction, Docs, Message};

impl Emitter<'_> {
    pub(super) fn message_enum(&self, w: &mut Writer, direction: Direction) {
        let messages = self.interface.messages(direction);
        let names = self.names.messages(direction);
        let (kind, lifetime) = (direction.kind(), self.lifetime(direction));
        let sender = if direction == Direction::Request { "clients" } else { "servers" };
        let what = format!("{kind}s of `{}`", self.interface.name);
        w.line("");
        if messages.is_empty() {
            w.line(format!("/// {what}: there are none."));
            w.line("#[derive(Debug, PartialEq)]");
            return w.line(format!("pub enum {kind} {{}}"));
        }
        w.line(format!("/// {what}, sent by {sender}."));
        let owns_fds = messages.iter().any(|message| message.fd_count() > 0);
        w.line(if owns_fds { "#[derive(Debug)]" } else { "#[derive(Debug, PartialEq)]" });
        w.block(&format!("pub enum {kind}{lifetime}"), "}", |w| {
            for (message, names) in messages.iter().zip(names) {
                self.variant(w, message, names);
            }
        });
    }

    fn variant(&self, w: &mut Writer, message: &Message, names: &MessageNames) {
        w.lines(docs::comment(&docs::rustdoc(&message.docs, &format!("`{}`.", message.name), &notes(message))));
        if message.args.is_empty() {
            return w.line(format!("{},", names.variant));
        }
        w.block(&names.variant, "},", |w| {
            for (arg, name) in message.args.iter().zip(&names.args) {
                let lines = docs::rustdoc(&arg.docs, &format!("`{}`.", arg.name), &[]);
                w.lines(docs::comment(&lines));
                w.line(format!("{name}: {},", self.received(arg)));
            }
        });
    }

    /// The type of an argument in a received message.
    pub(super) fn received(&self, arg: &Arg) -> String {
        match &arg.kind {
            ArgKind::String { nullable: false } => "&'a str".to_owned(),
            ArgKind::String { nullable: true } => "Option<&'a str>".to_owned(),
            ArgKind::Array => "&'a [u8]".to_owned(),
            ArgKind::NewId { interface: Some(interface) } => self.handle_of(interface),
            ArgKind::NewId { interface: None } => {
                self.import([Import::Runtime("NewId")]);
                "NewId<'a>".to_owned()
            }
            _ => self.passed(arg),
        }
    }

    /// The type of an argument of a send method; new ids are none.
    pub(super) fn passed(&self, arg: &Arg) -> String {
        match &arg.kind {
            ArgKind::Int(named) => named.as_ref().and_then(|named| self.enum_of(named)).unwrap_or("i32".to_owned()),
            ArgKind::Uint(named) => named.as_ref().and_then(|named| self.enum_of(named)).unwrap_or("u32".to_owned()),
            ArgKind::Fixed => {
                self.import([Import::Runtime("Fixed")]);
                "Fixed".to_owned()
            }
            ArgKind::String { nullable: false } => "&str".to_owned(),
            ArgKind::String { nullable: true } => "Option<&str>".to_owned(),
            ArgKind::Array => "&[u8]".to_owned(),
            ArgKind::Fd => {
                self.import([Import::Std("std::os::fd", "OwnedFd")]);
                "OwnedFd".to_owned()
            }
            ArgKind::Object { interface, nullable } => {
                let handle = interface.as_ref().map_or("Handle".to_owned(), |interface| self.handle_of(interface));
                if *nullable { format!("Option<{handle}>") } else { handle }
            }
            ArgKind::NewId { interface } => interface.as_ref().map_or("I".to_owned(), |one| self.handle_of(one)),
        }
    }
}

/// The documentation of a message in a word.
pub(super) fn summary(message: &Message) -> Vec<String> {
    let summary = Docs { summary: message.docs.summary.clone(), text: String::new() };
    docs::rustdoc(&summary, &format!("`{}`.", message.name), &[])
}

/// What the documentation of a message says besides the author's words.
pub(super) fn notes(message: &Message) -> Vec<String> {
    let mut notes = Vec::new();
    if message.destructor {
        notes.push("Ends the object.".to_owned());
    }
    if message.since > 1 {
        notes.push(format!("Since version {}.", message.since));
    }
    if let Some(deprecated) = message.deprecated_since {
        notes.push(format!("Deprecated since version {deprecated}."));
    }
    notes
}
