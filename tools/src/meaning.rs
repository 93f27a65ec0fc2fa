//! What rules have to do with a message. Worked out once for each, so that no names are compared while messages pass.

use wayline::dynamic::{ArgKind, Direction, Signature};

/// Of a message that is described.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meaning {
    /// Which message it is, if a rule speaks of it.
    pub(crate) known: Option<Known>,
    /// Whether it has an argument `serial`.
    pub(crate) has_serial: bool,
    pub(crate) has_fds: bool,
    pub(crate) makes_objects: bool,
    pub(crate) is_destructor: bool,
    /// Whether objects begin or end with it.
    pub(crate) changes_objects: bool,
    /// Whether it can be at fault by itself.
    pub(crate) is_judged: bool,
    /// The version that added it.
    pub(crate) since: u32,
}

impl Meaning {
    /// Of a message that is not described.
    pub(crate) const NONE: Meaning = Meaning {
        known: None,
        has_serial: false,
        has_fds: false,
        makes_objects: false,
        is_destructor: false,
        changes_objects: false,
        is_judged: false,
        since: 0,
    };

    pub(crate) fn of(interface: &str, direction: Direction, signature: &Signature) -> Meaning {
        let any = |test: fn(&ArgKind) -> bool| signature.args.iter().any(|arg| test(&arg.kind));
        let known = Known::of(interface, direction, &signature.name);
        let is_padded = any(|kind| matches!(kind, ArgKind::String { .. } | ArgKind::Array | ArgKind::AnyNewId));
        let makes_objects = any(|kind| matches!(kind, ArgKind::NewId { .. } | ArgKind::AnyNewId));
        Meaning {
            known,
            has_serial: signature.args.iter().any(|arg| arg.name == "serial"),
            has_fds: any(|kind| *kind == ArgKind::Fd),
            makes_objects,
            is_destructor: signature.destructor,
            changes_objects: makes_objects || signature.destructor || known == Some(Known::DeleteId),
            is_judged: is_padded || known == Some(Known::Error),
            since: signature.since,
        }
    }
}

impl Meaning {
    /// Whether the facts of a connection depend on the message, even if nothing about it is odd.
    pub(crate) fn matters(&self) -> bool {
        self.known.is_some() || self.has_serial || self.has_fds || self.changes_objects
    }
}

/// What rules are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    Core,
    Globals,
    Windows,
    Surfaces,
}

macro_rules! known {
    ($($topic:ident $name:ident $direction:ident $interface:literal $message:literal)*) => {
        /// The messages that rules speak of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Known {
            $($name),*
        }

        impl Known {
            /// Whose rules they are.
            #[inline]
            pub(crate) fn topic(self) -> Topic {
                match self { $(Known::$name => Topic::$topic),* }
            }

            fn of(interface: &str, direction: Direction, message: &str) -> Option<Known> {
                match (interface, direction, message) {
                    $(($interface, Direction::$direction, $message) => Some(Known::$name),)*
                    _ => None,
                }
            }
        }

        #[cfg(test)]
        const ALL: &[(Known, Direction, &str, &str)] =
            &[$((Known::$name, Direction::$direction, $interface, $message)),*];
    };
}

known! {
    Core Sync Request "wl_display" "sync"
    Core Error Event "wl_display" "error"
    Core DeleteId Event "wl_display" "delete_id"
    Globals Global Event "wl_registry" "global"
    Globals GlobalRemove Event "wl_registry" "global_remove"
    Globals Bind Request "wl_registry" "bind"
    Core Done Event "wl_callback" "done"
    Surfaces CreateSurface Request "wl_compositor" "create_surface"
    Surfaces Attach Request "wl_surface" "attach"
    Surfaces Damage Request "wl_surface" "damage"
    Surfaces DamageBuffer Request "wl_surface" "damage_buffer"
    Surfaces Frame Request "wl_surface" "frame"
    Surfaces Commit Request "wl_surface" "commit"
    Surfaces DestroySurface Request "wl_surface" "destroy"
    Surfaces Release Event "wl_buffer" "release"
    Surfaces DestroyBuffer Request "wl_buffer" "destroy"
    Surfaces CreatePool Request "wl_shm" "create_pool"
    Surfaces ResizePool Request "wl_shm_pool" "resize"
    Surfaces DestroyPool Request "wl_shm_pool" "destroy"
    Surfaces CreateBuffer Request "wl_shm_pool" "create_buffer"
    Windows GetXdgSurface Request "xdg_wm_base" "get_xdg_surface"
    Windows DestroyShell Request "xdg_wm_base" "destroy"
    Windows Ping Event "xdg_wm_base" "ping"
    Windows Pong Request "xdg_wm_base" "pong"
    Windows Configure Event "xdg_surface" "configure"
    Windows AckConfigure Request "xdg_surface" "ack_configure"
    Windows DestroyXdgSurface Request "xdg_surface" "destroy"
    Windows GetLayerSurface Request "zwlr_layer_shell_v1" "get_layer_surface"
    Windows ConfigureLayer Event "zwlr_layer_surface_v1" "configure"
    Windows AckConfigureLayer Request "zwlr_layer_surface_v1" "ack_configure"
    Windows DestroyLayerSurface Request "zwlr_layer_surface_v1" "destroy"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn all_messages_that_rules_speak_of_are_described_as_they_are() {
        let catalog = Catalog::of_builtin();
        for &(known, direction, interface, message) in ALL {
            let described = catalog.protocols().get(interface).unwrap().messages(direction);
            let signature = described.iter().find(|signature| signature.name == message).unwrap();
            assert_eq!(Meaning::of(interface, direction, signature).known, Some(known));
        }
    }
}
