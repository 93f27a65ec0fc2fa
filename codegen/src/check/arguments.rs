//! Arguments of messages (X05, X08, X16, X23 to X26, X28 to X30, X42).

use super::names::Role;
use super::unique::Unique;
use super::{Checker, Scope};
use crate::ast;
use crate::model::{Arg, ArgKind, Direction, InterfaceRef};
use crate::rule::Rule;
use crate::text::quote;

const TYPES: &str = "the types are int, uint, fixed, string, array, object, new_id and fd";

impl<'a> Checker<'a> {
    pub(super) fn args(&mut self, args: &'a [ast::Arg], scope: Scope<'a>, direction: Direction) -> Vec<Arg> {
        let mut names = Unique::new(Rule::DuplicateArgument, "argument");
        args.iter()
            .map(|arg| {
                names.insert(&mut self.sink, arg.name.as_ref());
                let name = self.name(arg.name.as_ref(), arg.tag, "argument", Role::Standalone);
                Arg {
                    name,
                    kind: self.arg_kind(arg, scope, direction),
                    docs: self.docs(arg.description.as_ref(), arg.summary.as_ref()),
                }
            })
            .collect()
    }

    /// The type of an argument; `uint` stands in for one that cannot be known.
    fn arg_kind(&mut self, arg: &'a ast::Arg, scope: Scope<'a>, direction: Direction) -> ArgKind {
        let Some(kind) = &arg.kind else {
            self.missing(arg.tag, "argument", "type", TYPES);
            return ArgKind::Uint(None);
        };
        let nullable = self.allow_null(arg, &kind.value);
        if !matches!(kind.value.as_str(), "object" | "new_id") {
            self.no_interface(arg, &kind.value);
        }
        if !matches!(kind.value.as_str(), "int" | "uint") {
            self.no_enum(arg, &kind.value);
        }
        match kind.value.as_str() {
            "int" | "uint" => {
                let named = self.enum_ref(arg.enumeration.as_ref(), scope);
                let is_signed = kind.value == "int";
                if let (Some(attribute), Some((_, true)), true) = (&arg.enumeration, &named, is_signed) {
                    let message = format!("{} is a bitfield, the argument is signed", quote(&attribute.value));
                    self.sink
                        .report(Rule::BitfieldNeedsUint, attribute.span, message)
                        .help("bits need `type=\"uint\"`");
                }
                let named = named.map(|(named, _)| named);
                if is_signed { ArgKind::Int(named) } else { ArgKind::Uint(named) }
            }
            "fixed" => ArgKind::Fixed,
            "string" => ArgKind::String { nullable },
            "array" => ArgKind::Array,
            "object" => ArgKind::Object { interface: self.interface_ref(arg.interface.as_ref()), nullable },
            "new_id" => {
                if arg.interface.is_none() && direction == Direction::Event {
                    self.sink
                        .report(
                            Rule::UntypedNewIdInEvent,
                            kind.span,
                            "an event cannot create an object of any interface",
                        )
                        .help("name the interface: `interface=\"...\"`; only a request may leave it to the sender");
                }
                ArgKind::NewId { interface: self.interface_ref(arg.interface.as_ref()) }
            }
            "fd" => ArgKind::Fd,
            other => {
                let message = format!("{} is not an argument type", quote(other));
                self.sink.report(Rule::InvalidArgumentType, kind.span, message).help(TYPES);
                ArgKind::Uint(None)
            }
        }
    }

    fn allow_null(&mut self, arg: &ast::Arg, kind: &str) -> bool {
        let nullable = self.flag(Rule::InvalidFlag, arg.allow_null.as_ref(), "allow-null");
        let Some(text) = &arg.allow_null else { return nullable };
        if kind == "array" || kind == "new_id" && text.value == "false" {
            let message = format!("{} is never null on the wire", quote(kind));
            self.sink
                .report(Rule::UselessAllowNull, text.span, message)
                .label("changes nothing")
                .help("leave `allow-null` out; an array may be empty instead");
        } else if kind == "new_id" && text.value == "true" {
            self.sink
                .report(Rule::AllowNullNotAllowed, text.span, "an object that may not be made cannot be generated")
                .help("leave `allow-null` out, or make two messages: one that creates the object, one that does not");
        } else if !matches!(kind, "string" | "object") {
            self.sink
                .report(Rule::AllowNullNotAllowed, text.span, format!("{} is never null", quote(kind)))
                .help("only `string` and `object` have `allow-null`, even with `false`");
        }
        nullable
    }

    fn no_interface(&mut self, arg: &ast::Arg, kind: &str) {
        if let Some(text) = &arg.interface {
            self.sink
                .report(Rule::InterfaceNotAllowed, text.span, format!("{} has no interface", quote(kind)))
                .help("only `object` and `new_id` have an interface");
        }
    }

    fn no_enum(&mut self, arg: &ast::Arg, kind: &str) {
        if let Some(text) = &arg.enumeration {
            self.sink
                .report(Rule::EnumNotAllowed, text.span, format!("{} does not carry enum values", quote(kind)))
                .help("only `int` and `uint` have an enum");
        }
    }

    fn interface_ref(&mut self, text: Option<&'a ast::Text>) -> Option<InterfaceRef> {
        let text = text?;
        self.identifier(text, "interface name", Role::Standalone).then(|| self.resolve_interface(text))
    }
}
