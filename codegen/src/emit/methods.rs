//! Send methods as users see them: documentation, attributes, signatures. What is in them is `encode`.

use super::names::{MessageNames, fresh};
use super::paths::Import;
use super::writer::Writer;
use super::{Emitter, docs, messages};
use crate::model::{Arg, ArgKind, Direction, Docs, Message};

/// One send method under construction.
pub(super) struct Method<'a> {
    pub(super) message: &'a Message,
    pub(super) args: Vec<Sent<'a>>,
    /// The parameters for the arguments; names that nothing else may have.
    pub(super) names: &'a [String],
    /// What its opcode and first version are called.
    pub(super) constant: &'a str,
    /// The parameter for the client or server.
    pub(super) peer: String,
    direction: Direction,
}

/// An argument of a send method.
pub(super) struct Sent<'a> {
    pub(super) arg: &'a Arg,
    /// The parameter; of a new id, the variable that holds the id.
    pub(super) name: &'a str,
    /// The type parameter and the version parameter for an object whose interface the caller chooses.
    pub(super) any: Option<(String, String)>,
}

impl Sent<'_> {
    /// What the documentation says about the parameter, or about the object that is made.
    fn describe(&self) -> Vec<String> {
        let term = match self.arg.kind {
            ArgKind::NewId { .. } => "returns".to_owned(),
            _ => format!("`{}`", self.name),
        };
        let mut lines = docs::list_item(&term, &self.arg.docs);
        if let Some((_, version)) = &self.any {
            lines.push(format!("- `{version}`: of the new object"));
        }
        lines
    }
}

/// The first line of a method, and the bounds in its where-clause.
pub(super) struct Head {
    pub(super) text: String,
    bounds: Vec<String>,
    /// Whether the method makes objects.
    makes: bool,
}

impl<'a> Method<'a> {
    pub(super) fn new(message: &'a Message, message_names: &'a MessageNames, direction: Direction) -> Self {
        let names = &message_names.args;
        let is_any = |arg: &Arg| arg.kind == ArgKind::NewId { interface: None };
        let several = message.args.iter().filter(|arg| is_any(arg)).count() > 1;
        let mut count = 0;
        let args = message.args.iter().zip(names).map(|(arg, name)| {
            let any = is_any(arg).then(|| {
                count += 1;
                match several {
                    true => (format!("I{count}"), fresh(&format!("{name}_version"), names)),
                    false => ("I".to_owned(), fresh("version", names)),
                }
            });
            Sent { arg, name, any }
        });
        let (args, peer) = (args.collect(), fresh(direction.sender().0, names));
        Method { message, args, names, constant: &message_names.constant, peer, direction }
    }

    /// The names of the fd arguments.
    pub(super) fn fds(&self) -> Vec<String> {
        let fds = self.args.iter().filter(|sent| sent.arg.kind == ArgKind::Fd);
        fds.map(|sent| sent.name.to_owned()).collect()
    }
}

impl Emitter<'_> {
    pub(super) fn send_methods(&self, w: &mut Writer) {
        let directions = [Direction::Request, Direction::Event].into_iter();
        let sent = directions.filter(|&direction| self.context.choices.sides.sends(direction));
        let methods: Vec<_> = sent
            .flat_map(|direction| {
                let messages = self.interface.messages(direction).iter().zip(self.names.messages(direction));
                messages.map(move |(message, names)| (message, names, direction))
            })
            .collect();
        if methods.is_empty() {
            return;
        }
        w.line("");
        w.block(&format!("impl {}", self.names.handle), "}", |w| {
            for (at, (message, names, direction)) in methods.into_iter().enumerate() {
                if at > 0 {
                    w.line("");
                }
                self.method(w, message, names, direction);
            }
        });
    }

    fn method(&self, w: &mut Writer, message: &Message, names: &MessageNames, direction: Direction) {
        let (_, owner, has) = direction.sender();
        self.import([Import::Runtime(owner), Import::Runtime(has), Import::Runtime("SendError")]);
        let method = Method::new(message, names, direction);
        let Head { text, bounds, makes } = self.head(&method, names);
        if makes || !bounds.is_empty() {
            self.import([Import::Runtime("Dispatch"), Import::Runtime(direction.sending_role())]);
        }
        self.describe(w, &method, &names.variant);
        w.bounded_block(&text, &bounds, |w| self.body(w, &method));
    }

    /// The first line of a method.
    pub(super) fn head(&self, method: &Method<'_>, names: &MessageNames) -> Head {
        let direction = method.direction;
        let (_, owner, has) = direction.sender();
        let mut parameters = vec!["self".to_owned(), format!("{}: &mut {owner}<A>", method.peer)];
        let mut generics = vec![format!("A: {has}")];
        let mut bounds = Vec::new();
        let mut made = Vec::new();
        if method.message.destructor {
            bounds.push(format!("{}: {}", self.names.handle, direction.sending()));
        }
        for sent in &method.args {
            if let Some((kind, version)) = &sent.any {
                generics.push(format!("{kind}: {}", direction.sending()));
                parameters.push(format!("{version}: u32"));
                made.push(kind.clone());
            } else if matches!(sent.arg.kind, ArgKind::NewId { .. }) {
                let handle = self.passed(sent.arg);
                bounds.push(format!("{handle}: {}", direction.sending()));
                made.push(handle);
            } else {
                parameters.push(format!("{}: {}", sent.name, self.passed(sent.arg)));
            }
        }
        bounds.sort();
        bounds.dedup();
        let result = match made.as_slice() {
            [] => "()".to_owned(),
            [only] => only.clone(),
            several => format!("({})", several.join(", ")),
        };
        let (name, generics, parameters) = (&names.method, generics.join(", "), parameters.join(", "));
        Head {
            text: format!("pub fn {name}<{generics}>({parameters}) -> Result<{result}, SendError>"),
            bounds,
            makes: !made.is_empty(),
        }
    }

    /// The summary and the arguments; the variant of the message has the whole text.
    fn describe(&self, w: &mut Writer, method: &Method<'_>, variant: &str) {
        let message = method.message;
        let mut notes = Vec::new();
        if !message.docs.text.is_empty() {
            notes.push(format!("More at [`{}::{variant}`].", method.direction.kind()));
        }
        notes.extend(messages::notes(message));
        let items: Vec<_> = method.args.iter().flat_map(Sent::describe).collect();
        if !items.is_empty() {
            notes.push(items.join("\n"));
        }
        notes.push("# Errors\n[`SendError`] if nothing was queued.".to_owned());
        let summary = Docs { summary: message.docs.summary.clone(), text: String::new() };
        w.lines(docs::comment(&docs::rustdoc(&summary, &format!("Sends `{}`.", message.name), &notes)));
        // A server goes on sending old events to old clients, so only requests are worth a warning.
        if let (Some(since), Direction::Request) = (message.deprecated_since, method.direction) {
            w.line(format!("#[deprecated(note = \"since version {since} of the interface\")]"));
        }
    }
}
