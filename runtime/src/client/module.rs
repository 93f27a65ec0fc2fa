//! Handlers of events that live in libraries.

use super::{EventHandler, HasClient};
use crate::handle::Interface;
use crate::handler_error::HandlerResult;

/// How a library takes the events of interface `I`, for any application `A` that offers what the library needs.
///
/// The counterpart of [`server::Module`](crate::server::Module) for clients; what is said there about libraries and
/// applications holds here too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not take the events of `{I}` for `{A}`",
    note = "a library's module is for applications that implement the library's host trait"
)]
pub trait Module<I: Interface, A> {
    /// The library's state for each object, as [`EventHandler::Data`].
    type Data: Default + Send + 'static;

    /// As [`EventHandler::OWN_ENDS`].
    const OWN_ENDS: bool = false;

    /// As [`EventHandler::event`].
    ///
    /// # Errors
    /// As there.
    fn event(app: &mut A, this: I, event: I::Event<'_>) -> HandlerResult;

    /// As [`EventHandler::destroyed`].
    fn destroyed(app: &mut A, this: I, data: Self::Data) {
        let _ = (app, this, data);
    }
}

/// Hands the events of interface `I` to a library's [`Module`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handler for the events of `{I}`",
    label = "nobody takes the events of `{I}`",
    note = "to take them here, implement `wayline::EventHandler<{I}>` for `{Self}`",
    note = "to hand them to a library, write `impl wayline::client::Delegate<{I}> for {Self} {{ type To = …; }}`"
)]
pub trait Delegate<I: Interface>: HasClient {
    /// Who takes them.
    type To: Module<I, Self>;
}

impl<I: Interface, A: Delegate<I>> EventHandler<I> for A {
    type Data = <A::To as Module<I, A>>::Data;

    const OWN_ENDS: bool = <A::To as Module<I, A>>::OWN_ENDS;

    #[inline]
    fn event(&mut self, this: I, event: I::Event<'_>) -> HandlerResult {
        <A::To as Module<I, A>>::event(self, this, event)
    }

    #[inline]
    fn destroyed(&mut self, this: I, data: Self::Data) {
        <A::To as Module<I, A>>::destroyed(self, this, data);
    }
}
