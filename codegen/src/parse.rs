//! XML to [`ast`](crate::ast). It checks the shape of the document: which elements and attributes may stand where. What
//! names, versions and types mean is checked later.

mod doctype;
mod tags;

use roxmltree::{Document, Node, ParsingOptions};

use crate::ast::{Arg, Description, Entry, Enum, Interface, Message, Protocol, Text};
use crate::diagnose::{Diagnostic, Sink};
use crate::rule::Rule;
use crate::source::{Defect, MAX_INPUT, Source, Span};
use crate::text::{boundary_behind, list, quote};

/// The most XML nodes (elements, texts, comments) of one file; two orders of magnitude above the largest protocol known.
const MAX_NODES: u32 = 1_000_000;

/// Reads one source. `None` if there is no document to speak of; the reason is then among the findings.
pub(crate) fn parse(file: usize, source: &Source, findings: &mut Vec<Diagnostic>) -> Option<Protocol> {
    let mut sink = Sink { file, list: findings };
    let is_bounded =
        |sink: &mut Sink<'_>| doctype::is_bounded(source.text(), sink) && tags::are_bounded(source.text(), sink);
    if !is_readable(source, &mut sink) || !is_bounded(&mut sink) {
        return None;
    }
    // No resolver is given, so an external entity is unknown to the parser: nothing is ever fetched or opened.
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, entity_resolver: None };
    match Document::parse_with_options(source.text(), options) {
        Ok(document) => Parser { source, sink }.document(&document),
        Err(error) => {
            syntax_error(source, &mut sink, &error);
            None
        }
    }
}

fn is_readable(source: &Source, sink: &mut Sink<'_>) -> bool {
    let start = Span { start: 0, end: 0 };
    match source.defect() {
        Some(Defect::Unreadable(reason)) => {
            sink.report(Rule::Unreadable, start, format!("the file cannot be read: {reason}"))
                .help("is the path right?");
            false
        }
        Some(&Defect::NotUtf8(at)) => {
            let span = Span { start: at, end: at + 1 };
            sink.report(Rule::NotUtf8, span, "the text is not valid UTF-8")
                .label("these bytes are no character")
                .help("save the file as UTF-8; other encodings are not read");
            false
        }
        Some(Defect::TooLarge) => {
            let message = format!("the input is longer than {} MiB", MAX_INPUT >> 20);
            sink.report(Rule::TooLarge, start, message).help("is this a protocol file?");
            false
        }
        None if source.text().trim_start_matches('\u{feff}').trim().is_empty() => {
            sink.report(Rule::EmptyInput, start, "the input is empty")
                .help("a protocol file holds one `<protocol name=\"...\">` element");
            false
        }
        None => true,
    }
}

fn syntax_error(source: &Source, sink: &mut Sink<'_>, error: &roxmltree::Error) {
    use roxmltree::Error as Xml;
    let end = source.text().trim_end().len();
    let place = error.pos();
    let at = source.offset(place.row as usize, place.col as usize);
    let (rule, at, help) = match error {
        // The parser gives these no place of their own: what is missing is missing at the end.
        Xml::UnclosedRootNode | Xml::UnexpectedEndOfStream | Xml::NoRootNode => {
            (Rule::Syntax, end, "the file ends too early; was it cut off?")
        }
        Xml::UnknownEntityReference(..) => {
            (Rule::Entity, at, "XML itself knows lt, gt, amp, apos and quot; entities outside the file are not read")
        }
        Xml::EntityReferenceLoop(_) => (Rule::Entity, at, "entities may be nested 10 deep and used 255 times at once"),
        Xml::NodesLimitReached => (Rule::TooLarge, at, "a file may have a million XML nodes"),
        Xml::UnexpectedCloseTag(..) => (Rule::Syntax, at, "close elements in the reverse order of opening them"),
        _ => (Rule::Syntax, at, "only the first fault of this kind can be shown; the rest of the file was not read"),
    };
    // The parser puts the place into its message; ours stands in front.
    let message = error.to_string().replace(&format!(" at {place}"), "");
    let span = Span { start: at, end: boundary_behind(source.text(), at + 1) };
    sink.report(rule, span, format!("the XML is not well-formed: {message}")).help(help);
}

struct Parser<'a> {
    source: &'a Source,
    sink: Sink<'a>,
}

/// Where an element may stand.
const PARENTS: &[(&str, &str)] = &[
    ("protocol", "the outermost element"),
    ("copyright", "in `protocol`"),
    ("description", "in any element"),
    ("interface", "in `protocol`"),
    ("request", "in `interface`"),
    ("event", "in `interface`"),
    ("enum", "in `interface`"),
    ("arg", "in `request` or `event`"),
    ("entry", "in `enum`"),
];

