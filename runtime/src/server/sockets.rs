//! How a server gets its clients, and the descriptor that an event loop waits on.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use super::{HasServer, Server};
use crate::conn::Link;
use crate::endpoint::{Jobs, Sender};
use crate::error::Disconnect;
use crate::handle::{ClientId, ListenerId};
use crate::io::Socket;
use crate::io::credentials::Credentials;
use crate::io::error::Error;
use crate::io::inherit::Environment;
use crate::io::listener::{ListenError, Listener, Sandbox};
use crate::io::path::Address;
use crate::io::poll_set::PollSet;
use crate::io::process::{Process, ProcessError};

impl<A: HasServer> Server<A> {
    /// A server that listens at `name`: a socket name in `XDG_RUNTIME_DIR`, or
    /// an absolute path. Only this user can connect (mode 0600).
    ///
    /// # Errors
    /// [`Error::Listen`] says what is in the way and what to do.
    pub fn listen_at(name: &str) -> Result<Server<A>, Error> {
        let mut server = Server::new();
        server.listen_also_at(name)?;
        Ok(server)
    }

    /// Listens at another name as well, as [`Server::listen_at`] does. What it returns tells the clients of this name from
    /// others, see [`Server::listener_of`].
    ///
    /// ```
    /// # use wayline::{HasServer, Server};
    /// # struct App { server: Server<App> }
    /// # impl HasServer for App { fn server(&mut self) -> &mut Server<App> { &mut self.server } }
    /// # let directory = tempfile::tempdir()?;
    /// # let path = |name: &str| directory.path().join(name).display().to_string();
    /// # let (customers, staff) = (path("example-0"), path("example-staff-0"));
    /// let mut server: Server<App> = Server::listen_at(&customers)?;
    /// let staff = server.listen_also_at(&staff)?;
    /// // Later, for instance in `HasServer::visible`: `server.listener_of(client) == Some(staff)`.
    /// # assert_eq!(directory.path().read_dir()?.count(), 4, "two sockets, two lock files");
    /// # let _ = staff;
    /// # drop(server);
    /// # assert_eq!(directory.path().read_dir()?.count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Server::listen_at`].
    pub fn listen_also_at(&mut self, name: &str) -> Result<ListenerId, Error> {
        let address = Address::named(name, &Environment::of_process()).map_err(ListenError::from)?;
        Ok(self.listen(Listener::at(&address)?)?)
    }

    /// Adds a listener, for instance one that a service manager passed, or one with permissions of its own; for a name there
    /// is [`Server::listen_also_at`]. What it returns tells its clients from others, see
    /// [`Server::listener_of`].
    ///
    /// # Errors
    /// If the kernel refuses another epoll entry.
    pub fn listen(&mut self, listener: Listener) -> io::Result<ListenerId> {
        self.poll_set()?.add_listener(listener)
    }

