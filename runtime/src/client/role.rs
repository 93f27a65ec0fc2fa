//! The client's side of what the core leaves open: what a refused event does to
//! the connection, and what ends with an object.

use std::marker::PhantomData;

use super::{Dispatch, HasClient};
use crate::core::{Core, Handlers, Incoming, Kind, Reason, Refused, Role, Stream};
use crate::error::{Disconnect, Fault, FaultKind, Handled, SendError};
use crate::interface::{ClientId, Spec, Target};

/// The row of the handler table for interface `I`.
pub(super) fn kind<A: HasClient, I: Dispatch<A>>() -> Kind<A> {
    Kind {
        spec: I::SPEC,
        handlers: Some(Handlers { dispatch: dispatch::<A, I>, destruct: destruct::<A, I> }),
        destroyed: |app, object| drop(app.client().core.take_data::<I, I::Data>(object)),
    }
}

/// The decoder as the loop calls it: the only caller of generated code, which becomes part of it.
#[inline(never)]
fn dispatch<A: HasClient, I: Dispatch<A>>(
    app: &mut A,
    target: Target,
    body: &[u8],
    stream: &mut Stream<'_>,
) -> Handled {
    I::event(app, &mut Incoming::new(target, body, stream))
}

/// Handles an event that ends its object.
fn destruct<A: HasClient, I: Dispatch<A>>(
    app: &mut A,
    target: Target,
    body: &[u8],
    stream: &mut Stream<'_>,
) -> Handled {
    if let Err(fault) = dispatch::<A, I>(app, target, body, stream) {
        // The reason names the object, so it has to come first.
        ClientRole::refuse(app, &stream.refused(target, Reason::Arguments), fault);
    }
    app.client().ended_by_event::<I>(stream.handle(target));
    Ok(())
}

/// The client's answers to the questions of the core.
pub(super) struct ClientRole(PhantomData<()>);

impl<A: HasClient> Role<A> for ClientRole {
    #[inline]
    fn core(app: &mut A) -> &mut Core<A> {
        &mut app.client().core
    }

    #[cold]
    fn refuse(app: &mut A, refused: &Refused, fault: Fault) {
        let client = app.client();
        let interface = client.core.entry(refused.target).and_then(|entry| client.core.spec(entry.interface));
        if let Some(reason) = disconnect(refused, interface, fault) {
            client.core.end(refused.target.client(), reason);
        }
    }

    fn drop_peer(app: &mut A, client: ClientId, reason: Disconnect) {
        app.client().core.end(client, reason);
    }

    fn ended(app: &mut A, _: ClientId, reason: &Disconnect) {
        app.client().ended = Some(reason.clone());
        app.disconnected(reason);
    }
}

/// What a refused event does to the connection; nothing if nobody is to blame.
fn disconnect(refused: &Refused, spec: Option<&'static Spec>, fault: Fault) -> Option<Disconnect> {
    let malformed = |reason: String| {
        let interface = spec.map_or("unknown", |spec| spec.name);
        Some(Disconnect::Malformed { object: refused.target.id(), interface, opcode: refused.opcode, reason })
    };
    match (refused.reason, fault.into_kind()) {
        (Reason::Object, _) => malformed("event for an object that was never made".into()),
        (Reason::Opcode, _) => malformed("no such event".into()),
        (Reason::Since, _) => malformed(format!("the event is newer than version {}", refused.target.version())),
        (Reason::TooLarge, _) => malformed("message too large".into()),
        (_, FaultKind::Malformed(error)) => malformed(error.to_string()),
        (_, FaultKind::Posted(error)) => Some(Disconnect::Protocol(error)),
        (_, FaultKind::Send(SendError::Gone | SendError::QueueFull { .. })) => None,
        (_, FaultKind::Internal(text)) => Some(Disconnect::Internal(text)),
        (_, FaultKind::Send(error)) => Some(Disconnect::Internal(error.to_string())),
    }
}
