//! The core Wayland protocol for [`wayline`]: typed messages for compositors and clients.
//!
//! | interfaces | for |
//! |---|---|
//! | [`WlCompositor`], [`WlSurface`], [`WlRegion`] | surfaces |
//! | [`WlSubcompositor`], [`WlSubsurface`] | surfaces inside surfaces |
//! | [`WlShm`], [`WlShmPool`], [`WlBuffer`] | pixels in shared memory |
//! | [`WlSeat`], [`WlPointer`], [`WlKeyboard`], [`WlTouch`] | input |
//! | [`WlOutput`] | screens |
//! | [`WlDataDeviceManager`], [`WlDataDevice`], [`WlDataSource`], [`WlDataOffer`] | clipboard and drags |
//! | [`WlShell`], [`WlShellSurface`] | windows of very old clients |
//!
//! Beside each handle is a module with its messages and enums, such as [`wl_surface`]. `wl_display`, `wl_registry`,
//! `wl_callback` and `wl_fixes` are in [`wayline::protocol`]. Windows are in the crate `wayline-protocols`, module
//! `xdg_shell`.
//!
//! A client that prints what a screen is:
//!
//! ```no_run
#![doc = include_str!("../examples/outputs.rs")]
//! ```
//!
//! # Versions
//! Messages are enums that a `match` must cover, and programs offer or bind the highest version that the crate knows. So a
//! new message, and any higher version of an interface, is a breaking change of this crate: the minor version goes up while
//! the major one is 0. New entries of value enums and mended texts are not.
//!
//! A program that wants an older version of an interface offers or binds that version. One that does not even want the
//! arms for newer messages generates its own code from [`XML`], with
//! [`Builder::version`](https://docs.rs/wayline-codegen/latest/wayline_codegen/struct.Builder.html#method.version).

#![cfg_attr(docsrs, feature(doc_cfg))]

/// The protocol as XML, for programs that generate code of their own.
///
/// ```
/// use wayline_codegen::{Builder, source::Source};
///
/// let own = Source::new("wayland.xml", wayline_wayland::XML.into());
/// let code = Builder::new().source(own).version("wl_pointer", 7).generate_to_string()?;
/// assert!(!code.contains("AxisValue120"));
/// # Ok::<(), wayline_codegen::Error>(())
/// ```
pub const XML: &str = include_str!("../wayland.xml");

wayline::include_protocol!("wayland");
