//! Compositors that nobody here wrote, headless, each in a private directory: how one is started, found and looked at.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::fs::inotify;
use rustix::process::{Pid, Signal, geteuid, kill_process_group};
use tempfile::TempDir;
use wayline_conformance::socket::wait_fd;

use crate::picture::Picture;
use crate::support::SERVER;
use wayline_conformance::target::installed;

/// How long anything may take. Nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who compositors run as that refuse to be root's.
const NOBODY: u32 = 12345;

/// A compositor of another project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Weston,
    Sway,
    Cage,
    Phoc,
    Mutter,
    Kwin,
}

/// A running compositor; it and all that it started end with this.
pub(crate) struct Host {
    pub(crate) kind: Kind,
    dir: TempDir,
    socket: PathBuf,
    processes: Vec<Group>,
}

/// A process and its descendants, in a process group of their own. The kernel ends the first one if this process is killed.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // All of them may have ended already.
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
    }
}

impl Kind {
    fn program(self) -> &'static str {
        match self {
            Kind::Weston => "weston",
            Kind::Sway => "sway",
            Kind::Cage => "cage",
            Kind::Phoc => "phoc",
            Kind::Mutter => "mutter",
            Kind::Kwin => "kwin_wayland",
        }
    }

    /// Programs besides, without which it cannot be started, or be looked at.
    fn tools(self) -> &'static [&'static str] {
        match self {
            Kind::Weston => &["weston-screenshooter"],
            Kind::Sway | Kind::Cage | Kind::Phoc => &["grim"],
            Kind::Mutter => &["dbus-daemon"],
            Kind::Kwin => &["dbus-daemon", "gdbus"],
        }
    }

    fn refuses_root(self) -> bool {
        matches!(self, Kind::Sway | Kind::Cage)
    }

    /// Whether windows get all of the screen, and not the size that they would like.
    pub(crate) fn fills_the_screen(self) -> bool {
        self.is_wlroots()
    }

    /// Whether it offers the protocol that grim goes by, too.
    pub(crate) fn has_screencopy(self) -> bool {
        self.is_wlroots()
    }

    fn is_wlroots(self) -> bool {
        matches!(self, Kind::Sway | Kind::Cage | Kind::Phoc)
    }

    /// Its command to show its screen in a window of the server at `outer`.
    fn nested_command(self, dir: &Path, outer: &Path) -> Vec<String> {
        let mut command =
            vec!["env".into(), format!("WAYLAND_DISPLAY={}", outer.display()), "WLR_BACKENDS=wayland".into()];
        command.extend(self.command(dir));
        for word in &mut command {
            match word.as_str() {
                "--backend=headless-backend.so" => *word = "--backend=wayland-backend.so".into(),
                "--virtual" => *word = format!("--wayland-display={}", outer.display()),
                _ => {}
            }
        }
        command
    }

    /// Its command to have a screen that nobody sees, without what all have in common.
    fn command(self, dir: &Path) -> Vec<String> {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        let file = |name: &str, text: &str| {
            let path = dir.join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        match self {
            Kind::Weston => words(
                "weston --backend=headless-backend.so --use-pixman --socket=wayland-w --idle-time=0 --debug --width=1024 \
                 --height=768",
            ),
            Kind::Sway => {
                let text = "output * resolution 1024x768\nxwayland disable\ndefault_border none\n";
                vec!["sway".into(), "-c".into(), file("sway.conf", text)]
            }
            // It lives as long as the program that it was started for. A window of just the size of its screen would be
            // scanned out, which screenshots do not see; so it gets two screens.
            Kind::Cage => words("env WLR_HEADLESS_OUTPUTS=2 cage -- cat"),
            Kind::Phoc => vec!["phoc".into(), "-C".into(), file("phoc.ini", "[core]\nxwayland=false\n")],
            Kind::Mutter => {
                words("mutter --headless --wayland --no-x11 --virtual-monitor 1024x768 --wayland-display wayland-m")
            }
            Kind::Kwin => {
                // A copy has no file capability, which would take the libraries' environment away.
                let copy = dir.join(self.program());
                std::fs::copy(which(self.program()), &copy).unwrap();
                let mut command = vec![copy.display().to_string()];
                command.extend(words("--virtual --width 1024 --height 768 --no-lockscreen --socket wayland-k"));
                command
            }
        }
    }
}

