//! The poll set of a server: listeners, clients, one timer, and deadlines.

use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags};

use super::listener::Listener;
use super::waker::Waker;
use crate::conn::Wake;
use crate::handle::{ClientId, GlobalId, ListenerId};

/// Readiness reports taken from the kernel at once.
const EVENTS_PER_WAIT: usize = 128;

/// How often deadlines are looked at while there are any. Coarse, because they
/// are measured in seconds.
pub(crate) const TICK: Duration = Duration::from_millis(250);

/// Marks the tokens of listeners, of the timer and of the waker; those of clients are smaller.
const LISTENER: u64 = 1 << 63;
const TIMER: u64 = u64::MAX;
const WAKER: u64 = u64::MAX - 1;

/// What became ready.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ready {
    Listener(ListenerId),
    Client {
        client: ClientId,
        readable: bool,
        writable: bool,
    },
    Timer,
    /// Work that is in this process already.
    Waker,
}

pub(crate) struct PollSet {
    epoll: OwnedFd,
    pub(crate) listeners: Vec<Listener>,
    /// What the last wait reported: tokens and flags. The kernel's own list could hold pointers, so it is bound to a thread.
    events: Vec<(u64, epoll::EventFlags)>,
    /// Made at the start, as the waker: when they are needed there may be no descriptor left.
    timer: OwnedFd,
    ticking: bool,
    /// Readable while there is work that no socket tells of, so that an outer loop comes back for it.
    waker: Waker,
    awake: bool,
    /// Whether the listeners are out of the set because no descriptor is left.
    accepting: bool,
    /// Whether the log has it that no descriptor is left.
    pub(crate) exhausted: bool,
    /// What clients must do before a deadline, and since when.
    deadlines: HashMap<(ClientId, Task), Instant>,
}

/// What a client must do before a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Task {
    /// Read what waits for it.
    Read,
    /// Send the message that its fds belong to.
    ConsumeFds,
    /// Nothing: this user is to have fewer fds in flight, so that what waits for the client can be sent (D15).
    SendFds,
    /// Acknowledge that a global was removed. For all clients together, as one of [`ClientId::NOBODY`].
    Acknowledge(GlobalId),
}

impl Task {
    /// What one client can have to do.
    pub(crate) const OF_CLIENTS: [Task; 3] = [Task::Read, Task::ConsumeFds, Task::SendFds];
}

