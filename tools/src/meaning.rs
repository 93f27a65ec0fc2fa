//! What rules have to do with a message. Worked out once for each, so that no names are compared while messages pass.

use wayline::dynamic::{ArgKind, Direction, Signature};

/// Of a message that is described.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Meaning {
    /// Which message it is, if a rule speaks of it.
    pub(crate) known: Option<Known>,
    /// Whether it has an argument `serial`.
    pub(crate) has_serial: bool,
    /// Whether it has padding.
    pub(crate) is_padded: bool,
    pub(crate) makes_objects: bool,
}

impl Meaning {
    pub(crate) fn of(interface: &str, direction: Direction, signature: &Signature) -> Meaning {
        let any = |test: fn(&ArgKind) -> bool| signature.args.iter().any(|arg| test(&arg.kind));
        Meaning {
            known: Known::of(interface, direction, &signature.name),
            has_serial: signature.args.iter().any(|arg| arg.name == "serial"),
            is_padded: any(|kind| matches!(kind, ArgKind::String { .. } | ArgKind::Array | ArgKind::AnyNewId)),
            makes_objects: any(|kind| matches!(kind, ArgKind::NewId { .. } | ArgKind::AnyNewId)),
        }
    }
}

macro_rules! known {
    ($($name:ident $direction:ident $interface:literal $message:literal)*) => {
        /// The messages that rules speak of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Known {
            $($name),*
        }

        impl Known {
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
    Sync Request "wl_display" "sync"
    Error Event "wl_display" "error"
    DeleteId Event "wl_display" "delete_id"
    Global Event "wl_registry" "global"
    GlobalRemove Event "wl_registry" "global_remove"
    Bind Request "wl_registry" "bind"
    Done Event "wl_callback" "done"
    CreateSurface Request "wl_compositor" "create_surface"
    Attach Request "wl_surface" "attach"
    Damage Request "wl_surface" "damage"
    DamageBuffer Request "wl_surface" "damage_buffer"
    Frame Request "wl_surface" "frame"
    Commit Request "wl_surface" "commit"
    DestroySurface Request "wl_surface" "destroy"
    Release Event "wl_buffer" "release"
    DestroyBuffer Request "wl_buffer" "destroy"
    CreatePool Request "wl_shm" "create_pool"
    ResizePool Request "wl_shm_pool" "resize"
    DestroyPool Request "wl_shm_pool" "destroy"
    CreateBuffer Request "wl_shm_pool" "create_buffer"
    GetXdgSurface Request "xdg_wm_base" "get_xdg_surface"
    DestroyShell Request "xdg_wm_base" "destroy"
    Ping Event "xdg_wm_base" "ping"
    Pong Request "xdg_wm_base" "pong"
    Configure Event "xdg_surface" "configure"
    AckConfigure Request "xdg_surface" "ack_configure"
    DestroyXdgSurface Request "xdg_surface" "destroy"
    GetLayerSurface Request "zwlr_layer_shell_v1" "get_layer_surface"
    ConfigureLayer Event "zwlr_layer_surface_v1" "configure"
    AckConfigureLayer Request "zwlr_layer_surface_v1" "ack_configure"
    DestroyLayerSurface Request "zwlr_layer_surface_v1" "destroy"
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
