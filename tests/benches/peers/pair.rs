//! Processes: a server and a client of one library, pinned, and their rounds.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::memory::Case;
use crate::peer::Library;
use crate::pixels::Show;
use crate::rounds::Sample;
use crate::work::{Step, Work};

/// Why a measurement came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A process could not be started or spoken to.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// A process ended early.
    #[error("{who} ended with {status}")]
    Ended {
        /// Which.
        who: String,
        /// How.
        status: ExitStatus,
    },
    /// A process said something else than three numbers.
    #[error("{who} reported `{line}`")]
    Report {
        /// Which.
        who: String,
        /// What it said.
        line: String,
    },
}

impl Failure {
    /// For `map_err`.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Failure {
        let what = what.into();
        |source| Failure::Io { what, source }
    }
}

/// On which processors the two processes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cores {
    /// Both on the same.
    One,
    /// Each on its own, where there are two.
    Two,
}

/// Where the programs of the libraries are.
#[derive(Debug)]
pub(crate) struct Programs {
    this: PathBuf,
    /// Absent if there is no compiler, or no libwayland.
    libwayland: Option<PathBuf>,
}

impl Programs {
    pub(crate) fn new(libwayland: Option<PathBuf>) -> Result<Programs, Failure> {
        let this = std::env::current_exe().map_err(Failure::io("finding this program"))?;
        Ok(Programs { this, libwayland })
    }

    /// The libraries that can be measured.
    pub(crate) fn libraries(&self) -> Vec<Library> {
        let present = |library: &Library| *library != Library::Libwayland || self.libwayland.is_some();
        Library::ALL.into_iter().filter(present).collect()
    }

    /// Starts a server that listens at `path` and never ends.
    pub(crate) fn listen(&self, library: Library, path: &Path) -> Result<Listening, Failure> {
        let mut server = self.command(library, "serve", &[]);
        server.arg(path).stdin(Stdio::null()).stdout(Stdio::null());
        let server = pinned(0, || server.spawn()).map_err(Failure::io(format!("starting {server:?}")))?;
        let mut server = Listening { process: server, path: path.to_owned() };
        while let Err(error) = UnixStream::connect(path) {
            let who = || format!("the server of {}", library.name());
            if let Some(status) = server.process.try_wait().map_err(Failure::io(who()))? {
                return Err(Failure::Ended { who: who(), status });
            }
            if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) {
                return Err(Failure::Io { what: who(), source: error });
            }
            std::thread::yield_now();
        }
        Ok(server)
    }

    /// A command for one role, `wrapper` (such as valgrind and its options) in front.
    pub(crate) fn command(&self, library: Library, role: &str, wrapper: &[String]) -> Command {
        let mut words: Vec<std::ffi::OsString> = wrapper.iter().map(Into::into).collect();
        match &self.libwayland {
            Some(program) if library == Library::Libwayland => {
                words.push(program.into());
                words.push(role.into());
            }
            _ => {
                words.push((&self.this).into());
                words.push(role.into());
                words.push(library.word().into());
            }
        }
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        if library == Library::Wayrs {
            // It takes connections from the environment only.
            command.env("WAYLAND_SOCKET", "0");
        }
        command
    }
}

/// A server that listens; ends when dropped.
#[derive(Debug)]
pub(crate) struct Listening {
    process: Child,
    path: PathBuf,
}

impl Listening {
    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // Nothing of it is of use any more, so neither are its failures.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(&self.path);
    }
}

/// How long a round may take before its processes count as broken.
const PATIENCE: Duration = Duration::from_secs(120);

/// A client and its server, ready for rounds.
#[derive(Debug)]
pub(crate) struct Pair {
    /// What they do, for messages.
    what: String,
    client: Child,
    /// Absent if it is a [`Listening`] one.
    server: Option<Child>,
    control: BufReader<UnixStream>,
}

/// What stands in front of the commands of a pair.
#[derive(Debug, Default)]
pub(crate) struct Wrappers {
    /// Of the client.
    pub(crate) client: Vec<String>,
    /// Of the server.
    pub(crate) server: Vec<String>,
}

impl Pair {
    /// Starts both processes, connected by a socket pair.
    pub(crate) fn start(
        programs: &Programs,
        library: Library,
        work: Work,
        step: Step,
        cores: Cores,
        wrappers: &Wrappers,
    ) -> Result<Pair, Failure> {
        let (near, far) = UnixStream::pair().map_err(Failure::io("making a socket pair"))?;
        let server = programs.command(library, "serve", &wrappers.server);
        let mut client = programs.command(library, "drive", &wrappers.client);
        client.arg(work.to_string()).arg(step.word());
        let what = format!("{}, {work}", library.name());
        Pair::spawn(what, client, near.into(), Some((server, far.into())), cores)
    }

    /// Starts a client and a server of wl-proxy's messages at the two ends of what may be a proxy.
    pub(crate) fn between(
        programs: &Programs,
        work: Work,
        step: Step,
        near: OwnedFd,
        far: OwnedFd,
    ) -> Result<Pair, Failure> {
        let server = programs.command(Library::WlProxy, "serve", &[]);
        let mut client = programs.command(Library::WlProxy, "drive", &[]);
        client.arg(work.to_string()).arg(step.word());
        Pair::spawn(format!("{work} by way of a proxy"), client, near, Some((server, far)), Cores::Two)
    }

