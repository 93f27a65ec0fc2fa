//! A server's turn: accept, read, handle, send, and drop who is overdue.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::{Admission, Applicant, HasServer, ServerRole, applicant, finish_within, resume, tell_newcomers};
use crate::endpoint::{self, Core, Progress};
use crate::error::Disconnect;
use crate::handle::{ClientId, ListenerId};
use crate::io::Socket;
use crate::io::credentials::Credentials;
use crate::io::error::Error;
use crate::io::listener::AcceptError;
use crate::io::poll_set::{Ready, Task};

/// Connections accepted in one turn, so that a burst of new clients does not
/// starve those that are there.
const ACCEPTS_PER_TURN: usize = 32;

/// Rounds of waiting within one turn of an outer loop. Each costs one system
/// call, a turn of the outer loop several; the bound keeps its other sources on time.
const ROUNDS_PER_TURN: usize = 8;

/// Bytes of one turn from which on a client is likely to send more at once.
const BUSY: u64 = 4096;

/// Waits up to `timeout` (forever if `None`) for clients and handles all that
/// is ready: calls handlers, sends what they queued. Returns whether anything was.
///
/// Not for handlers: while one runs, no client is read.
///
/// # Errors
/// [`Error::Io`] if waiting or a listener fails; trouble with one client ends that client only.
pub fn dispatch<A: HasServer>(app: &mut A, timeout: Option<Duration>) -> Result<bool, Error> {
    // What was queued since the last turn must not wait for the next message. If clients
    // ended meanwhile, the caller may have been waiting for just that.
    let mut clock = Clock::start(app);
    let mut worked = app.server().core.has_work();
    worked |= end_turn(app, &mut clock)?;
    worked |= app.server().core.has_work();
    let mut timeout = if worked { Some(Duration::ZERO) } else { timeout };
    for _ in 0..ROUNDS_PER_TURN {
        let count = app.server().poll_set()?.wait(timeout)?;
        let left = app.server().core.ready_count();
        if count == 0 && left == 0 {
            break;
        }
        worked = true;
        if timeout != Some(Duration::ZERO) {
            clock = Clock::start(app);
        }
        let received = app.server().core.stats.bytes_in;
        // Those first who have waited since the last turn.
        for _ in 0..left {
            if clock.is_over() {
                break;
            }
            if let Some(client) = app.server().core.next_ready() {
                serve(app, client, true, false, &mut clock);
            }
        }
        for index in 0..count {
            match app.server().poll_set()?.ready(index) {
                Some(Ready::Client { client, readable, writable }) => {
                    serve(app, client, readable, writable, &mut clock);
                }
                Some(Ready::Listener(id)) => accept(app, id)?,
                Some(Ready::Timer) => expire_deadlines(app)?,
                Some(Ready::Waker) => {}
                None => break,
            }
        }
        end_turn(app, &mut clock)?;
        // A caller that may sleep comes back by itself; one that only wants what is ready
        // now is an outer loop, whose turns are dearer than another look here. Not so after
        // one short message: its sender waits for the answer.
        let server = app.server();
        let outer = timeout == Some(Duration::ZERO);
        let busy = count > 1 || server.core.stats.bytes_in - received >= BUSY;
        if !(outer && busy || server.poll_set()?.was_full()) || clock.is_over() {
            break;
        }
        timeout = Some(Duration::ZERO);
    }
    let server = app.server();
    let has_work = server.core.has_work();
    server.poll_set()?.set_awake(has_work);
    Ok(worked)
}

/// Handles what is ready now, without waiting. Event loops call this when the
/// server's source or [`Server::poll_fd`](crate::Server::poll_fd) is ready. Returns whether anything was: a loop that hears
/// of changes only (`EPOLLET`) takes turns until one finds nothing.
///
/// # Errors
/// As [`dispatch`].
pub fn turn<A: HasServer>(app: &mut A) -> Result<bool, Error> {
    dispatch(app, Some(Duration::ZERO))
}

/// Reads and dispatches for one client, and goes on with a blocked flush.
fn serve<A: HasServer>(app: &mut A, client: ClientId, readable: bool, writable: bool, clock: &mut Clock) {
    if writable {
        go_on(app, client);
    }
    // A hang-up is reported whether or not anyone asks.
    let core = &mut app.server().core;
    if !readable || !core.wants_input(client) || core.is_ready(client) {
        return;
    }
    if clock.next_client() {
        // Others have used up this turn.
        core.mark_ready(client);
        return;
    }
    let server = app.server();
    if !server.has_room_for(client) {
        server.core.mark_ready(client);
        return;
    }
    let progress = endpoint::receive::<A, ServerRole<A>>(app, client, &mut || clock.grant());
    let server = app.server();
    server.core.recount(client);
    let now = clock.last.saturating_duration_since(server.role.started).as_millis() as u64;
    if let Some(peer) = server.core.peer_mut(client) {
        peer.heard = now + 1;
    }
    let Some(set) = &mut server.role.poll_set else { return };
    // Fds are consumed in order: the one that waits first is another now.
    if let Progress::Read { claimed: true } | Progress::Paused { claimed: true } = progress {
        set.cancel(client, Task::ConsumeFds);
    }
    let waits = server.core.peer(client).is_some_and(|peer| !peer.inbox.fds.is_empty());
    if waits && matches!(progress, Progress::Read { .. }) {
        set.arm(client, Task::ConsumeFds);
    }
}