impl Parser<'_> {
    fn document(mut self, document: &Document<'_>) -> Option<Protocol> {
        let root = document.root_element();
        if root.tag_name().name() != "protocol" || !self.is_of_format(root) {
            let message = format!("the outermost element is {}, not `protocol`", quote(root.tag_name().name()));
            self.sink
                .report(Rule::WrongRoot, tag(root), message)
                .help("is this a Wayland protocol file? Those start with `<protocol name=\"...\">`");
            return None;
        }
        Some(self.protocol(root))
    }

    fn protocol(&mut self, node: Node<'_, '_>) -> Protocol {
        let [name] = self.attributes(node, ["name"]);
        let mut protocol =
            Protocol { tag: tag(node), name, copyright: None, description: None, interfaces: Vec::new() };
        for child in self.children(node, &["copyright", "description", "interface"]) {
            match child.tag_name().name() {
                "copyright" => {
                    let [] = self.attributes(child, []);
                    protocol.copyright.get_or_insert(self.body(child));
                }
                "description" => self.describe(&mut protocol.description, child),
                _ => protocol.interfaces.push(self.interface(child)),
            }
        }
        protocol
    }

    fn interface(&mut self, node: Node<'_, '_>) -> Interface {
        let [name, version, frozen] = self.attributes(node, ["name", "version", "frozen"]);
        let mut interface = Interface {
            tag: tag(node),
            name,
            version,
            frozen,
            description: None,
            requests: Vec::new(),
            events: Vec::new(),
            enums: Vec::new(),
        };
        for child in self.children(node, &["description", "request", "event", "enum"]) {
            match child.tag_name().name() {
                "description" => self.describe(&mut interface.description, child),
                "request" => interface.requests.push(self.message(child)),
                "event" => interface.events.push(self.message(child)),
                _ => interface.enums.push(self.enumeration(child)),
            }
        }
        interface
    }

    fn message(&mut self, node: Node<'_, '_>) -> Message {
        let [name, kind, since, deprecated_since] =
            self.attributes(node, ["name", "type", "since", "deprecated-since"]);
        let mut message =
            Message { tag: tag(node), name, kind, since, deprecated_since, description: None, args: Vec::new() };
        for child in self.children(node, &["description", "arg"]) {
            match child.tag_name().name() {
                "description" => self.describe(&mut message.description, child),
                _ => message.args.push(self.arg(child)),
            }
        }
        message
    }

    fn arg(&mut self, node: Node<'_, '_>) -> Arg {
        let [name, kind, interface, enumeration, allow_null, summary] =
            self.attributes(node, ["name", "type", "interface", "enum", "allow-null", "summary"]);
        let description = self.only_description(node);
        Arg { tag: tag(node), name, kind, interface, enumeration, allow_null, summary, description }
    }

    fn enumeration(&mut self, node: Node<'_, '_>) -> Enum {
        let [name, since, bitfield] = self.attributes(node, ["name", "since", "bitfield"]);
        let mut enumeration = Enum { tag: tag(node), name, since, bitfield, description: None, entries: Vec::new() };
        for child in self.children(node, &["description", "entry"]) {
            match child.tag_name().name() {
                "description" => self.describe(&mut enumeration.description, child),
                _ => enumeration.entries.push(self.entry(child)),
            }
        }
        enumeration
    }

    fn entry(&mut self, node: Node<'_, '_>) -> Entry {
        let [name, value, summary, since, deprecated_since] =
            self.attributes(node, ["name", "value", "summary", "since", "deprecated-since"]);
        let description = self.only_description(node);
        Entry { tag: tag(node), name, value, summary, since, deprecated_since, description }
    }

    fn only_description(&mut self, node: Node<'_, '_>) -> Option<Description> {
        let mut description = None;
        for child in self.children(node, &["description"]) {
            self.describe(&mut description, child);
        }
        description
    }

    /// Keeps the first description of an element; [`Self::children`] has reported the others.
    fn describe(&mut self, slot: &mut Option<Description>, node: Node<'_, '_>) {
        let [summary] = self.attributes(node, ["summary"]);
        let description = Description { tag: tag(node), summary, body: self.body(node) };
        slot.get_or_insert(description);
    }

    /// The text of an element that holds nothing else.
    fn body(&mut self, node: Node<'_, '_>) -> String {
        self.children(node, &[]);
        node.children().filter(Node::is_text).filter_map(|text| text.text()).collect()
    }

    /// The attributes asked for, in that order; every other one is reported.
    fn attributes<const N: usize>(&mut self, node: Node<'_, '_>, names: [&str; N]) -> [Option<Text>; N] {
        for attribute in node.attributes() {
            if attribute.namespace().is_some() || !names.contains(&attribute.name()) {
                let element = node.tag_name().name();
                let message = format!("`{element}` has no attribute {}", quote(attribute.name()));
                let start = attribute.range().start;
                let span = Span { start, end: start + attribute.name().len() };
                let help = match names.len() {
                    0 => "it has none at all".to_owned(),
                    _ => format!("it may have {}", list(&names)),
                };
                self.sink.report(Rule::UnknownAttribute, span, message).help(help);
            }
        }
        names.map(|name| {
            let attribute = node.attribute_node(name)?;
            let range = attribute.range_value();
            Some(Text { value: attribute.value().to_owned(), span: Span { start: range.start, end: range.end } })
        })
    }

    /// The child elements that may stand here. The others are reported, and so are text where none belongs, a second
    /// description, and a description (or copyright) that does not come first.
    fn children<'d, 'i>(&mut self, node: Node<'d, 'i>, allowed: &[&str]) -> Vec<Node<'d, 'i>> {
        let parent = node.tag_name().name();
        let mut kept: Vec<Node<'d, 'i>> = Vec::new();
        let (mut first_of_name, mut first_other) = ([None; 2], None);
        for child in node.children() {
            if child.is_text() && !matches!(parent, "description" | "copyright") {
                self.stray_text(child, parent);
            }
            if !child.is_element() {
                continue;
            }
            let name = child.tag_name().name();
            if !self.is_of_format(child) || !allowed.contains(&name) {
                self.foreign_element(child, parent);
                continue;
            }
            let prose = ["description", "copyright"].iter().position(|prose| *prose == name);
            if let Some(at) = prose {
                let first: Option<Node<'d, 'i>> = first_of_name[at];
                first_of_name[at] = first.or(Some(child));
                if let Some(first) = first {
                    let message = format!("`{parent}` has two elements `{name}`");
                    self.sink
                        .report(Rule::DuplicateDescription, tag(child), message)
                        .related(tag(first), "the first one is here")
                        .help("join them, or move one to the element that it describes");
                } else if let Some(before) = first_other {
                    let message = format!("`{name}` stands behind `{before}` in `{parent}`");
                    self.sink
                        .report(Rule::DescriptionOrder, tag(child), message)
                        .help(format!("move it up, in front of the first `{before}`"));
                }
            }
            if name != "copyright" {
                first_other = first_other.or(Some(name));
            }
            kept.push(child);
        }
        kept
    }

    fn stray_text(&mut self, node: Node<'_, '_>, parent: &str) {
        // Entities may have put the text together from several places; the range is still one of this file.
        let range = node.range();
        let raw = &self.source.text()[range.clone()];
        if node.text().is_none_or(|text| text.trim().is_empty()) {
            return;
        }
        let start = range.start + (raw.len() - raw.trim_start().len());
        let end = start + raw.trim().lines().next().map_or(0, str::len);
        self.sink
            .report(Rule::StrayText, Span { start, end }, format!("text between the elements of `{parent}`"))
            .help("put it into a `description`, or into a comment: `<!-- ... -->`");
    }

    fn foreign_element(&mut self, node: Node<'_, '_>, parent: &str) {
        let name = node.tag_name().name();
        match PARENTS.iter().find(|(known, _)| *known == name) {
            Some((_, place)) if self.is_of_format(node) => {
                let rule = if is_prose(name) { Rule::MisplacedDescription } else { Rule::MisplacedElement };
                self.sink
                    .report(rule, tag(node), format!("`{name}` may not stand in `{parent}`"))
                    .help(format!("its place is {place}"));
            }
            _ => {
                let message = format!("{} is not an element of the format", quote(name));
                let help =
                    "the elements are protocol, copyright, description, interface, request, event, enum, arg, entry";
                self.sink.report(Rule::UnknownElement, tag(node), message).help(help);
                // What is in it is left out with it, unless others might take it for a part of the file.
                for inner in node.descendants().skip(1).filter(Node::is_element) {
                    let inner_name = inner.tag_name().name();
                    let is_known = PARENTS.iter().any(|(known, _)| *known == inner_name) && !is_prose(inner_name);
                    if is_known && self.is_of_format(inner) {
                        let message = format!("`{inner_name}` stands in {}", quote(name));
                        let help = "the format has no groups: put it where it belongs, or into a comment";
                        self.sink.report(Rule::MisplacedElement, tag(inner), message).help(help);
                    }
                }
            }
        }
    }

    /// Whether an element has no prefix, so that `wayland-scanner`, which knows no namespaces, takes it for one of the format.
    fn is_of_format(&self, node: Node<'_, '_>) -> bool {
        let name = node.tag_name();
        name.namespace().is_none() || self.source.text()[node.range()][1..].starts_with(name.name())
    }
}

/// Whether an element only holds text for people.
fn is_prose(name: &str) -> bool {
    matches!(name, "description" | "copyright")
}

/// `<name` of an element.
fn tag(node: Node<'_, '_>) -> Span {
    let start = node.range().start;
    let prefix =
        node.lookup_prefix(node.tag_name().namespace().unwrap_or_default()).map_or(0, |prefix| prefix.len() + 1);
    Span { start, end: start + 1 + prefix + node.tag_name().name().len() }
}
