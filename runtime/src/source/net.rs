//! The epoll set of a server: listeners, clients, one timer.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags};

use crate::interface::ClientId;
use crate::io::listener::Listener;

/// Readiness reports taken from the kernel at once.
const EVENTS_PER_WAIT: usize = 128;

/// How often deadlines are looked at while there are any. Coarse, because they
/// are measured in seconds.
const TICK: Duration = Duration::from_millis(250);

/// Marks the tokens of listeners and of the timer; clients use their generation and index.
const LISTENER: u64 = 1 << 63;
const TIMER: u64 = u64::MAX;

/// What became ready.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ready {
    Listener(usize),
    Client { client: ClientId, readable: bool, writable: bool },
    Timer,
}

pub(crate) struct Net {
    epoll: OwnedFd,
    pub(crate) listeners: Vec<Listener>,
    events: Vec<epoll::Event>,
    /// Made at the start: when it is needed there may be no descriptor left.
    timer: OwnedFd,
    ticking: bool,
    /// Whether the listeners are out of the set because no descriptor is left.
    pub(crate) accepting: bool,
    /// Clients that owe us something, and since when.
    pub(crate) debtors: Vec<Debtor>,
}

/// A client that must act before a deadline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Debtor {
    pub(crate) client: ClientId,
    pub(crate) since: Instant,
    pub(crate) debt: Debt,
}

impl Debtor {
    /// Whether its time is up.
    pub(crate) fn is_due(&self, now: Instant, grace: Duration) -> bool {
        now.duration_since(self.since) >= grace
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Debt {
    /// Reading what waits for it.
    Read,
    /// Sending the message that its fds belong to.
    Claim,
}

impl Net {
    pub(crate) fn new() -> io::Result<Net> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags)?;
        epoll::add(&epoll, &timer, epoll::EventData::new_u64(TIMER), epoll::EventFlags::IN)?;
        Ok(Net {
            epoll,
            listeners: Vec::new(),
            events: Vec::with_capacity(EVENTS_PER_WAIT),
            timer,
            ticking: false,
            accepting: true,
            debtors: Vec::new(),
        })
    }

    pub(crate) fn add_listener(&mut self, listener: Listener) -> io::Result<()> {
        let token = epoll::EventData::new_u64(LISTENER | self.listeners.len() as u64);
        epoll::add(&self.epoll, &listener, token, epoll::EventFlags::IN)?;
        self.listeners.push(listener);
        Ok(())
    }

    pub(crate) fn watch(&self, fd: BorrowedFd<'_>, client: ClientId) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, fd, token(client), epoll::EventFlags::IN)?)
    }

    /// Changes what is waited for. Hang-ups are always reported.
    pub(crate) fn rewatch(&self, fd: BorrowedFd<'_>, client: ClientId, read: bool, write: bool) -> io::Result<()> {
        let mut flags = epoll::EventFlags::empty();
        flags.set(epoll::EventFlags::IN, read);
        flags.set(epoll::EventFlags::OUT, write);
        Ok(epoll::modify(&self.epoll, fd, token(client), flags)?)
    }

    /// Takes the listeners out of the set, or puts them back.
    pub(crate) fn set_accepting(&mut self, accepting: bool) -> io::Result<()> {
        if self.accepting != accepting {
            let flags = if accepting { epoll::EventFlags::IN } else { epoll::EventFlags::empty() };
            for (index, listener) in self.listeners.iter().enumerate() {
                let token = epoll::EventData::new_u64(LISTENER | index as u64);
                epoll::modify(&self.epoll, listener, token, flags)?;
            }
            self.accepting = accepting;
        }
        Ok(())
    }

    /// Waits until something is ready, at most `timeout`; forever if `None`.
    /// Returns how many reports there are; [`Net::ready`] tells them.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> io::Result<usize> {
        // A timeout beyond what the kernel can express is as good as none.
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        self.events.clear();
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), timeout.as_ref()) {
            Ok(count) => Ok(count),
            Err(rustix::io::Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the last wait filled its list, so that more may be ready.
    pub(crate) fn was_full(&self) -> bool {
        self.events.len() == EVENTS_PER_WAIT
    }

    /// The report at `index` of the last wait.
    pub(crate) fn ready(&self, index: usize) -> Option<Ready> {
        let event = self.events.get(index)?;
        let flags = event.flags;
        Some(match event.data.u64() {
            TIMER => Ready::Timer,
            token if token & LISTENER != 0 => Ready::Listener((token & !LISTENER) as usize),
            token => Ready::Client {
                client: ClientId::from_bits(token),
                readable: flags.intersects(epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR),
                // After a hang-up a flush fails, and what waits is dropped.
                writable: flags.intersects(epoll::EventFlags::OUT | epoll::EventFlags::HUP | epoll::EventFlags::ERR),
            },
        })
    }

    /// Notes that `client` owes something from now on; an older note stays.
    pub(crate) fn owe(&mut self, client: ClientId, debt: Debt) {
        if !self.debtors.iter().any(|debtor| debtor.client == client && debtor.debt == debt) {
            self.debtors.push(Debtor { client, since: Instant::now(), debt });
        }
    }

    /// How long `client` has not read what waits for it.
    pub(crate) fn stalled(&self, client: ClientId) -> Duration {
        let debtor = self.debtors.iter().find(|debtor| debtor.client == client && debtor.debt == Debt::Read);
        debtor.map(|debtor| debtor.since.elapsed()).unwrap_or_default()
    }

    /// Notes that `client` made progress.
    pub(crate) fn settle(&mut self, client: ClientId, debt: Debt) {
        self.debtors.retain(|debtor| debtor.client != client || debtor.debt != debt);
    }

    /// Starts or stops the timer according to whether anything has a deadline.
    pub(crate) fn set_timer(&mut self) -> io::Result<()> {
        let needed = !self.debtors.is_empty() || !self.accepting;
        if needed == self.ticking {
            return Ok(());
        }
        let tick = if needed { TICK } else { Duration::ZERO };
        let tick = Timespec { tv_sec: 0, tv_nsec: i64::from(tick.subsec_nanos()) };
        let times = Itimerspec { it_interval: tick, it_value: tick };
        rustix::time::timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &times)?;
        self.ticking = needed;
        Ok(())
    }

    /// Takes the timer's expiry, so that it is no longer ready.
    pub(crate) fn acknowledge_timer(&self) {
        // Would-block is possible after the timer was stopped, and is no matter.
        let _ = rustix::io::read(&self.timer, &mut [0; 8]);
    }
}

impl AsFd for Net {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

fn token(client: ClientId) -> epoll::EventData {
    // Generations would have to pass 2³¹ to be taken for listeners; see `Core`.
    epoll::EventData::new_u64(client.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debt_is_due_when_its_grace_is_over() {
        let since = Instant::now();
        let debtor = Debtor { client: ClientId::first(0), since, debt: Debt::Claim };
        let grace = Duration::from_secs(5);
        assert!(!debtor.is_due(since + grace - Duration::from_nanos(1), grace));
        assert!(debtor.is_due(since + grace, grace));
        assert!(debtor.is_due(since, Duration::ZERO));
    }
}
