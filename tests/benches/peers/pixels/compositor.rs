//! The compositors, each headless in a directory of its own.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::geteuid;
use tempfile::TempDir;

use super::SCREEN;
use crate::count::is_installed;
use crate::pair::{Failure, pinned};

/// How long a compositor may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who sway runs as, since it refuses to be root's.
const NOBODY: u32 = 12345;

/// A program that composes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Weston,
    Sway,
    Wayline,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Weston, Kind::Sway, Kind::Wayline];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Weston => "weston",
            Kind::Sway => "sway",
            Kind::Wayline => "demo-server",
        }
    }

    /// What it says of its version.
    pub(crate) fn version(self) -> Option<String> {
        if self == Kind::Wayline {
            return Some(self.name().to_owned());
        }
        let output = Command::new(self.name()).arg("--version").output().ok()?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    }

    /// Why it cannot be measured here.
    fn missing(self) -> Option<String> {
        let needed: &[&str] = match self {
            Kind::Weston => &["weston"],
            Kind::Sway => &["sway", "setpriv"],
            Kind::Wayline => &[],
        };
        let missing = needed.iter().find(|program| !is_installed(program))?;
        Some(format!("{}: {missing} is not installed", self.name()))
    }

    fn command(self, dir: &Path, demo_server: &Path) -> Result<Command, Failure> {
        let (width, height) = SCREEN;
        let mut command = match self {
            Kind::Weston => {
                let mut command = Command::new("weston");
                command.args(["--backend=headless-backend.so", "--use-pixman", "--socket=wayland-1", "--idle-time=0"]);
                command.args([format!("--width={width}"), format!("--height={height}")]);
                command
            }
            Kind::Sway => {
                let config = dir.join("sway.conf");
                let text = format!("output * resolution {width}x{height}\nxwayland disable\ndefault_border none\n");
                fs::write(&config, text).map_err(Failure::io("configuring sway"))?;
                let mut command = Command::new("sway");
                if geteuid().is_root() {
                    chown(dir, Some(NOBODY), Some(NOBODY)).map_err(Failure::io("giving sway its directory"))?;
                    command = Command::new("setpriv");
                    let id = NOBODY.to_string();
                    // It becomes sway, and so has sway's process id.
                    command.args(["--reuid", &id, "--regid", &id, "--clear-groups", "--", "sway"]);
                }
                command.arg("-c").arg(config);
                command
            }
            Kind::Wayline => {
                let mut command = Command::new(demo_server);
                command.args(["--headless", "--size", &format!("{width}x{height}")]);
                command.arg("--socket").arg(dir.join("wayland-1"));
                command
            }
        };
        command
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .env_remove("DISPLAY")
            .env("XDG_RUNTIME_DIR", dir)
            .env("XDG_CONFIG_HOME", dir)
            .env("HOME", dir)
            .env("WLR_BACKENDS", "headless")
            .env("WLR_RENDERER", "pixman")
            .env("WLR_LIBINPUT_NO_DEVICES", "1");
        Ok(command)
    }
}

/// A running compositor; ends when dropped.
#[derive(Debug)]
pub(crate) struct Compositor {
    pub(crate) kind: Kind,
    process: Child,
    socket: PathBuf,
    _dir: TempDir,
}

impl Compositor {
    /// Starts one and waits until it listens.
    pub(crate) fn start(kind: Kind, demo_server: &Path) -> Result<Compositor, Failure> {
        let dir = tempfile::tempdir().map_err(Failure::io("making a directory"))?;
        let mut command = kind.command(dir.path(), demo_server)?;
        let log = fs::File::create(dir.path().join("log")).map_err(Failure::io("making a log"))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let process = pinned(0, || command.spawn()).map_err(Failure::io(format!("starting {}", kind.name())))?;
        let mut compositor = Compositor { kind, process, socket: PathBuf::new(), _dir: dir };
        compositor.wait()?;
        Ok(compositor)
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    fn wait(&mut self) -> Result<(), Failure> {
        let who = || self.kind.name().to_owned();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let files = fs::read_dir(self._dir.path()).map_err(Failure::io(who()))?.flatten().map(|file| file.path());
            let mut sockets = files.filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with("wayland-") && !name.ends_with(".lock")
            });
            if let Some(socket) = sockets.find(|path| UnixStream::connect(path).is_ok()) {
                self.socket = socket;
                return Ok(());
            }
            if let Some(status) = self.process.try_wait().map_err(Failure::io(who()))? {
                return Err(Failure::Ended { who: who(), status });
            }
            if Instant::now() > deadline {
                return Err(Failure::Io { what: who(), source: std::io::ErrorKind::TimedOut.into() });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Compositor {
    fn drop(&mut self) {
        // Nothing of it is of use any more, so neither are its failures.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Those that are installed; why the others are missing is added to `skipped`.
pub(crate) fn start_all(demo_server: &Path, skipped: &mut Vec<String>) -> Result<Vec<Compositor>, Failure> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        match kind.missing() {
            Some(text) => skipped.push(text),
            None => all.push(Compositor::start(kind, demo_server)?),
        }
    }
    Ok(all)
}

/// Builds the compositor of this project as users build it, and says where it is.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--release", "-p", "demo-server"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let status = command.status().map_err(Failure::io("starting cargo"))?;
    if !status.success() {
        return Err(Failure::Ended { who: "building demo-server".to_owned(), status });
    }
    // This program is in target/release/deps.
    let this = std::env::current_exe().map_err(Failure::io("finding this program"))?;
    let place = this.ancestors().nth(2).unwrap_or(Path::new("."));
    Ok(place.join("demo-server"))
}
