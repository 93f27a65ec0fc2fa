//! Send methods: from arguments to one queued message. What can fail fails before a byte is queued.

use super::names::{MessageNames, fresh};
use super::writer::{Writer, is_short_chain};
use super::{Emitter, Import, NAMED_BY, allow, docs, messages};
use crate::model::{Arg, ArgKind, Direction, Docs, HEADER, Message};

/// Most parameters that clippy likes a function to have.
const FEW_PARAMETERS: usize = 7;

/// One send method under construction.
struct Method<'a> {
    message: &'a Message,
    args: Vec<Sent<'a>>,
    /// The parameters for the arguments; names that nothing else may have.
    names: &'a [String],
    /// The parameter for the client or server.
    peer: String,
    direction: Direction,
}

/// An argument of a send method.
struct Sent<'a> {
    arg: &'a Arg,
    /// The parameter; of a new id, the variable that holds the id.
    name: &'a str,
    /// The type parameter and the version parameter for an object whose interface the caller chooses.
    any: Option<(String, String)>,
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

impl<'a> Method<'a> {
    fn new(message: &'a Message, names: &'a [String], direction: Direction) -> Self {
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
        Method { message, args: args.collect(), names, peer: fresh(direction.sender().0, names), direction }
    }

    /// The names of the fd arguments.
    fn fds(&self) -> Vec<String> {
        let fds = self.args.iter().filter(|sent| sent.arg.kind == ArgKind::Fd);
        fds.map(|sent| sent.name.to_owned()).collect()
    }
}

