//! Value enums and bitfields: open newtypes, so that a value from a newer peer survives.

use super::paths::Import;
use super::writer::Writer;
use super::{Emitter, docs};
use crate::emit::names::EnumNames;
use crate::model::{Entry, Enum};

impl Emitter<'_> {
    pub(super) fn enums(&self, w: &mut Writer) {
        for (one, names) in self.interface.enums.iter().zip(&self.names.enums) {
            self.import([Import::Std("std", "fmt")]);
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
            w.line("");
            if one.bitfield {
                bits(w, kind);
            } else {
                values(w);
            }
        });
        conversions(w, kind);
        if one.bitfield {
            operators(w, kind);
        }
        debug(w, kind, one.bitfield);
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
    let value = if entry.hexadecimal { format!("{:#x}", entry.value) } else { entry.value.to_string() };
    w.line(format!("pub const {name}: {kind} = {kind}({value});"));
}

/// What `is_valid` and `Debug` go by.
fn entries(w: &mut Writer, one: &Enum) {
    let row = |entry: &Entry| format!("({}, \"{}\", {})", entry.value, entry.name, entry.since);
    let rows: Vec<_> = one.entries.iter().map(row).collect();
    w.line("/// Value, name and first version of each entry.");
    w.line(format!("const ENTRIES: &[(u32, &str, u32)] = &[{}];", rows.join(", ")));
}

fn values(w: &mut Writer) {
    w.line("/// Whether the value is one that objects of this version know.");
    w.line("#[must_use]");
    w.block("pub fn is_valid(self, version: u32) -> bool", "}", |w| {
        w.line("let known = |entry: &(u32, &str, u32)| entry.0 == self.0 && entry.2 <= version;");
        w.line("Self::ENTRIES.iter().any(known)");
    });
}

fn bits(w: &mut Writer, kind: &str) {
    w.line("/// No bits.");
    w.line("#[must_use]");
    w.block(&format!("pub const fn empty() -> {kind}"), "}", |w| w.line(format!("{kind}(0)")));
    w.line("");
    w.line("/// Whether all bits of `other` are set.");
    w.line("#[must_use]");
    w.block(&format!("pub const fn contains(self, other: {kind}) -> bool"), "}", |w| {
        w.line("self.0 & other.0 == other.0");
    });
    w.line("");
    w.line("/// Whether any bit of `other` is set.");
    w.line("#[must_use]");
    w.block(&format!("pub const fn intersects(self, other: {kind}) -> bool"), "}", |w| {
        w.line("self.0 & other.0 != 0");
    });
    w.line("");
    w.line("/// Whether all bits are ones that objects of this version know.");
    w.line("#[must_use]");
    w.block("pub fn is_valid(self, version: u32) -> bool", "}", |w| {
        w.line("let known = Self::ENTRIES.iter().filter(|entry| entry.2 <= version);");
        w.line("self.0 & !known.fold(0, |bits, entry| bits | entry.0) == 0");
    });
}

fn conversions(w: &mut Writer, kind: &str) {
    for (from, to, body) in [("u32", kind, format!("{kind}(value)")), (kind, "u32", "value.0".to_owned())] {
        w.line("");
        w.block(&format!("impl From<{from}> for {to}"), "}", |w| {
            w.block(&format!("fn from(value: {from}) -> {to}"), "}", |w| w.line(&body));
        });
    }
}

fn operators(w: &mut Writer, kind: &str) {
    for (name, method, operator) in [("BitOr", "bitor", "|"), ("BitAnd", "bitand", "&")] {
        w.line("");
        w.block(&format!("impl ::std::ops::{name} for {kind}"), "}", |w| {
            w.line(format!("type Output = {kind};"));
            w.line("");
            w.block(&format!("fn {method}(self, other: {kind}) -> {kind}"), "}", |w| {
                w.line(format!("{kind}(self.0 {operator} other.0)"));
            });
        });
    }
    w.line("");
    w.block(&format!("impl ::std::ops::BitOrAssign for {kind}"), "}", |w| {
        w.block(&format!("fn bitor_assign(&mut self, other: {kind})"), "}", |w| w.line("self.0 |= other.0;"));
    });
}

/// The name; of bits, all names and the rest in hexadecimal.
fn debug(w: &mut Writer, kind: &str, bitfield: bool) {
    w.line("");
    w.block(&format!("impl fmt::Debug for {kind}"), "}", |w| {
        w.block("fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result", "}", |w| {
            w.block("if let Some(entry) = Self::ENTRIES.iter().find(|entry| entry.0 == self.0)", "}", |w| {
                w.line("return f.write_str(entry.1);");
            });
            if !bitfield {
                return w.line("write!(f, \"{}\", self.0)");
            }
            w.line("let mut rest = self.0;");
            w.line("let mut separator = \"\";");
            w.block("for &(bits, name, _) in Self::ENTRIES", "}", |w| {
                w.block("if bits != 0 && rest & bits == bits", "}", |w| {
                    w.line("write!(f, \"{separator}{name}\")?;");
                    w.line("separator = \" | \";");
                    w.line("rest &= !bits;");
                });
            });
            w.block("if rest != 0 || separator.is_empty()", "}", |w| {
                w.line("write!(f, \"{separator}{rest:#x}\")?;");
            });
            w.line("Ok(())");
        });
    });
}
