//! Numbers that are values of an enum and do not say so.

use std::collections::BTreeMap;

use super::finding::Sink;
use super::rule::Rule;
use crate::ast;
use crate::model::{ArgKind, Protocol};
use crate::source::Span;
use crate::text::quote;

pub(super) fn look(spec: &ast::Protocol, model: &Protocol, sink: &mut Sink) {
    for (spec, model) in spec.interfaces.iter().zip(&model.interfaces) {
        // Codes of errors are in messages that other interfaces have.
        let enums = model.enums.iter().filter(|one| one.name != "error");
        let enums: BTreeMap<_, _> = enums.map(|one| (one.name.as_str(), one)).collect();
        let requests = spec.requests.iter().zip(&model.requests);
        for (message_spec, message) in requests.chain(spec.events.iter().zip(&model.events)) {
            for (arg_spec, arg) in message_spec.args.iter().zip(&message.args) {
                let is_signed = arg.kind == ArgKind::Int(None);
                if !is_signed && arg.kind != ArgKind::Uint(None) || arg_spec.enumeration.is_some() {
                    continue;
                }
                let by_text = || enums.get(arg.docs.summary.as_deref().unwrap_or_default().trim());
                let Some(one) = enums.get(arg.name.as_str()).or_else(by_text) else { continue };
                let is_of_message = subject(&message.name) != one.name && enums.contains_key(subject(&message.name));
                if is_signed && one.bitfield || is_of_message {
                    continue;
                }
                let span = arg_spec.name.as_ref().map_or(arg_spec.tag, |name| name.span);
                let what = if one.bitfield { "bitfield" } else { "enum" };
                let text = format!(
                    "{} is a plain number, and the interface has the {what} {}",
                    quote(&arg.name),
                    quote(&one.name)
                );
                let found = sink.report(Rule::MissingEnum, span, &[&model.name, &message.name, &arg.name], text);
                found
                    .help(format!("add `enum=\"{}\"`, or rename one of them if they are not about the same", one.name));
                if let Some(kind) = &arg_spec.kind {
                    let behind = kind.span.end + 1;
                    found.edit(Span { start: behind, end: behind }, format!(" enum=\"{}\"", one.name));
                }
            }
        }
    }
}

/// What a message is about, by its name: `show_desktop` of `show_desktop_changed`. An enum of that name comes first.
fn subject(message: &str) -> &str {
    let name = message.strip_prefix("set_").or_else(|| message.strip_prefix("get_")).unwrap_or(message);
    name.strip_suffix("_changed").unwrap_or(name)
}
