//! Value enums and bitfields: open newtypes, so that a value from a newer peer survives. What is the same for all of them,
//! macros of the runtime add.

use super::writer::Writer;
use super::{Emitter, docs};
use crate::emit::names::EnumNames;
use crate::model::{Entry, Enum};

impl Emitter<'_> {
    pub(super) fn enums(&self, w: &mut Writer) {
        for (one, names) in self.interface.enums.iter().zip(&self.names.enums) {
            self.enumeration(w, one, names);
        }
    }

    fn enumeration(&self, w: &mut Writer, one: &Enum, names: &EnumNames) {
        let kind = &names.kind;
        let what = if one.bitfield { "Bits" } else { "Values" };
        let instead = format!("{what} of `{}.{}`.", self.interface.name, one.name);
        let notes: Vec<_> = (one.since > 1).then(|| format!("Since version {}.", one.since)).into_iter().collect();
        w.line("");
        w.lines(docs::comment(&docs::rustdoc(&one.docs, &instead, &notes)));
        let default = if one.bitfield { "Default, " } else { "" };
        w.line(format!("#[derive(Clone, Copy, {default}PartialEq, Eq, PartialOrd, Ord, Hash)]"));
        w.line(format!("pub struct {kind}(pub u32);"));
        w.line("");
        w.block(&format!("impl {kind}"), "}", |w| {
            for (entry, name) in one.entries.iter().zip(&names.entries) {
                constant(w, entry, name, kind, one.since);
                w.line("");
            }
            entries(w, one);
        });
        w.line("");
        let rest = if one.bitfield { "bitfield" } else { "value_enum" };
        w.line(format!("::wayline::{rest}!({kind});"));
    }
}

fn constant(w: &mut Writer, entry: &Entry, name: &str, kind: &str, enum_since: u32) {
    let mut notes = Vec::new();
    if entry.since > enum_since {
        notes.push(format!("Since version {}.", entry.since));
    }
    if let Some(deprecated) = entry.deprecated_since {
        notes.push(format!("Deprecated since version {deprecated}."));
    }
    w.lines(docs::comment(&docs::rustdoc(&entry.docs, &format!("The value `{}`.", entry.name), &notes)));
    let value = literal(entry);
    w.line(format!("pub const {name}: {kind} = {kind}({value});"));
}

/// What the macros go by.
fn entries(w: &mut Writer, one: &Enum) {
    let row = |entry: &Entry| format!("({}, \"{}\", {})", literal(entry), entry.name, entry.since);
    let rows: Vec<_> = one.entries.iter().map(row).collect();
    w.line("/// Value, name and first version of each entry.");
    w.line(format!("const ENTRIES: &[(u32, &str, u32)] = &[{}];", rows.join(", ")));
}

/// A value as a literal: in the base of the file, its digits in groups as people read them.
fn literal(entry: &Entry) -> String {
    let (prefix, digits, group) = match entry.hexadecimal {
        true => ("0x", format!("{:x}", entry.value), 4),
        false => ("", entry.value.to_string(), 3),
    };
    if digits.len() <= 5 {
        return format!("{prefix}{digits}");
    }
    let mut text = prefix.to_owned();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place) % group == 0 {
            text.push('_');
        }
        text.push(digit);
    }
    text
}
