//! The Wayland side of a compositor.

mod buffers;
mod clock;
mod data;
pub mod data_control;
mod deliver;
mod draw;
mod globals;
mod host;
pub mod layer_shell;
mod output;
mod picture;
pub mod pointer_constraints;
pub mod presentation;
pub mod primary_selection;
pub mod protocol;
pub mod relative_pointer;
mod seat;
mod shell;
mod shm;
pub mod single_pixel_buffer;
mod state;
mod surface;
pub mod viewporter;
pub mod virtual_keyboard;
pub mod virtual_pointer;
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