impl Emitter<'_> {
    pub(super) fn send_methods(&self, w: &mut Writer) {
        let directions = [Direction::Request, Direction::Event].into_iter();
        let sent = directions.filter(|&direction| self.context.sides.sends(direction));
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
        let (module, owner, has) = direction.sender();
        self.import([Import::Type(owner), Import::Type(has), Import::Type("SendError")]);
        let method = Method::new(message, &names.args, direction);

        let mut parameters = vec!["self".to_owned(), format!("{}: &mut {owner}<A>", method.peer)];
        let mut generics = vec![format!("A: {has}")];
        let mut bounds = Vec::new();
        let mut made = Vec::new();
        if message.destructor {
            bounds.push(format!("{}: {module}::Dispatch<A>", self.names.handle));
        }
        for sent in &method.args {
            if let Some((kind, version)) = &sent.any {
                generics.push(format!("{kind}: {module}::Dispatch<A>"));
                parameters.push(format!("{version}: u32"));
                made.push(kind.clone());
            } else if matches!(sent.arg.kind, ArgKind::NewId { .. }) {
                let handle = self.passed(sent.arg);
                bounds.push(format!("{handle}: {module}::Dispatch<A>"));
                made.push(handle);
            } else {
                parameters.push(format!("{}: {}", sent.name, self.passed(sent.arg)));
            }
        }
        bounds.sort();
        bounds.dedup();
        if !made.is_empty() || !bounds.is_empty() {
            self.import([Import::Function(module)]);
        }

        self.describe(w, &method, &names.variant, parameters.len());
        let result = match made.as_slice() {
            [] => "()".to_owned(),
            [only] => only.clone(),
            several => format!("({})", several.join(", ")),
        };
        let head = format!("pub fn {}<{}>", names.method, generics.join(", "));
        let result = format!(" -> Result<{result}, SendError>");
        w.function(&head, &parameters, &result, &bounds, |w| self.body(w, &method));
    }

    /// The summary and the arguments; the variant of the message has the whole text.
    fn describe(&self, w: &mut Writer, method: &Method<'_>, variant: &str, parameters: usize) {
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
        if parameters > FEW_PARAMETERS {
            allow(w, "clippy::too_many_arguments", "the message has them");
        }
        if message.name == "new" {
            allow(w, "clippy::new_ret_no_self, clippy::wrong_self_convention", NAMED_BY);
        } else if ["as_", "from_", "into_", "is_", "to_"].iter().any(|prefix| message.name.starts_with(prefix)) {
            allow(w, "clippy::wrong_self_convention", NAMED_BY);
        }
    }

    fn body(&self, w: &mut Writer, method: &Method<'_>) {
        let size = method.message.is_variable().then(|| self.size(w, method));
        for sent in &method.args {
            refer(w, method, sent);
        }
        let send = |w: &mut Writer| match &size {
            Some(size) => self.send_fields(w, method, size),
            None => self.send_words(w, method),
        };
        let made: Vec<_> = method.args.iter().filter(|sent| matches!(sent.arg.kind, ArgKind::NewId { .. })).collect();
        let end = |w: &mut Writer, result: &str| {
            if method.message.destructor {
                w.line(format!("{}.retire(self);", method.peer));
            }
            w.line(format!("Ok({result})"));
        };
        match made.as_slice() {
            [] => {
                send(w);
                end(w, "()");
            }
            [only] if !method.message.destructor => announce(w, method, only, "", ")", send),
            [only] => {
                let handle = fresh("made", method.names);
                announce(w, method, only, &format!("let {handle} = "), ")?;", send);
                end(w, &handle);
            }
            [first, others @ ..] => {
                let handles = (1..=made.len()).map(|number| fresh(&format!("made_{number}"), method.names));
                let handles: Vec<_> = handles.collect();
                w.lines(handles[1..].iter().map(|handle| format!("let mut {handle} = None;")));
                announce(w, method, first, &format!("let {} = ", handles[0]), ")?;", |w| {
                    announce_others(w, method, others, &handles[1..], &send);
                });
                // They were all made, or `?` has returned.
                for handle in &handles[1..] {
                    w.assign(&format!("let {handle} ="), &format!("{handle}.ok_or(SendError::Gone)?"));
                }
                end(w, &format!("({})", handles.join(", ")));
            }
        }
    }

    /// Counts the bytes of a message with strings or arrays; gives the name of the variable.
    fn size(&self, w: &mut Writer, method: &Method<'_>) -> String {
        let mut terms = Vec::new();
        let mut fixed = HEADER;
        for Sent { arg, name, any } in &method.args {
            let (function, term) = match (&arg.kind, any) {
                (ArgKind::String { nullable: false }, _) => ("string_size", format!("string_size({name})?")),
                (ArgKind::String { nullable: true }, _) => {
                    ("optional_string_size", format!("optional_string_size({name})?"))
                }
                (ArgKind::Array, _) => ("array_size", format!("array_size({name})")),
                (_, Some((kind, _))) => {
                    fixed += 8;
                    ("string_size", format!("string_size({kind}::SPEC.name)?"))
                }
                (ArgKind::Fd, _) => continue,
                _ => {
                    fixed += 4;
                    continue;
                }
            };
            self.import([Import::Function(function)]);
            terms.push(term);
        }
        terms.insert(0, fixed.to_string());
        let size = fresh("size", method.names);
        w.sum(&format!("let {size} ="), &terms);
        size
    }

    /// Queues a message with strings or arrays.
    fn send_fields(&self, w: &mut Writer, method: &Method<'_>, size: &str) {
        let outgoing = fresh("message", method.names);
        let open = format!("open({size}, [{}])?", method.fds().join(", "));
        w.chain(&format!("let {outgoing} = "), &method.peer, &[open_call(method), open]);
        let mut calls = Vec::new();
        for Sent { arg, name, any } in &method.args {
            match (&arg.kind, any) {
                (ArgKind::String { nullable: false }, _) => calls.push(format!("string({name})")),
                (ArgKind::String { nullable: true }, _) => calls.push(format!("optional_string({name})")),
                (ArgKind::Array, _) => calls.push(format!("array({name})")),
                (_, Some((kind, version))) => {
                    calls.push(format!("string({kind}::SPEC.name)"));
                    calls.push(format!("word({version})"));
                    calls.push(format!("word({name})"));
                }
                (ArgKind::Fd, _) => {}
                _ => calls.push(format!("word({})", self.word(arg, name))),
            }
        }
        calls.push("finish()".to_owned());
        w.chain("", &outgoing, &calls);
    }

    /// Queues a message that consists of words alone.
    fn send_words(&self, w: &mut Writer, method: &Method<'_>) {
        let words = method.args.iter().filter(|sent| sent.arg.kind.is_word());
        let words: Vec<_> = words.map(|sent| self.word(sent.arg, sent.name)).collect();
        let (peer, send, fds) = (&method.peer, open_call(method), method.fds());
        let list = words.join(", ");
        let finish = match fds.as_slice() {
            [] => format!("words([{list}])"),
            fds => format!("words_and_fds([{list}], [{}])?", fds.join(", ")),
        };
        let chain = format!("{peer}.{send}.{finish}");
        if is_short_chain(&chain) {
            return w.line(format!("{chain};"));
        }
        let sender = fresh("sender", method.names);
        w.line(format!("let {sender} = {peer}.{send};"));
        if fds.is_empty() {
            return w.list(&format!("{sender}.words("), &words, ");");
        }
        w.list("let words = ", &words, ";");
        w.list("let fds = ", &fds, ";");
        w.line(format!("{sender}.words_and_fds(words, fds)?;"));
    }

    /// An argument as a word of the message.
    fn word(&self, arg: &Arg, name: &str) -> String {
        match &arg.kind {
            ArgKind::Int(Some(named)) | ArgKind::Uint(Some(named)) if self.enum_of(named).is_some() => {
                format!("{name}.0")
            }
            ArgKind::Int(_) => format!("{name} as u32"),
            ArgKind::Fixed => format!("{name}.to_bits() as u32"),
            _ => name.to_owned(),
        }
    }
}

