//! Globals and registries.
//!
//! Names count up and are never reused. Removal has two steps: a removed
//! global is withdrawn from registries but can still be bound, because clients
//! may not have read the withdrawal; a destroyed one cannot. The second step
//! comes by itself: when all registries that were told of the first one have
//! acknowledged it (`wl_fixes`, version 2) or are gone, or when its time is over.

#[cfg(feature = "io")]
mod carried;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::Ordering;

use super::awaited::Awaited;
use super::{HasServer, Server, ServerRole, display};
use crate::endpoint::Dispatch;
use crate::error::{GlobalError, ProtocolError};
use crate::handle::{ClientId, GlobalId, Interface};
use crate::handler_error::{HandlerError, HandlerResult};
#[cfg(feature = "io")]
use crate::io::poll_set::Task;
use crate::protocol::wl_display::Error as Code;
use crate::protocol::{WlFixes, WlRegistry, wl_fixes};
use crate::spec::Spec;

#[cfg(feature = "io")]
pub(crate) use carried::Removed;

/// Makes an object of a global: client, id, version, and the global.
pub(crate) type Bind<A> = fn(&mut A, ClientId, u32, u32, GlobalId) -> HandlerResult;

struct Global<A> {
    spec: &'static Spec,
    version: u32,
    removed: bool,
    bind: Bind<A>,
}

pub(super) struct Globals<A> {
    list: BTreeMap<GlobalId, Global<A>>,
    last: u32,
    /// Removed globals that registries have not been told about.
    withdrawn: Vec<GlobalId>,
    /// Removed globals, each with the registries that were told of it and have not acknowledged it.
    awaited: Awaited<GlobalId, WlRegistry>,
    /// Whether there is anything that registries have not been told about.
    changed: bool,
    /// What a predecessor offered and clients know: name, interface and version of each, until it is offered again.
    #[cfg(feature = "io")]
    expected: Vec<(GlobalId, String, u32)>,
}

/// The state of a registry: how far it was told of globals.
#[derive(Clone, Copy, Default)]
pub struct Listing {
    /// Absent until it was told of the globals that existed at its start.
    pub(crate) registry: Option<WlRegistry>,
    /// Name of the last global it was told about or that was hidden from it.
    pub(crate) last: u32,
}

impl<A> Globals<A> {
    pub(super) fn new() -> Globals<A> {
        Globals {
            list: BTreeMap::new(),
            last: 0,
            withdrawn: Vec::new(),
            awaited: Awaited::new(),
            changed: false,
            #[cfg(feature = "io")]
            expected: Vec::new(),
        }
    }

    pub(super) fn destroy(&mut self, id: GlobalId) {
        self.list.remove(&id);
        self.awaited.cancel(id);
    }

    /// Whether a removed global is kept for registries that may still bind it.
    #[cfg(feature = "io")]
    pub(super) fn is_awaited(&self, id: GlobalId) -> bool {
        self.awaited.contains(id)
    }

    /// Takes a registry from those that may still bind a removed global. Returns whether it was one of them.
    fn acknowledge(&mut self, id: GlobalId, registry: WlRegistry) -> bool {
        let answered = self.awaited.answer(id, registry);
        if answered == Some(true) {
            self.destroy(id);
        }
        answered.is_some()
    }

    /// A registry that has ended binds nothing any more.
    pub(super) fn registry_ended(&mut self, registry: WlRegistry) {
        for id in self.awaited.gone(registry) {
            self.destroy(id);
        }
    }
}

impl<A: HasServer> Server<A> {
    /// Offers interface `I` to all clients that may see it, from now on. The
    /// application needs handlers for `I` and for all that its requests create.
    /// Registries learn of it before the next `sync` is answered, at the latest
    /// at the end of the turn; see [`announce_globals`].
    ///
    /// # Errors
    /// [`GlobalError`] if `version` is 0 or above what `I` knows.
    pub fn add_global<I: Dispatch<A, ServerRole<A>>>(&mut self, version: u32) -> Result<GlobalId, GlobalError> {
        let known = I::SPEC.version;
        if version == 0 || version > known {
            return Err(GlobalError { interface: I::SPEC.name, version, known });
        }
        let id = self.next_global(I::SPEC.name, version)?;
        self.role.globals.list.insert(id, Global { spec: I::SPEC, version, removed: false, bind: bind_new::<A, I> });
        self.globals_changed();
        Ok(id)
    }

    /// The name of a new global: the one that a predecessor gave it, if there was one.
    fn next_global(&mut self, interface: &'static str, version: u32) -> Result<GlobalId, GlobalError> {
        let globals = &mut self.role.globals;
        #[cfg(feature = "io")]
        if let Some(at) = globals.expected.iter().position(|(_, known, _)| known == interface) {
            let (id, _, known) = globals.expected.remove(at);
            // Clients bind it in the version that they were told.
            if version < known {
                return Err(GlobalError { interface, version, known });
            }
            return Ok(id);
        }
        let _ = (interface, version);
        globals.last += 1;
        Ok(GlobalId(globals.last))
    }

    /// Withdraws a global: registries announce its removal, when they announce
    /// new ones. It can still be bound, because clients may not have read that
    /// yet. Objects bound to it live on.
    ///
    /// It is destroyed by itself once no registry that was told can bind it any
    /// more: each was acknowledged (which clients do that know version 2 of
    /// `wl_fixes`, if the server offers it) or is gone. Other clients have
    /// [`Limits::global_grace`](crate::Limits::global_grace), if [`run`](super::run), [`dispatch`](super::dispatch) or
    /// [`turn`](super::turn) drive the server; otherwise that time is the
    /// application's business, which can call [`Server::destroy_global`] in any case.
    pub fn remove_global(&mut self, id: GlobalId) {
        if let Some(global) = self.role.globals.list.get_mut(&id)
            && !global.removed
        {
            global.removed = true;
            self.role.globals.withdrawn.push(id);
            self.globals_changed();
        }
    }

