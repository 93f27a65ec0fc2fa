//! A server that another process takes over, without its clients noticing.
//!
//! A successor gets all that the server has: sockets, objects with their data, messages half read and half sent, globals,
//! and what the application adds. The clients' connections are the same ones, so nothing tells them.
//!
//! What an object's data and the application are made of says [`Carry`] and [`Upgrade`]. [`save`] and [`load`] do it;
//! [`hand_over`] and [`take_over`] do it between two processes, so that the two never serve together.
//!
//! One client alone is moved to another server of the same kind, on another thread or in another process, by [`detach`] and
//! [`attach`].
//!
//! A state begins with the number of its format. A program reads the states of the format that it writes, and those of the
//! format before, so that a program can always be replaced by the next one; the other way it works as long as neither
//! format nor interfaces have changed. What is of another format is refused as [`CarryError::Format`]. For what an
//! application writes itself, it says by a number of its own which form follows.
//!
//! ```
//! # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
//! # use app::Counter;
//! # use app::counter;
//! use wayline::carry::{self, Carrier, CarryError, Loader, Refusal, Saver, Upgrade};
//! use wayline::{HandlerResult, HasServer, RequestHandler, Server};
//!
//! struct App {
//!     server: Server<App>,
//!     total: u32,
//! }
//! # impl HasServer for App { fn server(&mut self) -> &mut Server<App> { &mut self.server } }
//! # impl RequestHandler<Counter> for App {
//! #     type Data = ();
//! #     fn request(&mut self, _: Counter, _: counter::Request) -> HandlerResult { Ok(()) }
//! # }
//!
//! impl Upgrade for App {
//!     fn carrier() -> Carrier<App> {
//!         Carrier::new().with::<Counter>()
//!     }
//!
//!     fn save(&mut self, saver: &mut Saver) -> Result<(), Refusal> {
//!         saver.put(&self.total)
//!     }
//!
//!     fn load(mut server: Server<App>, loader: &mut Loader<'_>) -> Result<App, CarryError> {
//!         server.add_global::<Counter>(1)?;
//!         Ok(App { server, total: loader.get()? })
//!     }
//! }
//!
//! let mut server = Server::new();
//! server.add_global::<Counter>(1)?;
//! let mut app = App { server, total: 7 };
//! // Here both are one process. A program starts its successor and calls `hand_over`.
//! let state = carry::save(&mut app)?;
//! let successor: App = carry::load(state)?;
//! assert_eq!(successor.total, 7);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod carrier;
mod clients;
mod collections;
mod error;
mod fields;
mod globals;
mod hand_over;
mod loader;
mod memory;
mod moved;
mod pixels;
mod saver;
mod state;
mod values;

pub use carrier::Carrier;
pub use error::{CarryError, HandOverError, Refusal};
pub use hand_over::{hand_over, take_over, take_over_with};
pub use loader::Loader;
pub use moved::{NotAttached, attach, detach};
pub use saver::Saver;
pub use state::State;

use crate::handle::ClientId;
use crate::server::{HasServer, Server};

/// A value that goes over to a successor: the data of objects, and what applications are made of.
///
/// Numbers, strings, options, lists, maps, tuples, durations, descriptors, handles, and pools of shared memory do. For
/// structs and enums [`carry!`](crate::carry!) writes it. What one version saves, the next has to load: a type that changes
/// begins with a number that says which form follows.
///
/// A moment ([`Instant`](std::time::Instant)) is one of this process alone. Save how long before or after [`Saver::now`] it
/// is, and count from [`Loader::now`] again.
///
/// ```
/// use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};
///
/// struct Window {
///     title: String,
///     size: (u32, u32),
/// }
///
/// // What `wayline::carry!(struct Window { title, size })` writes.
/// impl Carry for Window {
///     fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
///         saver.put(&self.title)?;
///         saver.put(&self.size)
///     }
///
///     fn load(loader: &mut Loader<'_>) -> Result<Window, CarryError> {
///         Ok(Window { title: loader.get()?, size: loader.get()? })
///     }
/// }
/// ```
pub trait Carry: Sized {
    /// Writes the value.
    ///
    /// # Errors
    /// [`Refusal`] if it cannot go over. The server that was to be upgraded goes on then.
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal>;

    /// Reads what [`Carry::save`] wrote.
    ///
    /// # Errors
    /// [`CarryError`] if that is something else.
    fn load(loader: &mut Loader<'_>) -> Result<Self, CarryError>;
}

/// An application that a successor can take over.
pub trait Upgrade: HasServer {
    /// The interfaces whose objects go over. An object of another one refuses the upgrade.
    fn carrier() -> Carrier<Self>;

    /// Writes what the application has beside its server.
    ///
    /// # Errors
    /// [`Refusal`] if something cannot go over.
    fn save(&mut self, saver: &mut Saver) -> Result<(), Refusal>;