    /// Starts a pair that moves bytes through raw sockets.
    pub(crate) fn raw(programs: &Programs, what: &str, near: OwnedFd, far: OwnedFd) -> Result<Pair, Failure> {
        let command = |role| {
            let mut command = Command::new(&programs.this);
            command.arg(role);
            command
        };
        Pair::spawn(what.to_owned(), command("pump"), near, Some((command("drain"), far)), Cores::Two)
    }

    /// Starts a client that visits the server at `path` again and again.
    pub(crate) fn visit(programs: &Programs, library: Library, path: &Path) -> Result<Pair, Failure> {
        let mut client = programs.command(library, "visit", &[]);
        client.arg(path);
        Pair::alone(format!("{}, visits", library.name()), client)
    }

    /// Starts a process that is both sides: its messages come from memory. It is reported as the client.
    pub(crate) fn memory(
        programs: &Programs,
        library: Library,
        case: Case,
        wrapper: &[String],
    ) -> Result<Pair, Failure> {
        let mut receiver = programs.command(library, "receive", wrapper);
        receiver.arg(case.word());
        Pair::alone(format!("{}, {} in memory", library.name(), case.word()), receiver)
    }

    /// Starts a client that shows frames on a compositor, which is a process of its own.
    pub(crate) fn draw(
        programs: &Programs,
        show: Show,
        name: &str,
        socket: &Path,
        compositor: u32,
    ) -> Result<Pair, Failure> {
        let mut client = Command::new(&programs.this);
        client.args(["draw", &show.word()]).arg(socket).arg(compositor.to_string());
        Pair::alone(format!("{name}, {}", show.title()), client)
    }

    /// Starts a process that copies pixels.
    pub(crate) fn copy(programs: &Programs) -> Result<Pair, Failure> {
        let mut command = Command::new(&programs.this);
        command.arg("copy");
        Pair::alone("copying".to_owned(), command)
    }

    /// Starts a client without a server of its own.
    fn alone(what: String, client: Command) -> Result<Pair, Failure> {
        let nothing = std::fs::File::open("/dev/null").map_err(Failure::io("opening /dev/null"))?;
        Pair::spawn(what, client, nothing.into(), None, Cores::Two)
    }

    fn spawn(
        what: String,
        mut client: Command,
        near: OwnedFd,
        server: Option<(Command, OwnedFd)>,
        cores: Cores,
    ) -> Result<Pair, Failure> {
        let (control, line) = UnixStream::pair().map_err(Failure::io("making a socket pair"))?;
        control.set_read_timeout(Some(PATIENCE)).map_err(Failure::io("setting a timeout"))?;
        let start = |cpu: usize, command: &mut Command| {
            pinned(cpu, || command.spawn()).map_err(Failure::io(format!("starting {command:?}")))
        };
        let server = match server {
            Some((mut server, far)) => Some(start(0, server.stdin(far).stdout(Stdio::null()))?),
            None => None,
        };
        let cpu = if cores == Cores::One { 0 } else { 1 };
        let client = start(cpu, client.stdin(near).stdout(OwnedFd::from(line)))?;
        Ok(Pair { what, client, server, control: BufReader::new(control) })
    }

    /// Does one round of `count` messages.
    pub(crate) fn round(&mut self, count: u32) -> Result<Sample, Failure> {
        let who = || format!("the client of {}", self.what);
        writeln!(self.control.get_mut(), "{count}").map_err(Failure::io(who()))?;
        let mut line = String::new();
        self.control.read_line(&mut line).map_err(Failure::io(who()))?;
        if line.is_empty() {
            let status = self.client.wait().map_err(Failure::io(who()))?;
            return Err(Failure::Ended { who: who(), status });
        }
        let mut numbers = line.split_whitespace().map_while(|word| word.parse().ok());
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(client), Some(server), Some(wall)) => Ok(Sample { client, server, wall }),
            _ => Err(Failure::Report { who: who(), line }),
        }
    }

    /// How often the two processes have slept: client, server.
    pub(crate) fn sleeps(&self) -> (u64, u64) {
        (sleeps(self.client.id()), self.server.as_ref().map_or(0, |server| sleeps(server.id())))
    }

    /// Ends both and waits for them.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let who = |side| format!("the {side} of {}", self.what);
        // The end of the control line ends the client, that of the connection the server.
        self.control.get_ref().shutdown(std::net::Shutdown::Both).map_err(Failure::io(who("client")))?;
        let server = self.server.iter_mut().map(|server| ("server", server));
        for (side, child) in [("client", &mut self.client)].into_iter().chain(server) {
            let status = child.wait().map_err(Failure::io(who(side)))?;
            if !status.success() {
                return Err(Failure::Ended { who: who(side), status });
            }
        }
        Ok(())
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for child in [&mut self.client].into_iter().chain(&mut self.server) {
            // Both have ended already unless something failed.
            if let Ok(None) = child.try_wait() {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

/// Runs `start` on one processor, so that the child it makes stays there.
pub(crate) fn pinned<T>(cpu: usize, start: impl FnOnce() -> T) -> T {
    let Ok(before) = sched_getaffinity(None) else { return start() };
    let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&cpu| before.is_set(cpu)).collect();
    let mut one = CpuSet::new();
    one.set(allowed[cpu % allowed.len()]);
    // Without permission to choose, figures are a little less steady.
    let chosen = sched_setaffinity(None, &one).is_ok();
    let result = start();
    if chosen {
        let _ = sched_setaffinity(None, &before);
    }
    result
}

/// Voluntary context switches of a process so far.
fn sleeps(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}
