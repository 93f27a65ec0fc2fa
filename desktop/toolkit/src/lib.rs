#![doc = include_str!("../README.md")]
//!
//! # Example
//!
//! ```no_run
//! use wayline_toolkit::calloop::EventLoop;
//! use wayline_toolkit::{Client, Compositor, Damage, Error, Event, HasClient, Host, Protocol, Setup, Size, Window, WindowId};
//!
//! struct App {
//!     client: Client<App>,
//!     window: Window,
//!     size: Option<Size>,
//!     open: bool,
//! }
//!
//! impl HasClient for App {
//!     fn client(&mut self) -> &mut Client<App> {
//!         &mut self.client
//!     }
//! }
//!
//! impl Host for App {
//!     fn event(&mut self, _: WindowId, event: Event) {
//!         match event {
//!             Event::Configure(configure) => self.size = Some(configure.size(Size::new(400, 300))),
//!             Event::Close => self.open = false,
//!             _ => {}
//!         }
//!     }
//! }
//!
//! // Says who handles the interfaces of windows. Others are the application's own, or those of another library.
//! wayline_toolkit::delegate!(App);
//!
//! fn main() -> Result<(), Error> {
//!     let mut events = EventLoop::try_new()?;
//!     let mut client = Client::connect()?;
//!     let compositor = Compositor::new(&mut client, events.handle(), Protocol::Any)?;
//!     let setup = Setup { app_id: "org.example.grey", title: "Grey", format: wayline_toolkit::PixelFormat::XRGB8888 };
//!     let window = compositor.open(&mut client, &setup)?;
//!     let mut app = App { client, window, size: None, open: true };
//!     while app.open {
//!         events.dispatch(None, &mut app)?;
//!         if app.window.is_ready(&mut app.client)
//!             && let Some(size) = app.size.take()
//!         {
//!             app.window.present(&mut app.client, size, &Damage::from(size), |_, _, row| row.fill(0x80))?;
//!         }
//!     }
//!     Ok(())
//! }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod buffer;
mod compositor;
mod error;
mod event;
mod frame;
mod host;
mod input;
mod native;
pub mod protocol;
mod setup;
mod size;
mod standalone;
mod status;
mod wayland;
mod window;

pub use calloop;
pub use wayline;
pub use wayline::{Client, HasClient};
pub use wayline_pixels::{Damage, MAX_SIDE, PixelFormat, Rect};

pub use compositor::Compositor;
pub use error::Error;
pub use event::{Configure, Event};
pub use host::{Host, Toolkit, WindowId};
pub use setup::{Protocol, Setup};
pub use size::Size;
pub use standalone::{StandaloneApp, StandaloneWindow};
pub use window::Window;
