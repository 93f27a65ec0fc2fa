//! A server or a client as one source of a calloop loop.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use calloop::generic::Generic;
use calloop::{EventSource, Interest, Mode, Poll, PostAction, Readiness, Token, TokenFactory};

use super::error::Error;

/// Wakes a calloop loop when a server or a client has something to do. Its
/// callback gives the application a turn, [`server::turn`](crate::server::turn) or
/// [`client::turn`](crate::client::turn), and returns what that returns:
///
/// ```no_run
/// # use wayline::{HasServer, Server};
/// # struct App { server: Server<App> }
/// # impl HasServer for App { fn server(&mut self) -> &mut Server<App> { &mut self.server } }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut app = App { server: Server::listen_at("example-0")? };
/// let mut events = calloop::EventLoop::try_new()?;
/// events.handle().insert_source(app.server.source()?, |(), (), app| wayline::server::turn(app))?;
/// events.run(None, &mut app, |_| {})?;
/// # Ok(())
/// # }
/// ```
///
/// Messages that any other callback of the loop queues are sent before the
/// loop sleeps. A callback that returns an error ends the loop's dispatch with it.
#[derive(Debug)]
pub struct Source {
    epoll: Generic<OwnedFd>,
    /// Set by the endpoint when something waits to be sent.
    pending: Arc<AtomicBool>,
    token: Option<Token>,
}

impl Source {
    pub(crate) fn new(epoll: OwnedFd, pending: Arc<AtomicBool>) -> Source {
        Source { epoll: Generic::new(epoll, Interest::READ, Mode::Level), pending, token: None }
    }
}

impl EventSource for Source {
    type Event = ();
    type Metadata = ();
    type Ret = Result<bool, Error>;
    type Error = Error;

    const NEEDS_EXTRA_LIFECYCLE_EVENTS: bool = true;

    fn process_events<F>(&mut self, _: Readiness, _: Token, mut callback: F) -> Result<PostAction, Error>
    where
        F: FnMut((), &mut ()) -> Result<bool, Error>,
    {
        callback((), &mut ())?;
        Ok(PostAction::Continue)
    }

    fn register(&mut self, poll: &mut Poll, factory: &mut TokenFactory) -> calloop::Result<()> {
        self.epoll.register(poll, factory)?;
        self.token = Some(factory.token());
        Ok(())
    }

    fn reregister(&mut self, poll: &mut Poll, factory: &mut TokenFactory) -> calloop::Result<()> {
        self.epoll.reregister(poll, factory)?;
        self.token = Some(factory.token());
        Ok(())
    }

    fn unregister(&mut self, poll: &mut Poll) -> calloop::Result<()> {
        self.token = None;
        self.epoll.unregister(poll)
    }

    /// Asks for a turn if another callback has queued messages meanwhile.
    fn before_sleep(&mut self) -> calloop::Result<Option<(Readiness, Token)>> {
        let pending = self.pending.load(Ordering::Relaxed);
        Ok(self
            .token
            .filter(|_| pending)
            .map(|token| (Readiness { readable: true, writable: false, error: false }, token)))
    }
}
