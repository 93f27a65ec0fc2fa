//! Blocking calls, and turns for event loops.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Client, HasClient};
use crate::io::error::Error;
use crate::io::poll_set::TICK;

/// An application that knows only the globals, until there is the real one.
struct Initial {
    client: Client<Initial>,
}

impl HasClient for Initial {
    fn client(&mut self) -> &mut Client<Initial> {
        &mut self.client
    }
}

/// A client whose globals are known.
pub(super) fn initial_roundtrip<A: HasClient>(socket: OwnedFd, deadline: Option<Instant>) -> Result<Client<A>, Error> {
    let mut initial = Initial { client: Client::from_socket(socket) };
    roundtrip_until(&mut initial, deadline)?;
    Ok(initial.client.with_app())
}

/// Handles what is ready, without waiting: goes on with a blocked flush, calls
/// handlers, sends what they queued. Event loops call this when the
/// connection is ready. Returns whether anything arrived.
///
/// # Errors
/// [`Error::Disconnected`] once the connection has ended; always the same.
pub fn turn<A: HasClient>(app: &mut A) -> Result<bool, Error> {
    app.client().go_on();
    let arrived = super::receive(app);
    super::finish_turn(app);
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
/// within a handler; [`Error::CannotWait`] if nothing is there and the link has no descriptor; [`Error::Io`] if waiting
/// fails.
pub fn dispatch<A: HasClient>(app: &mut A, timeout: Option<Duration>) -> Result<bool, Error> {
    if app.client().core.is_dispatching() {
        return Err(Error::Reentrant);
    }
    // The caller may have waited for what another thread has done.
    let timeout = if super::finish(app) { Some(Duration::ZERO) } else { timeout };
    if let Some(reason) = app.client().ended() {
        return Err(reason.clone().into());
    }
    let client = app.client();
    client.watch()?;
    let mut interest = PollFlags::IN;
    interest.set(PollFlags::OUT, client.is_blocked());
    let Some(fd) = client.waits_on() else {
        let arrived = turn(app)?;
        return if arrived || timeout == Some(Duration::ZERO) { Ok(arrived) } else { Err(Error::CannotWait) };
    };
    let congested = client.is_congested();
    let timeout = match timeout {
        _ if client.core.has_ends() => Some(Duration::ZERO),
        timeout if congested => Some(timeout.map_or(TICK, |timeout| timeout.min(TICK))),
        timeout => timeout,
    };
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    match poll(&mut [PollFd::from_borrowed_fd(fd, interest)], timeout.as_ref()) {
        Ok(0) if !congested => return Ok(false),
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(io::Error::from(error).into()),
    }
    turn(app)
}

/// Waits until the server has handled all requests so far and its answers were
/// dispatched here: a `sync` and its answer.
///
/// # Errors
/// As [`dispatch`].
pub fn roundtrip<A: HasClient>(app: &mut A) -> Result<(), Error> {
    roundtrip_until(app, None)
}

/// As [`roundtrip`], for at most `timeout`. The connection goes on after that: the answer may still come, and another
/// round trip then waits for its own.
///
/// # Errors
/// [`Error::TimedOut`] without an answer in time, and as [`dispatch`].
pub fn roundtrip_within<A: HasClient>(app: &mut A, timeout: Duration) -> Result<(), Error> {
    roundtrip_until(app, Instant::now().checked_add(timeout))
}

fn roundtrip_until<A: HasClient>(app: &mut A, deadline: Option<Instant>) -> Result<(), Error> {
    if app.client().core.is_dispatching() {
        return Err(Error::Reentrant);
    }
    let ended = app.client().ended().cloned();
    if let Some(reason) = ended {
        return Err(reason.into());
    }
    let asked = app.client().begin_roundtrip()?;
    while !app.client().is_done(asked) {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        // A server that sends other things all the time gets no more of it.
        if left == Some(Duration::ZERO) {
            return Err(Error::TimedOut);
        }
        dispatch(app, left)?;
    }
    Ok(())
}

/// Dispatches until `done` says so, for at most `timeout`.
///
/// # Errors
/// [`Error::TimedOut`] if it did not in time, and as [`dispatch`].
pub fn dispatch_until<A: HasClient>(
    app: &mut A,
    timeout: Duration,
    mut done: impl FnMut(&mut A) -> bool,
) -> Result<(), Error> {
    let deadline = Instant::now().checked_add(timeout);
    while !done(app) {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return Err(Error::TimedOut);
        }
        dispatch(app, left)?;
    }
    Ok(())
}
