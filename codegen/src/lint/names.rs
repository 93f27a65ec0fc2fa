//! Names that are hard on other languages, or on other protocols.

use super::finding::Sink;
use super::rule::Rule;
use crate::ast::{self, Text};
use crate::model::Protocol;
use crate::text::quote;

/// Words that cannot be a member or parameter in C.
const C: &[&str] = &[
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float",
    "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof",
    "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while",
];

/// Words that cannot be one in C++, and can in C.
const CPP: &[&str] = &[
    "and",
    "asm",
    "bool",
    "catch",
    "class",
    "delete",
    "explicit",
    "export",
    "false",
    "friend",
    "mutable",
    "namespace",
    "new",
    "not",
    "operator",
    "or",
    "private",
    "protected",
    "public",
    "template",
    "this",
    "throw",
    "true",
    "try",
    "typeid",
    "typename",
    "using",
    "virtual",
    "xor",
];

pub(super) fn look(spec: &ast::Protocol, model: &Protocol, sink: &mut Sink) {
    for (spec, model) in spec.interfaces.iter().zip(&model.interfaces) {
        let interface = model.name.as_str();
        if let Some(name) = &spec.name {
            style(sink, name, "interface", &[interface]);
            if !interface.trim_matches('_').contains('_') && interface != "_" {
                let text = format!("the interface {} has no prefix", quote(interface));
                sink.report(Rule::InterfacePrefix, name.span, &[interface], text)
                    .help("begin the names of all interfaces with one of your own, as `wl_` and `xdg_` are");
            }
        }
        for message in spec.requests.iter().chain(&spec.events) {
            let Some(name) = &message.name else { continue };
            style(sink, name, "message", &[interface, &name.value]);
            keyword(sink, name, "message", &[interface, &name.value]);
            for arg in message.args.iter().filter_map(|arg| arg.name.as_ref()) {
                style(sink, arg, "argument", &[interface, &name.value, &arg.value]);
                keyword(sink, arg, "argument", &[interface, &name.value, &arg.value]);
            }
        }
        for one in &spec.enums {
            let Some(name) = &one.name else { continue };
            style(sink, name, "enum", &[interface, &name.value]);
            for entry in one.entries.iter().filter_map(|entry| entry.name.as_ref()) {
                style(sink, entry, "entry", &[interface, &name.value, &entry.value]);
            }
        }
    }
}

fn style(sink: &mut Sink, name: &Text, what: &str, item: &[&str]) {
    let text = &name.value;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    // What is no name at all is an error already.
    if !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || text.is_empty() {
        return;
    }
    // An underscore behind a keyword keeps it from being one.
    if text.strip_suffix('_').is_some_and(|word| C.contains(&word) || CPP.contains(&word)) {
        return;
    }
    if !text.chars().all(is_plain) || text.starts_with('_') || text.ends_with('_') || text.contains("__") {
        let message = format!("the {what} {} is not written as others are", quote(text));
        sink.report(Rule::NameStyle, name.span, item, message)
            .help("names have lower case, digits and single underscores between words");
    }
}

fn keyword(sink: &mut Sink, name: &Text, what: &str, item: &[&str]) {
    let word = name.value.as_str();
    let language = match (C.contains(&word), CPP.contains(&word)) {
        (true, _) => "C",
        (_, true) => "C++",
        _ => return,
    };
    let message = format!("the name of the {what} {} is a keyword of {language}", quote(word));
    sink.report(Rule::Keyword, name.span, item, message).help("choose another name; names are not on the wire");
}
