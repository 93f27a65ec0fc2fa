//! The Wayland side of a compositor.

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