    /// Makes the application of a server that has all clients and objects, and of what [`Upgrade::save`] wrote. Adds its
    /// globals as at a first start: each gets the name that it had. Globals that are not added are removed, as by
    /// [`Server::remove_global`]; they can still be bound for a while if the carrier has their interface.
    ///
    /// # Errors
    /// [`CarryError`] if what was written is something else.
    fn load(server: Server<Self>, loader: &mut Loader<'_>) -> Result<Self, CarryError>;

    /// Takes out of the application what it has of a client beside its objects, and writes it: the client moves to another
    /// server, see [`detach`]. By default there is nothing.
    ///
    /// # Errors
    /// [`Refusal`] if it cannot go; the application is as before then.
    fn save_client(&mut self, client: ClientId, saver: &mut Saver) -> Result<(), Refusal> {
        let _ = (client, saver);
        Ok(())
    }

    /// Reads what [`Upgrade::save_client`] wrote of a client that came from another server, see [`attach`].
    ///
    /// # Errors
    /// [`CarryError`] if what was written is something else; the application is as before then.
    fn load_client(&mut self, client: ClientId, loader: &mut Loader<'_>) -> Result<(), CarryError> {
        let _ = (client, loader);
        Ok(())
    }
}

/// Writes all of an application, between two turns. It is as before and can go on; what it then does, the state does not
/// have. [`hand_over`] does this.
///
/// # Errors
/// [`Refusal`] says what cannot go over.
pub fn save<A: Upgrade>(app: &mut A) -> Result<State, Refusal> {
    crate::server::finish_turn(app);
    // Who is about to end does not go over, so nothing of theirs does: the application hears of their ends first.
    let clients: Vec<ClientId> = app.server().clients().collect();
    for client in clients {
        if !app.server().core.is_served(client) {
            app.server().disconnect(client);
        }
    }
    crate::server::finish_turn(app);
    let carrier = A::carrier();
    let mut saver = Saver::new();
    let clients = clients::to_save(app.server());
    saver.clients = clients.iter().copied().zip(0..).collect();
    saver.put(&app.server().uptime(saver.now()))?;
    globals::save_listeners(app.server(), &mut saver)?;
    globals::save(app.server(), &mut saver)?;
    clients::save(app.server(), &carrier, &clients, &mut saver)?;
    globals::save_removed(app.server(), &carrier, &mut saver)?;
    app.save(&mut saver)?;
    Ok(saver.finish(state::SERVER))
}

/// Makes the application of its state. Nobody else may serve its clients from now on.
///
/// # Errors
/// [`CarryError`] if the state is none, or of another format, or does not fit this application.
pub fn load<A: Upgrade>(state: State) -> Result<A, CarryError> {
    let mut app: A = load_beside(state)?;
    app.server().own_files(true);
    Ok(app)
}

/// Writes one value, without a server: for tests, and to keep or send it. Handles and clients find nothing when they are
/// loaded.
///
/// ```
/// use wayline::carry;
///
/// let state = carry::to_state(&(7_u32, "a text".to_owned()))?;
/// let loaded: (u32, String) = carry::from_state(state)?;
/// assert_eq!(loaded, (7, "a text".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// What [`Carry::save`] of the value says.
pub fn to_state<T: Carry>(value: &T) -> Result<State, Refusal> {
    let mut saver = Saver::new();
    saver.put(value)?;
    Ok(saver.finish(state::VALUE))
}

/// Reads what [`to_state`] wrote.
///
/// # Errors
/// [`CarryError`] if the state is none, or of another format, or has another value or more than one.
pub fn from_state<T: Carry>(state: State) -> Result<T, CarryError> {
    let State { bytes, fds } = state;
    let (format, body) = state::body(state::VALUE, &bytes)?;
    let mut loader = Loader::new(format, body, fds);
    let value = loader.get()?;
    loader.finish()?;
    Ok(value)
}

/// As [`load`], while the predecessor may still go on: what is dropped leaves files to it.
fn load_beside<A: Upgrade>(state: State) -> Result<A, CarryError> {
    let carrier = A::carrier();
    let State { bytes, fds } = state;
    let (format, body) = state::body(state::SERVER, &bytes)?;
    let mut loader = Loader::new(format, body, fds);
    let mut server = Server::new();
    if format > 1 {
        server.set_uptime(loader.get()?, loader.now());
    }
    globals::load_listeners(&mut server, &mut loader)?;
    globals::load(&mut server, &mut loader)?;
    // Those of the predecessor stay, whatever limits this server will have.
    clients::load(&mut server, &carrier, &mut loader, |_, _| Ok(()))?;
    if format > 1 {
        globals::load_removed(&mut server, &carrier, &mut loader)?;
    }
    let behind = clients::behind(&server);
    let mut app = A::load(server, &mut loader)?;
    loader.finish()?;
    // What the predecessor offered and this one does not.
    app.server().withdraw_expected(|interface| carrier.of_name(interface).map(|known| (known.spec, known.bind)));
    carrier.then.iter().try_for_each(|act| act(&mut app))?;
    // This server has not seen them fall behind, and so would not see them catch up.
    behind.into_iter().for_each(|client| app.caught_up(client));
    Ok(app)
}
