//! Names of the format as names of Rust: case, keywords, and what to do when two of them become one. The same input gives
//! the same names for ever; what a name becomes does not depend on which sides are generated.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{BOOTSTRAP, Interface, Message, Protocol};

/// Words that cannot be names, of all editions. As the name of a constant, `_` means that it has none.
const KEYWORDS: &[&str] = &[
    "Self", "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Types that generated modules use by their bare names: of the runtime, of the prelude, and their own.
const TYPES: &[&str] = &[
    "A",
    "Arg",
    "ArgKind",
    "Client",
    "ClientRole",
    "Clone",
    "Copy",
    "Debug",
    "Dispatch",
    "Eq",
    "Err",
    "Event",
    "EventHandler",
    "Fixed",
    "From",
    "GlobalId",
    "Handle",
    "HandlerResult",
    "HasClient",
    "HasServer",
    "Hash",
    "I",
    "Incoming",
    "Interface",
    "DecodeError",
    "Message",
    "NewId",
    "None",
    "Ok",
    "Option",
    "OwnedEvent",
    "OwnedFd",
    "OwnedRequest",
    "PartialEq",
    "Request",
    "RequestHandler",
    "Result",
    "SendError",
    "Server",
    "ServerRole",
    "InterfaceIndex",
    "Some",
    "Spec",
    "String",
    "Vec",
    "WlCallback",
    "WlDisplay",
    "WlFixes",
    "WlRegistry",
];

/// Modules that the including code is likely to mean something else by.
const MODULES: &[&str] = &["alloc", "core", "std", "wayline"];

/// Names that are taken in one place.
#[derive(Debug, Default)]
pub(super) struct Scope {
    taken: BTreeSet<String>,
    /// How many names were tried in place of each that was wanted again.
    tried: BTreeMap<String, usize>,
}

impl Scope {
    pub(super) fn with<T: AsRef<str>>(taken: &[T]) -> Self {
        Self { taken: taken.iter().map(|name| name.as_ref().to_owned()).collect(), tried: BTreeMap::new() }
    }

    /// The name, or if it is taken the first of `name_`, `name2_`, `name3_` and so on that is not.
    pub(super) fn claim(&mut self, name: String) -> String {
        if self.taken.insert(name.clone()) {
            return name;
        }
        let tried = self.tried.entry(name.clone()).or_default();
        loop {
            *tried += 1;
            let other = if *tried == 1 { format!("{name}_") } else { format!("{name}{tried}_") };
            if self.taken.insert(other.clone()) {
                return other;
            }
        }
    }
}

/// `name` and, if that is taken, underscores.
pub(super) fn fresh(name: &str, taken: &[impl AsRef<str>]) -> String {
    let mut name = name.to_owned();
    while taken.iter().any(|other| other.as_ref() == name) {
        name.push('_');
    }
    name
}

/// A method, field, argument or module: `set_title`, `type_`.
fn snake(name: &str) -> String {
    let mut text = String::new();
    let mut after_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && after_lower {
            text.push('_');
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        text.push(c.to_ascii_lowercase());
    }
    if !text.contains(|c: char| c.is_ascii_alphabetic()) {
        // Underscores and digits alone are a bad name where they are one at all.
        text.insert(0, 'n');
    }
    escaped(text)
}

/// A type or variant: `SetTitle`, `Self_`.
pub(super) fn camel(name: &str) -> String {
    let mut text: String = name.split('_').map(capitalised).collect();
    if text.is_empty() {
        return format!("N{name}");
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        text.insert(0, '_');
    }
    escaped(text)
}

/// A word of a type's name. One in capitals alone is lowered, as Rust writes acronyms.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let Some(first) = letters.next() else { return String::new() };
    let rest = letters.as_str();
    let acronym = !rest.is_empty() && !word.contains(|c: char| c.is_ascii_lowercase());
    let rest = if acronym { rest.to_ascii_lowercase() } else { rest.to_owned() };
    format!("{}{rest}", first.to_ascii_uppercase())
}

/// An entry: `FLIPPED_90`, `_90`.
fn screaming(name: &str) -> String {
    let text = name.to_ascii_uppercase();
    escaped(if text.starts_with(|c: char| c.is_ascii_digit()) { format!("_{text}") } else { text })
}