/// Goes on sending to a client that is behind. Its time begins anew when it takes something.
fn go_on<A: HasServer>(app: &mut A, client: ClientId) {
    if !resume(app, client) {
        return;
    }
    let server = app.server();
    let waits_for = server.core.peer(client).filter(|peer| peer.blocked).map(|peer| peer.congested);
    let Some(set) = &mut server.role.poll_set else { return };
    set.cancel(client, Task::Read);
    set.cancel(client, Task::SendFds);
    if let Some(congested) = waits_for {
        set.arm(client, if congested { Task::SendFds } else { Task::Read });
    }
}

/// Ends a turn and brings the poll set up to date. Returns whether other threads had something to do.
fn end_turn<A: HasServer>(app: &mut A, clock: &mut Clock) -> io::Result<bool> {
    clock.begin_end();
    let done = finish_within(app, &mut || clock.grant());
    let server = app.server();
    server.core.queue_paused();
    server.give_memory_back();
    let Some(set) = &mut server.role.poll_set else { return Ok(done) };
    while let Some((client, interest)) = server.core.next_interest() {
        if interest.write {
            set.arm(client, Task::Read);
        }
        if interest.retry {
            set.arm(client, Task::SendFds);
        }
        let fd = server.core.peer(client).and_then(|peer| peer.link.as_fd());
        if let Some(fd) = fd
            && let Err(error) = set.rewatch(fd, client, interest.read, interest.write)
        {
            server.core.end(client, Disconnect::by(&error));
        }
    }
    set.set_timer()?;
    Ok(done)
}

/// Takes the connections that wait.
fn accept<A: HasServer>(app: &mut A, id: ListenerId) -> io::Result<()> {
    for _ in 0..ACCEPTS_PER_TURN {
        let room = app.server().has_room_for_one();
        let ending = app.server().core.has_unfinished_ends();
        let set = app.server().poll_set()?;
        if !room && ending {
            // When it is over there is room.
            break;
        }
        if !room {
            // Others need what is left.
            set.pause_accepting(&"few descriptors are left")?;
            break;
        }
        let Some(listener) = set.listeners.get_mut(id.index()) else { break };
        let (sandbox, is_open) = (listener.shared_sandbox(), listener.is_abstract());
        match listener.accept() {
            Ok(Some((socket, credentials))) => {
                set.exhausted = false;
                app.server().note_accepted();
                if !has_room(app, &credentials) {
                    continue;
                }
                let applicant = Applicant::new(socket.as_fd(), credentials, id);
                let tag = match app.admit(&applicant.through(sandbox.as_deref(), is_open)) {
                    Admission::Admitted { tag } => tag,
                    Admission::Refused { reason } => {
                        applicant::refuse(socket, credentials, reason);
                        continue;
                    }
                };
                let link = app.link(Socket::new(socket));
                // One that cannot be watched has ended already, and the application hears of that.
                if let Ok(client) = app.server().add_link(link)
                    && let Some(peer) = app.server().core.peer_mut(client)
                {
                    (peer.listener, peer.tag) = (Some(id), tag);
                }
                tell_newcomers(app);
            }
            Ok(None) => break,
            // The connection waits in the queue until a descriptor is free (K17).
            Err(AcceptError::Exhausted(error)) => {
                set.pause_accepting(&error)?;
                app.server().note_exhausted();
                break;
            }
            Err(AcceptError::Io(error)) => return Err(error),
        }
    }
    Ok(())
}

/// Whether there is room for another client of a user.
fn has_room<A: HasServer>(app: &mut A, credentials: &Credentials) -> bool {
    let Core { accounts, limits, .. } = &mut app.server().core;
    let Err((error, is_new)) = accounts.admit(credentials.uid, limits) else { return true };
    if is_new {
        tracing::warn!("a client of user {} was refused: {error}", credentials.uid);
    }
    app.refused(credentials, error);
    false
}

