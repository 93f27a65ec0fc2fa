//! Rules: turns the spec as written into the checked model, and reports everything that is wrong with it on the way. A
//! file with errors still yields a model, with placeholders, so that one fault does not hide the next; the caller drops it.

mod arguments;
mod enums;
mod expression;
mod messages;
mod names;
mod numbers;
mod references;
mod unique;

use std::collections::{BTreeMap, BTreeSet};

use crate::ast;
use crate::diagnose::{Diagnostic, Sink};
use crate::model::{Direction, Docs, Interface, Protocol};
use crate::rule::Rule;
use crate::source::Span;
use crate::text::quote;
use names::Role;
use references::Index;
use unique::Unique;

/// Checks files that are compiled together. `None` is a file that could not be read; the reason is already known.
/// Interfaces in `externs` are known to be elsewhere.
pub(crate) fn check(
    files: &[Option<ast::Protocol>],
    externs: &BTreeMap<String, String>,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Protocol> {
    let index = Index::new(files, externs);
    let mut protocols = Vec::with_capacity(files.len());
    for (file, protocol) in files.iter().enumerate() {
        let Some(protocol) = protocol else { continue };
        let mut checker = Checker { index: &index, sink: Sink { file, list: findings }, noted: BTreeSet::new() };
        protocols.push(checker.protocol(protocol));
    }
    protocols
}

/// Checks one file against all of them.
struct Checker<'a> {
    index: &'a Index<'a>,
    sink: Sink<'a>,
    /// Interfaces from elsewhere that have been mentioned already; once per file is enough.
    noted: BTreeSet<&'a str>,
}

/// What the parts of an interface need to know of it.
#[derive(Clone, Copy)]
struct Scope<'a> {
    interface: &'a ast::Interface,
    /// Its version; the highest there is when the file does not give a usable one, so that nothing exceeds it.
    version: u32,
}

impl<'a> Checker<'a> {
    fn protocol(&mut self, protocol: &'a ast::Protocol) -> Protocol {
        let name = self.name(protocol.name.as_ref(), protocol.tag, "protocol", Role::Standalone);
        if protocol.interfaces.is_empty() {
            self.sink
                .report(Rule::Empty, protocol.tag, "the protocol has no interface")
                .help("add an `<interface name=\"...\" version=\"1\">`");
        }
        let mut names = Unique::new(Rule::DuplicateName, "interface");
        let interfaces = protocol
            .interfaces
            .iter()
            .map(|interface| {
                names.insert(&mut self.sink, interface.name.as_ref());
                self.only_here(interface);
                self.interface(interface)
            })
            .collect();
        let copyright = protocol.copyright.as_ref().map(|text| dedent(text)).filter(|text| !text.is_empty());
        Protocol { name, copyright, docs: self.docs(protocol.description.as_ref(), None), interfaces }
    }

    fn interface(&mut self, interface: &'a ast::Interface) -> Interface {
        let name = self.name(interface.name.as_ref(), interface.tag, "interface", Role::Standalone);
        let version = self.version(interface);
        if interface.requests.is_empty() && interface.events.is_empty() && interface.enums.is_empty() {
            self.sink
                .report(Rule::EmptyInterface, interface.tag, "the interface has no request, event or enum")
                .help("an object needs at least a destructor: `<request name=\"destroy\" type=\"destructor\"/>`");
        }
        self.events_that_end(interface);
        let scope = Scope { interface, version };
        Interface {
            name,
            version,
            frozen: self.flag(Rule::InvalidFrozen, interface.frozen.as_ref(), "frozen"),
            docs: self.docs(interface.description.as_ref(), None),
            requests: self.messages(&interface.requests, scope, Direction::Request),
            events: self.messages(&interface.events, scope, Direction::Event),
            enums: self.enums(&interface.enums, scope),
            lost: Vec::new(),
        }
    }

    /// A `true`/`false` attribute; `false` when absent.
    fn flag(&mut self, rule: Rule, text: Option<&ast::Text>, name: &str) -> bool {
        let Some(text) = text else { return false };
        if !matches!(text.value.as_str(), "true" | "false") {
            self.sink
                .report(rule, text.span, format!("{} is no value for `{name}`", quote(&text.value)))
                .label("expected `true` or `false`")
                .help(format!("write `{name}=\"true\"`, or leave the attribute out"));
        }
        text.value == "true"
    }

    /// Documentation from a `description` and, where the element has one, a `summary` attribute of its own.
    fn docs(&mut self, description: Option<&ast::Description>, summary: Option<&ast::Text>) -> Docs {
        let one_line = |text: &ast::Text| text.value.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut docs = Docs { summary: summary.map(one_line).filter(|line| !line.is_empty()), text: String::new() };
        if let Some(description) = description {
            match &description.summary {
                Some(text) => docs.summary = Some(one_line(text)).filter(|line| !line.is_empty()).or(docs.summary),
                None => {
                    self.sink
                        .report(Rule::MissingSummary, description.tag, "`description` has no attribute `summary`")
                        .help("say in a few words what this is: `<description summary=\"...\">`");
                }
            }
            docs.text = dedent(&description.body);
        }
        docs
    }

    fn missing(&mut self, tag: Span, what: &str, attribute: &str, help: &str) {
        self.sink.report(Rule::MissingAttribute, tag, format!("the {what} has no attribute `{attribute}`")).help(help);
    }
}

/// Takes from every line the indentation that all lines share, and blank lines from both ends.
fn dedent(text: &str) -> String {
    let expand = |line: &str| line.replace('\t', "        ");
    // The parser makes `\n` of every line end; what is left is written as `&#13;`, and begins no line with indentation.
    let text = text.replace("\r\n", "\n").replace('\r', " ");
    let lines: Vec<_> = text.lines().map(|line| expand(line.trim_end())).collect();
    // The first line follows the opening tag directly, so its indentation says nothing about the others.
    let indent = |line: &String| line.len() - line.trim_start().len();
    let common = lines.iter().skip(1).filter(|line| !line.is_empty()).map(indent).min().unwrap_or(0);
    let lines: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(number, line)| if number == 0 { line.trim_start() } else { line.get(common..).unwrap_or("") })
        .collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dedent_keeps_relative_indentation() {
        assert_eq!(dedent("\n\tone\n\t  two\n\n\tthree\n      "), "one\n  two\n\nthree");
        assert_eq!(dedent("  first\n    second\n    third  "), "first\nsecond\nthird");
        assert_eq!(dedent(" \n \n"), "");
        assert_eq!(dedent("one\n  two\rthree\r\n\n  four"), "one\ntwo three\n\nfour");
    }
}
