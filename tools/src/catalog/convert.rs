//! From the checked model of an XML file to what dynamic connections need.

use wayline::dynamic::{Arg, ArgKind, Interface, Signature};
use wayline_codegen::model::{self, EnumRef};

pub(super) fn interface(interface: &model::Interface) -> Interface {
    let messages = |messages: &[model::Message]| messages.iter().map(signature).collect();
    Interface {
        name: interface.name.clone(),
        version: interface.version,
        requests: messages(&interface.requests),
        events: messages(&interface.events),
    }
}

fn signature(message: &model::Message) -> Signature {
    let args = message.args.iter().map(|arg| Arg { name: arg.name.clone(), kind: kind(&arg.kind) });
    Signature { name: message.name.clone(), since: message.since, destructor: message.destructor, args: args.collect() }
}

fn kind(kind: &model::ArgKind) -> ArgKind {
    match kind {
        model::ArgKind::Int(_) => ArgKind::Int,
        model::ArgKind::Uint(_) => ArgKind::Uint,
        model::ArgKind::Fixed => ArgKind::Fixed,
        model::ArgKind::String { nullable } => ArgKind::String { nullable: *nullable },
        model::ArgKind::Array => ArgKind::Array,
        model::ArgKind::Fd => ArgKind::Fd,
        model::ArgKind::Object { interface, nullable } => {
            ArgKind::Object { nullable: *nullable, interface: interface.as_ref().map(|one| one.name.clone()) }
        }
        model::ArgKind::NewId { interface: Some(interface) } => ArgKind::NewId { interface: interface.name.clone() },
        model::ArgKind::NewId { interface: None } => ArgKind::AnyNewId,
    }
}

/// The enums of the arguments of a message.
pub(super) fn enums(message: &model::Message) -> Vec<Option<EnumRef>> {
    let of = |arg: &model::Arg| match &arg.kind {
        model::ArgKind::Int(name) | model::ArgKind::Uint(name) => name.clone(),
        _ => None,
    };
    message.args.iter().map(of).collect()
}
