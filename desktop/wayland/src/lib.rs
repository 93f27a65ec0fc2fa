//! The Wayland side of a compositor.
//!
//! What every compositor has comes with [`delegate!`] and [`announce`]. Each of these a compositor may leave out; it has a
//! macro and a function of its own:
//!
//! | module | protocol | for |
//! |---|---|---|
//! | [`data_control`] | wlr-data-control | programs that manage the clipboard |
//! | [`image_copy`] | ext-image-copy-capture | pictures of the screen, one or a stream |
//! | [`layer_shell`] | wlr-layer-shell | wallpapers, panels, notifications |
//! | [`output_management`] | wlr-output-management | settings programs |
//! | [`presentation`] | presentation-time | when a frame was shown |
//! | [`screencopy`] | wlr-screencopy | pictures of the screen: grim, wf-recorder |
//! | [`session_lock`] | ext-session-lock | screen lockers: swaylock |
//! | [`viewporter`] | viewporter | surfaces that show a part of a buffer, scaled |
//! | [`wl_shell`] | wl_shell | windows of old programs |
//! | [`xdg_decoration`] | xdg-decoration | who draws the frames of windows |
//! | [`xdg_output`] | xdg-output | where the screen is |

mod buffers;
mod capture;
mod clock;
mod data;
pub mod data_control;
mod deliver;
mod draw;
mod globals;
mod host;
pub mod image_copy;
pub mod layer_shell;
mod output;
pub mod output_management;
mod picture;
pub mod presentation;
pub mod protocol;
pub mod screencopy;
mod seat;
pub mod session_lock;
mod shell;
mod shm;
mod state;
mod surface;
pub mod viewporter;
pub mod wl_shell;
pub mod xdg_decoration;
pub mod xdg_output;

pub use calloop;
pub use wayline;
pub use wayline_desktop;

pub use buffers::Memory;
pub use clock::REFRESH_MILLIHERTZ;
pub use deliver::{caught_up, deliver, disconnected, input};
pub use draw::draw;
pub use globals::{Offer, OfferError, announce, announce_output};
pub use host::{Ask, Host, Parts, Wayland, WaylandOwner};
pub use picture::Picture;
pub use state::State;
