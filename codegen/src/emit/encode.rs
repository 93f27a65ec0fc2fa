//! The bodies of send methods: from arguments to one queued message. What can fail fails before a byte is queued.

use super::Emitter;
use super::methods::{Method, Sent};
use super::names::fresh;
use super::paths::Import;
use super::writer::Writer;
use crate::model::{Arg, ArgKind, HEADER};

impl Emitter<'_> {
    pub(super) fn body(&self, w: &mut Writer, method: &Method<'_>) {
        let size = method.message.is_variable().then(|| self.size(w, method));
        for sent in &method.args {
            refer(w, method, sent);
        }
        if let Some((call, more)) = at_once(method) {
            return self.send_at_once(w, method, call, &more);
        }
        let queue = |w: &mut Writer, is_last: bool| match &size {
            Some(size) => self.queue_fields(w, method, size, is_last),
            None => self.queue_words(w, method, is_last),
        };
        let queue_last = |w: &mut Writer| queue(w, true);
        let made: Vec<_> = method.args.iter().filter(|sent| matches!(sent.arg.kind, ArgKind::NewId { .. })).collect();
        let end = |w: &mut Writer, result: &str| {
            if method.message.destructor {
                w.line(format!("{}.destroy(self);", method.peer));
            }
            w.line(format!("Ok({result})"));
        };
        match made.as_slice() {
            [] if !method.message.destructor => queue_last(w),
            [] => {
                queue(w, false);
                end(w, "()");
            }
            [only] if !method.message.destructor => construct(w, method, only, "", ")", queue_last),
            [only] => {
                let handle = fresh("made", method.names);
                construct(w, method, only, &format!("let {handle} = "), ")?;", queue_last);
                end(w, &handle);
            }
            [first, others @ ..] => {
                let handles = (1..=made.len()).map(|number| fresh(&format!("made_{number}"), method.names));
                let handles: Vec<_> = handles.collect();
                w.lines(handles[1..].iter().map(|handle| format!("let mut {handle} = None;")));
                construct(w, method, first, &format!("let {} = ", handles[0]), ")?;", |w| {
                    construct_others(w, method, others, &handles[1..], &queue_last);
                });
                // They were all made, or `?` has returned.
                for handle in &handles[1..] {
                    w.line(format!("let {handle} = {handle}.ok_or(SendError::Gone)?;"));
                }
                end(w, &format!("({})", handles.join(", ")));
            }
        }
    }

    /// One call that sends a message of words and makes the object that it announces, or ends its own.
    fn send_at_once(&self, w: &mut Writer, method: &Method<'_>, call: &str, more: &str) {
        let word = |sent: &Sent<'_>| match sent.arg.kind {
            // The place of the id, which is yet to be found.
            ArgKind::NewId { .. } => "0".to_owned(),
            _ => self.word(sent.arg, sent.name),
        };
        let words: Vec<_> = method.args.iter().map(word).collect();
        let peer = &method.peer;
        let words = words.join(", ");
        w.line(format!("{peer}.{call}(self, {}, [{words}]{more})", numbers(method)));
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
            self.import([Import::Runtime(function)]);
            terms.push(term);
        }
        terms.insert(0, fixed.to_string());
        let size = fresh("size", method.names);
        w.line(format!("let {size} = {};", terms.join(" + ")));
        size
    }

    /// Queues a message with strings or arrays.
    fn queue_fields(&self, w: &mut Writer, method: &Method<'_>, size: &str, is_last: bool) {
        let outgoing = fresh("message", method.names);
        let (peer, fds) = (&method.peer, method.fds().join(", "));
        w.line(format!("let {outgoing} = {peer}.{}.open({size}, [{fds}])?;", open_call(method)));
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
        w.line(format!("{outgoing}.{};", calls.join(".")));
        if is_last {
            w.line("Ok(())");
        }
    }

    /// Queues a message that consists of words alone.
    fn queue_words(&self, w: &mut Writer, method: &Method<'_>, is_last: bool) {
        let words = method.args.iter().filter(|sent| sent.arg.kind.is_word());
        let words: Vec<_> = words.map(|sent| self.word(sent.arg, sent.name)).collect();
        let (peer, send, words) = (&method.peer, open_call(method), words.join(", "));
        let end = if is_last { "" } else { "?;" };
        w.line(match method.fds().as_slice() {
            [] => format!("{peer}.{send}.words([{words}]){end}"),
            fds => format!("{peer}.{send}.words_and_fds([{words}], [{}]){end}", fds.join(", ")),
        });
    }

    /// An argument as a word of the message.
    fn word(&self, arg: &Arg, name: &str) -> String {
        match &arg.kind {
            ArgKind::Int(Some(named)) | ArgKind::Uint(Some(named)) if self.enum_of(named).is_some() => {
                format!("{name}.0")
            }
            ArgKind::Int(_) => format!("{name}.cast_unsigned()"),
            ArgKind::Fixed => format!("{name}.to_bits().cast_unsigned()"),
            _ => name.to_owned(),
        }
    }
}

/// The call that does all at once, and what follows the words in it: for messages of words alone that make one object
/// of a known interface, or end their own.
fn at_once(method: &Method<'_>) -> Option<(&'static str, String)> {
    if !method.args.iter().all(|sent| sent.any.is_none() && sent.arg.kind.is_word()) {
        return None;
    }
    let is_new = |sent: &Sent<'_>| matches!(sent.arg.kind, ArgKind::NewId { .. });
    let mut made = method.args.iter().enumerate().filter(|(_, sent)| is_new(sent));
    match (made.next(), made.next(), method.message.destructor) {
        (Some((at, _)), None, false) => Some(("send_constructor", format!(", {at}"))),
        (None, None, true) => Some(("send_destructor", String::new())),
        _ => None,
    }
}

/// The call that checks the object and opens a message to it.
fn open_call(method: &Method<'_>) -> String {
    format!("send(self, {})?", numbers(method))
}

/// Opcode and first version, by their names.
fn numbers(method: &Method<'_>) -> String {
    format!("opcode::{0}, since::{0}", method.constant)
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
        w.line(format!("let {name} = {call};"));
    }
}

/// A call that makes an object, queues the message with its id, and takes it back if that fails.
fn construct(
    w: &mut Writer,
    method: &Method<'_>,
    made: &Sent<'_>,
    start: &str,
    end: &str,
    queue: impl FnOnce(&mut Writer),
) {
    let (peer, id) = (&method.peer, made.name);
    let call = match &made.any {
        Some((_, version)) => format!("construct_versioned(self.0.client(), {version}, "),
        None => "construct(self, ".to_owned(),
    };
    w.block(&format!("{start}{peer}.{call}|{peer}, {id}|"), &format!("}}{end}"), queue);
}

/// Makes the second and further objects of a message, each within the announcement of the one before it.
fn construct_others(
    w: &mut Writer,
    method: &Method<'_>,
    made: &[&Sent<'_>],
    handles: &[String],
    queue: &dyn Fn(&mut Writer),
) {
    let (Some((first, made)), Some((handle, handles))) = (made.split_first(), handles.split_first()) else {
        return queue(w);
    };
    let inner = fresh("made", method.names);
    construct(w, method, first, &format!("let {inner} = "), ")?;", |w| {
        construct_others(w, method, made, handles, queue);
    });
    w.line(format!("{handle} = Some({inner});"));
    w.line("Ok(())");
}
