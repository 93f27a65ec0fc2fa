//! Starting a target and ending it with everything it started.
//!
//! A target runs in its own process group and its own private runtime directory (0700), writes its output to a log
//! there, and is ended when its [`Running`] is dropped.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::process::{Pid, PidfdFlags, Signal};
use tempfile::TempDir;

use super::Process;
use crate::socket::wait_fd;

/// How long a target has to leave after SIGTERM before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// A command line with `{...}` placeholders.
#[derive(Clone, Debug)]
pub struct Template {
    words: Vec<String>,
}

impl Template {
    /// A template of these words: the program, then its arguments. A relative path of
    /// a program counts from the current directory, wherever the target is started.
    ///
    /// # Errors
    /// When there is no word, or no current directory.
    pub fn new(mut words: Vec<String>) -> io::Result<Self> {
        let Some(program) = words.first_mut() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "an empty command"));
        };
        if program.contains('/') {
            *program = std::path::absolute(&*program)?.to_string_lossy().into_owned();
        }
        Ok(Self { words })
    }

    /// A template split at white space, without quoting.
    ///
    /// # Errors
    /// As [`Template::new`].
    pub fn parse(line: &str) -> io::Result<Self> {
        Self::new(line.split_whitespace().map(str::to_owned).collect())
    }

    /// Whether any word contains `placeholder`.
    #[must_use]
    pub fn mentions(&self, placeholder: &str) -> bool {
        self.words.iter().any(|word| word.contains(placeholder))
    }

    /// The words with each placeholder replaced.
    #[must_use]
    pub fn fill(&self, values: &[(&str, &str)]) -> Vec<String> {
        let fill = |word: &String| values.iter().fold(word.clone(), |word, (name, value)| word.replace(name, value));
        self.words.iter().map(fill).collect()
    }

    /// As one line, for people.
    #[must_use]
    pub fn line(&self) -> String {
        self.words.join(" ")
    }
}

/// A target about to be started.
#[derive(Debug)]
pub struct Launch {
    command: Command,
    dir: Rc<TempDir>,
    log: PathBuf,
}

impl Launch {
    /// Prepares a private directory. Nothing of the kit's own Wayland environment is handed on.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn prepare() -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("conform-").tempdir()?;
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700))?;
        let log = dir.path().join("log");
        Ok(Self { command: Command::new("false"), dir: Rc::new(dir), log })
    }

    /// Prepares a second target in the directory of this one. It gets a log of its own.
    #[must_use]
    pub fn another(&self) -> Self {
        let log = self.dir.path().join("log-of-another");
        Self { command: Command::new("false"), dir: Rc::clone(&self.dir), log }
    }

    /// The private directory, which is also the target's `XDG_RUNTIME_DIR`.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Sets the command line. Environment set before is lost.
    #[must_use]
    pub fn words(mut self, words: &[String]) -> Self {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env("XDG_RUNTIME_DIR", self.dir.path());
        for name in ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
            command.env_remove(name);
        }
        self.command = command;
        self
    }

    /// Access to the command for environment, uid, working directory.
    pub fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Starts it with its output in the log and no input.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub fn start(mut self) -> io::Result<Running> {
        let log = self.log()?;
        self.command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.spawn()
    }

    /// Starts it with its stdin and stdout connected to the kit, its stderr in the log.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub fn start_talking(mut self) -> io::Result<Running> {
        let log = self.log()?;
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        self.spawn()
    }

    /// Starts it as a service manager would (sd_listen_fds(3)): `fds` become 3, 4, ... and `LISTEN_PID` is its own pid, or
    /// another one if `wrong_pid`. A shell in between does the numbering, because the pid is known only there.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub fn start_activated(mut self, fds: Vec<OwnedFd>, wrong_pid: bool) -> io::Result<Running> {
        const PREPARE: &str = r#"exec 3<&0 4>&1 0</dev/null 1>&2; export LISTEN_PID=$(( $$ + wrong )) LISTEN_FDS=$count; unset count wrong; exec "$@""#;
        let log = self.log()?;
        let mut shell = Command::new("sh");
        shell.args(["-c", PREPARE, "sh"]).arg(self.command.get_program()).args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.env("count", fds.len().to_string()).env("wrong", if wrong_pid { "1" } else { "0" });
        let mut fds = fds.into_iter();
        let slot = |fd: Option<OwnedFd>| fd.map_or_else(Stdio::null, Stdio::from);
        shell.stdin(slot(fds.next())).stdout(slot(fds.next())).stderr(log);
        self.command = shell;
        self.spawn()
    }

    fn log(&self) -> io::Result<File> {
        File::create(&self.log)
    }

    fn spawn(mut self) -> io::Result<Running> {
        let mut child = self.command.process_group(0).spawn()?;
        let pid = Pid::from_child(&child);
        let exit = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        Ok(Running { child, exit, stdin, stdout, dir: self.dir, log: self.log })
    }
}

