//! A server's turn: accept, read, dispatch, flush, and drop who is overdue.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use super::Net;
use super::error::Error;
use super::net::{Debt, Ready};
use crate::conn::Link;
use crate::core::{Core, Progress};
use crate::error::Disconnect;
use crate::interface::ClientId;
use crate::io::Socket;
use crate::io::credentials::Credentials;
use crate::io::inherit::Environment;
use crate::io::listener::{AcceptError, Listener};
use crate::io::path::Address;
use crate::server::{self, HasServer, Server};

/// Connections accepted in one turn, so that a burst of new clients does not
/// starve those that are there.
const ACCEPTS_PER_TURN: usize = 32;

/// Rounds of waiting within one turn of an outer loop. Each costs one system
/// call, a turn of the outer loop several; the bound keeps its other sources on time.
const ROUNDS_PER_TURN: usize = 8;

/// Bytes of one turn from which on a client is likely to send more at once.
const BUSY: u64 = 4096;

impl<A: HasServer> Server<A> {
    /// A server that listens at `name`: a socket name in `XDG_RUNTIME_DIR`, or
    /// an absolute path. Only this user can connect (mode 0600).
    ///
    /// # Errors
    /// [`Error::Listen`] says what is in the way and what to do.
    pub fn bind(name: &str) -> Result<Server<A>, Error> {
        let address = Address::named(name, &Environment::of_process()).map_err(crate::io::listener::BindError::from)?;
        let mut server = Server::new();
        server.listen(Listener::bind(&address)?)?;
        Ok(server)
    }

    /// Adds a listener, for instance one that a service manager passed.
    ///
    /// # Errors
    /// If the kernel refuses another epoll entry.
    pub fn listen(&mut self, listener: Listener) -> io::Result<()> {
        self.net()?.add_listener(listener)
    }

