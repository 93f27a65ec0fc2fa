//! Requests and events as a whole (X03, X04, X13 to X15, X31, X32, X37, X44).

use super::names::Role;
use super::unique::Unique;
use super::{Checker, Scope};
use crate::ast::{self, Text};
use crate::model::{Direction, MAX_ARGS, Message};
use crate::rule::Rule;
use crate::source::Span;
use crate::text::quote;

/// As many as there are opcodes.
const MAX_MESSAGES: usize = 1 << 16;

/// The one name that promises a destructor.
const DESTROY: &str = "destroy";

impl<'a> Checker<'a> {
    pub(super) fn messages(
        &mut self,
        messages: &'a [ast::Message],
        scope: Scope<'a>,
        direction: Direction,
    ) -> Vec<Message> {
        let element = element(direction);
        let mut names = Unique::new(Rule::DuplicateMessage, element);
        let mut latest = 1;
        if let Some(message) = messages.get(MAX_MESSAGES) {
            self.sink
                .report(Rule::TooManyMessages, message.tag, format!("the interface has {} {element}s", messages.len()))
                .help(format!("an opcode has 16 bits, so there can be {MAX_MESSAGES}; split the interface"));
        }
        messages
            .iter()
            .zip(0..=u16::MAX)
            .map(|(message, opcode)| {
                names.insert(&mut self.sink, message.name.as_ref());
                let checked = self.message(message, opcode, scope, direction);
                self.increasing(&mut latest, checked.since, message.since.as_ref(), message.tag, element);
                checked
            })
            .collect()
    }

    fn message(&mut self, message: &'a ast::Message, opcode: u16, scope: Scope<'a>, direction: Direction) -> Message {
        let element = element(direction);
        let name = self.name(message.name.as_ref(), message.tag, element, Role::Standalone);
        let destructor = self.destructor(message, element);
        let since = self.since(message.since.as_ref(), scope);
        let args = self.args(&message.args, scope, direction);
        let weight: usize = args.iter().map(|arg| arg.kind.weight()).sum();
        if weight > MAX_ARGS {
            let span = message.name.as_ref().map_or(message.tag, |name| name.span);
            self.sink
                .report(Rule::TooManyArguments, span, format!("{} has {weight} arguments", quote(&name)))
                .label(format!("at most {MAX_ARGS}"))
                .help("an untyped new_id counts as three; split the message, or send an array");
        }
        Message {
            name,
            opcode,
            since,
            deprecated_since: self.deprecated_since(message.deprecated_since.as_ref(), since, scope),
            destructor,
            docs: self.docs(message.description.as_ref(), None),
            args,
        }
    }

    fn destructor(&mut self, message: &ast::Message, element: &str) -> bool {
        let destructor = message.kind.as_ref().is_some_and(|kind| kind.value == "destructor");
        if let Some(kind) = message.kind.as_ref().filter(|_| !destructor) {
            let text = format!("{} is not a type of {element}", quote(&kind.value));
            self.sink
                .report(Rule::InvalidMessageType, kind.span, text)
                .label("expected `destructor`")
                .help("a message that does not end its object has no `type`");
        }
        if let Some(name) = message.name.as_ref().filter(|name| name.value == DESTROY && !destructor) {
            self.sink
                .report(Rule::DestroyNotDestructor, name.span, format!("the {element} `destroy` is not a destructor"))
                .help("add `type=\"destructor\"`, or choose another name");
        }
        destructor
    }

    /// Warns of events that end an object while clients may be sending to it (X44).
    pub(super) fn events_that_end(&mut self, interface: &ast::Interface) {
        if interface.requests.is_empty() {
            return;
        }
        for event in &interface.events {
            let Some(kind) = event.kind.as_ref().filter(|kind| kind.value == "destructor") else { continue };
            let name = quote(event.name.as_ref().map_or("", |name| &name.value));
            let message = format!("the event {name} ends an object to which clients send requests");
            self.sink.report(Rule::DestructorEvent, kind.span, message).help(
                "a client whose request crosses the event may be disconnected; let it answer with a destructor request",
            );
        }
    }

    /// Checks that elements come in the order in which versions added them (X13).
    pub(super) fn increasing(&mut self, latest: &mut u32, since: u32, text: Option<&Text>, tag: Span, element: &str) {
        if since < *latest {
            let message = format!("this {element} is from version {since}, the one before it from version {latest}");
            let help = "new elements go behind old ones, or the numbers of the old ones change; is `since` missing?";
            let span = text.map_or(tag, |text| text.span);
            self.sink.report(Rule::SinceDecreasing, span, message).help(help);
        }
        *latest = since;
    }
}

fn element(direction: Direction) -> &'static str {
    match direction {
        Direction::Request => "request",
        Direction::Event => "event",
    }
}
