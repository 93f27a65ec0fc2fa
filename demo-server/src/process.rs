//! What belongs to the process that serves, beside the compositor: what it started, what it has still to do, and how it is
//! replaced. A successor takes it over.

use std::collections::{HashMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use calloop::RegistrationToken;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use rustix::time::{ClockId, clock_gettime};
use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};
use wayline::{ClientId, Stats, Traffic};

use crate::protocol::control::DemoControl;

/// Tells the program that it is a successor: the socket to its predecessor is its standard input.
pub(crate) const SUCCESSOR: &str = "--successor";

/// How long programs that were killed have to be gone.
const END: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// What belongs to the process that serves.
#[derive(Debug, Default)]
pub(crate) struct Process {
    /// Whether this is the process that serves: what the end of the server takes along is its business alone.
    pub(crate) serves: bool,
    /// How a successor is started; `None` for a server that has none.
    pub(crate) start: Option<Start>,
    /// The successor that is being started.
    pub(crate) attempt: Option<Attempt>,
    /// The upgrade that a state is written for, or came by.
    pub(crate) meeting: Option<Meeting>,
    /// Removed with its contents when the server ends.
    pub(crate) private: Option<PathBuf>,
    /// The programs that were started with the server, and end with it.
    pub(crate) children: Vec<OwnedFd>,
    /// Which interfaces are offered in which versions.
    pub(crate) offer: Vec<(String, u32)>,
    pub(crate) exit_at: Option<Instant>,
    pub(crate) screenshot: Option<Screenshot>,
    /// Lines of a script that have not been played yet, by their times.
    pub(crate) steps: VecDeque<(Instant, String)>,
    /// Where more lines come from.
    pub(crate) typed: Option<Typed>,
    /// What crossed the sockets of the processes that served before.
    pub(crate) before: Crossed,
    /// The same of each client that was there already. Goes over with the clients.
    pub(crate) before_of: HashMap<ClientId, Crossed>,
}

/// How this program was started.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    /// Its file, by the path that led to it.
    pub(crate) program: PathBuf,
    /// Without the one that makes a successor.
    pub(crate) arguments: Vec<OsString>,
}

/// A successor from its start to its first words.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) line: Arc<UnixStream>,
    /// Starts it: that may take as long as the file takes to be read.
    pub(crate) starter: JoinHandle<io::Result<Child>>,
    /// Whom to tell what became of it.
    pub(crate) asker: Option<DemoControl>,
    /// The sources of the loop that wait for it.
    pub(crate) sources: [RegistrationToken; 2],
    pub(crate) phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Starting,
    /// It has said something, or has ended.
    Heard,
    TooLate,
}

/// What a successor has to tell when it serves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meeting {
    pub(crate) asker: Option<DemoControl>,
    /// Since when nobody is served, in nanoseconds of the system's monotonic clock.
    pub(crate) since: u64,
    /// Bytes of the state.
    pub(crate) bytes: u64,
}

/// How long windows have to be there, or not to be there, until the screen is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screenshot {
    pub(crate) left: Duration,
    pub(crate) unseen: Duration,
}

/// What a script is read from while it is written.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) from: Arc<OwnedFd>,
    /// The beginning of a line.
    pub(crate) rest: Vec<u8>,
}

/// What crossed the sockets: messages, bytes and descriptors, each in and out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Crossed(pub(crate) [u64; 6]);

impl From<&Stats> for Crossed {
    fn from(stats: &Stats) -> Crossed {
        let Stats { messages_in, messages_out, bytes_in, bytes_out, fds_in, fds_out, .. } = *stats;
        Crossed([messages_in, messages_out, bytes_in, bytes_out, fds_in, fds_out])
    }
}

impl From<Traffic> for Crossed {
    fn from(traffic: Traffic) -> Crossed {
        let Traffic { messages_in, messages_out, bytes_in, bytes_out, fds_in, fds_out, .. } = traffic;
        Crossed([messages_in, messages_out, bytes_in, bytes_out, fds_in, fds_out])
    }
}

impl Crossed {
    /// With what crossed since.
    pub(crate) fn and(self, since: impl Into<Crossed>) -> Crossed {
        let (mut sum, Crossed(more)) = (self.0, since.into());
        sum.iter_mut().zip(more).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        Crossed(sum)
    }

    /// A line for each kind.
    pub(crate) fn lines(self) -> [String; 3] {
        let [messages_in, messages_out, bytes_in, bytes_out, fds_in, fds_out] = self.0;
        [
            format!("messages {messages_in} in {messages_out} out"),
            format!("bytes {bytes_in} in {bytes_out} out"),
            format!("fds {fds_in} in {fds_out} out"),
        ]
    }
}

