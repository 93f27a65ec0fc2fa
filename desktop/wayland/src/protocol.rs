//! The messages: those of the protocol crates, and of xdg-shell v6.

#![allow(ambiguous_glob_reexports, reason = "each protocol has its `XML`, which is to be taken from its own crate")]

pub use wayline_protocols::{
    ext_image_capture_source::*, ext_image_copy_capture::*, ext_session_lock::*, pointer_constraints::*,
    presentation_time::*, primary_selection::*, relative_pointer::*, single_pixel_buffer::*, text_input::*,
    viewporter::*, virtual_keyboard::*, wlr_data_control::*, wlr_layer_shell::*, wlr_output_management::*,
    wlr_screencopy::*, wlr_virtual_pointer::*, xdg_decoration::*, xdg_output::*, xdg_shell::*,
};
pub use wayline_wayland::*;

wayline::include_protocol!("xdg_shell_v6");
