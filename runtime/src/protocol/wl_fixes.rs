//! `wl_fixes`: repairs of the bootstrap interfaces.
//!
//! A server offers it with `server.add_global::<WlFixes>(1)`.

use crate::handle::{Handle, Interface};
use crate::protocol::{WlRegistry, wl_registry};
use crate::spec::{Arg, ArgKind, Message, Slot, Spec};

/// The tables of `wl_fixes`.
pub static SPEC: Spec = Spec {
    name: "wl_fixes",
    version: 1,
    requests: &[
        Message { since: 1, size: 8, fixed_size: true, destructor: true, fds: 0, name: "destroy", args: &[] },
        Message {
            since: 1,
            size: 12,
            fixed_size: true,
            destructor: false,
            fds: 0,
            name: "destroy_registry",
            args: &[Arg {
                name: "registry",
                kind: ArgKind::Object { nullable: false, interface: Some(&wl_registry::SPEC) },
            }],
        },
    ],
    events: &[],
    slot: Slot::new(),
};

/// Requests of `wl_fixes`.
#[derive(Debug, PartialEq)]
pub enum Request {
    /// Destroys the `wl_fixes` object.
    Destroy,
    /// Destroys a registry, which has no destructor of its own.
    DestroyRegistry {
        /// The registry.
        registry: WlRegistry,
    },
}

/// Events of `wl_fixes`: there are none.
#[derive(Debug, PartialEq)]
pub enum Event {}

/// A handle of a `wl_fixes`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WlFixes(Handle);

impl Interface for WlFixes {
    const SPEC: &'static Spec = &SPEC;
    type Request<'a> = Request;
    type Event<'a> = Event;

    fn from_handle(handle: Handle) -> WlFixes {
        WlFixes(handle)
    }

    fn handle(self) -> Handle {
        self.0
    }
}
