//! The objects that a client is told by: what all kinds of them have in common.

use wayline::{HandlerResult, Interface};

use crate::host::{Host, Parts};
use crate::limits::{MAX_DEVICES, check_number};
use crate::state::Client;

/// A client has another object that it is to be told by. Those that it has destroyed make room.
///
/// # Errors
/// If it has too many.
pub(crate) fn register<A: Host, I: Interface>(
    app: &mut A,
    this: I,
    list: impl Fn(&mut Client) -> &mut Vec<I>,
) -> HandlerResult {
    let Parts { server, wayland, .. } = app.parts();
    let list = list(wayland.client(this));
    list.retain(|other| server.is_alive(*other));
    check_number(list.len(), MAX_DEVICES, "devices of a kind")?;
    list.push(this);
    Ok(())
}
