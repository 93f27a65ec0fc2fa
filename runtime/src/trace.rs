//! One readable line per message, in the spirit of `WAYLAND_DEBUG`.
//!
//! Off unless a `tracing` subscriber enables the target `wayline::wire` at
//! debug level; `init` installs one that prints to standard error
//! when `WAYLINE_DEBUG=1`. Interprets signatures, which decoding never does:
//! tracing may be slow, and so costs the generated code nothing.

use std::collections::VecDeque;
use std::fmt::Write;
use std::os::fd::{AsRawFd, OwnedFd};

use crate::interface::{Arg, ArgKind, Handle, Message, Spec};
use crate::wire::{Fixed, Malformed, Reader};

const TARGET: &str = "wayline::wire";

/// Whether messages are to be traced; asked once for each endpoint.
pub(crate) fn enabled() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::DEBUG)
}

/// Traces a received message.
#[cold]
pub(crate) fn incoming(spec: &Spec, target: Handle, message: &Message, body: &[u8], fds: &VecDeque<OwnedFd>) {
    let fds: Vec<i32> = fds.iter().take(message.fds as usize).map(AsRawFd::as_raw_fd).collect();
    let text = describe(spec.name, target.id, message, body, &fds);
    tracing::debug!(target: TARGET, client = ?target.client, "{text}");
}

/// Traces a queued message.
#[cold]
pub(crate) fn outgoing(spec: &Spec, target: Handle, message: &Message, body: &[u8]) {
    let text = describe(spec.name, target.id, message, body, &[]);
    tracing::debug!(target: TARGET, client = ?target.client, " -> {text}");
}

/// `wl_surface#3.attach(wl_buffer#5, 0, 0)`. WIRE.md W29. A body that does not
/// fit its signature is shown as far as it goes.
pub(crate) fn describe(interface: &str, id: u32, message: &Message, body: &[u8], fds: &[i32]) -> String {
    let mut text = format!("{interface}#{id}.{}(", message.name);
    let mut reader = Reader::new(body);
    let mut fds = fds.iter();
    for (index, arg) in message.args.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        if argument(&mut text, arg, &mut reader, &mut fds).is_err() {
            text.push('?');
            break;
        }
    }
    text.push(')');
    text
}

fn argument(
    text: &mut String,
    arg: &Arg,
    reader: &mut Reader<'_>,
    fds: &mut std::slice::Iter<'_, i32>,
) -> Result<(), Malformed> {
    // Writing to a String cannot fail.
    let _ = match arg.kind {
        ArgKind::Int => write!(text, "{}", reader.word()? as i32),
        ArgKind::Uint => write!(text, "{}", reader.word()?),
        ArgKind::Fixed => write!(text, "{}", Fixed::from_bits(reader.word()? as i32)),
        ArgKind::String { .. } => match reader.optional_string()? {
            Some(string) => write!(text, "{string:?}"),
            None => write!(text, "nil"),
        },
        ArgKind::Array => write!(text, "array[{}]", reader.array()?.len()),
        ArgKind::Fd => match fds.next() {
            Some(fd) => write!(text, "fd {fd}"),
            None => write!(text, "fd"),
        },
        ArgKind::Object { interface, .. } => match (reader.word()?, interface) {
            (0, _) => write!(text, "nil"),
            (id, Some(interface)) => write!(text, "{}#{id}", interface.name),
            (id, None) => write!(text, "#{id}"),
        },
        ArgKind::NewId { interface } => write!(text, "new id {}#{}", interface.name, reader.word()?),
        ArgKind::AnyNewId => {
            let (name, version, id) = (reader.string()?, reader.word()?, reader.word()?);
            write!(text, "new id {name}#{id} version {version}")
        }
    };
    Ok(())
}
