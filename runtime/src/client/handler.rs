//! What an application implements to use a protocol.

use super::{Client, Global};
use crate::error::Disconnect;
use crate::handle::Interface;
use crate::handler_error::HandlerResult;

/// An application that has a connection to a server. What all handlers of the
/// application share.
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handler for the events of `{I}`",
    label = "nobody takes the events of `{I}`",
    note = "to hand them to a library, write `impl wayline::client::Delegate<{I}> for {Self} {{ type To = …; }}`",
    note = "to take them here, implement `wayline::EventHandler<{I}>` for `{Self}`"
)]
pub trait EventHandler<I: Interface>: HasClient {
    /// What the application keeps for each object, at its default when the
    /// object is made. Reached by [`Client::data`].
    type Data: Default + Send + 'static;

    /// Whether [`destroyed`](EventHandler::destroyed) is also called for objects that the application itself ends. It is then called
    /// before the turn ends. Off by default: whoever ends an object knows it.
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
