//! One readable line per message, in the spirit of `WAYLAND_DEBUG`.
//!
//! On if a `tracing` subscriber enables the target `wayline::wire` at debug
//! level, or by the environment: `WAYLINE_DEBUG=1`, or `WAYLAND_DEBUG` as
//! libwayland reads it, with `1`, `client` or `server`; without a subscriber the
//! lines go to standard error. Interprets signatures, which decoding never does: tracing
//! may be slow, and so costs the generated code nothing.

use std::collections::VecDeque;
use std::fmt::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::escape::Escaped;
use crate::handle::{ClientId, Handle};
use crate::objects::Side;
use crate::spec::{Arg, ArgKind, Message, Spec};
use crate::wire::{DecodeError, Fixed, Reader};

const TARGET: &str = "wayline::wire";

/// Whether messages are to be traced; asked once for each endpoint.
pub(crate) fn enabled(side: Side) -> bool {
    subscribed()
        || std::env::var_os("WAYLINE_DEBUG").is_some_and(|value| value == "1")
        || std::env::var("WAYLAND_DEBUG").is_ok_and(|value| names(&value, side))
}

/// Whether a value of `WAYLAND_DEBUG` means this side.
fn names(value: &str, side: Side) -> bool {
    value.contains('1') || value.contains(if side == Side::Client { "client" } else { "server" })
}

fn subscribed() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::DEBUG)
}

pub(crate) fn emit(client: ClientId, text: &str) {
    if subscribed() {
        tracing::debug!(target: TARGET, ?client, "{text}");
    } else {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (seconds, micros) = (now.as_secs() % 100_000, now.subsec_micros());
        eprintln!("[{seconds:5}.{micros:06}] {client:?}: {text}");
    }
}

/// Traces a received message.
#[cold]
pub(crate) fn incoming(interface: &str, target: Handle, message: &Message, body: &[u8], fds: &VecDeque<OwnedFd>) {
    let fds: Vec<i32> = fds.iter().take(message.fds as usize).map(AsRawFd::as_raw_fd).collect();
    let text = describe(interface, target.id(), message, body, &fds);
    emit(target.client(), &text);
}

/// Traces a queued message.
#[cold]
pub(crate) fn outgoing(spec: &Spec, target: Handle, message: &Message, body: &[u8]) {
    let text = describe(spec.name, target.id(), message, body, &[]);
    emit(target.client(), &format!(" -> {text}"));
}

/// `wl_surface#3.attach(wl_buffer#5, 0, 0)` (W29). A body that does not
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
) -> Result<(), DecodeError> {
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
            write!(text, "new id {}#{id} version {version}", Escaped(name))
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wayland_debug_means_both_sides_or_the_one_that_it_names() {
        for (value, client, server) in [
            ("1", true, true),
            ("client", true, false),
            ("server", false, true),
            ("0", false, false),
            ("", false, false),
        ] {
            assert_eq!((names(value, Side::Client), names(value, Side::Server)), (client, server), "{value}");
        }
    }
}
