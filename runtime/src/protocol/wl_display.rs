//! `wl_display`: object 1, from which everything starts.

use crate::handle::{Handle, Interface};
use crate::protocol::{WlCallback, WlRegistry, wl_callback, wl_registry};
use crate::spec::{Arg, ArgKind, Message, Slot, Spec};

/// The tables of `wl_display`.
pub static SPEC: Spec = Spec {
    name: "wl_display",
    version: 1,
    requests: &[
        Message {
            since: 1,
            size: 12,
            fixed_size: true,
            destructor: false,
            fds: 0,
            name: "sync",
            args: &[Arg { name: "callback", kind: ArgKind::NewId { interface: &wl_callback::SPEC } }],
        },
        Message {
            since: 1,
            size: 12,
            fixed_size: true,
            destructor: false,
            fds: 0,
            name: "get_registry",
            args: &[Arg { name: "registry", kind: ArgKind::NewId { interface: &wl_registry::SPEC } }],
        },
    ],
    events: &[
        Message {
            since: 1,
            size: 20,
            fixed_size: false,
            destructor: false,
            fds: 0,
            name: "error",
            args: &[
                Arg { name: "object_id", kind: ArgKind::Object { nullable: false, interface: None } },
                Arg { name: "code", kind: ArgKind::Uint },
                Arg { name: "message", kind: ArgKind::String { nullable: false } },
            ],
        },
        Message {
            since: 1,
            size: 12,
            fixed_size: true,
            destructor: false,
            fds: 0,
            name: "delete_id",
            args: &[Arg { name: "id", kind: ArgKind::Uint }],
        },
    ],
    slot: Slot::new(),
};

/// Requests of `wl_display`.
#[derive(Debug, PartialEq)]
pub enum Request {
    /// Asks for `done` once all earlier requests were handled.
    Sync {
        /// The callback to make.
        callback: WlCallback,
    },
    /// Asks for a registry.
    GetRegistry {
        /// The registry to make.
        registry: WlRegistry,
    },
}

/// Events of `wl_display`.
#[derive(Debug, PartialEq)]
pub enum Event<'a> {
    /// The connection ends because of an error.
    Error {
        /// The object the error is about.
        object_id: u32,
        /// A value of that interface's `error` enum.
        code: u32,
        /// Text for people.
        message: &'a str,
    },
    /// The server is done with an id, the client may reuse it.
    DeleteId {
        /// The id.
        id: u32,
    },
}

/// A handle of a `wl_display`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WlDisplay(Handle);

impl Interface for WlDisplay {
    const SPEC: &'static Spec = &SPEC;
    type Request<'a> = Request;
    type Event<'a> = Event<'a>;

    fn from_handle(handle: Handle) -> WlDisplay {
        WlDisplay(handle)
    }

    fn handle(self) -> Handle {
        self.0
    }
}
