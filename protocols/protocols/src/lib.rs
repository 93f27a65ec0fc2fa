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
//! Messages are enums that a `match` must cover, so a new message of a protocol is a breaking change of this crate: the
//! minor version goes up while the major one is 0. New protocols, new entries of value enums and mended texts are not.
//!
//! A program that wants an older version of an interface offers or binds that version. One that does not even want the
//! arms for newer messages generates its own code from the `XML` of the module, with
//! [`Builder::version`](https://docs.rs/wayline-codegen/latest/wayline_codegen/struct.Builder.html#method.version).

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
    /// When pictures really reached the screen.
    "presentation-time" presentation_time
    /// Cropping and scaling of surfaces.
    "viewporter" viewporter
    /// The clipboard for programs without a window, as first made for wlroots.
    "wlr-data-control" wlr_data_control
    /// Panels, wallpapers, notifications and lock screens.
    "wlr-layer-shell" wlr_layer_shell
    /// Who draws the title bar of a window.
    "xdg-decoration" xdg_decoration
    /// Where outputs are on the desktop.
    "xdg-output" xdg_output
    /// Desktop windows, menus and their placement.
    "xdg-shell" xdg_shell
}