impl PollSet {
    pub(crate) fn new() -> io::Result<PollSet> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags)?;
        epoll::add(&epoll, &timer, epoll::EventData::new_u64(TIMER), epoll::EventFlags::IN)?;
        let waker = Waker::in_set(&epoll, WAKER)?;
        Ok(PollSet {
            epoll,
            listeners: Vec::new(),
            events: Vec::with_capacity(EVENTS_PER_WAIT),
            timer,
            ticking: false,
            waker,
            awake: false,
            accepting: true,
            exhausted: false,
            deadlines: HashMap::new(),
        })
    }

    pub(crate) fn add_listener(&mut self, listener: Listener) -> io::Result<ListenerId> {
        let index = self.listeners.len();
        if self.accepting {
            self.watch_listener(index, &listener)?;
        }
        self.listeners.push(listener);
        Ok(ListenerId::of(index))
    }

    /// Exclusively: of several servers with one listener the kernel wakes one for a client (EPOLLEXCLUSIVE, Linux 4.5).
    fn watch_listener(&self, index: usize, listener: &Listener) -> io::Result<()> {
        let token = epoll::EventData::new_u64(LISTENER | index as u64);
        Ok(epoll::add(&self.epoll, listener, token, epoll::EventFlags::IN | epoll::EventFlags::EXCLUSIVE)?)
    }

    /// A waker for other threads.
    pub(crate) fn new_waker(&self) -> io::Result<Waker> {
        Waker::in_set(&self.epoll, WAKER)
    }

    pub(crate) fn add_client(&self, fd: BorrowedFd<'_>, client: ClientId) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, fd, token(client), epoll::EventFlags::IN)?)
    }

    /// Waits for a client no more. Its socket may stay open elsewhere, so closing it is not enough.
    pub(crate) fn remove_client(&mut self, fd: Option<BorrowedFd<'_>>, client: ClientId) -> io::Result<()> {
        self.deadlines.retain(|(of, _), _| *of != client);
        fd.map_or(Ok(()), |fd| Ok(epoll::delete(&self.epoll, fd)?))
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
        if self.accepting == accepting {
            return Ok(());
        }
        for (index, listener) in self.listeners.iter().enumerate() {
            // What is watched exclusively cannot be modified.
            match accepting {
                true => self.watch_listener(index, listener)?,
                false => epoll::delete(&self.epoll, listener)?,
            }
        }
        self.accepting = accepting;
        Ok(())
    }

    /// Takes the listeners out of the set until the next tick.
    #[cold]
    pub(crate) fn pause_accepting(&mut self, reason: &dyn std::fmt::Display) -> io::Result<()> {
        if !std::mem::replace(&mut self.exhausted, true) {
            tracing::warn!("cannot accept clients for the moment: {reason}");
        }
        self.set_accepting(false)
    }

    /// Waits until something is ready, at most `timeout`; forever if `None`.
    /// Returns how many reports there are; [`Net::ready`] tells them.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> io::Result<usize> {
        // A timeout beyond what the kernel can express is as good as none.
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        self.events.clear();
        let mut reports = [const { MaybeUninit::uninit() }; EVENTS_PER_WAIT];
        match epoll::wait(&self.epoll, &mut reports, timeout.as_ref()) {
            Ok((ready, _)) => self.events.extend(ready.iter().map(|report| (report.data.u64(), report.flags))),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(self.events.len())
    }

    /// Whether the last wait filled its list, so that more may be ready.
    pub(crate) fn was_full(&self) -> bool {
        self.events.len() == EVENTS_PER_WAIT
    }

    /// The report at `index` of the last wait.
    pub(crate) fn ready(&self, index: usize) -> Option<Ready> {
        let &(token, flags) = self.events.get(index)?;
        Some(match token {
            TIMER => Ready::Timer,
            WAKER => Ready::Waker,
            token if token & LISTENER != 0 => Ready::Listener(ListenerId::of((token & !LISTENER) as usize)),
            token => Ready::Client {
                client: ClientId::from_bits(token),
                readable: flags.intersects(epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR),
                // After a hang-up a flush fails, and what waits is dropped.
                writable: flags.intersects(epoll::EventFlags::OUT | epoll::EventFlags::HUP | epoll::EventFlags::ERR),
            },
        })
    }

    /// Sets a deadline that begins now, unless there is one already.
    pub(crate) fn arm(&mut self, client: ClientId, task: Task) {
        self.deadlines.entry((client, task)).or_insert_with(Instant::now);
    }

    /// As [`PollSet::arm`], for a deadline that began earlier.
    pub(crate) fn arm_since(&mut self, client: ClientId, task: Task, since: Instant) {
        self.deadlines.insert((client, task), since);
    }

    /// Has all deadlines begin later: so long nobody was served.
    pub(crate) fn forgive(&mut self, frozen: Duration) {
        let now = Instant::now();
        for since in self.deadlines.values_mut() {
            *since = (*since + frozen).min(now);
        }
    }

    /// Drops a deadline: the client did something.
    pub(crate) fn cancel(&mut self, client: ClientId, task: Task) {
        self.deadlines.remove(&(client, task));
    }

    /// Since when a client has a deadline for something.
    pub(crate) fn armed_since(&self, client: ClientId, task: Task) -> Option<Instant> {
        self.deadlines.get(&(client, task)).copied()
    }

    /// How long `client` has not read what waits for it.
    pub(crate) fn stalled(&self, client: ClientId) -> Duration {
        self.armed_since(client, Task::Read).map(|since| since.elapsed()).unwrap_or_default()
    }

    /// Asks about each deadline, with the time since it began, whether to keep it.
    pub(crate) fn retain_deadlines(&mut self, mut keep: impl FnMut(ClientId, Task, Duration) -> bool) {
        let now = Instant::now();
        self.deadlines.retain(|&(client, task), since| keep(client, task, now.duration_since(*since)));
    }

    /// Has the set readable as long as there is work that no socket tells of.
    pub(crate) fn set_awake(&mut self, awake: bool) {
        if self.awake != awake {
            self.awake = awake;
            match awake {
                true => self.waker.wake(),
                false => self.waker.clear(),
            }
        }
    }

    /// Starts or stops the timer according to whether anything has a deadline.
    pub(crate) fn set_timer(&mut self) -> io::Result<()> {
        let needed = !self.deadlines.is_empty() || !self.accepting;
        if needed == self.ticking {
            return Ok(());
        }
        set_timer(&self.timer, needed.then_some(TICK), if needed { TICK } else { Duration::ZERO })?;
        self.ticking = needed;
        Ok(())
    }

    /// Takes the timer's expiry, so that it is no longer ready.
    pub(crate) fn acknowledge_timer(&self) {
        // Would-block is possible after the timer was stopped, and is no matter.
        let _ = rustix::io::read(&self.timer, &mut [0; 8]);
    }
}

