//! `wl_callback`: tells a client once that something is done.

use crate::handle::{Handle, Interface};
use crate::spec::{Arg, ArgKind, Message, Slot, Spec};

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
