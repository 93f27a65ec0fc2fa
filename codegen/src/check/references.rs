//! References from arguments to interfaces and enums, in the same file or another of the compilation (X26, X27, X42).

use std::collections::BTreeMap;

use super::{Checker, Scope};
use crate::ast::{self, Text};
use crate::model::{BOOTSTRAP, EnumRef, InterfaceRef, Origin};
use crate::rule::Rule;
use crate::source::Span;
use crate::text::{list, quote};

/// Where each interface of the compilation is defined.
pub(super) struct Index<'a> {
    interfaces: BTreeMap<&'a str, Vec<Definition<'a>>>,
    externs: &'a BTreeMap<String, String>,
}

#[derive(Clone, Copy)]
struct Definition<'a> {
    file: usize,
    interface: &'a ast::Interface,
}

/// What a name refers to.
enum Found<'a> {
    One(Definition<'a>),
    Several,
    None,
}

impl<'a> Index<'a> {
    pub(super) fn new(files: &'a [Option<ast::Protocol>], externs: &'a BTreeMap<String, String>) -> Self {
        let mut interfaces = BTreeMap::<_, Vec<_>>::new();
        for (file, protocol) in files.iter().enumerate() {
            for interface in protocol.iter().flat_map(|protocol| &protocol.interfaces) {
                if let Some(name) = &interface.name {
                    interfaces.entry(name.value.as_str()).or_default().push(Definition { file, interface });
                }
            }
        }
        Self { interfaces, externs }
    }

    /// A file's own interface comes before another file's of the same name.
    fn find(&self, name: &str, file: usize) -> Found<'a> {
        match self.interfaces.get(name).map_or(&[][..], Vec::as_slice) {
            [] => Found::None,
            [only] => Found::One(*only),
            several => several.iter().find(|one| one.file == file).map_or(Found::Several, |own| Found::One(*own)),
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn resolve_interface(&mut self, text: &'a Text) -> InterfaceRef {
        let name = text.value.as_str();
        let found = self.index.find(name, self.sink.file);
        let origin = match found {
            // The author's word on where a type is counts more than another file.
            Found::One(definition) if definition.file == self.sink.file => Origin::File(definition.file),
            _ if self.index.externs.contains_key(name) => Origin::Foreign,
            Found::One(definition) => Origin::File(definition.file),
            Found::None if BOOTSTRAP.contains(&name) => Origin::Runtime,
            Found::None | Found::Several => {
                if self.noted.insert(name) {
                    self.unresolved(text, &found);
                }
                Origin::Foreign
            }
        };
        InterfaceRef { name: name.to_owned(), origin }
    }

    fn unresolved(&mut self, text: &Text, found: &Found<'_>) {
        let name = quote(&text.value);
        let (rule, message) = match found {
            Found::Several => (Rule::AmbiguousInterface, format!("interface {name} is in several of these files")),
            _ => (Rule::ForeignInterface, format!("interface {name} is not in these files")),
        };
        self.sink
            .report(rule, text.span, message)
            .help("to generate code, add its XML file or say where its Rust type is (`extern_path`, `--extern`)");
    }

    /// `enum="name"` of the same interface, or `enum="interface.name"`. The name of the interface is compared as a whole.
    pub(super) fn enum_ref(&mut self, text: Option<&'a Text>, scope: Scope<'a>) -> Option<EnumRef> {
        let text = text?;
        let (owner, name) = match text.value.split_once('.') {
            Some((owner, name)) => (Some(owner), name),
            None => (None, text.value.as_str()),
        };
        let definition = match owner.map(|owner| self.index.find(owner, self.sink.file)) {
            None => Definition { file: self.sink.file, interface: scope.interface },
            Some(Found::One(definition)) => definition,
            Some(Found::None | Found::Several) => {
                let owner = quote(owner.unwrap_or_default());
                self.sink
                    .report(Rule::ForeignEnum, text.span, format!("interface {owner} is not in these files"))
                    .label("taken as a plain number")
                    .help("add its XML to have the values checked and typed");
                return None;
            }
        };
        let Some(found) = named_enum(definition.interface, name) else {
            self.unknown_enum(text.span, name, definition.interface);
            return None;
        };
        let interface = definition.interface.name.as_ref().map_or("_", |name| &name.value).to_owned();
        Some(EnumRef {
            interface: InterfaceRef { name: interface, origin: Origin::File(definition.file) },
            name: name.to_owned(),
            bitfield: found.bitfield.as_ref().is_some_and(|flag| flag.value == "true"),
        })
    }

    fn unknown_enum(&mut self, span: Span, name: &str, interface: &ast::Interface) {
        let owner = quote(interface.name.as_ref().map_or("", |name| &name.value));
        let enums: Vec<_> = interface.enums.iter().filter_map(|one| Some(one.name.as_ref()?.value.as_str())).collect();
        let elsewhere = self.index.interfaces.iter().find_map(|(other, definitions)| {
            definitions.iter().any(|one| named_enum(one.interface, name).is_some()).then_some(*other)
        });
        let help = match (enums.is_empty(), elsewhere) {
            (_, Some(other)) => format!("did you mean `{other}.{name}`?"),
            (true, None) => format!("{owner} has no enums"),
            (false, None) => format!("{owner} has {}", list(&enums)),
        };
        self.sink.report(Rule::UnknownEnum, span, format!("{owner} has no enum {}", quote(name))).help(help);
    }
}

fn named_enum<'a>(interface: &'a ast::Interface, name: &str) -> Option<&'a ast::Enum> {
    interface.enums.iter().find(|one| one.name.as_ref().is_some_and(|own| own.value == name))
}