fn escaped(mut name: String) -> String {
    if KEYWORDS.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// What the type of an enum is called if nothing else in its interface wants that name.
pub(super) fn enum_type(name: &str) -> String {
    let name = camel(name);
    if TYPES.contains(&name.as_str()) { name + "_" } else { name }
}

/// Whether generated modules mean something else by the bare name of a type.
pub(super) fn is_taken(kind: &str) -> bool {
    TYPES.contains(&kind)
}

/// The module of an interface as other crates are expected to call it.
pub(super) fn module(interface: &str) -> String {
    snake(interface)
}

/// The Rust names of one interface and all it contains, in the order of the model.
#[derive(Debug)]
pub(super) struct InterfaceNames {
    pub(super) module: String,
    pub(super) handle: String,
    pub(super) enums: Vec<EnumNames>,
    /// The types of enums by their names on the wire.
    pub(super) kinds: BTreeMap<String, String>,
    /// All of these types.
    pub(super) types: BTreeSet<String>,
    pub(super) requests: Vec<MessageNames>,
    pub(super) events: Vec<MessageNames>,
}

#[derive(Debug)]
pub(super) struct EnumNames {
    pub(super) kind: String,
    pub(super) entries: Vec<String>,
}

#[derive(Debug)]
pub(super) struct MessageNames {
    pub(super) variant: String,
    pub(super) method: String,
    /// Its opcode and its first version: the name of the method in capitals.
    pub(super) constant: String,
    pub(super) args: Vec<String>,
}

/// The names of all interfaces that are emitted, by their names on the wire: those of the runtime, or all others.
pub(super) fn assign(protocols: &[Protocol], bootstrap: bool) -> BTreeMap<&str, InterfaceNames> {
    let mut modules = Scope::with(MODULES);
    let mut handles = Scope::with(if bootstrap { &[] } else { TYPES });
    let interfaces = protocols.iter().flat_map(|protocol| &protocol.interfaces);
    let emitted = interfaces.filter(|interface| BOOTSTRAP.contains(&interface.name.as_str()) == bootstrap);
    emitted
        .map(|interface| {
            let module = modules.claim(snake(&interface.name));
            let handle = handles.claim(camel(&interface.name));
            (interface.name.as_str(), interface_names(interface, module, handle))
        })
        .collect()
}

fn interface_names(interface: &Interface, module: String, handle: String) -> InterfaceNames {
    let mut scope = Scope::with(TYPES);
    scope.claim(handle.clone());
    let mut kinds = BTreeMap::new();
    let enums = interface
        .enums
        .iter()
        .map(|one| {
            let mut consts = Scope::with(&["ENTRIES"]);
            let entries = one.entries.iter().map(|entry| consts.claim(screaming(&entry.name))).collect();
            let kind = scope.claim(enum_type(&one.name));
            kinds.insert(one.name.clone(), kind.clone());
            EnumNames { kind, entries }
        })
        .collect();
    let types = kinds.values().cloned().collect();
    let mut methods = Scope::default();
    let requests = messages(&interface.requests, &mut methods, |name| name);
    let both: BTreeSet<_> = requests.iter().map(|request| request.method.clone()).collect();
    let events = messages(&interface.events, &mut methods, |name| match both.contains(&name) {
        true => format!("{}_event", name.trim_end_matches('_')),
        false => name,
    });
    InterfaceNames { module, handle, enums, kinds, types, requests, events }
}

fn messages(messages: &[Message], methods: &mut Scope, rename: impl Fn(String) -> String) -> Vec<MessageNames> {
    let mut variants = Scope::default();
    messages
        .iter()
        .map(|message| {
            let mut args = Scope::default();
            let method = methods.claim(rename(snake(&message.name)));
            MessageNames {
                variant: variants.claim(camel(&message.name)),
                constant: method.to_ascii_uppercase(),
                method,
                args: message.args.iter().map(|arg| args.claim(snake(&arg.name))).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_case_of_rust() {
        assert_eq!(
            ["wl_surface", "zwp_v1", "EGL_image", "fooBar", "_1a", "__"].map(camel).join(" "),
            "WlSurface ZwpV1 EglImage FooBar _1a N__"
        );
        assert_eq!(
            ["set_title", "setTitle", "HDR", "x11_id", "_"].map(snake).join(" "),
            "set_title set_title hdr x11_id n_"
        );
        assert_eq!(["90", "flipped_90", "argb8888"].map(screaming).join(" "), "_90 FLIPPED_90 ARGB8888");
    }

    #[test]
    fn x38_keywords_get_an_underscore() {
        assert_eq!(
            ["type", "self", "crate", "async", "ref", "gen", "union"].map(snake).join(" "),
            "type_ self_ crate_ async_ ref_ gen_ union"
        );
        assert_eq!(camel("self"), "Self_");
    }

    #[test]
    fn names_that_are_wanted_often_are_found_at_the_first_try() {
        let mut scope = Scope::default();
        let names: BTreeSet<_> = (0..3000).map(|_| scope.claim("VALUE".to_owned())).collect();
        assert_eq!((names.len(), scope.tried["VALUE"]), (3000, 2999));
        assert!(names.iter().all(|name| name.len() <= "VALUE2999_".len()));
    }

    #[test]
    fn taken_names_get_underscores() {
        let mut scope = Scope::with(&["Event"]);
        let wanted = ["Event", "A", "A", "A_", "A", "A", "A3_"];
        let claimed = ["Event_", "A", "A_", "A__", "A2_", "A3_", "A3__"];
        assert_eq!(wanted.map(|name| scope.claim(name.to_owned())), claimed);
        assert_eq!(fresh("client", &["x", "client", "client_"]), "client__");
    }
}
