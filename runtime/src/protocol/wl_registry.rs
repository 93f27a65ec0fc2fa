//! `wl_registry`: lists the globals of a server and binds them.

use crate::NewId;
use crate::handle::{Handle, Interface};
use crate::spec::{Arg, ArgKind, Message, Slot, Spec};

/// The tables of `wl_registry`.
pub static SPEC: Spec = Spec {
    name: "wl_registry",
    version: 1,
    requests: &[Message {
        since: 1,
        size: 24,
        fixed_size: false,
        destructor: false,
        fds: 0,
        name: "bind",
        args: &[Arg { name: "name", kind: ArgKind::Uint }, Arg { name: "id", kind: ArgKind::AnyNewId }],
    }],
    events: &[
        Message {
            since: 1,
            size: 20,
            fixed_size: false,
            destructor: false,
            fds: 0,
            name: "global",
            args: &[
                Arg { name: "name", kind: ArgKind::Uint },
                Arg { name: "interface", kind: ArgKind::String { nullable: false } },
                Arg { name: "version", kind: ArgKind::Uint },
            ],
        },
        Message {
            since: 1,
            size: 12,
            fixed_size: true,
            destructor: false,
            fds: 0,
            name: "global_remove",
            args: &[Arg { name: "name", kind: ArgKind::Uint }],
        },
    ],
    slot: Slot::new(),
};

/// Requests of `wl_registry`.
#[derive(Debug, PartialEq)]
pub enum Request<'a> {
    /// Makes an object of a global.
    Bind {
        /// Name of the global.
        name: u32,
        /// The object to make.
        id: NewId<'a>,
    },
}

/// Events of `wl_registry`.
#[derive(Debug, PartialEq)]
pub enum Event<'a> {
    /// A global exists.
    Global {
        /// Its name.
        name: u32,
        /// Its interface.
        interface: &'a str,
        /// The highest version that can be bound.
        version: u32,
    },
    /// A global is withdrawn.
    GlobalRemove {
        /// Its name.
        name: u32,
    },
}

/// A handle of a `wl_registry`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WlRegistry(Handle);

impl Interface for WlRegistry {
    const SPEC: &'static Spec = &SPEC;
    type Request<'a> = Request<'a>;
    type Event<'a> = Event<'a>;

    fn from_handle(handle: Handle) -> WlRegistry {
        WlRegistry(handle)
    }

    fn handle(self) -> Handle {
        self.0
    }
}
