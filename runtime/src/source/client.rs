//! A client's connection: blocking calls, and turns for event loops.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};

use super::error::Error;
use crate::client::{self, Client, HasClient};
use crate::io::Socket;
use crate::io::connect::{ConnectError, connect, connect_to};
use crate::io::inherit::Environment;
use crate::io::path::Address;

impl<A: HasClient> Client<A> {
    /// Connects to the server that the environment names: `WAYLAND_SOCKET`,
    /// else `WAYLAND_DISPLAY`, else `wayland-0` (K01 to K04). Waits until the
    /// server has listed its globals, so that [`Client::bind`] finds them.
    ///
    /// Removes `WAYLAND_SOCKET` from the environment if it was used; call this
    /// before starting threads.
    ///
    /// # Errors
    /// [`Error::Connect`] says what is missing and what to do;
    /// [`Error::Disconnected`] if the server ended the connection at once.
    pub fn connect() -> Result<Client<A>, Error> {
        greet(connect(None, &mut Environment::of_process())?)
    }

    /// As [`Client::connect`], to `name`: a socket name in `XDG_RUNTIME_DIR`, or
    /// an absolute path. Nothing else in the environment matters.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub fn connect_to(name: &str) -> Result<Client<A>, Error> {
        let address = Address::named(name, &Environment::of_process()).map_err(ConnectError::from)?;
        greet(connect_to(&address)?)
    }

    /// A client by its connected socket, for instance one end of a socket pair.
    /// Does not wait: the globals are known after a round trip.
    #[must_use]
    pub fn from_socket(socket: OwnedFd) -> Client<A> {
        Client::new(Socket::new(socket))
    }

    /// The socket to wait on with other loops than calloop: for reading
    /// always, for writing while [`Client::is_blocked`]. `None` once the
    /// connection has ended.
    #[must_use]
    pub fn poll_fd(&self) -> Option<BorrowedFd<'_>> {
        self.link()?.as_fd()
    }

    /// Makes the poll set, if there is one, wait for writability exactly while
    /// requests are stuck.
    fn watch(&mut self) -> io::Result<()> {
        let blocked = self.is_blocked();
        if blocked != self.watches_writes
            && let Some(set) = &self.poll_set
            && let Some(socket) = self.poll_fd()
        {
            let mut flags = epoll::EventFlags::IN;
            flags.set(epoll::EventFlags::OUT, blocked);
            epoll::modify(set, socket, epoll::EventData::new_u64(0), flags)?;
            self.watches_writes = blocked;
        }
        Ok(())
    }
}

/// Knows the globals before there is an application.
struct Greeter {
    client: Client<Greeter>,
}

impl HasClient for Greeter {
    fn client(&mut self) -> &mut Client<Greeter> {
        &mut self.client
    }
}

fn greet<A: HasClient>(socket: OwnedFd) -> Result<Client<A>, Error> {
    let mut greeter = Greeter { client: Client::from_socket(socket) };
    roundtrip(&mut greeter)?;
    Ok(greeter.client.hand_over())
}

/// Handles what is ready, without waiting: goes on with a blocked flush, calls
/// handlers, sends what they queued. Event loops call this when the
/// connection is ready. Returns whether anything arrived.
///
/// # Errors
/// [`Error::Disconnected`] once the connection has ended; always the same.
pub fn turn<A: HasClient>(app: &mut A) -> Result<bool, Error> {
    if app.client().is_blocked() {
        app.client().flush();
    }
    let arrived = client::receive(app);
    client::finish_turn(app);
    let client = app.client();
    client.watch()?;
    match client.ended() {
        Some(reason) => Err(reason.clone().into()),
        None => Ok(arrived),
    }
}

/// Sends what is queued, waits up to `timeout` (forever if `None`) for events
/// and handles them. Returns whether any arrived.
///
/// # Errors
/// [`Error::Disconnected`] once the connection has ended; [`Error::Reentrant`]
/// within a handler; [`Error::Io`] if waiting fails.
pub fn dispatch<A: HasClient>(app: &mut A, timeout: Option<Duration>) -> Result<bool, Error> {
    if app.client().core.is_dispatching() {
        return Err(Error::Reentrant);
    }
    client::finish_turn(app);
    if let Some(reason) = app.client().ended() {
        return Err(reason.clone().into());
    }
    let client = app.client();
    let mut interest = PollFlags::IN;
    interest.set(PollFlags::OUT, client.is_blocked());
    if let Some(fd) = client.poll_fd() {
        let timeout = if client.core.has_ends() { Some(Duration::ZERO) } else { timeout };
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        match poll(&mut [PollFd::from_borrowed_fd(fd, interest)], timeout.as_ref()) {
            Ok(0) => return Ok(false),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(io::Error::from(error).into()),
        }
    }
    turn(app)
}

/// Waits until the server has handled all requests so far and its answers were
/// dispatched here: a `sync` and its answer.
///
/// # Errors
/// As [`dispatch`].
pub fn roundtrip<A: HasClient>(app: &mut A) -> Result<(), Error> {
    if app.client().core.is_dispatching() {
        return Err(Error::Reentrant);
    }
    let ended = app.client().ended().cloned();
    if let Some(reason) = ended {
        return Err(reason.into());
    }
    let wanted = app.client().sync()?;
    while app.client().answered() < wanted {
        dispatch(app, None)?;
    }
    Ok(())
}

/// Dispatches until `done` says so or `timeout` has passed. Returns whether it did.
///
/// # Errors
/// As [`dispatch`].
pub fn dispatch_until<A: HasClient>(
    app: &mut A,
    timeout: Duration,
    mut done: impl FnMut(&mut A) -> bool,
) -> Result<bool, Error> {
    let deadline = Instant::now() + timeout;
    while !done(app) {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        dispatch(app, Some(left))?;
    }
    Ok(true)
}
