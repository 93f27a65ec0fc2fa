//! The messages: those of the protocol crates, and of xdg-shell v6.

pub(crate) use wayline_protocols::presentation_time::*;
pub(crate) use wayline_protocols::viewporter::*;
pub(crate) use wayline_protocols::wlr_data_control::*;
pub(crate) use wayline_protocols::wlr_layer_shell::*;
pub(crate) use wayline_protocols::xdg_decoration::*;
pub(crate) use wayline_protocols::xdg_output::*;
pub(crate) use wayline_protocols::xdg_shell::*;
pub(crate) use wayline_wayland::*;

wayline::include_protocol!("xdg_shell_v6");