    /// Removes a global for good, without waiting for anybody; a later bind is the
    /// client's error. Withdraws it first if that has not been done.
    pub fn destroy_global(&mut self, id: GlobalId) {
        self.remove_global(id);
        self.role.globals.destroy(id);
    }

    /// Sees to it that registries are told, also by a loop that is about to sleep.
    pub(crate) fn globals_changed(&mut self) {
        self.role.globals.changed = true;
        self.core.pending.store(true, Ordering::Relaxed);
    }
}

/// Binds a global of an interface.
pub(crate) fn bind_new<A: HasServer, I: Dispatch<A, ServerRole<A>>>(
    app: &mut A,
    client: ClientId,
    object: u32,
    version: u32,
    global: GlobalId,
) -> HandlerResult {
    let this = app.server().create_versioned::<I>(client, object, version)?;
    I::bound(app, this, global)
}

/// Tells registries which globals came and went since they were told last.
///
/// This happens by itself, at the end of each turn and before a `sync` is
/// answered, since the answer says that all earlier requests have had their
/// effect. A global that comes and goes in between is never
/// mentioned, and events sent in the same turn arrive before it; an application
/// to which this matters calls it earlier.
pub fn announce_globals<A: HasServer>(app: &mut A) {
    if !std::mem::take(&mut app.server().role.globals.changed) {
        return;
    }
    let withdrawn = std::mem::take(&mut app.server().role.globals.withdrawn);
    let listings = app.server().core.all_data::<WlRegistry, Listing>();
    let told: Vec<(WlRegistry, u32)> = listings.filter_map(|listing| Some((listing.registry?, listing.last))).collect();
    for (registry, last) in told {
        for &id in &withdrawn {
            if id.0 <= last && app.visible(registry.client(), id) {
                display::send_global_remove(app.server(), registry, id.0);
                let globals = &mut app.server().role.globals;
                if globals.list.contains_key(&id) {
                    globals.awaited.add(id, registry);
                }
            }
        }
        list(app, registry, last);
    }
    let role = &mut app.server().role;
    for id in withdrawn {
        if !role.globals.awaited.contains(id) {
            // Nobody knows it.
            role.globals.destroy(id);
            continue;
        }
        #[cfg(feature = "io")]
        if let Some(set) = &mut role.poll_set {
            set.arm(ClientId::NOBODY, Task::Acknowledge(id));
        }
    }
}

/// A client says that it binds a removed global no more through one of its registries.
pub(super) fn acknowledge<A: HasServer>(app: &mut A, fixes: WlFixes, registry: WlRegistry, name: u32) -> HandlerResult {
    let server = app.server();
    let listed = server.data(registry)?.last;
    let id = GlobalId(name);
    // One that the application destroyed at once is acknowledged all the same.
    let is_gone = name <= listed && !server.role.globals.list.contains_key(&id);
    if server.role.globals.acknowledge(id, registry) || is_gone {
        return Ok(());
    }
    let text = format!("registry #{} waits for no acknowledgement of global {name}", registry.id());
    Err(HandlerError::protocol(fixes, wl_fixes::Error::INVALID_ACK_REMOVE, text))
}

/// Starts a registry: lists the globals that exist.
pub(super) fn start<A: HasServer>(app: &mut A, registry: WlRegistry) {
    // Older registries first, so that no withdrawal reaches one that was never told.
    announce_globals(app);
    list(app, registry, 0);
}

/// Tells a registry of the globals that came after the one with the name `last`.
fn list<A: HasServer>(app: &mut A, registry: WlRegistry, last: u32) {
    let mut listed = GlobalId(last);
    let behind = |id| (Bound::Excluded(id), Bound::Unbounded);
    while let Some((&id, global)) = app.server().role.globals.list.range(behind(listed)).next() {
        let (spec, version, removed) = (global.spec, global.version, global.removed);
        listed = id;
        if !removed && app.visible(registry.client(), id) {
            display::send_global(app.server(), registry, id.0, spec.name, version);
        }
    }
    let server = app.server();
    let last = server.role.globals.last;
    // Its client may have been dropped meanwhile.
    if let Ok(listing) = server.data(registry) {
        *listing = Listing { registry: Some(registry), last };
    }
}

/// Answers `wl_registry.bind`.
pub(super) fn bind<A: HasServer>(app: &mut A, registry: WlRegistry, name: u32, new: crate::NewId<'_>) -> HandlerResult {
    let refuse = |message| {
        let interface = Some(WlRegistry::SPEC.name);
        Err(ProtocolError { object: registry.id(), interface, code: Code::INVALID_OBJECT.0, message }.into())
    };
    let id = GlobalId(name);
    let found = app.server().role.globals.list.get(&id);
    let Some((spec, version, bind)) = found.map(|global| (global.spec, global.version, global.bind)) else {
        return refuse(format!("invalid global {} ({name})", new.interface));
    };
    if !app.visible(registry.client(), id) {
        return refuse(format!("invalid global {} ({name})", new.interface));
    }
    if new.interface != spec.name {
        let text = format!("invalid interface for global {name}: have {}, wanted {}", spec.name, new.interface);
        return refuse(text);
    }
    if new.version == 0 || new.version > version {
        let (have, wanted) = (version, new.version);
        return refuse(format!("invalid version for global {} ({name}): have {have}, wanted {wanted}", spec.name));
    }
    bind(app, registry.client(), new.id, new.version, id)
}
