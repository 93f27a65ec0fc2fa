//! What a server says on `wl_display` and `wl_registry`.

use super::{HasServer, Server, ServerRole};
use crate::endpoint::{Outgoing, string_size};
use crate::error::SendError;
use crate::handle::ClientId;
use crate::objects::Side;
use crate::protocol::wl_registry::{opcode, since};
use crate::protocol::{WlDisplay, WlRegistry};
use crate::wire::HEADER;

/// Makes object 1 of a new connection.
pub(super) fn insert<A: HasServer>(server: &mut Server<A>, client: ClientId) {
    let index = server.core.install::<ServerRole<A>, WlDisplay>();
    if let Some(peer) = server.core.peer_mut(client) {
        // The table is empty and 1 its first id.
        let inserted = peer.objects.insert(Side::Server, client, 1, index, 1, |_| 0);
        debug_assert!(inserted.is_ok());
    }
}

/// Sends `wl_registry.global`.
pub(super) fn send_global<A: HasServer>(
    server: &mut Server<A>,
    registry: WlRegistry,
    name: u32,
    interface: &str,
    version: u32,
) {
    let write = |message: Outgoing<'_>| message.word(name).string(interface).word(version).finish();
    // A registry that cannot be told is one whose client is ending.
    let _: Result<(), SendError> = string_size(interface).and_then(|length| {
        let size = HEADER + 4 + length + 4;
        server.send(registry, opcode::GLOBAL, since::GLOBAL)?.open(size, []).map(write)
    });
}

/// Sends `wl_registry.global_remove`.
pub(super) fn send_global_remove<A: HasServer>(server: &mut Server<A>, registry: WlRegistry, name: u32) {
    // As above.
    let _: Result<(), SendError> =
        server.send(registry, opcode::GLOBAL_REMOVE, since::GLOBAL_REMOVE).and_then(|sender| sender.words([name]));
}
