#![doc = include_str!("../README.md")]
//!
//! # Example
//!
//! A compositor whose windows float where there is room, with panels. It shows its frames to nobody.
//!
//! ```
//! use wayline_desktop_wayland::calloop::EventLoop;
//! use wayline_desktop_wayland::wayline::{self, ClientId, Disconnect, HasServer, Server};
//! use wayline_desktop_wayland::wayline_desktop::{Desktop, Effect};
//! use wayline_desktop_wayland::{self as wayland, Host, Offer, Parts, Picture, State, WaylandOwner, layer_shell};
//!
//! struct App {
//!     server: Server<App>,
//!     desktop: Desktop<WaylandOwner, Picture>,
//!     wayland: State<App>,
//! }
//!
//! // Says who answers the requests: this crate. Others are the application's own, or those of another library.
//! wayland::delegate!(App);
//! wayland::delegate_layer_shell!(App);
//!
//! impl HasServer for App {
//!     fn server(&mut self) -> &mut Server<App> {
//!         &mut self.server
//!     }
//!
//!     fn caught_up(&mut self, client: ClientId) {
//!         wayland::caught_up(self, client);
//!     }
//!
//!     fn disconnected(&mut self, client: ClientId, _: &Disconnect) {
//!         wayland::disconnected(self, client);
//!     }
//! }
//!
//! impl Host for App {
//!     type Owner = WaylandOwner;
//!     type Picture = Picture;
//!
//!     fn parts(&mut self) -> Parts<'_, App> {
//!         Parts { server: &mut self.server, desktop: &mut self.desktop, wayland: &mut self.wayland }
//!     }
//!
//!     fn deliver(&mut self, owner: WaylandOwner, effect: Effect) {
//!         wayland::deliver(self, owner.0, effect);
//!     }
//!
//!     fn draw(&mut self) {
//!         let damage = wayland::draw(self);
//!         println!("{} parts of {:?} are new", damage.len(), self.desktop.frame().size());
//! #       self.server.stop();
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mut events = EventLoop::try_new()?;
//! #   let dir = std::env::temp_dir().join(format!("wayline-desktop-wayland-{}", std::process::id()));
//! #   let name = dir.display().to_string();
//! #   let name = name.as_str();
//! #   /*
//!     let name = "wayland-7";
//! #   */
//!     let mut server = Server::listen_at(name)?;
//!     let mut offer = Offer::default();
//!     wayland::announce(&mut server, &mut offer)?;
//!     layer_shell::announce(&mut server, &mut offer)?;
//!     wayland::announce_output(&mut server, &mut offer)?;
//!     events.handle().insert_source(server.source()?, |(), (), app: &mut App| wayline::server::turn(app))?;
//!     let wayland = State::new(events.handle());
//!     let mut app = App { server, desktop: Desktop::new((640, 480)), wayland };
//!     app.schedule();
//!     while !app.server.is_stopped() {
//!         // What the user does goes to `wayland::input`.
//!         events.dispatch(None, &mut app)?;
//!         app.settle();
//!     }
//!     Ok(())
//! }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod buffers;
mod capture;
mod carry;
mod clock;
mod data;
pub mod data_control;
mod deliver;
mod draw;
mod globals;
mod host;
pub mod image_copy;
pub mod layer_shell;
mod limits;
mod output;
pub mod output_management;
mod picture;
pub mod pointer_constraints;
pub mod presentation;
pub mod primary_selection;
pub mod protocol;
pub mod relative_pointer;
pub mod screencopy;
mod seat;
pub mod session_lock;
mod shell;
mod shm;
pub mod single_pixel_buffer;
mod state;
mod stored;
mod surface;
pub mod text_input;
pub mod viewporter;
pub mod virtual_keyboard;
pub mod virtual_pointer;
pub mod wl_shell;
pub mod xdg_decoration;
pub mod xdg_output;

pub use calloop;
pub use wayline;
pub use wayline_desktop;

pub use buffers::{Memory, Shared};
pub use carry::carry;
pub use clock::REFRESH_MILLIHERTZ;
pub use deliver::{caught_up, deliver, disconnected, input};
pub use draw::draw;
pub use globals::{Offer, OfferError, announce, announce_output};
pub use host::{Ask, Host, Parts, Wayland, WaylandOwner};
pub use picture::Picture;
pub use seat::keymap::compile_keymap;
pub use state::State;
pub use stored::shm_policy;