/// A started target.
#[derive(Debug)]
pub struct Running {
    child: Child,
    exit: OwnedFd,
    dir: Rc<TempDir>,
    log: PathBuf,
    /// Its input, if it was started talking.
    pub stdin: Option<ChildStdin>,
    /// Its output, if it was started talking.
    pub stdout: Option<ChildStdout>,
}

impl Running {
    /// It, seen from outside.
    #[must_use]
    pub fn process(&self) -> Process {
        Process::new(Pid::from_child(&self.child))
    }

    /// The private directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A path in the private directory.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Readable once the process has ended.
    #[must_use]
    pub fn exit_fd(&self) -> BorrowedFd<'_> {
        self.exit.as_fd()
    }

    /// Waits for the line `ready PATH`, by which a server says that clients can connect at that path, and returns the
    /// path. For a target that was started talking.
    ///
    /// # Errors
    /// When it prints something else first, ends, or prints no line within `patience`.
    pub fn ready(&mut self, patience: Duration) -> io::Result<PathBuf> {
        let deadline = Instant::now() + patience;
        let output = self.stdout.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let mut line = Vec::new();
        // What comes behind the line is left to the caller.
        while line.last() != Some(&b'\n') {
            if !wait_fd(output.as_fd(), PollFlags::IN, deadline).map_err(io::Error::other)? {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let mut byte = [0];
            output.read_exact(&mut byte)?;
            line.extend(byte);
        }
        let line = String::from_utf8_lossy(&line);
        let path = line.trim_end().strip_prefix("ready ").map(PathBuf::from);
        path.ok_or_else(|| io::Error::other(format!("it says `{}`", line.trim_end())))
    }

    /// Waits for its end. `None` if it still runs after `patience`.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn wait(&mut self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        if !wait_fd(self.exit.as_fd(), PollFlags::IN, Instant::now() + patience).map_err(io::Error::other)? {
            return Ok(None);
        }
        self.child.wait().map(Some)
    }

    /// Asks it to leave with SIGTERM, and kills it when it does not. Returns its status, and whether it had to be
    /// killed.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn terminate(&mut self) -> io::Result<(ExitStatus, bool)> {
        if self.wait(Duration::ZERO)?.is_none() {
            self.process().signal(Signal::TERM)?;
        }
        if let Some(status) = self.wait(GRACE)? {
            return Ok((status, false));
        }
        self.child.kill()?;
        Ok((self.child.wait()?, true))
    }

    /// Everything it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The last lines of its log, for reports.
    #[must_use]
    pub fn last_output(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(3)..].join(" | ")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A failure here means that it is gone already, which is what is wanted.
        let _ = self.terminate();
        let _ = rustix::process::kill_process_group(Pid::from_child(&self.child), Signal::KILL);
    }
}

/// Whether a program is installed; says so if it is not.
#[must_use]
pub fn installed(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", "command -v \"$0\"", program]).output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}

/// How a process ended, for people.
#[must_use]
pub fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "an unknown end".to_owned(),
    }
}
