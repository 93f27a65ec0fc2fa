//! Handlers that live in libraries.

use super::{GlobalId, HasServer, RequestHandler};
use crate::handle::Interface;
use crate::handler_error::HandlerResult;

/// How a library answers the requests of interface `I`, for any application `A` that offers what the library needs.
///
/// A library implements it for a type of its own, usually an empty struct, and asks for what it needs by one trait, here
/// called `Host`. Its supertraits say that its interfaces are handed to it, so that it reaches its own typed state. An
/// application implements `Host` and hands over each interface with one line, see [`Delegate`]:
///
/// ```
/// # mod desk {
/// #     use wayline::{Handle, Interface, InterfaceIndex, Spec};
/// #     #[derive(Clone, Copy, PartialEq, Eq, Debug)]
/// #     pub struct DeskWindow(Handle);
/// #     static SPEC: Spec = Spec { name: "desk_window", version: 1, requests: &[], events: &[], index: InterfaceIndex::new() };
/// #     impl Interface for DeskWindow {
/// #         const SPEC: &'static Spec = &SPEC;
/// #         type Request<'a> = desk_window::Request<'a>;
/// #         type Event<'a> = ();
/// #         fn from_handle(handle: Handle) -> DeskWindow { DeskWindow(handle) }
/// #         fn handle(self) -> Handle { self.0 }
/// #     }
/// #     pub mod desk_window { pub enum Request<'a> { SetTitle { title: &'a str }, Destroy } }
/// #     impl<A: wayline::RequestHandler<DeskWindow>> wayline::Dispatch<A, wayline::ServerRole<A>> for DeskWindow {
/// #         type Data = A::Data;
/// #         type Child = Self;
/// #         fn message(_: &mut A, _: &mut wayline::Incoming<'_>) -> wayline::HandlerResult { Ok(()) }
/// #     }
/// # }
/// // The library. `DeskWindow` is from a crate of generated code.
/// mod shell {
///     use super::desk::{DeskWindow, desk_window};
///     use wayline::{HandlerResult, HasServer, server::{Delegate, Module}};
///
///     pub struct Shell;
///
///     #[derive(Default)]
///     pub struct Window {
///         pub title: String,
///     }
///
///     pub trait Host: HasServer + Delegate<DeskWindow, To = Shell> {
///         fn titled(&mut self, window: DeskWindow);
///     }
///
///     impl<A: Host> Module<DeskWindow, A> for Shell {
///         type Data = Window;
///
///         fn request(app: &mut A, this: DeskWindow, request: desk_window::Request<'_>) -> HandlerResult {
///             match request {
///                 desk_window::Request::SetTitle { title } => {
///                     app.server().data(this)?.title = title.to_owned();
///                     app.titled(this);
///                 }
///                 desk_window::Request::Destroy => {}
///             }
///             Ok(())
///         }
///     }
/// }
///
/// // The application.
/// # use wayline::{HasServer, Server};
/// # use desk::DeskWindow;
/// # struct App { server: Server<App> }
/// # impl HasServer for App { fn server(&mut self) -> &mut Server<App> { &mut self.server } }
/// impl shell::Host for App {
///     fn titled(&mut self, window: DeskWindow) {
///         println!("{}", self.server.data(window).unwrap().title);
///     }
/// }
///
/// impl wayline::server::Delegate<DeskWindow> for App {
///     type To = shell::Shell;
/// }
/// # fn main() {}
/// ```
///
/// If the host trait has a `#[diagnostic::on_unimplemented]` of its own, it says what the library asks for to those who
/// hand an interface over and forget it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer the requests of `{I}` for `{A}`",
    note = "a library's module is for applications that implement the library's host trait"
)]
pub trait Module<I: Interface, A> {
    /// The library's state for each object, as [`RequestHandler::Data`].
    type Data: Default + Send + 'static;

    /// As [`RequestHandler::OWN_ENDS`].
    const OWN_ENDS: bool = false;

    /// As [`RequestHandler::request`].
    ///
    /// # Errors
    /// As there.
    fn request(app: &mut A, this: I, request: I::Request<'_>) -> HandlerResult;

    /// As [`RequestHandler::bound`].
    ///
    /// # Errors
    /// As there.
    fn bound(app: &mut A, this: I, global: GlobalId) -> HandlerResult {
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
    note = "to answer it here, implement `wayline::RequestHandler<{I}>` for `{Self}`",
    note = "to hand it to a library, write `impl wayline::server::Delegate<{I}> for {Self} {{ type To = …; }}`"
)]
pub trait Delegate<I: Interface>: HasServer {
    /// Who answers.
    type To: Module<I, Self>;
}

impl<I: Interface, A: Delegate<I>> RequestHandler<I> for A {
    type Data = <A::To as Module<I, A>>::Data;

    const OWN_ENDS: bool = <A::To as Module<I, A>>::OWN_ENDS;

    #[inline]
    fn request(&mut self, this: I, request: I::Request<'_>) -> HandlerResult {
        <A::To as Module<I, A>>::request(self, this, request)
    }

    #[inline]
    fn bound(&mut self, this: I, global: GlobalId) -> HandlerResult {
        <A::To as Module<I, A>>::bound(self, this, global)
    }

    #[inline]
    fn destroyed(&mut self, this: I, data: Self::Data) {
        <A::To as Module<I, A>>::destroyed(self, this, data);
    }
}
