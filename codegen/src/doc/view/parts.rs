//! What a template shows of the parts of an interface: messages with their arguments, enums with their entries.

use minijinja::context;
use minijinja::value::Value;

use super::{Scope, View, kind};
use crate::ast;
use crate::doc::prose::Prose;
use crate::doc::{links, scanner};
use crate::emit::signatures::MessageSignatures;
use crate::model::{Arg, ArgKind, Direction, Entry, Enum, Message};

impl<'a> View<'a> {
    pub(super) fn message(
        &self,
        scope: &Scope<'a>,
        message: &Message,
        direction: Direction,
        names: Option<&MessageSignatures>,
    ) -> Value {
        let owner = &scope.interface.name;
        let id = scope.id(message, direction);
        let scope = &Scope { prose: Prose { own: Some(&id), ..scope.prose }, ..*scope };
        let shown = |text: &String| text.replace("crate::", "").replace("super::", "");
        context! {
            name => &message.name,
            kind => kind(direction),
            opcode => message.opcode,
            since => message.since,
            deprecated => message.deprecated_since,
            destructor => message.destructor,
            summary => message.docs.summary.as_deref().map(|text| scope.prose.line(text)),
            blocks => scope.prose.blocks(&message.docs.text),
            args => message.args.iter().map(|arg| self.arg(scope, arg, &id)).collect::<Vec<_>>(),
            rust_send => names.map(|names| shown(&names.send)),
            rust_receive => names.map(|names| shown(&names.receive)),
            c_send => scanner::send(owner, message, direction),
            c_receive => scanner::receive(owner, message, direction),
            id,
        }
    }

    fn arg(&self, scope: &Scope<'a>, arg: &Arg, message: &str) -> Value {
        let (kind, of, nullable) = match &arg.kind {
            ArgKind::Int(named) => ("int", named.as_ref(), false),
            ArgKind::Uint(named) => ("uint", named.as_ref(), false),
            ArgKind::Fixed => ("fixed", None, false),
            ArgKind::String { nullable } => ("string", None, *nullable),
            ArgKind::Array => ("array", None, false),
            ArgKind::Object { nullable, .. } => ("object", None, *nullable),
            ArgKind::NewId { .. } => ("new_id", None, false),
            ArgKind::Fd => ("fd", None, false),
        };
        let of = match &arg.kind {
            ArgKind::Object { interface: Some(one), .. } | ArgKind::NewId { interface: Some(one) } => {
                Some(self.interface_link(scope.page, &one.name))
            }
            _ => of.map(|named| {
                let owner = &named.interface.name;
                let is_own = *owner == scope.interface.name;
                let text = if is_own { named.name.clone() } else { format!("{owner}.{}", named.name) };
                context! { text, href => self.links.enum_href(scope.page, owner, &named.name) }
            }),
        };
        context! {
            name => &arg.name,
            id => links::argument(message, &arg.name),
            kind,
            of,
            nullable,
            summary => arg.docs.summary.as_deref().map(|text| scope.prose.line(text)),
            blocks => scope.prose.blocks(&arg.docs.text),
        }
    }

    pub(super) fn enumeration(
        &self,
        scope: &Scope<'a>,
        one: &'a Enum,
        spec: &ast::Enum,
        names: Option<&(String, Vec<String>)>,
    ) -> Value {
        let owner = &scope.interface.name;
        let id = links::enumeration(owner, &one.name);
        let scope = &Scope { prose: Prose { own: Some(&id), ..scope.prose }, ..*scope };
        let entries = one.entries.iter().zip(&spec.entries).enumerate();
        let entries = entries.map(|(at, (entry, spec))| {
            let rust = names.and_then(|(_, entries)| entries.get(at));
            Self::entry(scope, &id, entry, spec, rust)
        });
        let users = self.users.get(&(scope.page, owner, one.name.as_str())).into_iter().flatten();
        context! {
            name => &one.name,
            since => one.since,
            bitfield => one.bitfield,
            summary => one.docs.summary.as_deref().map(|text| scope.prose.line(text)),
            blocks => scope.prose.blocks(&one.docs.text),
            entries => entries.collect::<Vec<_>>(),
            has_summaries => one.entries.iter().any(|entry| entry.docs.summary.is_some() || !entry.docs.text.is_empty()),
            users => users.map(|place| self.place(scope.page, place)).collect::<Vec<_>>(),
            rust => names.map(|(kind, _)| kind),
            c_type => format!("enum {owner}_{}", one.name),
            c_prefix => scanner::prefix(owner, &one.name),
            id,
        }
    }

    fn entry(scope: &Scope<'_>, owner: &str, entry: &Entry, spec: &ast::Entry, rust: Option<&String>) -> Value {
        context! {
            name => &entry.name,
            id => links::entry(owner, &entry.name),
            value => spec.value.as_ref().map_or_else(|| entry.value.to_string(), |text| text.value.trim().to_owned()),
            hex => format!("0x{:x}", entry.value),
            since => entry.since,
            deprecated => entry.deprecated_since,
            rust,
            summary => entry.docs.summary.as_deref().map(|text| scope.prose.line(text)),
            blocks => scope.prose.blocks(&entry.docs.text),
        }
    }
}
