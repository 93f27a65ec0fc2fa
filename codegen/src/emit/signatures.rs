//! What the generated code is called, for documentation: the same names and types that the code has.

use std::collections::{BTreeMap, BTreeSet};

use super::methods::Method;
use super::names::{self, MessageNames};
use super::{Choices, Context, Emitter};
use crate::model::{Direction, Interface, Message, Protocol};

/// The names of an interface and all it contains, in the order of the model.
#[derive(Debug)]
pub(crate) struct InterfaceSignatures {
    /// The type of handles.
    pub(crate) handle: String,
    /// The module beside it.
    pub(crate) module: String,
    /// The types of enums, each with the names of its entries.
    pub(crate) enums: Vec<(String, Vec<String>)>,
    pub(crate) requests: Vec<MessageSignatures>,
    pub(crate) events: Vec<MessageSignatures>,
}

/// A message in Rust.
#[derive(Debug)]
pub(crate) struct MessageSignatures {
    /// The method that sends it, without bounds.
    pub(crate) send: String,
    /// The variant of it that a handler matches, with the types of its fields.
    pub(crate) receive: String,
}

/// The names in the code of one protocol, by interface. The runtime's own interfaces are not in it. `externs` must have
/// every interface that the model does not.
pub(crate) fn signatures(
    protocol: &Protocol,
    externs: &BTreeMap<String, String>,
) -> BTreeMap<String, InterfaceSignatures> {
    let stateful = BTreeSet::new();
    let context = Context::new(std::slice::from_ref(protocol), externs, &stateful, Choices::default());
    let named = context.interfaces.iter().map(|(&name, &interface)| {
        let emitter = Emitter::new(&context, interface, &context.names[name]);
        (name.to_owned(), emitter.signatures(interface))
    });
    named.collect()
}

/// Where the type of another file's interface may be.
pub(crate) fn extern_path(interface: &str) -> String {
    format!("crate::{}", names::camel(interface))
}

impl Emitter<'_> {
    fn signatures(&self, interface: &Interface) -> InterfaceSignatures {
        let messages = |direction: Direction| {
            let messages = interface.messages(direction).iter().zip(self.names.messages(direction));
            messages.map(|(message, names)| self.message_signatures(message, names, direction)).collect()
        };
        let enums = self.names.enums.iter().map(|one| (one.kind.clone(), one.entries.clone()));
        InterfaceSignatures {
            handle: self.names.handle.clone(),
            module: self.names.module.clone(),
            enums: enums.collect(),
            requests: messages(Direction::Request),
            events: messages(Direction::Event),
        }
    }

    fn message_signatures(&self, message: &Message, names: &MessageNames, direction: Direction) -> MessageSignatures {
        let method = Method::new(message, names, direction);
        let fields = message.args.iter().zip(&names.args);
        let fields: Vec<_> = fields.map(|(arg, name)| format!("{name}: {}", self.received(arg))).collect();
        let path = format!("{}::{}::{}", self.names.module, direction.kind(), names.variant);
        let receive = if fields.is_empty() { path } else { format!("{path} {{ {} }}", fields.join(", ")) };
        MessageSignatures { send: self.head(&method, names).text, receive }
    }
}