impl Start {
    /// How this process was started. A link on the way to the file is kept as it is: it may lead to a newer one later.
    ///
    /// # Errors
    /// If the file of this program cannot be told.
    pub(crate) fn of_process(arguments: &[OsString]) -> io::Result<Start> {
        let own = std::env::current_exe()?;
        let program = arguments.first().and_then(|name| called(name)).filter(|path| is_same_file(path, &own));
        let arguments = arguments.iter().skip(1).filter(|argument| *argument != SUCCESSOR).cloned();
        Ok(Start { program: program.unwrap_or(own), arguments: arguments.collect() })
    }
}

/// The file that a shell would run by this name.
fn called(name: &OsStr) -> Option<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return std::path::absolute(name).ok();
    }
    let dirs = std::env::var_os("PATH")?;
    std::env::split_paths(&dirs).map(|dir| dir.join(name)).find(|path| path.is_file())
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// Nanoseconds of the clock that all processes of the system share.
pub(crate) fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

impl Process {
    /// The process that serves.
    pub(crate) fn serving() -> Process {
        let mut process = Process::default();
        process.serves = true;
        process
    }

    /// Starts a command that ends with the server.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn spawn(&mut self, command: &str, display: &str) -> io::Result<()> {
        let mut shell = Command::new("sh");
        let child = shell.arg("-c").arg(format!("exec {command}")).env("WAYLAND_DISPLAY", display).spawn()?;
        // Nobody has waited for it yet, so the number is still its own. Later only the descriptor is sure to mean it.
        self.children.push(pidfd_open(Pid::from_child(&child), PidfdFlags::empty())?);
        Ok(())
    }

    /// Ends the programs that were started with the server.
    pub(crate) fn end_children(&mut self) {
        for child in &self.children {
            // It may have ended by itself.
            let _ = pidfd_send_signal(child, Signal::KILL);
        }
        for child in self.children.drain(..) {
            let _ = poll(&mut [PollFd::new(&child, PollFlags::IN)], Some(&END));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.serves {
            return;
        }
        self.end_children();
        if let Some(dir) = &self.private {
            // What is left in it is not worth a word at the end.
            let _ = std::fs::remove_dir_all(dir);
        }
    }
}

/// A path, of whatever bytes.
fn path_of(bytes: Vec<u8>) -> PathBuf {
    OsString::from_vec(bytes).into()
}

wayline::carry!(struct Crossed(0));
wayline::carry!(struct Screenshot { left, unseen });
wayline::carry!(struct Meeting { asker, since, bytes });

impl Carry for Process {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        // All of it, or it does not compile. How it is started, and what becomes of that, is each process's own.
        let Process {
            serves: _,
            start: _,
            attempt: _,
            meeting,
            private,
            children,
            offer,
            exit_at,
            screenshot,
            steps,
            typed,
            before,
            before_of: _,
        } = self;
        let now = saver.now();
        let left = |due: &Instant| due.saturating_duration_since(now);
        saver.put(&private.as_ref().map(|path| path.as_os_str().as_bytes().to_vec()))?;
        saver.put(children)?;
        saver.put(offer)?;
        saver.put(&exit_at.as_ref().map(left))?;
        saver.put(screenshot)?;
        saver.put(&steps.iter().map(|(due, line)| (left(due), line.clone())).collect::<Vec<_>>())?;
        saver.put(&typed.is_some())?;
        if let Some(Typed { from, rest }) = typed {
            saver.put_fd(from)?;
            saver.put(rest)?;
        }
        saver.put(before)?;
        let bytes = saver.written() as u64;
        saver.put(&meeting.map(|meeting| Meeting { bytes, ..meeting }))
    }

    fn load(loader: &mut Loader<'_>) -> Result<Process, CarryError> {
        let now = loader.now();
        let at = |left: Duration| now.checked_add(left).ok_or(CarryError::Damaged { what: "a time that never comes" });
        let mut process = Process::default();
        process.private = loader.get::<Option<Vec<u8>>>()?.map(path_of);
        process.children = loader.get()?;
        process.offer = loader.get()?;
        process.exit_at = loader.get::<Option<Duration>>()?.map(at).transpose()?;
        process.screenshot = loader.get()?;
        for (left, line) in loader.get::<Vec<(Duration, String)>>()? {
            process.steps.push_back((at(left)?, line));
        }
        if loader.get()? {
            process.typed = Some(Typed { from: Arc::new(loader.get_fd()?), rest: loader.get()? });
        }
        process.before = loader.get()?;
        process.meeting = loader.get()?;
        Ok(process)
    }
}
