//! How a client gets its connection, and the descriptor that an event loop waits on.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use super::turn::initial_roundtrip;
use super::{Client, HasClient};
use crate::endpoint::{Jobs, Sender};
use crate::error::Disconnect;
use crate::io::Socket;
use crate::io::connect::{ConnectError, PATIENCE, connect_to_within, connect_within};
use crate::io::error::Error;
use crate::io::inherit::Environment;
use crate::io::path::Address;
use crate::io::poll_set::ClientSet;
#[cfg(feature = "calloop")]
use crate::io::source::Source;

impl<A: HasClient> Client<A> {
    /// Connects to the server that the environment names: `WAYLAND_SOCKET`,
    /// else `WAYLAND_DISPLAY`, else `wayland-0` (K01 to K04). Waits until the
    /// server has listed its globals, so that [`Client::bind`] finds them; for a minute
    /// at most, see [`Client::connect_within`].
    ///
    /// Removes `WAYLAND_SOCKET` from the environment if it was used; call this
    /// before starting threads.
    ///
    /// # Errors
    /// [`Error::Connect`] says what is missing and what to do;
    /// [`Error::Disconnected`] if the server ended the connection at once;
    /// [`Error::TimedOut`] if it did not answer in time.
    pub fn connect() -> Result<Client<A>, Error> {
        Client::connect_within(PATIENCE)
    }

