//! What a proxy waits for: clients, messages, room in sockets, signals, the user, and the time.

use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wayline::dynamic::End;

use super::steps::Step;
use super::{CONGESTED, Proxy, Signals};

impl Proxy {
    /// Waits until something can go on.
    pub(super) fn wait(&mut self, signals: &Signals) -> Result<(), String> {
        let mut timeout = self.watch.deadline().map(|at| Duration::from_micros(at.saturating_sub(self.now())));
        let mut shorten = |to: Duration| timeout = Some(timeout.map_or(to, |timeout| timeout.min(to)));
        let mut fds =
            vec![PollFd::new(&self.listener, PollFlags::IN), PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN)];
        if self.held.is_some() {
            fds.extend(self.steps.as_ref().map(|steps| PollFd::from_borrowed_fd(steps.as_fd(), PollFlags::IN)));
        }
        if self.watch.is_top() {
            shorten(self.table.saturating_duration_since(Instant::now()));
        }
        for passing in self.connections.values() {
            if passing.ready && self.held.is_none() {
                shorten(Duration::ZERO);
            }
            if let Some(until) = passing.ending {
                shorten(until.saturating_duration_since(Instant::now()));
            }
            let (client, server) = (passing.relay.ends.client(), passing.relay.ends.server());
            if client.is_congested() || server.is_congested() {
                shorten(CONGESTED);
            }
            for (end, other) in [(client, server), (server, client)] {
                let reads = self.held.is_none() && passing.ending.is_none() && !other.is_behind() && !end.is_behind();
                fds.extend(interest(end, reads));
            }
        }
        let timeout = timeout.map(|timeout| Timespec::try_from(timeout).unwrap_or_default());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(format!("waiting failed: {error}")),
        }
        drop(fds);
        self.step();
        Ok(())
    }

    /// Passes on the message that is held back, if the user says so.
    fn step(&mut self) {
        let (Some(held), Some(steps)) = (&self.held, &mut self.steps) else { return };
        if steps.read() == Step::Wait {
            return;
        }
        let (number, direction) = (held.connection, held.direction);
        if let (Some(held), Some(passing)) = (self.held.take(), self.connections.get_mut(&number)) {
            passing.ready = true;
            // An end that is not to be had any more shows when it is read.
            let _ = passing.relay.settle_held(direction, held.fate);
        }
    }
}

fn interest(end: &End, reads: bool) -> Option<PollFd<'_>> {
    let read = if reads { PollFlags::IN } else { PollFlags::empty() };
    let write = if end.is_blocked() { PollFlags::OUT } else { PollFlags::empty() };
    (!(read | write).is_empty()).then_some(PollFd::from_borrowed_fd(end.poll_fd()?, read | write))
}
