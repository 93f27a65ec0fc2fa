//! Wayland protocols for [`wayline`], beside the core one: typed messages for compositors and clients.
//!
//! Each protocol is a module, and a Cargo feature of the same name with dashes, such as `xdg-shell`. All are on by default;
//! a program that wants a short build names those it uses:
//!
//! ```toml
//! wayline-protocols = { version = "0.1", default-features = false, features = ["xdg-shell", "viewporter"] }
//! ```
//!
//! Types of the core protocol, such as `wl_surface`, are those of [`wayline_wayland`].
//!
//! A client that prints where each screen is:
//!
//! ```no_run
#![doc = include_str!("../examples/screens.rs")]
//! ```
//!
//! # Versions
//! Messages are enums that a `match` must cover, and programs offer or bind the highest version that the crate knows. So a
//! new message, and any higher version of an interface, is a breaking change of this crate: the minor version goes up while
//! the major one is 0. New protocols, new entries of value enums and mended texts are not.
//!
//! A program that wants an older version of an interface offers or binds that version. One that does not even want the
//! arms for newer messages generates its own code from the `XML` of the module, with
//! [`Builder::version`](https://docs.rs/wayline-codegen/latest/wayline_codegen/struct.Builder.html#method.version).

#![cfg_attr(docsrs, feature(doc_cfg))]

/// A module with the code of one protocol.
macro_rules! protocols {
    ($($(#[$attribute:meta])* $feature:literal $module:ident)*) => {$(
        $(#[$attribute])*
        #[cfg(feature = $feature)]
        pub mod $module {
            /// The protocol as XML, for programs that generate code of their own.
            pub const XML: &str = include_str!(concat!("../xml/", $feature, ".xml"));

            wayline::include_protocol!($feature);
        }
    )*};
}

protocols! {
    /// The clipboard for programs without a window, as agreed on by compositors.
    "ext-data-control" ext_data_control
    /// The list of all windows.
    "ext-foreign-toplevel-list" ext_foreign_toplevel_list
    /// What pictures can be taken of.
    "ext-image-capture-source" ext_image_capture_source
    /// Pictures of outputs and windows.
    "ext-image-copy-capture" ext_image_copy_capture
    /// Locking the screen.
    "ext-session-lock" ext_session_lock
    /// Scales that are not whole numbers.
    "fractional-scale" fractional_scale
    /// Keeping the pointer in its place.
    "pointer-constraints" pointer_constraints
    /// When pictures really reached the screen.
    "presentation-time" presentation_time
    /// What is selected, to be pasted with the middle button.
    "primary-selection" primary_selection
    /// How far a mouse was moved.
    "relative-pointer" relative_pointer
    /// Buffers of a single colour.
    "single-pixel-buffer" single_pixel_buffer
    /// Text from input methods.
    "text-input" text_input
    /// Cropping and scaling of surfaces.
    "viewporter" viewporter
    /// A keyboard that is a program.
    "virtual-keyboard" virtual_keyboard
    /// The clipboard for programs without a window, as first made for wlroots.
    "wlr-data-control" wlr_data_control
    /// Panels, wallpapers, notifications and lock screens.
    "wlr-layer-shell" wlr_layer_shell
    /// Arranging the outputs.
    "wlr-output-management" wlr_output_management
    /// Pictures of outputs, as first made for wlroots.
    "wlr-screencopy" wlr_screencopy
    /// A pointer that is a program.
    "wlr-virtual-pointer" wlr_virtual_pointer
    /// Who draws the title bar of a window.
    "xdg-decoration" xdg_decoration
    /// Where outputs are on the desktop.
    "xdg-output" xdg_output
    /// Desktop windows, menus and their placement.
    "xdg-shell" xdg_shell
}