    /// As [`Client::connect`], with another time to wait, for the connection and the first answer together.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub fn connect_within(timeout: Duration) -> Result<Client<A>, Error> {
        let deadline = Instant::now().checked_add(timeout);
        initial_roundtrip(connect_within(None, &mut Environment::of_process(), timeout)?, deadline)
    }

    /// As [`Client::connect`], to `name`: a socket name in `XDG_RUNTIME_DIR`, or
    /// an absolute path. Nothing else in the environment matters.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub fn connect_to(name: &str) -> Result<Client<A>, Error> {
        Client::connect_to_within(name, PATIENCE)
    }

    /// As [`Client::connect_to`], with another time to wait, for the connection and the first answer together.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub fn connect_to_within(name: &str, timeout: Duration) -> Result<Client<A>, Error> {
        let deadline = Instant::now().checked_add(timeout);
        let address = Address::named(name, &Environment::of_process()).map_err(ConnectError::from)?;
        initial_roundtrip(connect_to_within(&address, timeout)?, deadline)
    }

    /// A client by its connected socket, for instance one end of a socket pair.
    /// Does not wait: the globals are known after a round trip. So an `async` function can connect as its runtime does, to
    /// [`Address::of_display`], and make that round trip by [`Client::begin_roundtrip`]
    /// (`examples/loops/examples/globals.rs`).
    #[must_use]
    pub fn from_socket(socket: OwnedFd) -> Client<A> {
        Client::new(Socket::new(socket))
    }

    /// What a loop of any kind waits on: readable when [`turn`](super::turn) has something to do, be it events, room for
    /// requests that wait, or work from a [`Sender`]. An epoll set, made by the first call and valid as long as the client.
    ///
    /// A turn before the loop first sleeps tells the globals that are known already, and [`Client::flush`] before it sleeps
    /// sends what was asked for outside of a turn. A loop that hears of changes only (`EPOLLET`) takes turns until one says
    /// that nothing arrived. For one turn after another without other sources there is [`dispatch`](super::dispatch).
    ///
    /// ```
    /// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
    /// # use std::os::unix::net::UnixStream;
    /// # use app::{ClientApp, ServerApp};
    /// # use wayline::Client;
    /// use rustix::event::{PollFd, PollFlags, poll};
    /// use wayline::{client, server};
    ///
    /// # let (ours, theirs) = UnixStream::pair()?;
    /// # let mut host = ServerApp::new();
    /// # host.server.add_socket(ours.into())?;
    /// # let mut app = ClientApp { client: Client::from_socket(theirs.into()), total: 0 };
    /// let asked = app.client.begin_roundtrip()?;
    /// while !app.client.is_done(asked) {
    ///     app.client.flush();
    ///     # server::turn(&mut host)?;
    ///     poll(&mut [PollFd::from_borrowed_fd(app.client.poll_fd()?, PollFlags::IN)], None)?;
    ///     client::turn(&mut app)?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Errors
    /// If the process has no descriptor left, the connection has ended, or its link has no descriptor.
    pub fn poll_fd(&mut self) -> io::Result<BorrowedFd<'_>> {
        Ok(self.poll_set()?.as_fd())
    }

    /// The socket of the connection, which tells whether the server is there, as for
    /// [`Fence::wait`](crate::io::fence::Fence::wait). `None` once the connection has ended, or without a socket.
    #[must_use]
    pub fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.core.peer(self.role.connection)?.link.as_fd()
    }

    /// What [`dispatch`](super::dispatch) waits on: the socket for reading, and for writing while [`Client::is_blocked`], or
    /// the poll set if there is one.
    pub(super) fn waits_on(&self) -> Option<BorrowedFd<'_>> {
        let socket = self.socket()?;
        Some(self.role.poll_set.as_ref().map_or(socket, AsFd::as_fd))
    }

    /// The poll set, made now if there is none. The socket is in it, so that waiting for it to become writable needs no
    /// word with an outer loop.
    fn poll_set(&mut self) -> io::Result<&ClientSet> {
        let socket = self.socket().ok_or(io::ErrorKind::NotConnected)?;
        if self.role.poll_set.is_none() {
            self.role.poll_set = Some(ClientSet::new(socket)?);
            self.watch()?;
        }
        self.role.poll_set.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// A handle by which other threads have work done on this client's thread: requests sent, anything that the
    /// application can do. It wakes the loop, also one that waits in [`dispatch`](super::dispatch) or
    /// [`roundtrip`](super::roundtrip).
    ///
    /// # Errors
    /// If the process has no descriptor left, the connection has ended, or its link has no descriptor.
    pub fn sender(&mut self) -> io::Result<Sender<A>> {
        if self.core.jobs.is_none() {
            let waker = self.poll_set()?.new_waker()?;
            self.core.jobs = Some(Jobs::new(Box::new(waker)));
        }
        self.core.jobs.as_ref().map(Jobs::sender).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Makes the poll set, if there is one, wait for writability exactly while the socket is full, and for a while to
    /// pass while too many fds are in flight.
    pub(super) fn watch(&mut self) -> io::Result<()> {
        let (write, retry) = (self.is_blocked(), self.is_congested());
        let Some(peer) = self.core.peer(self.role.connection) else { return Ok(()) };
        if let (Some(set), Some(socket)) = (&mut self.role.poll_set, peer.link.as_fd()) {
            set.watch(socket, write, retry)?;
        }
        Ok(())
    }

    /// Goes on with requests that wait. Ends the connection if no fd could be sent for too long.
    pub(super) fn go_on(&mut self) {
        if self.is_blocked() || self.is_congested() {
            let sent = self.core.stats.bytes_out;
            self.flush();
            if self.core.stats.bytes_out > sent {
                self.role.congested_since = None;
            }
        }
        if !self.is_congested() {
            self.role.congested_since = None;
        } else if self.role.congested_since.get_or_insert_with(Instant::now).elapsed()
            >= self.core.limits.slow_peer_grace
        {
            self.core.end(self.role.connection, Disconnect::FdsInFlight);
        }
    }

    /// The event source of this client, to be inserted into a calloop loop
    /// once. The callback calls [`turn`](super::turn). Sources of one client wait for the same.
    ///
    /// ```
    /// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
    /// # use app::{ClientApp, ServerApp};
    /// # use wayline::Client;
    /// # let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    /// # let mut host = ServerApp::new();
    /// # host.server.add_socket(ours.into())?;
    /// # let mut app = ClientApp { client: Client::from_socket(theirs.into()), total: 0 };
    /// let mut events = calloop::EventLoop::try_new()?;
    /// events.handle().insert_source(app.client.source()?, |(), (), app| wayline::client::turn(app))?;
    /// let asked = app.client.begin_roundtrip()?;
    /// while !app.client.is_done(asked) {
    ///     # wayline::server::turn(&mut host)?;
    ///     events.dispatch(std::time::Duration::from_millis(1), &mut app)?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Errors
    /// If the process has no descriptor left, or the connection has ended.
    #[cfg(feature = "calloop")]
    pub fn source(&mut self) -> io::Result<Source> {
        let set = self.poll_set()?.as_fd().try_clone_to_owned()?;
        Ok(Source::new(set, std::sync::Arc::clone(&self.core.pending)))
    }
}
