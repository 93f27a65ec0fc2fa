//! The server's [`Role`]: which error event a refused request becomes, and what is cleaned up when an object or a
//! client ends.

use super::{HasServer, Server, globals::Globals};
use crate::endpoint::{Dispatch, Reason, Refused, Role};
use crate::error::{Disconnect, ProtocolError, SendError};
use crate::handle::{ClientId, Handle, Interface};
use crate::handler_error::{HandlerError, HandlerErrorKind};
use crate::objects::Side;
use crate::protocol::wl_display::Error as Code;
use crate::protocol::{WlDisplay, about_gone};
use crate::spec::Spec;
use crate::wire::DecodeError;

/// The role of an endpoint that serves. Named only as part of [`Server`].
pub struct ServerRole<A> {
    pub(super) globals: Globals<A>,
    pub(super) stopped: bool,
    /// From when on the loop counts time.
    #[cfg(feature = "io")]
    pub(super) started: std::time::Instant,
    #[cfg(feature = "io")]
    pub(crate) poll_set: Option<crate::io::poll_set::PollSet>,
    /// What says that this process serves, and no predecessor.
    #[cfg(feature = "io")]
    pub(super) token: Option<std::os::fd::OwnedFd>,
    #[cfg(feature = "io")]
    pub(super) descriptors: super::descriptors::Descriptors,
}

impl<A: HasServer> Role<A> for ServerRole<A> {
    const SIDE: Side = Side::Server;

    #[inline]
    fn endpoint(app: &mut A) -> &mut Server<A> {
        app.server()
    }

    #[cold]
    fn refuse(app: &mut A, refused: &Refused, handler_error: HandlerError) {
        let server = app.server();
        let interface = server.core.entry(refused.target).and_then(|entry| server.core.spec(entry.interface));
        let is_live = |object: Handle| server.core.entry(object).is_some();
        if let Some((error, reason)) = posted(refused, interface, handler_error, is_live) {
            let reason = reason.map_or_else(|| Disconnect::Protocol(error.clone()), Disconnect::Internal);
            server.core.end_with_error(refused.target.client(), &error, reason);
        }
    }

    #[cold]
    fn drop_peer(server: &mut Server<A>, client: ClientId, reason: Disconnect) {
        server.drop_client(client, reason);
    }

    fn end_object<I: Dispatch<A, Self>>(app: &mut A, object: Handle) {
        // The client has said that it names it no more, whoever chose the id.
        if app.server().release_id(object) {
            Self::object_ended::<I>(app, object);
        }
    }

    fn ended(app: &mut A, client: ClientId, reason: &Disconnect) {
        app.disconnected(client, reason);
    }
}

/// The error event for a refused request, as libwayland has it; none if nobody is to blame. Beside it what only this
/// side is to know, if it is this side that failed: such texts can name paths, users and other clients.
fn posted(
    refused: &Refused,
    spec: Option<&'static Spec>,
    handler_error: HandlerError,
    is_live: impl Fn(Handle) -> bool,
) -> Option<(ProtocolError, Option<String>)> {
    let (id, opcode) = (refused.target.id(), refused.opcode);
    let interface = spec.map_or("unknown", |spec| spec.name);
    let message = spec.and_then(|spec| spec.requests.get(opcode as usize));
    let name = message.map_or("unknown", |message| message.name);
    let display = |code: Code, message| {
        Some((ProtocolError { object: 1, interface: Some(WlDisplay::SPEC.name), code: code.0, message }, None))
    };
    let failed = |error: String| {
        let (told, _) = display(Code::IMPLEMENTATION, format!("{interface}#{id}.{name} failed in the server"))?;
        Some((told, Some(format!("{interface}#{id}.{name}: {error}"))))
    };
    match (refused.reason, handler_error.into_kind()) {
        (Reason::Object, _) => display(Code::INVALID_OBJECT, format!("invalid object {id}")),
        (Reason::Opcode, _) => {
            display(Code::INVALID_METHOD, format!("invalid method {opcode}, object {interface}#{id}"))
        }
        (Reason::Since, _) => {
            let (version, since) = (refused.target.version(), message.map_or(0, |message| message.since));
            let text = format!("invalid method {opcode} (since {version} < {since}), object {interface}#{id}");
            display(Code::INVALID_METHOD, text)
        }
        (Reason::TooLarge, _) => {
            display(Code::INVALID_METHOD, format!("message too large for {interface}#{id}.{name}"))
        }
        (_, HandlerErrorKind::Posted(error, Some(object))) if object.client() != refused.target.client() => {
            failed(format!("an object of another connection was blamed, {error}"))
        }
        (_, HandlerErrorKind::Posted(error, Some(object))) if !is_live(object) => Some((about_gone(error), None)),
        (_, HandlerErrorKind::Posted(error, _)) => Some((error, None)),
        (_, HandlerErrorKind::Internal(text)) => display(Code::IMPLEMENTATION, text),
        (_, HandlerErrorKind::Other(error)) => failed(error.to_string()),
        #[cfg(feature = "io")]
        (_, HandlerErrorKind::NoMemory(error)) => display(Code::NO_MEMORY, format!("{interface}#{id}.{name}: {error}")),
        #[cfg(feature = "io")]
        (_, HandlerErrorKind::Unusable(error, code)) => {
            let text = format!("{interface}#{id}.{name}: {error}");
            match (code, spec.filter(|spec| spec.name.starts_with("wl_shm") || spec.name == "wl_buffer")) {
                (Some(code), Some(spec)) => {
                    let interface = Some(spec.name);
                    Some((ProtocolError { object: id, interface, code: code.into(), message: text }, None))
                }
                _ => display(Code::INVALID_METHOD, text),
            }
        }
        (_, HandlerErrorKind::Malformed(error @ DecodeError::TooManyObjects(_))) => {
            display(Code::NO_MEMORY, format!("no memory: {error}"))
        }
        (_, HandlerErrorKind::Limit(error)) => display(Code::NO_MEMORY, format!("no memory: {error}")),
        (_, HandlerErrorKind::Malformed(error)) => {
            display(Code::INVALID_METHOD, format!("invalid arguments for {interface}#{id}.{name}: {error}"))
        }
        (_, HandlerErrorKind::Send(SendError::Gone | SendError::QueueFull { .. })) => None,
        (_, HandlerErrorKind::Send(error)) => failed(format!("cannot be answered: {error}")),
    }
}
