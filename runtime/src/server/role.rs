//! The server's side of what the core leaves open: what a refused request
//! becomes on the wire, and what ends with an object or a client.

use std::marker::PhantomData;

use super::{Dispatch, HasServer, display};
use crate::core::{Core, Handlers, Incoming, Kind, Reason, Refused, Role, Stream};
use crate::error::{Disconnect, Fault, FaultKind, Handled, ProtocolError, SendError};
use crate::interface::{ClientId, Handle, Interface, Spec, Target};
use crate::protocol::WlDisplay;
use crate::wire::Malformed;

/// The row of the handler table for interface `I`.
pub(super) fn kind<A: HasServer, I: Dispatch<A>>() -> Kind<A> {
    Kind {
        spec: I::SPEC,
        handlers: Some(Handlers { dispatch: dispatch::<A, I>, destruct: destruct::<A, I> }),
        destroyed: destroyed::<A, I>,
    }
}

/// The decoder as the loop calls it: the only caller of generated code, which becomes part of it.
#[inline(never)]
fn dispatch<A: HasServer, I: Dispatch<A>>(
    app: &mut A,
    target: Target,
    body: &[u8],
    stream: &mut Stream<'_>,
) -> Handled {
    I::request(app, &mut Incoming::new(target, body, stream))
}

/// Handles a request that ends its object.
fn destruct<A: HasServer, I: Dispatch<A>>(
    app: &mut A,
    target: Target,
    body: &[u8],
    stream: &mut Stream<'_>,
) -> Handled {
    if let Err(fault) = dispatch::<A, I>(app, target, body, stream) {
        // The answer names the object, so it has to come first.
        ServerRole::refuse(app, &stream.refused(target, Reason::Arguments), fault);
    }
    let object = stream.handle(target);
    // The client has said that it names it no more, whoever chose the id.
    if app.server().remove(object) {
        destroyed::<A, I>(app, object);
    }
    Ok(())
}

/// Hands the data of an object that has ended to the application.
fn destroyed<A: HasServer, I: Dispatch<A>>(app: &mut A, object: Handle) {
    let data = app.server().core.take_data::<I, I::Data>(object);
    I::destroyed(app, I::from_handle(object), data);
}

/// The server's answers to the questions of the core.
pub(super) struct ServerRole(PhantomData<()>);

impl<A: HasServer> Role<A> for ServerRole {
    #[inline]
    fn core(app: &mut A) -> &mut Core<A> {
        &mut app.server().core
    }

    #[cold]
    fn refuse(app: &mut A, refused: &Refused, fault: Fault) {
        let server = app.server();
        let interface = server.core.entry(refused.target).and_then(|entry| server.core.spec(entry.interface));
        if let Some(error) = posted(refused, interface, fault) {
            server.fail(refused.target.client(), error);
        }
    }

    #[cold]
    fn drop_peer(app: &mut A, client: ClientId, reason: Disconnect) {
        app.server().drop_client(client, reason);
    }

    fn ended(app: &mut A, client: ClientId, reason: &Disconnect) {
        app.server().globals.forget(client);
        app.disconnected(client, reason);
    }
}

/// The error event for a refused request, as libwayland has it; none if nobody is to blame.
fn posted(refused: &Refused, spec: Option<&'static Spec>, fault: Fault) -> Option<ProtocolError> {
    use display::{IMPLEMENTATION, INVALID_METHOD, INVALID_OBJECT, NO_MEMORY};
    let (id, opcode) = (refused.target.id(), refused.opcode);
    let interface = spec.map_or("unknown", |spec| spec.name);
    let message = spec.and_then(|spec| spec.requests.get(opcode as usize));
    let name = message.map_or("unknown", |message| message.name);
    let display =
        |code, message| Some(ProtocolError { object: 1, interface: Some(WlDisplay::SPEC.name), code, message });
    match (refused.reason, fault.into_kind()) {
        (Reason::Object, _) => display(INVALID_OBJECT, format!("invalid object {id}")),
        (Reason::Opcode, _) => display(INVALID_METHOD, format!("invalid method {opcode}, object {interface}#{id}")),
        (Reason::Since, _) => {
            let (version, since) = (refused.target.version(), message.map_or(0, |message| message.since));
            let text = format!("invalid method {opcode} (since {version} < {since}), object {interface}#{id}");
            display(INVALID_METHOD, text)
        }
        (Reason::TooLarge, _) => display(INVALID_METHOD, format!("message too large for {interface}#{id}.{name}")),
        (_, FaultKind::Posted(error)) => Some(error),
        (_, FaultKind::Internal(text)) => display(IMPLEMENTATION, text),
        (_, FaultKind::Malformed(error @ Malformed::TooManyObjects(_))) => {
            display(NO_MEMORY, format!("no memory: {error}"))
        }
        (_, FaultKind::Malformed(error)) => {
            display(INVALID_METHOD, format!("invalid arguments for {interface}#{id}.{name}: {error}"))
        }
        (_, FaultKind::Send(SendError::Gone | SendError::QueueFull { .. })) => None,
        (_, FaultKind::Send(error)) => {
            display(IMPLEMENTATION, format!("cannot answer {interface}#{id}.{name}: {error}"))
        }
    }
}
