//! What an application implements to use a protocol.

use super::{Client, Global};
use crate::error::Disconnect;
use crate::handle::Interface;
use crate::handler_error::HandlerResult;

/// An application that has a connection to a server. What all handlers of the
/// application share.
///
/// ```
/// use wayline::{Client, Disconnect, HasClient, MemoryLink, client};
///
/// struct App {
///     client: Client<App>,
///     over: Option<Disconnect>,
/// }
///
/// impl HasClient for App {
///     fn client(&mut self) -> &mut Client<App> {
///         &mut self.client
///     }
///
///     fn disconnected(&mut self, reason: &Disconnect) {
///         self.over = Some(reason.clone());
///     }
/// }
///
/// let (one, other) = MemoryLink::pair();
/// let mut app = App { client: Client::new(one), over: None };
/// drop(other);
/// client::receive(&mut app);
/// client::finish_turn(&mut app);
/// assert_eq!(app.over, Some(Disconnect::Closed));
/// ```
pub trait HasClient: Sized + 'static {
    /// The application's connection.
    fn client(&mut self) -> &mut Client<Self>;

    /// The server announced a global; it is in [`Client::globals`] already. Those that [`Client::connect`] and the like
    /// waited for are told when the first turn, round trip or other dispatch begins.
    fn global(&mut self, global: &Global) {
        let _ = global;
    }

    /// The server withdrew a global, and must not be asked to bind it any more: when this returns the removal is
    /// acknowledged, if the server offers version 2 of `wl_fixes`. Objects bound to it stay valid.
    fn global_removed(&mut self, global: &Global) {
        let _ = global;
    }

    /// The connection has ended; sends find nothing from now on.
    fn disconnected(&mut self, reason: &Disconnect) {
        let _ = reason;
    }
}

/// How an application takes the events of one interface.
///
/// A library that takes them implements [`Module`](super::Module) instead, and the application [`Delegate`](super::Delegate).
///
/// ```
/// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
/// # use app::{Counter, counter};
/// use wayline::{Client, EventHandler, HandlerResult, HasClient};
///
/// struct App {
///     client: Client<App>,
///     totals: Vec<u32>,
/// }
/// # impl HasClient for App { fn client(&mut self) -> &mut Client<App> { &mut self.client } }
///
/// impl EventHandler<Counter> for App {
///     type Data = ();
///
///     fn event(&mut self, _: Counter, event: counter::Event) -> HandlerResult {
///         match event {
///             counter::Event::Total { value } => self.totals.push(value),
///         }
///         Ok(())
///     }
/// }
/// # let mut server = app::ServerApp::new();
/// # let mut app = App { client: wayline::testing::connect(&mut server.server), totals: Vec::new() };
/// # wayline::testing::pump(&mut server, &mut app);
/// # let counter: Counter = app.client.bind(1).unwrap();
/// # counter.add(&mut app.client, 5).unwrap();
/// # counter.add(&mut app.client, 5).unwrap();
/// # wayline::testing::pump(&mut server, &mut app);
/// # assert_eq!(app.totals, [5, 10]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handler for the events of `{I}`",
    label = "nobody takes the events of `{I}`",
    note = "to take them here, implement `wayline::EventHandler<{I}>` for `{Self}`",
    note = "to hand them to a library, write `impl wayline::client::Delegate<{I}> for {Self} {{ type To = …; }}`"
)]
pub trait EventHandler<I: Interface>: HasClient {
    /// What the application keeps for each object, at its default when the
    /// object is made. Reached by [`Client::data`].
    type Data: Default + Send + 'static;

    /// Whether [`destroyed`](EventHandler::destroyed) is also called for objects that the application itself ends.
    /// It is then called before the turn ends. Off by default, because the code that ends an object knows it.
    const OWN_ENDS: bool = false;

    /// The server sent `event` from `this`. New objects it announces are live
    /// already; an event that ends its object does so when this returns.
    ///
    /// # Errors
    /// A [`HandlerError`](crate::HandlerError) ends the connection, unless it only says that an object is gone.
    fn event(&mut self, this: I, event: I::Event<'_>) -> HandlerResult;

    /// `this` was ended by the server or with the connection. The handle is dead
    /// already and serves only for comparison. Called for objects that the application
    /// ended itself only with [`OWN_ENDS`](EventHandler::OWN_ENDS).
    fn destroyed(&mut self, this: I, data: Self::Data) {
        let _ = (this, data);
    }
}
