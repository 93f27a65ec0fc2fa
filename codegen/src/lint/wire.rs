//! What does not fit into a message of libwayland.

use super::finding::Sink;
use super::rule::Rule;
use crate::ast;
use crate::model::{Message, Protocol};
use crate::text::quote;

/// The most file descriptors that libwayland takes at once.
const MAX_FDS: usize = 28;

pub(super) fn look(spec: &ast::Protocol, model: &Protocol, sink: &mut Sink) {
    for (spec, model) in spec.interfaces.iter().zip(&model.interfaces) {
        let requests = spec.requests.iter().zip(&model.requests);
        for (spec, message) in requests.chain(spec.events.iter().zip(&model.events)) {
            let span = spec.name.as_ref().map_or(spec.tag, |name| name.span);
            let item = [model.name.as_str(), message.name.as_str()];
            let fds = message.fd_count();
            if fds > MAX_FDS {
                let text =
                    format!("{} has {fds} file descriptors, and {MAX_FDS} can be sent at once", quote(&message.name));
                sink.report(Rule::TooManyFds, span, &item, text).help("split the message");
            }
            if message.is_variable() && !says_how_long(message) {
                let text = format!("no text says how long {} may be", quote(&message.name));
                sink.report(Rule::UnboundedMessage, span, &item, text)
                    .help("say how many bytes may be sent, at most 4000 or so in all, or pass a file descriptor");
            }
        }
    }
}

/// Whether the texts of a message speak of a limit.
fn says_how_long(message: &Message) -> bool {
    let args = message.args.iter().map(|arg| &arg.docs);
    args.chain([&message.docs]).any(|docs| {
        let texts = [docs.summary.as_deref().unwrap_or(""), &docs.text];
        texts.iter().any(|text| ["byte", "4096", "maximum", "at most", "limit"].iter().any(|word| text.contains(word)))
    })
}
