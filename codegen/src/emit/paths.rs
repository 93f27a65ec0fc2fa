//! Where the types are that a module names, and which of them it imports: of the standard library, of the runtime, of
//! other crates, and the handles of the interfaces beside it.

use std::collections::BTreeMap;

use super::Emitter;
use super::names::{self, InterfaceNames};
use super::writer::Writer;
use crate::model::{BOOTSTRAP, EnumRef, InterfaceRef, Origin};

/// Something a module imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Import {
    Std(&'static str, &'static str),
    Runtime(&'static str),
    Bootstrap(&'static str),
}

/// Where the Rust type of an interface is.
pub(super) enum Place<'a> {
    Here,
    Sibling(&'a InterfaceNames),
    Runtime(&'static str),
    Extern(&'a str),
}

/// The handles that the runtime has for [`BOOTSTRAP`].
const RUNTIME: [(&str, &str); BOOTSTRAP.len()] = [
    ("wl_display", "WlDisplay"),
    ("wl_registry", "WlRegistry"),
    ("wl_callback", "WlCallback"),
    ("wl_fixes", "WlFixes"),
];

impl<'a> Emitter<'a> {
    pub(super) fn import<const N: usize>(&self, imports: [Import; N]) {
        self.imports.borrow_mut().extend(imports);
    }

    pub(super) fn write_imports(&self, w: &mut Writer) {
        let mut paths = BTreeMap::<_, Vec<_>>::new();
        for import in self.imports.borrow().iter() {
            let (path, name) = match *import {
                Import::Std(path, name) => (path, name),
                Import::Runtime(name) => ("wayline", name),
                Import::Bootstrap(name) => ("wayline::protocol", name),
            };
            paths.entry(path).or_default().push(name);
        }
        for (path, names) in self.foreign.borrow().iter() {
            paths.entry(path.trim_start_matches("::")).or_default().extend(names);
        }
        paths.entry("super").or_default().extend(self.siblings.borrow().iter());
        for (path, names) in &paths {
            w.import(path, names);
        }
    }

    /// The type of handles of an interface, as this module names it.
    pub(super) fn handle_of(&self, interface: &InterfaceRef) -> String {
        match self.place(interface) {
            Place::Here => self.names.handle.clone(),
            Place::Sibling(names) if self.has_enum(&names.handle) => format!("super::{}", names.handle),
            Place::Sibling(names) => {
                self.siblings.borrow_mut().insert(&names.handle);
                names.handle.clone()
            }
            Place::Runtime(name) => {
                self.import([Import::Bootstrap(name)]);
                name.to_owned()
            }
            Place::Extern(path) => {
                let (parent, name) = path.rsplit_once("::").unwrap_or(("", path));
                let mut foreign = self.foreign.borrow_mut();
                let other = foreign.iter().any(|(path, names)| *path != parent && names.contains(name));
                let taken = self.has_enum(name) || self.context.handles.contains(name);
                if other || taken || names::is_taken(name) || parent.is_empty() {
                    return path.to_owned();
                }
                foreign.entry(parent).or_default().insert(name);
                name.to_owned()
            }
        }
    }

    /// Whether a bare name means an enum in this module.
    fn has_enum(&self, name: &str) -> bool {
        self.names.types.contains(name)
    }

    /// The type of an enum. `None` if there is none, because the runtime owns the interface.
    pub(super) fn enum_of(&self, named: &EnumRef) -> Option<String> {
        let kind = |names: &InterfaceNames| names.kinds.get(&named.name).cloned();
        match self.place(&named.interface) {
            Place::Here => kind(self.names),
            Place::Sibling(names) => Some(format!("super::{}::{}", names.module, kind(names)?)),
            Place::Runtime(_) => None,
            Place::Extern(path) => {
                // By convention the module of an interface stands beside its handle.
                let parent = path.rsplit_once("::").map_or("", |(parent, _)| parent);
                let module = names::module(&named.interface.name);
                Some(format!("{parent}::{module}::{}", names::enum_type(&named.name)))
            }
        }
    }

    pub(super) fn place(&self, interface: &InterfaceRef) -> Place<'a> {
        let owned = RUNTIME.iter().find(|(name, _)| *name == interface.name && !self.context.choices.bootstrap);
        if let Some((_, handle)) = owned {
            return Place::Runtime(handle);
        }
        match interface.origin {
            Origin::File(_) if interface.name == self.interface.name => Place::Here,
            Origin::File(_) => Place::Sibling(&self.context.names[interface.name.as_str()]),
            Origin::Runtime | Origin::Foreign => Place::Extern(&self.context.externs[&interface.name]),
        }
    }
}
