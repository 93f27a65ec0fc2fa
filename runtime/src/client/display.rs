//! What a client says and hears on `wl_display` and `wl_callback`: sync, errors, freed ids.

use super::registry::Registry;
use super::{Client, ClientRole, EventHandler, HasClient};
use crate::endpoint::{Core, Dispatch, Incoming};
use crate::error::{Disconnect, ProtocolError, SendError};
use crate::handle::{ClientId, Handle, Interface};
use crate::handler_error::HandlerResult;
use crate::protocol::wl_display::opcode;
use crate::protocol::{WlCallback, WlDisplay, WlFixes, WlRegistry, wl_callback};
use crate::spec::{InterfaceIndex, Spec};
use crate::wire::{DecodeError, Reader};

/// Makes the display and the registry of a new connection.
pub(super) fn insert<A: HasClient>(core: &mut Core<A>, connection: ClientId) -> Registry {
    install(core);
    // Limits too small for even two objects end here.
    let dead = Handle::dead(connection, 0);
    let mut insert = |interface: u16| match core.peer_mut(connection) {
        Some(peer) => peer.objects.allocate(connection, interface, 1, |_| 0).unwrap_or(dead),
        None => dead,
    };
    // The display comes first, so that it is object 1.
    insert(WlDisplay::SPEC.index.get());
    let registry = insert(WlRegistry::SPEC.index.get());
    core.send_display(connection, opcode::GET_REGISTRY, [registry.id()]);
    Registry::new(WlRegistry::from_handle(registry))
}

/// Inserts the runtime's own handlers into the table.
pub(super) fn install<A: HasClient>(core: &mut Core<A>) {
    core.install::<ClientRole, WlDisplay>();
    core.install::<ClientRole, WlRegistry>();
    core.install::<ClientRole, SyncCallback>();
    core.install::<ClientRole, WlFixes>();
}

/// Queues a sync with a callback of the runtime's own.
pub(super) fn sync<A: HasClient>(client: &mut Client<A>) -> Result<(), SendError> {
    let connection = client.role.connection;
    let _: SyncCallback = client.construct_versioned(connection, 1, |client, id| {
        let alive = client.core.peer(connection).is_some_and(|peer| peer.ending.is_none());
        if !alive {
            return Err(SendError::Gone);
        }
        client.core.send_display(connection, opcode::SYNC, [id]);
        Ok(())
    })?;
    Ok(())
}

/// The callback of [`Client::begin_roundtrip`]: on the wire a `wl_callback`, but one that
/// the runtime answers itself, so that no application needs a handler for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct SyncCallback(Handle);

static SYNC_CALLBACK: Spec = Spec {
    name: "wl_callback",
    version: 1,
    requests: &[],
    events: wl_callback::SPEC.events,
    index: InterfaceIndex::new(),
};

impl Interface for SyncCallback {
    const SPEC: &'static Spec = &SYNC_CALLBACK;
    type Request<'a> = wl_callback::Request;
    type Event<'a> = wl_callback::Event;

    fn from_handle(handle: Handle) -> SyncCallback {
        SyncCallback(handle)
    }

    fn handle(self) -> Handle {
        self.0
    }
}

impl<A: HasClient> Dispatch<A, ClientRole> for SyncCallback {
    type Data = ();
    type Child = Self;

    #[inline]
    fn message(app: &mut A, message: &mut Incoming<'_>) -> HandlerResult {
        if message.opcode() != wl_callback::opcode::DONE {
            return Err(DecodeError::UnknownOpcode(message.opcode()).into());
        }
        let [_] = message.words()?;
        message.is_destructor();
        app.client().role.answered += 1;
        Ok(())
    }
}

impl<A: HasClient> Dispatch<A, ClientRole> for WlDisplay {
    type Data = ();
    type Child = Self;

    #[inline]
    fn message(app: &mut A, message: &mut Incoming<'_>) -> HandlerResult {
        let core = &mut app.client().core;
        let connection = message.target().client();
        match message.opcode() {
            opcode::ERROR => error(core, connection, message.reader()?),
            opcode::DELETE_ID => {
                let [id] = message.words()?;
                if core.delete_id(connection, id) == Some(false) {
                    bad_delete(app.client(), id);
                }
                Ok(())
            }
            unknown => Err(DecodeError::UnknownOpcode(unknown).into()),
        }
    }
}

impl<A> Dispatch<A, ClientRole> for WlCallback
where
    A: EventHandler<WlCallback>,
{
    type Data = <A as EventHandler<WlCallback>>::Data;
    type Child = Self;

    #[inline]
    fn message(app: &mut A, message: &mut Incoming<'_>) -> HandlerResult {
        let this = WlCallback::from_handle(message.target());
        let event = match message.opcode() {
            wl_callback::opcode::DONE => {
                let [callback_data] = message.words()?;
                message.is_destructor();
                wl_callback::Event::Done { callback_data }
            }
            unknown => return Err(DecodeError::UnknownOpcode(unknown).into()),
        };
        app.event(this, event)
    }

    fn destroyed(app: &mut A, this: WlCallback, data: Self::Data) {
        app.destroyed(this, data);
    }
}

/// The server ends the connection, and says why.
#[cold]
fn error<A>(core: &mut Core<A>, connection: ClientId, mut reader: Reader<'_>) -> HandlerResult {
    let (object, code, text) = (reader.word()?, reader.word()?, reader.string()?);
    reader.finish()?;
    // An error about an object that is not known still counts (O30, O31).
    // It may have been destroyed here meanwhile.
    let known = core.peer(connection).map(|peer| peer.objects.entry(object).known_interface());
    let interface = known.filter(|&index| index != 0).and_then(|index| core.spec(index)).map(|spec| spec.name);
    let error = ProtocolError { object, interface, code, message: text.to_owned() };
    core.end(connection, Disconnect::Protocol(error));
    Ok(())
}

/// A mistake of the server that harms nobody here: no id becomes free by it (O22, O23).
#[cold]
fn bad_delete<A>(client: &mut Client<A>, id: u32) {
    // One line for a connection: a server may do it with each message.
    if !std::mem::replace(&mut client.role.bad_deletes, true) {
        tracing::warn!("the server deleted id {id}, which it could not");
    }
}
