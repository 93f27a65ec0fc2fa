//! Handlers that live in libraries.

use super::{GlobalId, HasServer, RequestHandler};
use crate::error::Handled;
use crate::handle::Interface;

/// How a library answers the requests of interface `I`, for any application `A` that offers what the library needs.
///
/// A library implements it for a type of its own, usually an empty struct, and asks for what it needs by one trait, here
/// called `Host`. Its supertraits say that its interfaces are handed to it, so that it reaches its own typed state. An
/// application implements `Host` and hands over each interface with one line, see [`Delegate`]:
///
/// ```ignore
/// // The library.
/// pub struct Shell;
/// pub trait Host: HasServer + Delegate<DeskShell, To = Shell> + Delegate<DeskWindow, To = Shell> {
///     fn titled(&mut self, window: DeskWindow, title: &str);
/// }
/// impl<A: Host> Module<DeskWindow, A> for Shell {
///     type Data = Window;
///     fn request(app: &mut A, this: DeskWindow, request: desk_window::Request<'_>) -> Handled {
///         // …
///     }
/// }
///
/// // The application.
/// impl shell::Host for App { /* … */ }
/// impl Delegate<DeskShell> for App { type To = shell::Shell; }
/// impl Delegate<DeskWindow> for App { type To = shell::Shell; }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer the requests of `{I}` for `{A}`",
    note = "a library's module is for applications that implement the library's host trait"
)]
pub trait Module<I: Interface, A> {
    /// The library's state for each object, as [`RequestHandler::Data`].
    type Data: Default + Send + 'static;

    /// As [`RequestHandler::request`].
    ///
    /// # Errors
    /// As there.
    fn request(app: &mut A, this: I, request: I::Request<'_>) -> Handled;

    /// As [`RequestHandler::bound`].
    ///
    /// # Errors
    /// As there.
    fn bound(app: &mut A, this: I, global: GlobalId) -> Handled {
        let _ = (app, this, global);
        Ok(())
    }

    /// As [`RequestHandler::destroyed`].
    fn destroyed(app: &mut A, this: I, data: Self::Data) {
        let _ = (app, this, data);
    }
}

/// Hands the requests of interface `I` to a library's [`Module`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handler for the requests of `{I}`",
    label = "nobody answers `{I}`",
    note = "implement `RequestHandler<{I}>` for `{Self}`, or hand it to a library: `impl Delegate<{I}> for {Self} {{ type To = …; }}`"
)]
pub trait Delegate<I: Interface>: HasServer {
    /// Who answers.
    type To: Module<I, Self>;
}

impl<I: Interface, A: Delegate<I>> RequestHandler<I> for A {
    type Data = <A::To as Module<I, A>>::Data;

    #[inline]
    fn request(&mut self, this: I, request: I::Request<'_>) -> Handled {
        <A::To as Module<I, A>>::request(self, this, request)
    }

    #[inline]
    fn bound(&mut self, this: I, global: GlobalId) -> Handled {
        <A::To as Module<I, A>>::bound(self, this, global)
    }

    #[inline]
    fn destroyed(&mut self, this: I, data: Self::Data) {
        <A::To as Module<I, A>>::destroyed(self, this, data);
    }
}
