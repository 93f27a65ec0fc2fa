//! Messages and enums as the headers of libwayland's generator name them.

use crate::model::{Arg, ArgKind, Direction, Message};

/// The function that sends a message; `None` if the generator writes none.
pub(super) fn send(interface: &str, message: &Message, direction: Direction) -> Option<String> {
    let name = &message.name;
    if direction == Direction::Event {
        let args = message.args.iter().map(|arg| match arg.kind {
            ArgKind::NewId { .. } | ArgKind::Object { .. } => format!(", struct wl_resource *{}", arg.name),
            _ => format!(", {}{}", plain(&arg.kind), arg.name),
        });
        let args: String = args.collect();
        return Some(format!("void {interface}_send_{name}(struct wl_resource *resource_{args})"));
    }
    let made = |arg: &&Arg| matches!(arg.kind, ArgKind::NewId { .. });
    if message.args.iter().filter(made).count() > 1 {
        return None;
    }
    let result = message.args.iter().find(made).map_or("void ".to_owned(), |arg| object(&arg.kind));
    let args = message.args.iter().map(|arg| match &arg.kind {
        ArgKind::NewId { interface: Some(_) } => String::new(),
        ArgKind::NewId { interface: None } => ", const struct wl_interface *interface, uint32_t version".to_owned(),
        ArgKind::Object { .. } => format!(", {}{}", object(&arg.kind), arg.name),
        kind => format!(", {}{}", plain(kind), arg.name),
    });
    let args: String = args.collect();
    Some(format!("{result}{interface}_{name}(struct {interface} *{interface}{args})"))
}

/// The member that receives a message, of the listener of a client or the implementation of a server.
pub(super) fn receive(interface: &str, message: &Message, direction: Direction) -> String {
    let (holder, first) = match direction {
        Direction::Event => ("listener", format!("void *data, struct {interface} *{interface}")),
        Direction::Request => ("interface", "struct wl_client *client, struct wl_resource *resource".to_owned()),
    };
    let args = message.args.iter().map(|arg| match (&arg.kind, direction) {
        (ArgKind::Object { .. }, Direction::Request) => format!(", struct wl_resource *{}", arg.name),
        (ArgKind::NewId { interface: None }, Direction::Request) => {
            format!(", const char *interface, uint32_t version, uint32_t {}", arg.name)
        }
        (ArgKind::NewId { .. } | ArgKind::Object { .. }, Direction::Event) => {
            format!(", {}{}", object(&arg.kind), arg.name)
        }
        (kind, _) => format!(", {}{}", plain(kind), arg.name),
    });
    let (name, args) = (&message.name, args.collect::<String>());
    format!("struct {interface}_{holder} {{ void (*{name})({first}{args}); }}")
}

/// `struct wl_surface *`
fn object(kind: &ArgKind) -> String {
    match kind {
        ArgKind::Object { interface: Some(one), .. } | ArgKind::NewId { interface: Some(one) } => {
            format!("struct {} *", one.name)
        }
        _ => "void *".to_owned(),
    }
}

fn plain(kind: &ArgKind) -> &'static str {
    match kind {
        ArgKind::Int(_) | ArgKind::Fd => "int32_t ",
        ArgKind::Uint(_) | ArgKind::NewId { .. } => "uint32_t ",
        ArgKind::Fixed => "wl_fixed_t ",
        ArgKind::String { .. } => "const char *",
        ArgKind::Array => "struct wl_array *",
        ArgKind::Object { .. } => "void *",
    }
}

/// What all entries of an enum start with.
pub(super) fn prefix(interface: &str, one: &str) -> String {
    format!("{interface}_{one}_").to_ascii_uppercase()
}
