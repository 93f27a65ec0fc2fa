//! What an application implements to serve a protocol.

use std::time::Duration;

use super::{GlobalId, Server};
use crate::error::Disconnect;
#[cfg(feature = "io")]
use crate::error::LimitError;
use crate::handle::{ClientId, Interface};
use crate::handler_error::HandlerResult;

/// What waits for a client that does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueStatus {
    /// Bytes queued in this process; the socket is full besides.
    pub bytes: usize,
    /// Fds queued.
    pub fds: usize,
    /// For how long the client has taken nothing. Told by the runtime's own loops
    /// and the calloop source; zero in others, where time is the loop's business.
    pub stalled: Duration,
}

/// An application that has a server. What all handlers of the application share.
///
/// ```
/// use wayline::{ClientId, Disconnect, HasServer, Server};
///
/// struct App {
///     server: Server<App>,
///     left: u32,
/// }
///
/// impl HasServer for App {
///     fn server(&mut self) -> &mut Server<App> {
///         &mut self.server
///     }
///
///     fn disconnected(&mut self, _: ClientId, _: &Disconnect) {
///         self.left += 1;
///     }
/// }
///
/// let mut app = App { server: Server::new(), left: 0 };
/// let (one, other) = wayline::MemoryLink::pair();
/// app.server.connect(one);
/// drop(other);
/// for client in app.server.clients().collect::<Vec<_>>() {
///     wayline::server::receive(&mut app, client);
/// }
/// wayline::server::finish_turn(&mut app);
/// assert_eq!(app.left, 1);
/// ```
pub trait HasServer: Sized + 'static {
    /// The application's server.
    fn server(&mut self) -> &mut Server<Self>;

    /// Whether a peer may connect. Asked before anything of it is read. All may that the address lets in, unless an
    /// application says otherwise; an abstract address has no permissions, so it lets in this user and root.
    /// [`Applicant`](super::Applicant) has an example.
    #[cfg(feature = "io")]
    fn admit(&mut self, applicant: &super::Applicant<'_>) -> super::Admission {
        applicant.by_address()
    }

    /// A peer with these credentials wanted to connect, and there are too many clients already, all in all or of its
    /// user. It is closed without a word.
    #[cfg(feature = "io")]
    fn refused(&mut self, credentials: &crate::io::credentials::Credentials, reason: LimitError) {
        let _ = (credentials, reason);
    }

    /// How the bytes of an accepted client travel: by its socket as it is.
    /// Recorders, and tests that plan faults, put a layer of their own around it.
    #[cfg(feature = "io")]
    fn link(&mut self, socket: crate::io::Socket) -> Box<dyn crate::Link> {
        Box::new(socket)
    }

    /// A client has connected, or was added; nothing of it was read yet. Told of each client once, before anything else
    /// is: of those that were added by [`Server::connect`], [`Server::add_socket`] or [`Server::add_link`] when the next
    /// turn begins, or this one ends. [`Server::listener_of`] says through which listener it came.
    fn connected(&mut self, client: ClientId) {
        let _ = client;
    }

    /// `client` has taken all that waited for it and is no longer
    /// [behind](Server::is_behind): the latest of what was left out can be sent.
    fn caught_up(&mut self, client: ClientId) {
        let _ = client;
    }

    /// `client` does not read and has used up half of what [`Limits`](crate::Limits)
    /// grant it: bytes, fds, or time. At the whole of it the client is dropped as
    /// [`Disconnect::SlowPeer`], unless it reads again before. The place to log, to
    /// send less, or to show that the program hangs. Called once until the client
    /// has caught up, at the end of the turn; one that a single turn takes from
    /// below half to the limit of bytes or fds is dropped without it.
    fn slow_peer(&mut self, client: ClientId, backlog: QueueStatus) {
        let _ = (client, backlog);
    }

    /// A connection has ended, its objects are gone.
    fn disconnected(&mut self, client: ClientId, reason: &Disconnect) {
        let _ = (client, reason);
    }

    /// Whether `client` may see and bind `global`. Asked whenever globals are
    /// listed or bound; must give the same answer for the life of the client.
    fn visible(&self, client: ClientId, global: GlobalId) -> bool {
        let _ = (client, global);
        true
    }
}

/// How an application answers the requests of one interface.
///
/// A library that answers them implements [`Module`](super::Module) instead, and the application [`Delegate`](super::Delegate).
///
/// ```
/// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
/// # use app::{Counter, counter};
/// use wayline::{HandlerError, HandlerResult, HasServer, RequestHandler, Server};
///
/// struct App {
///     server: Server<App>,
/// }
/// # impl HasServer for App { fn server(&mut self) -> &mut Server<App> { &mut self.server } }
///
/// impl RequestHandler<Counter> for App {
///     /// Each object counts for itself.
///     type Data = u32;
///
///     fn request(&mut self, this: Counter, request: counter::Request) -> HandlerResult {
///         match request {
///             counter::Request::Add { amount } => {
///                 let total = self.server.data(this)?;
///                 *total = total.checked_add(amount).ok_or_else(|| HandlerError::protocol(this, 0u32, "too much"))?;
///                 let total = *total;
///                 this.total(&mut self.server, total)?;
///             }
///             counter::Request::Destroy => {}
///         }
///         Ok(())
///     }
/// }
/// # let mut app = App { server: Server::new() };
/// # app.server.add_global::<Counter>(1).unwrap();
/// # let mut visitor = app::ClientApp { client: wayline::testing::connect(&mut app.server), total: 0 };
/// # wayline::testing::pump(&mut app, &mut visitor);
/// # let counter: Counter = visitor.client.bind(1).unwrap();
/// # counter.add(&mut visitor.client, 5).unwrap();
/// # wayline::testing::pump(&mut app, &mut visitor);
/// # assert_eq!(visitor.total, 5);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handler for the requests of `{I}`",
    label = "nobody answers `{I}`",
    note = "to answer it here, implement `wayline::RequestHandler<{I}>` for `{Self}`",
    note = "to hand it to a library, write `impl wayline::server::Delegate<{I}> for {Self} {{ type To = …; }}`"
)]
pub trait RequestHandler<I: Interface>: HasServer {
    /// What the application keeps for each object, at its default when the
    /// object is made. Reached by [`Server::data`].
    type Data: Default + Send + 'static;

    /// Whether [`destroyed`](RequestHandler::destroyed) is also called for objects that the application itself ends.
    /// It is then called before the turn ends. Off by default, because the code that ends an object knows it.
    const OWN_ENDS: bool = false;

    /// A client sent `request` to `this`. New objects it announces are live
    /// already; a destructor takes effect when this returns.
    ///
    /// # Errors
    /// A [`HandlerError`](crate::HandlerError) ends the client: see [`HandlerError::protocol`](crate::HandlerError::protocol) and [`HandlerError::internal`](crate::HandlerError::internal).
    fn request(&mut self, this: I, request: I::Request<'_>) -> HandlerResult;

    /// A client bound `global` and got `this`: the place to send first events.
    ///
    /// # Errors
    /// As for [`RequestHandler::request`].
    fn bound(&mut self, this: I, global: GlobalId) -> HandlerResult {
        let _ = (this, global);
        Ok(())
    }

    /// `this` was destroyed by its client or ended with it. The handle is dead
    /// already and serves only for comparison. Called for objects that the application
    /// ended itself only with [`OWN_ENDS`](RequestHandler::OWN_ENDS).
    fn destroyed(&mut self, this: I, data: Self::Data) {
        let _ = (this, data);
    }
}
