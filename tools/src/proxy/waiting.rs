//! What a proxy waits for: clients, messages, room in sockets, signals, the user, and the time.

use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wayline::dynamic::End;

use super::steps::Step;
use super::{CONGESTED, Proxy, Signals, Woken};

impl Proxy {
    /// Waits until something can go on, and notes what.
    pub(super) fn wait(&mut self, signals: &Signals) -> Result<(), String> {
        let mut timeout = self.watch.deadline().map(|at| Duration::from_micros(at.saturating_sub(self.now())));
        let mut shorten = |to: Duration| timeout = Some(timeout.map_or(to, |timeout| timeout.min(to)));
        let mut fds =
            vec![PollFd::new(&self.listener, PollFlags::IN), PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN)];
        // Whose the others are: the connection, and which of its ends.
        let mut ends = Vec::new();
        if self.watch.is_top() {
            shorten(self.table.saturating_duration_since(Instant::now()));
        }
        for (&number, passing) in &self.connections {
            if passing.ready.contains(&true) && self.held.is_none() {
                shorten(Duration::ZERO);
            }
            if let Some(until) = passing.ending {
                shorten(until.saturating_duration_since(Instant::now()));
            }
            let relay = &passing.relay.ends;
            if passing.relay.is_congested() {
                shorten(CONGESTED);
            }
            let reads = self.held.is_none() && passing.ending.is_none() && !relay.is_behind();
            for (end, at) in [(relay.client(), 0), (relay.server(), 1)] {
                if let Some(interest) = interest(end, reads) {
                    fds.push(interest);
                    ends.push((number, at));
                }
            }
        }
        if self.held.is_some() {
            fds.extend(self.steps.as_ref().map(|steps| PollFd::from_borrowed_fd(steps.as_fd(), PollFlags::IN)));
        }
        let timeout = timeout.map(|timeout| Timespec::try_from(timeout).unwrap_or_default());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(format!("waiting failed: {error}")),
        }
        let mut woken = fds.iter().map(PollFd::revents).collect::<Vec<_>>().into_iter();
        drop(fds);
        let mut is_woken = || woken.next().is_some_and(|events| !events.is_empty());
        self.woken = Woken { clients: is_woken(), signals: is_woken() };
        for ((number, at), events) in ends.into_iter().zip(woken) {
            let Some(passing) = self.connections.get_mut(&number) else { continue };
            passing.ready[at] |= !events.is_empty();
            // What was read before may wait for this.
            passing.ready[1 - at] |= events.contains(PollFlags::OUT);
        }
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
            passing.ready = [true; 2];
            // An end that is not to be had any more shows when it is read.
            let _ = passing.relay.resume(direction, held.fate);
        }
    }
}

fn interest(end: &End, reads: bool) -> Option<PollFd<'_>> {
    let read = if reads { PollFlags::IN } else { PollFlags::empty() };
    let write = if end.is_blocked() { PollFlags::OUT } else { PollFlags::empty() };
    (!(read | write).is_empty()).then_some(PollFd::from_borrowed_fd(end.poll_fd()?, read | write))
}
