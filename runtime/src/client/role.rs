//! The client's [`Role`]: what a refused event does to the connection, and what is cleaned up when an object ends.

use super::registry::Registry;
use super::{Client, HasClient};
use crate::endpoint::{Dispatch, Reason, Refused, Role};
use crate::error::{Disconnect, SendError};
use crate::handle::{ClientId, Handle};
use crate::handler_error::{HandlerError, HandlerErrorKind};
use crate::objects::Side;
use crate::protocol::about_gone;
use crate::spec::Spec;
use crate::wire::SERVER_IDS;

/// The role of an endpoint that is one connection to a server. Named only as part of [`Client`].
pub struct ClientRole {
    pub(super) connection: ClientId,
    pub(super) registry: Registry,
    /// Round trips begun and done so far: answers come in the order of the questions.
    pub(super) asked: u64,
    pub(super) answered: u64,
    /// Why the connection ended, once the application was told.
    pub(super) ended: Option<Disconnect>,
    /// Whether the log has it that the server deletes ids that it cannot.
    pub(super) bad_deletes: bool,
    /// The set that an outer loop polls instead of the socket.
    #[cfg(feature = "io")]
    pub(crate) poll_set: Option<crate::io::poll_set::ClientSet>,
    /// Since when no fd could be sent.
    #[cfg(feature = "io")]
    pub(crate) congested_since: Option<std::time::Instant>,
}

impl<A: HasClient> Role<A> for ClientRole {
    const SIDE: Side = Side::Client;

    #[inline]
    fn endpoint(app: &mut A) -> &mut Client<A> {
        app.client()
    }

    #[cold]
    fn refuse(app: &mut A, refused: &Refused, error: HandlerError) {
        let client = app.client();
        let interface = client.core.entry(refused.target).and_then(|entry| client.core.spec(entry.interface));
        let is_live = |object: Handle| client.core.entry(object).is_some();
        if let Some(reason) = disconnect(refused, interface, error, is_live) {
            client.core.end(refused.target.client(), reason);
        }
    }

    fn drop_peer(client: &mut Client<A>, connection: ClientId, reason: Disconnect) {
        client.core.end(connection, reason);
    }

    fn end_object<I: Dispatch<A, Self>>(app: &mut A, object: Handle) {
        let core = &mut app.client().core;
        // An id of the server's own is free for it to use again; one of ours comes back with `delete_id`.
        let ended = if object.id() < SERVER_IDS { core.mark_zombie(object) } else { core.release(object) };
        if ended {
            Self::object_ended::<I>(app, object);
        }
    }

    fn ended(app: &mut A, _: ClientId, reason: &Disconnect) {
        app.client().role.ended = Some(reason.clone());
        app.disconnected(reason);
    }
}

/// What a refused event does to the connection; nothing if nobody is to blame.
fn disconnect(
    refused: &Refused,
    spec: Option<&'static Spec>,
    error: HandlerError,
    is_live: impl Fn(Handle) -> bool,
) -> Option<Disconnect> {
    let malformed = |reason: String| {
        let interface = spec.map_or("unknown", |spec| spec.name);
        Some(Disconnect::Malformed { object: refused.target.id(), interface, opcode: refused.opcode, reason })
    };
    let failed = |error: &dyn std::error::Error| {
        let interface = spec.map_or("unknown", |spec| spec.name);
        let message = spec.and_then(|spec| spec.events.get(refused.opcode as usize));
        let name = message.map_or("unknown", |message| message.name);
        format!("{interface}#{}.{name}: {error}", refused.target.id())
    };
    match (refused.reason, error.into_kind()) {
        (Reason::Object, _) => malformed("event for an object that was never made".into()),
        (Reason::Opcode, _) => malformed("no such event".into()),
        (Reason::Since, _) => malformed(format!("the event is newer than version {}", refused.target.version())),
        (Reason::TooLarge, _) => malformed("message too large".into()),
        (_, HandlerErrorKind::Malformed(error)) => malformed(error.to_string()),
        (_, HandlerErrorKind::Posted(error, Some(object))) if object.client() != refused.target.client() => {
            Some(Disconnect::Internal(format!("an object of another connection was blamed, {error}")))
        }
        (_, HandlerErrorKind::Posted(error, Some(object))) if !is_live(object) => {
            Some(Disconnect::Protocol(about_gone(error)))
        }
        (_, HandlerErrorKind::Posted(error, _)) => Some(Disconnect::Protocol(error)),
        (_, HandlerErrorKind::Send(SendError::Gone | SendError::QueueFull { .. })) => None,
        (_, HandlerErrorKind::Limit(error)) => Some(Disconnect::Limit(error)),
        (_, HandlerErrorKind::Internal(text)) => Some(Disconnect::Internal(text)),
        (_, HandlerErrorKind::Other(error)) => Some(Disconnect::Internal(failed(error.as_ref()))),
        #[cfg(feature = "io")]
        (_, HandlerErrorKind::Unusable(error, _) | HandlerErrorKind::NoMemory(error)) => {
            Some(Disconnect::Internal(failed(error.as_ref())))
        }
        (_, HandlerErrorKind::Send(error)) => Some(Disconnect::Internal(error.to_string())),
    }
}