    /// Where clients find the server; `None` without a listener of its own.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        self.net.as_ref()?.listeners.iter().find_map(Listener::address)
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
        self.net()?;
        let client = self.enter(link);
        let (Some(net), Some(peer)) = (&self.net, self.core.peer_mut(client)) else { return Ok(client) };
        if let Some(fd) = peer.link.as_fd()
            && let Err(error) = net.watch(fd, client)
        {
            self.core.end(client, Disconnect::by(&error));
            return Err(error);
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

    fn net(&mut self) -> io::Result<&mut Net> {
        if self.net.is_none() {
            self.net = Some(Net::new()?);
        }
        self.net.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// The epoll set of this server: readable when [`dispatch`] has work. For
    /// loops other than calloop; valid as long as the server.
    ///
    /// # Errors
    /// If the kernel has no descriptor for it.
    pub fn poll_fd(&mut self) -> io::Result<BorrowedFd<'_>> {
        let net: &Net = self.net()?;
        Ok(net.as_fd())
    }
}

/// Waits up to `timeout` (forever if `None`) for clients and handles all that
/// is ready: calls handlers, sends what they queued. Returns whether anything was.
///
/// Not for handlers: while one runs, no client is read.
///
/// # Errors
/// If waiting or a listener fails; trouble with one client ends that client only.
pub fn dispatch<A: HasServer>(app: &mut A, timeout: Option<Duration>) -> io::Result<bool> {
    // What was queued since the last turn must not wait for the next message. If clients
    // ended meanwhile, the caller may have been waiting for just that.
    let mut worked = app.server().core.has_ends();
    end_turn(app)?;
    worked |= app.server().core.has_ends();
    let mut timeout = if worked { Some(Duration::ZERO) } else { timeout };
    for _ in 0..ROUNDS_PER_TURN {
        let count = app.server().net()?.wait(timeout)?;
        if count == 0 {
            break;
        }
        worked = true;
        let received = app.server().core.stats.bytes_in;
        for index in 0..count {
            match app.server().net()?.ready(index) {
                Some(Ready::Client { client, readable, writable }) => serve(app, client, readable, writable),
                Some(Ready::Listener(index)) => accept(app, index)?,
                Some(Ready::Timer) => collect_debts(app)?,
                None => break,
            }
        }
        end_turn(app)?;
        // A caller that may sleep comes back by itself; one that only wants what is ready
        // now is an outer loop, whose turns are dearer than another look here. Not so after
        // one short message: its sender waits for the answer.
        let server = app.server();
        let outer = timeout == Some(Duration::ZERO);
        let busy = count > 1 || server.core.stats.bytes_in - received >= BUSY;
        if !(outer && busy || server.net()?.was_full()) {
            break;
        }
        timeout = Some(Duration::ZERO);
    }
    Ok(worked)
}

/// Handles what is ready now, without waiting. Event loops call this when the
/// server's source or [`Server::poll_fd`] is ready.
///
/// # Errors
/// As [`dispatch`].
pub fn turn<A: HasServer>(app: &mut A) -> Result<(), Error> {
    dispatch(app, Some(Duration::ZERO))?;
    Ok(())
}

/// Reads and dispatches for one client, and goes on with a blocked flush.
fn serve<A: HasServer>(app: &mut A, client: ClientId, readable: bool, writable: bool) {
    if writable {
        let progress = server::resume(app, client);
        let server = app.server();
        if let Some(net) = &mut server.net {
            if progress {
                net.settle(client, Debt::Read);
            }
            watch(&mut server.core, net, client);
        }
    }
    // A hang-up is reported whether or not anyone asks.
    if readable && !app.server().core.wants_input(client) {
        // It was throttled since it was last asked for, or it has hung up.
        let server = app.server();
        if let Some(net) = &mut server.net {
            watch(&mut server.core, net, client);
        }
    } else if readable {
        let claimed = matches!(server::read(app, client), Progress::Read { claimed: true, .. });
        let server = app.server();
        let stray = server.core.peer(client).is_some_and(|peer| !peer.inbox.fds.is_empty());
        if let Some(net) = &mut server.net {
            // Fds are claimed in order: the one that waits first is another now.
            if claimed {
                net.settle(client, Debt::Claim);
            }
            if stray {
                net.owe(client, Debt::Claim);
            }
        }
    }
}

/// Ends a turn and brings the epoll set up to date.
fn end_turn<A: HasServer>(app: &mut A) -> io::Result<()> {
    server::finish_turn(app);
    if let Some(net) = &mut app.server().net {
        net.set_timer()?;
    }
    Ok(())
}

/// Waits for a client to become writable while it is blocked, and stops
/// reading from one that lets too much wait.
pub(crate) fn watch<A>(core: &mut Core<A>, net: &mut Net, client: ClientId) {
    let wants_input = core.wants_input(client);
    let Some(peer) = core.peer_mut(client) else { return };
    let wanted = (wants_input, peer.blocked);
    if wanted.1 {
        net.owe(client, Debt::Read);
    }
    if peer.watched != wanted
        && let Some(fd) = peer.link.as_fd()
    {
        match net.rewatch(fd, client, wanted.0, wanted.1) {
            Ok(()) => peer.watched = wanted,
            Err(error) => core.end(client, Disconnect::by(&error)),
        }
    }
}

/// Takes the connections that wait.
fn accept<A: HasServer>(app: &mut A, index: usize) -> io::Result<()> {
    for _ in 0..ACCEPTS_PER_TURN {
        let net = app.server().net()?;
        let Some(listener) = net.listeners.get_mut(index) else { break };
        match listener.accept() {
            Ok(Some((socket, credentials))) => {
                if app.accept(&credentials) {
                    let link = app.link(Socket::new(socket));
                    if let Ok(client) = app.server().add_link(link) {
                        app.connected(client);
                    }
                }
            }
            Ok(None) => break,
            // The connection waits in the queue until a descriptor is free (K17).
            Err(AcceptError::Exhausted(error)) => {
                tracing::warn!("cannot accept clients for the moment: {error}");
                net.set_accepting(false)?;
                break;
            }
            Err(AcceptError::Io(error)) => return Err(error),
        }
    }
    Ok(())
}

/// Ends the clients that are overdue, and tries again to accept new ones.
fn collect_debts<A: HasServer>(app: &mut A) -> io::Result<()> {
    let server = app.server();
    let limits = server.core.limits;
    let Some(net) = &mut server.net else { return Ok(()) };
    net.acknowledge_timer();
    net.set_accepting(true)?;
    let now = Instant::now();
    let core = &mut server.core;
    let mut overdue = Vec::new();
    net.debtors.retain(|debtor| {
        let Some(peer) = core.peer(debtor.client) else { return false };
        let waited = now.duration_since(debtor.since);
        let (owes, grace, reason) = match debtor.debt {
            Debt::Read => {
                let (queued, fds) = (peer.outbox.len(), peer.outbox.fds());
                (peer.blocked, limits.slow_peer_grace, Disconnect::SlowPeer { queued, fds })
            }
            Debt::Claim => {
                let count = peer.inbox.fds.len();
                (count > 0, limits.stray_fd_grace, Disconnect::StrayFds { count })
            }
        };
        // However short the grace, the application hears of a slow peer a tick before.
        let warned_now = owes && debtor.debt == Debt::Read && waited >= grace / 2 && core.warn(debtor.client);
        let late = owes && debtor.is_due(now, grace) && !warned_now;
        if late {
            overdue.push((debtor.client, reason));
        }
        owes && !late
    });
    for (client, reason) in overdue {
        app.server().drop_client(client, reason);
    }
    Ok(())
}

/// Serves until the application calls [`Server::stop`]. Needs no other event
/// loop, and is the fastest way to run a server that waits for nothing else.
///
/// # Errors
/// As [`dispatch`].
pub fn run<A: HasServer>(mut app: A) -> io::Result<A> {
    while !app.server().is_stopped() {
        dispatch(&mut app, None)?;
    }
    Ok(app)
}

#[cfg(test)]
mod tests;