impl Host {
    /// Starts a compositor and waits until it has windows and a screen to offer. `None`, and a line that says so, if
    /// something for it is not installed.
    pub(crate) fn start(kind: Kind) -> Option<Host> {
        Host::start_with(kind, |dir| kind.command(dir))
    }

    /// As `start`, in a window of the server at `outer`.
    pub(crate) fn start_nested(kind: Kind, outer: &Path) -> Option<Host> {
        Host::start_with(kind, |dir| kind.nested_command(dir, outer))
    }

    fn start_with(kind: Kind, command: impl Fn(&Path) -> Vec<String>) -> Option<Host> {
        let mut needed = ["setpriv", kind.program()].into_iter().chain(kind.tools().iter().copied());
        if !needed.all(installed) {
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let mut host = Host { kind, socket: PathBuf::new(), dir, processes: Vec::new() };
        if matches!(kind, Kind::Mutter | Kind::Kwin) {
            let bus = format!("--address=unix:path={}", host.bus().display());
            host.spawn("bus", false, &["dbus-daemon".into(), "--session".into(), "--nofork".into(), bus]);
            host.wait_for_file("bus", |path| path == host.bus());
        }
        let command = command(host.dir.path());
        if kind.refuses_root() && geteuid().is_root() {
            chown(host.dir.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        host.spawn("compositor", kind.refuses_root() && geteuid().is_root(), &command);
        host.socket = host.wait_for_file("socket", |path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("wayland-") && !name.ends_with(".lock")
        });
        // It may be there before anyone listens, and before there is a screen.
        host.until("does not start", || {
            let output = host.client(&["info"]).output().unwrap();
            let globals = String::from_utf8_lossy(&output.stdout).into_owned();
            ["xdg_wm_base", "wl_output", "stats"].iter().all(|name| globals.contains(name)).then_some(())
        });
        Some(host)
    }

    fn spawn(&mut self, name: &str, as_nobody: bool, command: &[String]) {
        let mut made = Command::new("setpriv");
        made.args(["--pdeathsig", "KILL"]);
        if as_nobody {
            let id = NOBODY.to_string();
            made.args(["--reuid", &id, "--regid", &id, "--clear-groups"]);
        }
        let log = || File::create(self.dir.path().join(format!("{name}.log"))).unwrap();
        made.arg("--").args(command);
        self.environment(&mut made);
        // What it reads from ends with it, or with us.
        made.process_group(0).stdin(Stdio::piped()).stdout(log()).stderr(log());
        self.processes.push(Group(made.spawn().unwrap_or_else(|error| panic!("{made:?}: {error}"))));
    }

    /// Only this compositor can be reached, and nothing is read from, or left in, anybody's home.
    fn environment(&self, command: &mut Command) {
        let dir = self.dir.path();
        command
            .current_dir(dir)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .env_remove("WAYLAND_DISPLAY")
            .env("XDG_RUNTIME_DIR", dir)
            .env("XDG_CONFIG_HOME", dir)
            .env("XDG_CACHE_HOME", dir)
            .env("XDG_DATA_HOME", dir)
            .env("HOME", dir)
            .env("TMPDIR", dir)
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", self.bus().display()))
            .env("WLR_BACKENDS", "headless")
            .env("WLR_RENDERER", "pixman")
            .env("WLR_LIBINPUT_NO_DEVICES", "1")
            .env("KWIN_SCREENSHOT_NO_PERMISSION_CHECKS", "1");
    }

    fn bus(&self) -> PathBuf {
        self.dir.path().join("bus")
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// A command that finds this compositor.
    pub(crate) fn command(&self, command: &[&str]) -> Command {
        let mut made = Command::new(command[0]);
        made.args(&command[1..]);
        self.environment(&mut made);
        made.env("WAYLAND_DISPLAY", &self.socket);
        made
    }

    /// An app of demo-client on this compositor.
    pub(crate) fn client(&self, args: &[&str]) -> Command {
        self.command(&[&[SERVER, "client"], args].concat())
    }

    /// Starts something on this compositor that ends with it.
    pub(crate) fn run(&mut self, command: &[&str]) {
        let mut words = vec!["env".to_owned(), format!("WAYLAND_DISPLAY={}", self.socket.display())];
        words.extend(command.iter().map(|&word| word.to_owned()));
        let name = format!("program-{}", self.processes.len());
        self.spawn(&name, false, &words);
    }

    /// The whole screen, by the compositor's own tool; `None` if it has none, or has nothing to show yet.
    pub(crate) fn screenshot(&self) -> Option<Picture> {
        let quiet = |command: &mut Command| {
            command.stderr(Stdio::null());
            command.output().ok().filter(|output| output.status.success())
        };
        let path = match self.kind {
            Kind::Weston => {
                quiet(&mut self.command(&["weston-screenshooter"]))?;
                let files = std::fs::read_dir(self.path()).ok()?.filter_map(Result::ok).map(|entry| entry.path());
                files.filter(|path| path.to_string_lossy().contains("wayland-screenshot")).max()?
            }
            Kind::Sway | Kind::Cage | Kind::Phoc => {
                quiet(&mut self.command(&["grim", "grim.png"]))?;
                self.path().join("grim.png")
            }
            Kind::Kwin => {
                let object = "call --session --dest org.kde.KWin --object-path /Screenshot";
                let method = "--method org.kde.kwin.Screenshot.screenshotFullscreen false";
                let words: Vec<&str> = "gdbus".split(' ').chain(object.split(' ')).chain(method.split(' ')).collect();
                let output = quiet(&mut self.command(&words))?;
                String::from_utf8(output.stdout).ok()?.split('\'').nth(1)?.into()
            }
            Kind::Mutter => return None,
        };
        let picture = Picture::read(&path);
        std::fs::remove_file(path).ok()?;
        picture
    }

    /// Tries until there is what `look` looks for.
    pub(crate) fn until<T>(&self, otherwise: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "{:?} {otherwise}\n{}", self.kind, self.logs());
        }
    }

    /// Waits until there is a file such as this in the directory.
    fn wait_for_file(&self, what: &str, is_it: impl Fn(&Path) -> bool) -> PathBuf {
        let deadline = Instant::now() + PATIENCE;
        let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
        let watch = inotify::init(flags).unwrap();
        inotify::add_watch(&watch, self.path(), inotify::WatchFlags::CREATE).unwrap();
        loop {
            let files = std::fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path());
            if let Some(path) = files.into_iter().find(|path| is_it(path)) {
                return path;
            }
            let more = wait_fd(watch.as_fd(), PollFlags::IN, deadline).unwrap();
            assert!(more, "{:?} makes no {what}\n{}", self.kind, self.logs());
            let _ = rustix::io::read(&watch, &mut [0; 4096]);
        }
    }

    /// What its processes had to say.
    pub(crate) fn logs(&self) -> String {
        let files = std::fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path());
        let logs = files.filter(|path| path.extension().is_some_and(|end| end == "log"));
        logs.map(|path| format!("{}:\n{}", path.display(), std::fs::read_to_string(&path).unwrap_or_default()))
            .collect()
    }
}

/// Where a program is; it must be installed.
fn which(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut files = std::env::split_paths(&path).map(|dir| dir.join(program));
    let runs = |path: &PathBuf| path.metadata().is_ok_and(|file| file.permissions().mode() & 0o111 != 0);
    files.find(runs).expect("it is installed")
}
