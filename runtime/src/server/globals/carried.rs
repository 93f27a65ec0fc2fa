//! Globals as another process takes them over.

use super::{Bind, Global, Globals, HasServer, Server};
use crate::handle::GlobalId;
use crate::protocol::WlRegistry;
use crate::spec::Spec;

/// A global that was removed and can still be bound, as another process takes it over.
pub(crate) struct Removed {
    pub(crate) id: GlobalId,
    pub(crate) interface: String,
    pub(crate) version: u32,
    /// The registries that were told of the removal.
    pub(crate) registries: Vec<WlRegistry>,
    /// How long they have had time, in milliseconds.
    pub(crate) waited: Option<u64>,
}

impl<A> Globals<A> {
    /// What was removed and is kept.
    pub(in crate::server) fn removed(&self) -> Vec<Removed> {
        let removed = self.list.iter().filter(|(_, global)| global.removed);
        let removed = removed.map(|(&id, global)| Removed {
            id,
            interface: global.spec.name.to_owned(),
            version: global.version,
            registries: self.awaited.of(id).collect(),
            waited: None,
        });
        removed.collect()
    }

    /// Keeps what another process has removed. Returns whether anybody may bind it.
    pub(in crate::server) fn restore(&mut self, removed: Removed, spec: &'static Spec, bind: Bind<A>) -> bool {
        let Removed { id, version, registries, .. } = removed;
        if registries.is_empty() {
            return false;
        }
        registries.into_iter().for_each(|registry| self.awaited.add(id, registry));
        self.list.insert(id, Global { spec, version, removed: true, bind });
        true
    }
}

impl<A: HasServer> Server<A> {
    /// The last name that was given to a global; and of those that are offered, name, interface and version.
    pub(crate) fn global_names(&self) -> (u32, Vec<(GlobalId, &'static str, u32)>) {
        let offered = self.role.globals.list.iter().filter(|(_, global)| !global.removed);
        (self.role.globals.last, offered.map(|(&id, global)| (id, global.spec.name, global.version)).collect())
    }

    /// The interfaces of globals that can be bound, once for each global.
    pub(crate) fn global_specs(&self) -> impl Iterator<Item = &'static Spec> + '_ {
        self.role.globals.list.values().map(|global| global.spec)
    }

    /// Whether a name was given to a global, and belongs to none that is known.
    pub(crate) fn was_given(&self, id: GlobalId) -> bool {
        let Globals { list, last, expected, .. } = &self.role.globals;
        (1..=*last).contains(&id.0) && !list.contains_key(&id) && expected.iter().all(|(known, ..)| *known != id)
    }

    /// Has globals that are added get the names that they had in another process.
    pub(crate) fn expect_globals(&mut self, last: u32, names: Vec<(GlobalId, String, u32)>) {
        (self.role.globals.last, self.role.globals.expected) = (last, names);
    }

    /// Removes what was expected and is not offered. `known` says how an interface is bound; of one that is not known, the
    /// global is gone at once.
    pub(crate) fn withdraw_expected(&mut self, known: impl Fn(&str) -> Option<(&'static Spec, Bind<A>)>) {
        for (id, interface, version) in std::mem::take(&mut self.role.globals.expected) {
            if let Some((spec, bind)) = known(&interface) {
                let version = version.min(spec.version);
                self.role.globals.list.insert(id, Global { spec, version, removed: true, bind });
            }
            self.role.globals.withdrawn.push(id);
            self.globals_changed();
        }
    }
}
