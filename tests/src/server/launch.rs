//! A running server under test: one that was there before, or one the kit started with a socket of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use crate::case::Stop;
use crate::socket::{SocketError, Stream, wait_fd};
use crate::target::{Launch, Process, Running, Template, ending};

/// How long a started server has until it accepts connections.
pub(super) const START: Duration = Duration::from_secs(15);
/// The pace at which a starting server is tried. Nothing tells when a socket begins to listen.
const TRY: Duration = Duration::from_millis(5);
/// The name a server gets when the case does not care.
pub const NAME: &str = "conform-0";

/// Where the server under test comes from.
#[derive(Clone, Debug)]
pub enum Start {
    /// It listens already; the kit cannot restart it.
    Socket(PathBuf),
    /// The kit starts it: `{socket}` becomes a fresh path, `{name}` its last component. A command that mentions
    /// neither gets `WAYLAND_DISPLAY`.
    Command(Template),
}

/// Everything the kit has to know of a target.
#[derive(Clone, Debug)]
pub struct Target {
    /// How to get at it.
    pub start: Start,
    /// The command that lets it choose `wayland-0`, `wayland-1`, ... itself, if it can.
    pub automatic: Option<Template>,
    /// The command that lets it take listening sockets from `LISTEN_FDS` (sd_listen_fds(3)), if it can.
    pub activated: Option<Template>,
    /// The command that lets it refuse clients of other users before it reads from them, if it can.
    pub guarded: Option<Template>,
    /// The command that lets it listen at `{name}` in the abstract namespace, if it can.
    pub abstract_name: Option<Template>,
    /// The `conform` command, if there is one: a case needs a process that only connects. The kit does not start the
    /// program that it is part of, which may take the argument for something else.
    pub conform: Option<PathBuf>,
    /// How long each answer may take.
    pub patience: Duration,
}

impl Target {
    /// A target that can nothing special.
    #[must_use]
    pub fn new(start: Start, patience: Duration) -> Self {
        Self { start, automatic: None, activated: None, guarded: None, abstract_name: None, conform: None, patience }
    }
}

/// Why a target could not be brought up.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// It could not be run, or its directory not be made.
    #[error("cannot start the target: {0}")]
    Start(#[from] io::Error),
    /// It ended before it listened.
    #[error("the target ended with {ending} before it listened: {log}")]
    Ended {
        /// Its exit code or signal.
        ending: String,
        /// The end of its log.
        log: String,
    },
    /// It runs but does not listen.
    #[error("the target does not listen at {} after {} s", path.display(), START.as_secs())]
    Deaf {
        /// Where it should.
        path: PathBuf,
    },
    /// The socket cannot be connected to.
    #[error("cannot use the target's socket: {0}")]
    Socket(#[from] SocketError),
}

/// A server that accepts connections.
#[derive(Debug)]
pub struct Server {
    /// Its socket.
    pub path: PathBuf,
    /// The process that listens, which need not be the one the kit started.
    pub process: Process,
    /// The process the kit started.
    pub running: Option<Running>,
}

impl Server {
    /// Brings the target up.
    ///
    /// # Errors
    /// [`LaunchError`].
    pub fn start(start: &Start) -> Result<Self, LaunchError> {
        match start {
            Start::Socket(path) => {
                let process = listener(&Stream::connect(path)?)?;
                Ok(Self { path: path.clone(), process, running: None })
            }
            Start::Command(template) => Self::launch(Launch::prepare()?, template, NAME, |_| {}),
        }
    }

    /// Starts `template` in the directory of `launch` with the socket name `name`, after `adjust` had its way with the
    /// command, and waits until it accepts.
    ///
    /// # Errors
    /// [`LaunchError`].
    pub fn launch(
        launch: Launch,
        template: &Template,
        name: &str,
        adjust: impl FnOnce(&mut std::process::Command),
    ) -> Result<Self, LaunchError> {
        let path = launch.dir().join(name);
        let running = begin(launch, template, name, adjust)?;
        Self::await_listening(running, path)
    }

    /// Starts one more server under `name` in the directory of `launch`, for a case.
    ///
    /// # Errors
    /// [`Stop::Fail`] when it does not come up.
    pub fn start_at(launch: Launch, template: &Template, name: &str) -> Result<Self, Stop> {
        Self::launch(launch, template, name, |_| {}).map_err(|error| Stop::Fail(error.to_string()))
    }

    /// Waits until `running` accepts at `path`.
    ///
    /// # Errors
    /// [`LaunchError::Ended`] and [`LaunchError::Deaf`].
    pub fn await_listening(running: Running, path: PathBuf) -> Result<Self, LaunchError> {
        Self::await_connection(running, path, Stream::connect)
    }

    /// Waits until `connect` gets through to `path`.
    ///
    /// # Errors
    /// As [`Server::await_listening`].
    pub fn await_connection(
        mut running: Running,
        path: PathBuf,
        connect: impl Fn(&Path) -> Result<Stream, SocketError>,
    ) -> Result<Self, LaunchError> {
        let deadline = Instant::now() + START;
        loop {
            if let Ok(stream) = connect(&path) {
                let process = listener(&stream)?;
                return Ok(Self { path, process, running: Some(running) });
            }
            if let Some(status) = running.wait(Duration::ZERO)? {
                return Err(LaunchError::Ended { ending: ending(status), log: running.last_output() });
            }
            if Instant::now() > deadline {
                return Err(LaunchError::Deaf { path });
            }
            wait_fd(running.exit_fd(), PollFlags::IN, Instant::now() + TRY)?;
        }
    }

    /// How it ended, if it did or does within `patience`.
    pub fn exit_report(&mut self, patience: Duration) -> Option<String> {
        if let Some(running) = &mut self.running
            && let Ok(Some(status)) = running.wait(patience)
        {
            return Some(match status.code() {
                Some(101) => "a panic (exit code 101)".to_owned(),
                _ => ending(status),
            });
        }
        (!self.process.alive()).then(|| "it is gone".to_owned())
    }
}

/// Starts `template` without waiting for anything.
///
/// # Errors
/// When it cannot be run.
pub(super) fn begin(
    launch: Launch,
    template: &Template,
    name: &str,
    adjust: impl FnOnce(&mut std::process::Command),
) -> io::Result<Running> {
    let path = launch.dir().join(name);
    let path = path.to_string_lossy();
    let words = template.fill(&[("{socket}", &path), ("{name}", name)]);
    let mut launch = launch.words(&words);
    if !template.mentions("{socket}") && !template.mentions("{name}") {
        launch.command().env("WAYLAND_DISPLAY", name);
    }
    adjust(launch.command());
    launch.start()
}

/// The process behind the socket: its credentials are those of the listen call (`SO_PEERCRED`, unix(7)).
fn listener(stream: &Stream) -> Result<Process, SocketError> {
    Ok(Process::new(stream.peer()?.pid))
}

/// Whether anything listens at `path`.
#[must_use]
pub(super) fn accepts(path: &Path) -> bool {
    Stream::connect(path).is_ok()
}
