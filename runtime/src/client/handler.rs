//! What an application implements to use a protocol, and what generated code
//! implements to reach it.

use super::{Client, Global};
use crate::core::Incoming;
use crate::error::{Disconnect, Handled};
use crate::interface::Interface;

/// An application that has a connection to a server. What all handlers of the
/// application share.
pub trait HasClient: Sized + 'static {
    /// The application's connection.
    fn client(&mut self) -> &mut Client<Self>;

    /// The server announced a global; it is in [`Client::globals`] already.
    fn global(&mut self, global: &Global) {
        let _ = global;
    }

    /// The server withdrew a global. Objects bound to it stay valid.
    fn global_removed(&mut self, global: &Global) {
        let _ = global;
    }

    /// The connection has ended; sends find nothing from now on.
    fn disconnected(&mut self, reason: &Disconnect) {
        let _ = reason;
    }
}

/// How an application takes the events of one interface.
pub trait EventHandler<I: Interface>: HasClient {
    /// What the application keeps for each object, at its default when the
    /// object is made. Reached by [`Client::data`].
    type Data: Default + Send + 'static;

    /// The server sent `event` from `this`. New objects it announces are live
    /// already; an event that ends its object does so when this returns.
    ///
    /// # Errors
    /// A [`Fault`](crate::Fault) ends the connection, unless it only says that an object is gone.
    fn event(&mut self, this: I, event: I::Event<'_>) -> Handled;
}

/// Generated: how events of an interface reach the handlers of `A`. Its bounds
/// name every interface that must have a handler.
pub trait Dispatch<A>: Interface {
    /// The application's state per object.
    type Data: Default + Send + 'static;

    /// Decodes one event and calls the handler.
    ///
    /// # Errors
    /// What the handler returns, or that the message is malformed.
    fn event(app: &mut A, message: &mut Incoming<'_>) -> Handled;
}