impl AsFd for PollSet {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

fn token(client: ClientId) -> epoll::EventData {
    epoll::EventData::new_u64(client.to_bits())
}

/// The poll set of a client: its socket, and a timer while it has to try again, so that neither needs a word with an
/// outer loop.
pub(crate) struct ClientSet {
    epoll: OwnedFd,
    /// Made when it is first needed.
    timer: Option<OwnedFd>,
    write: bool,
    retry: bool,
}

impl ClientSet {
    pub(crate) fn new(socket: BorrowedFd<'_>) -> io::Result<ClientSet> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, socket, epoll::EventData::new_u64(0), epoll::EventFlags::IN)?;
        Ok(ClientSet { epoll, timer: None, write: false, retry: false })
    }

    /// A waker for other threads.
    pub(crate) fn new_waker(&self) -> io::Result<Waker> {
        Waker::in_set(&self.epoll, 0)
    }

    /// Waits for writability if `write`, and for a tick to pass from now if `retry`.
    pub(crate) fn watch(&mut self, socket: BorrowedFd<'_>, write: bool, retry: bool) -> io::Result<()> {
        if self.write != write {
            let mut flags = epoll::EventFlags::IN;
            flags.set(epoll::EventFlags::OUT, write);
            epoll::modify(&self.epoll, socket, epoll::EventData::new_u64(0), flags)?;
            self.write = write;
        }
        if !self.retry && !retry {
            return Ok(());
        }
        self.retry = retry;
        let timer = match &mut self.timer {
            Some(timer) => timer,
            none => {
                let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
                let timer = rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags)?;
                epoll::add(&self.epoll, &timer, epoll::EventData::new_u64(0), epoll::EventFlags::IN)?;
                none.insert(timer)
            }
        };
        // Also takes back that it has expired.
        set_timer(timer, retry.then_some(TICK), Duration::ZERO)
    }
}

impl AsFd for ClientSet {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

/// Has a timer expire after a time, never if there is none, and then at each interval unless that is zero.
fn set_timer(timer: &OwnedFd, first: Option<Duration>, interval: Duration) -> io::Result<()> {
    let spec = |time: Duration| Timespec { tv_sec: 0, tv_nsec: i64::from(time.subsec_nanos()) };
    let times = Itimerspec { it_interval: spec(interval), it_value: spec(first.unwrap_or_default()) };
    Ok(rustix::time::timerfd_settime(timer, TimerfdTimerFlags::empty(), &times).map(drop)?)
}
