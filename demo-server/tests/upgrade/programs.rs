//! Programs that nobody here wrote, among many other clients, while the server under them is replaced.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Instant;

use rustix::process::Pid;
use wayline_conformance::target::{Process, installed};

use crate::crowd::{self, CLIENTS, Crowd, Pauses};
use crate::servers::{Row, Servers};
use crate::support::PATIENCE;

const SDL: &str = "/usr/libexec/installed-tests/SDL2/testdraw2";

/// Commands; `PICTURE` is the path of one.
type Commands = &'static [&'static [&'static str]];

pub(crate) const WITHOUT_KEYBOARD: Commands = &[
    &["weston-simple-shm"],
    &["weston-simple-damage"],
    &["weston-simple-egl"],
    &["weston-simple-touch"],
    &["weston-multi-resource"],
    &["weston-smoke"],
    &["weston-flower"],
];

pub(crate) const OF_WESTON_AND_TERMINALS: Commands = &[
    &["foot"],
    &["weston-terminal"],
    &["weston-eventdemo"],
    &["weston-image", "PICTURE"],
    &["weston-clickdot"],
    &["weston-resizor"],
    &["weston-cliptest"],
    &["weston-transformed"],
    &["weston-subsurfaces"],
    &["weston-scaler"],
    &["weston-stacking"],
    &["weston-dnd"],
    &["wev"],
    &["swayimg", "PICTURE"],
];

pub(crate) const OF_TOOLKITS: Commands = &[
    &["gtk3-demo"],
    &["gtk4-demo"],
    &["galculator"],
    &["mousepad", "--disable-server"],
    &["qt6ct"],
    &["mpv", "--no-config", "--no-terminal", "--vo=wlshm", "--loop", "av://lavfi:testsrc"],
    &[SDL],
];

/// What is told to another one is compared in `told`, on a display of its own.
const OTHERS: Commands = &[&["Xwayland", ":78", "-retro"]];

/// All of them.
const PROGRAMS: [Commands; 4] = [WITHOUT_KEYBOARD, OF_WESTON_AND_TERMINALS, OF_TOOLKITS, OTHERS];

/// What is in the words of a program that has lost its server, or is told something wrong.
const FAULTS: [&str; 7] = ["protocol", "broken pipe", "connection", "compositor", "wl_display", "reset", "assertion"];

/// A program; killed when dropped.
struct Program {
    name: &'static str,
    child: Child,
    /// What it writes to standard error.
    errors: PathBuf,
    /// Whether it was seen to do something after the last upgrade.
    is_alive: bool,
}

impl Program {
    fn start(servers: &Servers, words: &[&'static str], picture: &str) -> Program {
        let name = words[0];
        let words: Vec<&str> = words.iter().map(|word| if *word == "PICTURE" { picture } else { *word }).collect();
        let errors = servers.first.running.path(&format!("{}.errors", name.replace('/', "-")));
        let mut command = servers.first.command(&words);
        let command = command.env("SDL_VIDEO_WAYLAND_ALLOW_LIBDECOR", "0").stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(File::create(&errors).unwrap()).spawn().unwrap();
        Program { name, child, errors, is_alive: false }
    }

    fn errors(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.errors).unwrap_or_default()).into_owned()
    }

    fn process(&self) -> Process {
        Process::new(Pid::from_child(&self.child))
    }

    /// What the server says of it.
    fn row<'a>(&self, status: &'a [Row]) -> Option<&'a Row> {
        status.iter().find(|row| row.pid == self.child.id())
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Replaces the server while no program draws, whatever it was in the middle of: the new process shows what the old one did,
/// and has the same descriptors. What it says of the clients before they go on.
fn replace_at_rest(servers: &mut Servers, programs: &[Program], crowd: &mut Crowd) -> Vec<Row> {
    programs.iter().for_each(|program| program.process().pause(PATIENCE).unwrap());
    // What they have sent is shown.
    crowd.draw_during(|| ());
    let (screen, mut fds) = (servers.screen_at_rest(), None);
    servers.must_have(&mut fds);
    servers.upgrade();
    assert!(servers.screen() == screen, "the screen is another one");
    servers.must_have(&mut fds);
    let status = servers.status();
    programs.iter().for_each(|program| program.process().resume().unwrap());
    status
}

#[test]
fn a_hundred_clients_notice_nothing_of_five_upgrades() {
    let commands: Vec<_> = PROGRAMS.into_iter().flatten().filter(|words| installed(words[0])).collect();
    let mut servers = crowd::servers(&["--script", "-"]);
    let picture = servers.first.picture();
    let mut programs: Vec<Program> = commands.iter().map(|words| Program::start(&servers, words, &picture)).collect();
    // Each has given memory, and so shows something or is about to.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = servers.status();
        let missing: Vec<_> = programs.iter().filter(|p| p.row(&status).is_none_or(|row| row.fds == 0)).collect();
        if missing.is_empty() {
            break;
        }
        let names: Vec<_> = missing.iter().map(|program| program.name).collect();
        assert!(Instant::now() < deadline, "nothing shown by {names:?}\n{}", servers.log());
    }
    let before: Vec<String> = programs.iter().map(Program::errors).collect();
    let mut crowd = Crowd::join(&servers, CLIENTS - programs.len());
    let (mut pauses, mut then) = (Pauses::default(), Vec::new());
    for round in 0..crowd::upgrades() as u32 {
        let report = crowd.draw_during(|| servers.upgrade());
        assert!(report.clients as usize >= CLIENTS, "{report:?}\n{}", servers.log());
        pauses.note(&report);
        // The user goes on.
        for step in 0..20 {
            servers.act(&format!("move {} {}", 50 * step, 40 * (round % 8) + 30 * step));
        }
        then = replace_at_rest(&mut servers, &programs, &mut crowd);
        let ended: Vec<_> = programs.iter_mut().filter_map(|p| p.has_ended().then(|| (p.name, p.errors()))).collect();
        assert!(ended.is_empty(), "{ended:?}\n{}", servers.log());
    }
    let objects: u64 = then.iter().map(|row| row.objects).sum();
    pauses.print(&format!("{CLIENTS} clients, {} of them programs, {objects} objects", programs.len()));
    drop(crowd);
    for (program, before) in programs.iter().zip(before) {
        let errors = program.errors();
        // Some have not said yet how they were started.
        let new = errors.strip_prefix(&before).unwrap_or(&errors).to_lowercase();
        let is_fault = FAULTS.iter().any(|word| new.contains(word));
        assert!(!is_fault, "{} has something to complain about:\n{new}", program.name);
    }
    // Those who draw by themselves do it still. The others do something when it is their turn to be the active window, and
    // so when those who were before them are gone.
    let deadline = Instant::now() + PATIENCE;
    while programs.iter().any(|program| !program.is_alive) {
        let status = servers.status();
        for program in &mut programs {
            let requests = |status| program.row(status).map_or(0, |row| row.requests);
            if requests(&status) > requests(&then) && !program.is_alive {
                program.is_alive = true;
                program.child.kill().unwrap();
            }
        }
        let silent: Vec<_> = programs.iter().filter(|p| !p.is_alive).map(|p| p.name).collect();
        assert!(Instant::now() < deadline, "nothing is heard of {silent:?}\n{}", servers.log());
    }
    let log = servers.log();
    let faults: Vec<&str> = log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).collect();
    assert!(faults.is_empty(), "{faults:?}");
}
