//! Programs that nobody here wrote, while the server under them is replaced.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use wayline_conformance::target::installed;

use crate::servers::Servers;
use crate::support::{PATIENCE, SERVER};

const UPGRADES: usize = 5;

const SDL: &str = "/usr/libexec/installed-tests/SDL2/testdraw2";

/// Commands; `PICTURE` is the path of one.
const PROGRAMS: [&[&str]; 29] = [
    &["foot"],
    &["weston-terminal"],
    &["weston-simple-shm"],
    &["weston-simple-damage"],
    &["weston-simple-touch"],
    &["weston-simple-egl"],
    &["weston-multi-resource"],
    &["weston-flower"],
    &["weston-smoke"],
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
    &["gtk3-demo"],
    &["gtk4-demo"],
    &["galculator"],
    &["mousepad", "--disable-server"],
    &["qt6ct"],
    &["mpv", "--no-config", "--no-terminal", "--vo=wlshm", "--loop", "av://lavfi:testsrc"],
    &["swayimg", "PICTURE"],
    &["wev"],
    &["Xwayland", ":78", "-retro"],
    &[SDL],
];

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

/// Requests and descriptors that the server has had of each process.
fn heard(servers: &Servers) -> HashMap<u32, (u64, u64)> {
    let mut command = Command::new(SERVER);
    let output = command.arg("--socket").arg(&servers.first.socket).arg("--status").output().unwrap();
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stderr), servers.log());
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        // Client, process, user; requests, events; bytes in and out; descriptors in and out.
        let [_, pid, _, requests, _, _, _, fds, ..] = numbers[..] else { panic!("{line}") };
        (pid as u32, (requests, fds))
    });
    rows.collect()
}

#[test]
fn programs_of_others_notice_nothing_of_five_upgrades() {
    let commands: Vec<_> = PROGRAMS.iter().filter(|words| installed(words[0])).collect();
    let mut servers = Servers::start(&["--script", "-"]);
    let picture = servers.first.picture();
    let mut programs: Vec<Program> = commands.iter().map(|words| Program::start(&servers, words, &picture)).collect();
    // Each has given memory, and so shows something or is about to.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let heard = heard(&servers);
        let missing: Vec<_> =
            programs.iter().filter(|p| heard.get(&p.child.id()).is_none_or(|(_, fds)| *fds == 0)).collect();
        if missing.is_empty() {
            break;
        }
        let names: Vec<_> = missing.iter().map(|program| program.name).collect();
        assert!(Instant::now() < deadline, "nothing shown by {names:?}\n{}", servers.log());
    }
    let before: Vec<String> = programs.iter().map(Program::errors).collect();
    let mut longest: f64 = 0.0;
    for round in 0..UPGRADES {
        let report = servers.upgrade();
        longest = longest.max(report.waited_ms);
        // The user goes on.
        for step in 0..20 {
            servers.act(&format!("move {} {}", 50 * step, 40 * round + 30 * step));
        }
        let ended: Vec<_> = programs.iter_mut().filter_map(|p| p.has_ended().then(|| (p.name, p.errors()))).collect();
        assert!(ended.is_empty(), "{ended:?}\n{}", servers.log());
    }
    println!("{} programs, {UPGRADES} upgrades: none waited longer than {longest:.1} ms", programs.len());
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
        let heard = heard(&servers);
        for program in &mut programs {
            let requests = heard.get(&program.child.id()).map_or(0, |(requests, _)| *requests);
            if requests > 0 && !program.is_alive {
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