    /// Where clients find the server; `None` without a listener of its own.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        self.role.poll_set.as_ref()?.listeners.iter().find_map(Listener::address)
    }

    /// Adds a client by its connected socket, for instance one end of a
    /// socket pair whose other end a child process inherits.
    ///
    /// # Errors
    /// If the kernel refuses another epoll entry; the socket is closed then.
    pub fn add_socket(&mut self, socket: OwnedFd) -> io::Result<ClientId> {
        self.add_link(Box::new(Socket::new(socket)))
    }

    /// Adds a client by a link that has a descriptor to wait on, for instance
    /// one that records what passes through a socket.
    ///
    /// # Errors
    /// As [`Server::add_socket`].
    pub fn add_link(&mut self, link: Box<dyn Link>) -> io::Result<ClientId> {
        self.poll_set()?;
        self.raise_descriptor_limit();
        let client = self.add_client(link);
        let (Some(set), Some(peer)) = (&self.role.poll_set, self.core.peer(client)) else { return Ok(client) };
        if let Some(fd) = peer.link.as_fd()
            && let Err(error) = set.add_client(fd, client)
        {
            self.core.end(client, Disconnect::by(&error));
            return Err(error);
        }
        if let Some(Credentials { uid, pid, .. }) = self.credentials(client) {
            self.core.set_user(client, uid);
            if let Some(peer) = self.core.peer_mut(client) {
                // Kept, so that nobody has to ask the kernel for all of them when descriptors are short.
                peer.process = pid.unwrap_or(0);
            }
        }
        Ok(client)
    }

    /// Who is at the other end of a client's socket, as the kernel noted when
    /// it connected (K13, K14). `None` once the client was torn down, and for
    /// links that are no socket.
    #[must_use]
    pub fn credentials(&self, client: ClientId) -> Option<Credentials> {
        Credentials::of_peer(self.core.peer(client)?.link.as_fd()?).ok()
    }

    /// Through which listener a client came; `None` if it was added by its socket or link, or was torn down.
    #[must_use]
    pub fn listener_of(&self, client: ClientId) -> Option<ListenerId> {
        self.core.peer(client)?.listener
    }

    /// The sandbox that a client is in, if it came through a listener [for one](Listener::for_sandbox).
    #[must_use]
    pub fn sandbox(&self, client: ClientId) -> Option<&Sandbox> {
        let listener = self.listener_of(client)?;
        let listeners = &self.role.poll_set.as_ref()?.listeners;
        listeners.get(listener.index())?.sandbox()
    }

    /// The tag that [`HasServer::admit`] gave a client; 0 if it gave none, and once the client was torn down. For
    /// [`HasServer::visible`], and wherever else clients are not alike.
    #[must_use]
    pub fn tag(&self, client: ClientId) -> u64 {
        self.core.peer(client).map_or(0, |peer| peer.tag)
    }

    /// The process that connected; see [`Process`].
    ///
    /// # Errors
    /// As [`Process::of_peer`]; [`ProcessError::Gone`] also once the client was torn down, and for links that are no
    /// socket.
    pub fn process(&self, client: ClientId) -> Result<Process, ProcessError> {
        let fd = self.core.peer(client).and_then(|peer| peer.link.as_fd());
        Process::of_peer(fd.ok_or(ProcessError::Gone)?)
    }

    /// When the loop last read from a client, within a millisecond; `None` if it never did, and once the client was torn
    /// down.
    #[must_use]
    pub fn last_heard(&self, client: ClientId) -> Option<Instant> {
        let heard = self.core.peer(client)?.heard;
        (heard > 0).then(|| self.role.started + Duration::from_millis(heard - 1))
    }

    pub(crate) fn poll_set(&mut self) -> io::Result<&mut PollSet> {
        if self.role.poll_set.is_none() {
            self.role.poll_set = Some(PollSet::new()?);
        }
        self.role.poll_set.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// A handle by which other threads have work done on this server's thread: events sent, globals added, anything that
    /// the application can do. It wakes the loop, whichever it is.
    ///
    /// ```
    /// # use wayline::{HasServer, Server};
    /// struct App { server: Server<App>, ticks: u32 }
    /// # impl HasServer for App {
    /// #     fn server(&mut self) -> &mut Server<App> { &mut self.server }
    /// # }
    /// # fn main() -> wayline::Result {
    /// let mut app = App { server: Server::new(), ticks: 0 };
    /// let sender = app.server.sender()?;
    /// let clock = std::thread::spawn(move || {
    ///     for _ in 0..3 {
    ///         sender.send(|app: &mut App| app.ticks += 1).expect("the server is there");
    ///     }
    ///     sender.send(|app| app.server.stop()).expect("the server is there");
    /// });
    /// let app = wayline::server::run(app)?;
    /// assert_eq!(app.ticks, 3);
    /// # clock.join().unwrap();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the process has no descriptor left.
    pub fn sender(&mut self) -> io::Result<Sender<A>> {
        if self.core.jobs.is_none() {
            let waker = self.poll_set()?.new_waker()?;
            self.core.jobs = Some(Jobs::new(Box::new(waker)));
        }
        self.core.jobs.as_ref().map(Jobs::sender).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// The descriptor that a loop other than calloop waits for. It is readable when [`turn`](super::turn) has something to
    /// do: new clients, requests, room for events that wait, deadlines, or work from a [`Sender`]. It is an epoll set, made by
    /// the first call. It stays the same as long as the server lives.
    ///
    /// Take a turn before the loop first sleeps, and before it sleeps whenever something was queued outside of a turn. A loop
    /// that hears of changes only (`EPOLLET`) takes turns until one finds nothing, and sleeps then.
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
    /// # let mut app = ServerApp::new();
    /// # app.server.add_socket(ours.into())?;
    /// # let mut guest = ClientApp { client: Client::from_socket(theirs.into()), total: 0 };
    /// # let asked = guest.client.begin_roundtrip()?;
    /// # while !guest.client.is_done(asked) {
    /// # client::turn(&mut guest)?;
    /// // Each time around the loop; sources of the program's own stand beside it in the list.
    /// poll(&mut [PollFd::from_borrowed_fd(app.server.poll_fd()?, PollFlags::IN)], None)?;
    /// server::turn(&mut app)?;
    /// # client::turn(&mut guest)?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Errors
    /// If the kernel has no descriptor for it.
    pub fn poll_fd(&mut self) -> io::Result<BorrowedFd<'_>> {
        let set: &PollSet = self.poll_set()?;
        Ok(set.as_fd())
    }

    /// The event source of this server, to be inserted into a calloop loop
    /// once. It stays usable as long as the server lives.
    ///
    /// ```
    /// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
    /// # use app::{ClientApp, ServerApp};
    /// # use wayline::Client;
    /// # let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    /// # let mut app = ServerApp::new();
    /// # app.server.add_socket(ours.into())?;
    /// # let mut guest = ClientApp { client: Client::from_socket(theirs.into()), total: 0 };
    /// # guest.client.flush();
    /// let mut events = calloop::EventLoop::try_new()?;
    /// events.handle().insert_source(app.server.source()?, |(), (), app| wayline::server::turn(app))?;
    /// events.dispatch(None, &mut app)?;
    /// assert!(app.server.stats().messages_in > 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Errors
    /// If the process has no descriptor left.
    #[cfg(feature = "calloop")]
    pub fn source(&mut self) -> io::Result<crate::io::source::Source> {
        let set = self.poll_fd()?.try_clone_to_owned()?;
        Ok(crate::io::source::Source::new(set, std::sync::Arc::clone(&self.core.pending)))
    }
}
