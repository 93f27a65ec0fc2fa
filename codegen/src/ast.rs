//! The spec as written: every element the format knows, every attribute as text with its place. Nothing here is checked,
//! resolved or converted; a missing attribute is `None`.

use crate::source::Span;

/// An attribute's value with the bytes it came from.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Protocol {
    /// `<protocol`: where to point when something is missing from the element; the same in the other elements.
    pub(crate) tag: Span,
    pub(crate) name: Option<Text>,
    pub(crate) copyright: Option<String>,
    pub(crate) description: Option<Description>,
    pub(crate) interfaces: Vec<Interface>,
}

#[derive(Debug)]
pub(crate) struct Interface {
    pub(crate) tag: Span,
    pub(crate) name: Option<Text>,
    pub(crate) version: Option<Text>,
    pub(crate) frozen: Option<Text>,
    pub(crate) description: Option<Description>,
    pub(crate) requests: Vec<Message>,
    pub(crate) events: Vec<Message>,
    pub(crate) enums: Vec<Enum>,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) tag: Span,
    pub(crate) name: Option<Text>,
    pub(crate) kind: Option<Text>,
    pub(crate) since: Option<Text>,
    pub(crate) deprecated_since: Option<Text>,
    pub(crate) description: Option<Description>,
    pub(crate) args: Vec<Arg>,
}

#[derive(Debug)]
pub(crate) struct Arg {
    pub(crate) tag: Span,
    pub(crate) name: Option<Text>,
    pub(crate) kind: Option<Text>,
    pub(crate) interface: Option<Text>,
    pub(crate) enumeration: Option<Text>,
    pub(crate) allow_null: Option<Text>,
    pub(crate) summary: Option<Text>,
    pub(crate) description: Option<Description>,
}

#[derive(Debug)]
pub(crate) struct Enum {
    pub(crate) tag: Span,
    pub(crate) name: Option<Text>,
    pub(crate) since: Option<Text>,
    pub(crate) bitfield: Option<Text>,
    pub(crate) description: Option<Description>,
    pub(crate) entries: Vec<Entry>,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) tag: Span,
    pub(crate) name: Option<Text>,
    pub(crate) value: Option<Text>,
    pub(crate) summary: Option<Text>,
    pub(crate) since: Option<Text>,
    pub(crate) deprecated_since: Option<Text>,
    pub(crate) description: Option<Description>,
}

#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) tag: Span,
    pub(crate) summary: Option<Text>,
    pub(crate) body: String,
}
