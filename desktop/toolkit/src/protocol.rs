//! The client's half of the two protocols: the interfaces that [`delegate!`](crate::delegate) hands to the toolkit, and
//! those that they come from.

/// The native protocol of Wayline, `protocol.xml`.
pub mod native {
    wayline::include_protocol!("native");
}

/// The core protocol of Wayland, xdg-shell and xdg-decoration.
pub mod wayland {
    pub use wayline::WlCallback;
    pub use wayline_protocols::xdg_decoration::{
        ZxdgDecorationManagerV1, ZxdgToplevelDecorationV1, zxdg_toplevel_decoration_v1,
    };
    pub use wayline_protocols::xdg_shell::{
        XdgSurface, XdgToplevel, XdgWmBase, xdg_surface, xdg_toplevel, xdg_wm_base,
    };
    pub use wayline_wayland::{
        WlBuffer, WlCompositor, WlKeyboard, WlPointer, WlSeat, WlShm, WlSurface, WlTouch, wl_buffer, wl_keyboard,
        wl_pointer, wl_seat, wl_shm, wl_surface, wl_touch,
    };
}
