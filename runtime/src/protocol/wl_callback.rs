//! `wl_callback`: tells a client once that something is done.

use crate::client::{self, EventHandler};
use crate::core::Incoming;
use crate::error::{Handled, SendError};
use crate::interface::{Arg, ArgKind, Handle, Interface, Message, Slot, Spec};
use crate::server::{self, GlobalId, HasServer, Server};
use crate::wire::Malformed;

/// The tables of `wl_callback`.
pub static SPEC: Spec = Spec { name: "wl_callback", version: 1, requests: &[], events: EVENTS, slot: Slot::new() };

/// Shared with the runtime's own sync callbacks.
pub(crate) const EVENTS: &[Message] = &[Message {
    since: 1,
    size: 12,
    fixed_size: true,
    destructor: true,
    fds: 0,
    name: "done",
    args: &[Arg { name: "callback_data", kind: ArgKind::Uint }],
}];

/// Requests of `wl_callback`: there are none.
#[derive(Debug, PartialEq)]
pub enum Request {}

/// Events of `wl_callback`.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// The related request is done; the callback ends with it.
    Done {
        /// Data that depends on the request, often a time in milliseconds.
        callback_data: u32,
    },
}

/// A handle of a `wl_callback`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WlCallback(Handle);

impl Interface for WlCallback {
    const SPEC: &'static Spec = &SPEC;
    type Request<'a> = Request;
    type Event<'a> = Event;

    fn from_handle(handle: Handle) -> WlCallback {
        WlCallback(handle)
    }

    fn handle(self) -> Handle {
        self.0
    }
}

impl WlCallback {
    /// Sends `done` and ends the callback.
    ///
    /// # Errors
    /// [`SendError`] if nothing was queued.
    pub fn done<A: HasServer>(self, server: &mut Server<A>, callback_data: u32) -> Result<(), SendError> {
        server.send(self, 0, 1)?.words([callback_data])?;
        server.retire(self);
        Ok(())
    }
}

impl<A: HasServer> server::Dispatch<A> for WlCallback {
    type Data = ();

    fn request(_: &mut A, _: &mut Incoming<'_>) -> Handled {
        Err(Malformed::Short.into())
    }

    fn bound(_: &mut A, _: WlCallback, _: GlobalId) -> Handled {
        Ok(())
    }

    fn destroyed(_: &mut A, _: WlCallback, (): ()) {}
}

impl<A> client::Dispatch<A> for WlCallback
where
    A: EventHandler<WlCallback>,
{
    type Data = <A as EventHandler<WlCallback>>::Data;

    fn event(app: &mut A, message: &mut Incoming<'_>) -> Handled {
        let this = WlCallback(message.target());
        let event = match message.opcode() {
            0 => {
                let [callback_data] = message.words()?;
                Event::Done { callback_data }
            }
            _ => return Err(Malformed::Short.into()),
        };
        app.event(this, event)
    }
}