/// The call that checks the object and opens a message to it.
fn open_call(method: &Method<'_>) -> String {
    format!("send(self, {}, {})?", method.message.opcode, method.message.since)
}

/// Turns a handle into an id that the receiver knows.
fn refer(w: &mut Writer, method: &Method<'_>, sent: &Sent<'_>) {
    let ArgKind::Object { interface, nullable } = &sent.arg.kind else { return };
    let name = sent.name;
    let reference = if interface.is_some() { "reference" } else { "reference_any" };
    let call = format!("{}.{reference}(self, {name})?", method.peer);
    if *nullable {
        w.block(&format!("let {name} = match {name}"), "};", |w| {
            w.line(format!("Some({name}) => {call},"));
            w.line("None => 0,");
        });
    } else {
        w.assign(&format!("let {name} ="), &call);
    }
}

/// A call that makes an object, runs `send` with its id, and takes it back if that fails.
fn announce(
    w: &mut Writer,
    method: &Method<'_>,
    made: &Sent<'_>,
    start: &str,
    end: &str,
    send: impl FnOnce(&mut Writer),
) {
    let (peer, id) = (&method.peer, made.name);
    let call = match &made.any {
        Some((_, version)) => format!("announce_versioned(self.0.client(), {version}, "),
        None => "announce(self, ".to_owned(),
    };
    w.block(&format!("{start}{peer}.{call}|{peer}, {id}|"), &format!("}}{end}"), |w| {
        send(w);
        w.line("Ok(())");
    });
}

/// Makes the second and further objects of a message, each within the announcement of the one before it.
fn announce_others(
    w: &mut Writer,
    method: &Method<'_>,
    made: &[&Sent<'_>],
    handles: &[String],
    send: &dyn Fn(&mut Writer),
) {
    let (Some((first, made)), Some((handle, handles))) = (made.split_first(), handles.split_first()) else {
        return send(w);
    };
    let inner = fresh("made", method.names);
    announce(w, method, first, &format!("let {inner} = "), ")?;", |w| {
        announce_others(w, method, made, handles, send);
    });
    w.line(format!("{handle} = Some({inner});"));
}