/// Ends the clients that are overdue, and tries again what nothing tells the time for: to accept new ones, to send fds.
fn expire_deadlines<A: HasServer>(app: &mut A) -> io::Result<()> {
    let server = app.server();
    let limits = server.core.limits;
    let ServerRole { poll_set: Some(set), globals, .. } = &mut server.role else { return Ok(()) };
    set.acknowledge_timer();
    set.set_accepting(true)?;
    let core = &mut server.core;
    let (mut overdue, mut again) = (Vec::new(), Vec::new());
    set.retain_deadlines(|client, task, waited| {
        if let Task::Acknowledge(id) = task {
            if waited >= limits.global_grace {
                globals.destroy(id);
            }
            return globals.is_awaited(id);
        }
        let Some(peer) = core.peer(client) else { return false };
        let (waits, grace, reason) = match task {
            Task::Acknowledge(_) => return false,
            Task::Read => {
                let (queued, fds) = (peer.outbox.len(), peer.outbox.fds());
                (peer.blocked && !peer.congested, limits.slow_peer_grace, Disconnect::SlowPeer { queued, fds })
            }
            Task::SendFds => (peer.congested, limits.slow_peer_grace, Disconnect::FdsInFlight),
            Task::ConsumeFds => {
                let count = peer.inbox.fds.len();
                // A message that was left may consume them; its turn comes, and the deadline is set anew then.
                (count > 0 && !peer.inbox.has_left(), limits.unconsumed_fd_grace, Disconnect::UnconsumedFds { count })
            }
        };
        // However short the grace, the application hears of a slow peer a tick before.
        let warned_now = waits && task == Task::Read && waited >= grace / 2 && core.warn(client);
        let late = waits && waited >= grace && !warned_now;
        if late {
            overdue.push((client, reason));
        } else if waits && task == Task::SendFds {
            again.push(client);
        }
        waits && !late
    });
    for client in again {
        go_on(app, client);
    }
    for (client, reason) in overdue {
        app.server().drop_client(client, reason);
    }
    Ok(())
}

/// Serves until the application calls [`Server::stop`](crate::Server::stop). Needs no other event
/// loop, and is the fastest way to run a server that waits for nothing else.
///
/// # Errors
/// As [`dispatch`].
pub fn run<A: HasServer>(mut app: A) -> Result<A, Error> {
    while !app.server().is_stopped() {
        dispatch(&mut app, None)?;
    }
    Ok(app)
}

/// Messages that one client may send before the clock is looked at: as many as a program sends in one go, so that most
/// turns cost no look.
const UNTIMED: u32 = 16;

/// Most messages between two looks at the clock.
const MOST: u32 = 1024;

const DAY: Duration = Duration::from_secs(86_400);

/// The time between two looks that is aimed at.
const LOOK: Duration = Duration::from_micros(100);

/// Says when the turn of a client, and that of all clients, is over.
struct Clock {
    /// When it was looked at.
    last: Instant,
    /// When the turn of this client is over, and that of all.
    until: Instant,
    turn_until: Instant,
    slice: Duration,
    /// Messages granted the last time; 0 at the beginning of a slice.
    granted: u32,
    /// Whether a client was served.
    served: bool,
    over: bool,
}

impl Clock {
    fn start<A: HasServer>(app: &mut A) -> Clock {
        let limits = app.server().core.limits;
        let now = Instant::now();
        app.server().role.descriptors.outdate(now);
        // A day is as good as for ever.
        let turn_until = now + limits.turn.min(DAY);
        let slice = limits.client_turn.min(DAY);
        Clock { last: now, until: now + slice, turn_until, slice, granted: 0, served: false, over: false }
    }

    /// Begins the turn of another client. Returns whether the time for all is used up. The first client always has a turn.
    fn next_client(&mut self) -> bool {
        if self.served {
            self.last = Instant::now();
            self.over |= self.last >= self.turn_until;
        }
        self.served = true;
        self.until = self.last + self.slice;
        self.granted = 0;
        self.over
    }

    /// Begins the end of the turn, which may take what is left of it.
    fn begin_end(&mut self) {
        self.until = self.turn_until;
        self.granted = 0;
    }

    /// How many more messages the client may send before this is asked again; 0 when its turn is over.
    fn grant(&mut self) -> u32 {
        if self.granted == 0 {
            self.granted = UNTIMED;
            return self.granted;
        }
        let now = Instant::now();
        let took = now - self.last;
        self.last = now;
        if now >= self.until {
            return 0;
        }
        self.granted = match took {
            took if took > 2 * LOOK => (self.granted / 4).max(1),
            took if took < LOOK / 2 => (self.granted * 2).min(MOST),
            _ => self.granted,
        };
        self.granted
    }

    /// Whether other sources of an outer loop should have their turn.
    fn is_over(&self) -> bool {
        self.served && (self.over || self.last >= self.turn_until)
    }
}

#[cfg(test)]
mod tests;
