//! Enums and their entries (X07, X13, X14, X17 to X22).

use super::names::Role;
use super::unique::Unique;
use super::{Checker, Scope};
use crate::ast;
use crate::model::{Entry, Enum};
use crate::rule::Rule;

impl<'a> Checker<'a> {
    pub(super) fn enums(&mut self, enums: &'a [ast::Enum], scope: Scope<'a>) -> Vec<Enum> {
        let mut names = Unique::new(Rule::DuplicateName, "enum");
        enums
            .iter()
            .map(|enumeration| {
                names.insert(&mut self.sink, enumeration.name.as_ref());
                self.enumeration(enumeration, scope)
            })
            .collect()
    }

    fn enumeration(&mut self, enumeration: &'a ast::Enum, scope: Scope<'a>) -> Enum {
        let name = self.name(enumeration.name.as_ref(), enumeration.tag, "enum", Role::Trailing);
        if enumeration.entries.is_empty() {
            self.sink
                .report(Rule::EmptyEnum, enumeration.tag, "the enum has no entry")
                .help("add an `<entry name=\"...\" value=\"0\"/>`, or remove the enum");
        }
        let since = self.enum_since(enumeration.since.as_ref(), scope);
        let mut names = Unique::new(Rule::DuplicateName, "entry");
        let mut latest = 1;
        let entries = enumeration
            .entries
            .iter()
            .map(|entry| {
                names.insert(&mut self.sink, entry.name.as_ref());
                let mut checked = self.entry(entry, scope);
                self.increasing(&mut latest, checked.since, entry.since.as_ref(), entry.tag, "entry");
                // An entry is not older than its enum, whatever it says.
                checked.since = checked.since.max(since);
                checked
            })
            .collect();
        Enum {
            name,
            since,
            bitfield: self.flag(Rule::InvalidFlag, enumeration.bitfield.as_ref(), "bitfield"),
            docs: self.docs(enumeration.description.as_ref(), None),
            entries,
        }
    }

    fn entry(&mut self, entry: &'a ast::Entry, scope: Scope<'a>) -> Entry {
        let since = self.since(entry.since.as_ref(), scope);
        let value = self.value(entry.value.as_ref(), entry.tag);
        Entry {
            name: self.name(entry.name.as_ref(), entry.tag, "entry", Role::Trailing),
            value: value.number,
            hexadecimal: value.hexadecimal,
            since,
            deprecated_since: self.deprecated_since(entry.deprecated_since.as_ref(), since, scope),
            docs: self.docs(entry.description.as_ref(), entry.summary.as_ref()),
        }
    }
}
