//! What a program and its server say to each other, with upgrades all the time and without any: it is the same, but for
//! serials and times.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use wayline_conformance::target::installed;

use crate::servers::Servers;
use crate::support::{PATIENCE, SERVER};

/// Arguments that differ from run to run, by their numbers: serials, times and descriptors.
const CHANGING: [(&str, &[usize]); 22] = [
    ("wl_callback.done", &[0]),
    ("wl_pointer.enter", &[0]),
    ("wl_pointer.leave", &[0]),
    ("wl_pointer.motion", &[0]),
    ("wl_pointer.button", &[0, 1]),
    ("wl_pointer.axis", &[0]),
    ("wl_pointer.set_cursor", &[0]),
    ("wl_keyboard.keymap", &[1]),
    ("wl_keyboard.enter", &[0]),
    ("wl_keyboard.leave", &[0]),
    ("wl_keyboard.key", &[0, 1]),
    ("wl_keyboard.modifiers", &[0]),
    ("wl_shm.create_pool", &[1]),
    ("wl_data_device.set_selection", &[1]),
    ("xdg_surface.configure", &[0]),
    ("xdg_surface.ack_configure", &[0]),
    ("xdg_wm_base.ping", &[0]),
    ("xdg_wm_base.pong", &[0]),
    ("wl_touch.down", &[0, 1]),
    ("wl_touch.motion", &[0]),
    ("wl_touch.up", &[0, 1]),
    ("zwp_text_input_v3.done", &[0]),
];

/// Interfaces of objects that are told of pictures, as often as there are some.
const TIMED: [&str; 3] = ["wl_buffer", "wl_callback", "wp_presentation_feedback"];

/// Messages of each object, in their order. Objects are called by their interface and how many of it were made before, since
/// ids are used again when the server says so, which takes it some time or other.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Transcript(BTreeMap<String, Vec<String>>);

impl Transcript {
    /// Reads what libwayland writes of a client (`WAYLAND_DEBUG=client`).
    fn read(text: &str) -> Transcript {
        let mut transcript = Transcript::default();
        let mut names: HashMap<String, String> = HashMap::new();
        let mut made: HashMap<String, usize> = HashMap::new();
        for line in text.lines() {
            let Some((_, message)) = line.split_once(']').filter(|_| line.starts_with('[')) else { continue };
            let (arrow, message) = match message.trim().strip_prefix("-> ") {
                Some(message) => ("-> ", message),
                None => ("", message.trim()),
            };
            let Some((target, rest)) = message.split_once('.') else { continue };
            let Some((name, args)) = rest.strip_suffix(')').and_then(|rest| rest.split_once('(')) else { continue };
            let Some((interface, _)) = target.split_once('@') else { continue };
            // When an id is free again, and what still comes for an object that is destroyed, says how fast the server is.
            if (interface, name) == ("wl_display", "delete_id") || interface.starts_with("discarded") {
                continue;
            }
            let full = format!("{interface}.{name}");
            let changing = CHANGING.iter().find(|(known, _)| *known == full).map_or(&[][..], |(_, numbers)| numbers);
            // What is bound is of the interface that the message names.
            let args = match args.split('"').nth(1).filter(|_| full == "wl_registry.bind") {
                Some(bound) => args.replace("[unknown]@", &format!("{bound}@")),
                None => args.to_owned(),
            };
            let args: Vec<String> = args
                .split(", ")
                .enumerate()
                .map(|(at, arg)| {
                    if let Some(new) = arg.strip_prefix("new id ") {
                        let interface = new.split('@').next().unwrap_or_default();
                        let count = made.entry(interface.to_owned()).or_default();
                        *count += 1;
                        names.insert(new.to_owned(), format!("{interface} {count}"));
                    }
                    if changing.contains(&at) {
                        return "…".to_owned();
                    }
                    let object = arg.strip_prefix("new id ").unwrap_or(arg);
                    names.get(object).cloned().unwrap_or_else(|| arg.to_owned())
                })
                .collect();
            let target = names.get(target).cloned().unwrap_or_else(|| target.to_owned());
            transcript.0.entry(target).or_default().push(format!("{arrow}{name}({})", args.join(", ")));
        }
        transcript
    }

    /// How many messages of this name were exchanged with objects of an interface.
    fn count(&self, interface: &str, message: &str) -> usize {
        let is_one = |line: &&String| line.trim_start_matches("-> ").split('(').next() == Some(message);
        let objects = self.0.iter().filter(|(object, _)| object.split([' ', '@']).next() == Some(interface));
        objects.map(|(_, lines)| lines.iter().filter(is_one).count()).sum()
    }

    /// What an object was told, without what was asked of it.
    fn told(&self, object: &str) -> Vec<&String> {
        self.0.get(object).into_iter().flatten().filter(|line| !line.starts_with("-> ")).collect()
    }

    /// What all objects were told, but for those that it depends on the time how often they are told something: when a
    /// picture is shown, and when its buffer is free again. Who ends may hear of what it loses then, or not.
    pub(crate) fn told_in_any_time(&self) -> Transcript {
        let is_timed = |object: &str| TIMED.contains(&object.split([' ', '@']).next().unwrap_or_default());
        let objects = self.0.keys().filter(|object| !is_timed(object));
        let told = objects.map(|object| (object.clone(), self.told_but_of_leaving(object)));
        Transcript(told.filter(|(_, lines)| !lines.is_empty()).collect())
    }

    fn told_but_of_leaving(&self, object: &str) -> Vec<String> {
        self.told(object).into_iter().filter(|line| !line.starts_with("leave(")).cloned().collect()
    }

    /// Without arguments.
    fn names(self) -> Transcript {
        let name = |line: String| line.split('(').next().unwrap_or_default().to_owned();
        Transcript(self.0.into_iter().map(|(object, lines)| (object, lines.into_iter().map(name).collect())).collect())
    }

    /// Where they differ, for people. Of a program that goes on until it is ended, what both have is compared.
    pub(crate) fn difference(&self, other: &Transcript, whole: bool) -> Option<String> {
        for (object, one) in &self.0 {
            let Some(two) = other.0.get(object) else {
                if whole && !is_of_a_driver(object) {
                    return Some(format!("{object} is in one alone: {one:?}"));
                }
                continue;
            };
            let differ = one.iter().zip(two).position(|(one, two)| one != two);
            if let Some(at) = differ {
                return Some(format!("{object}, message {at}: {} / {}", one[at], two[at]));
            }
            if whole && one.len() != two.len() {
                return Some(format!("{object}: {} and {} messages: {one:?} {two:?}", one.len(), two.len()));
            }
        }
        let alone = other.0.keys().find(|object| !self.0.contains_key(*object) && !is_of_a_driver(object));
        alone.filter(|_| whole).map(|object| format!("{object} is in the other alone"))
    }
}

/// Whether it is a registry behind the program's own. Drivers of OpenGL ask for some, as often as they try to start.
fn is_of_a_driver(object: &str) -> bool {
    object.strip_prefix("wl_registry ").is_some_and(|number| number != "0")
}

/// A program that is traced; killed when dropped.
pub(crate) struct Traced {
    child: Child,
    log: PathBuf,
}

impl Traced {
    fn start(servers: &Servers, words: &[&str]) -> Traced {
        let log = servers.first.running.path("transcript");
        let mut command = servers.first.command(words);
        command.env("WAYLAND_DEBUG", "client").stdin(Stdio::null()).stdout(Stdio::null());
        Traced { child: command.stderr(File::create(&log).unwrap()).spawn().unwrap(), log }
    }

    fn transcript(&self) -> Transcript {
        Transcript::read(&String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()))
    }

    /// Waits until so many messages of a name were exchanged.
    pub(crate) fn until(&mut self, servers: &Servers, (interface, message): (&str, &str), count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.transcript().count(interface, message) < count {
            let text = std::fs::read_to_string(&self.log).unwrap_or_default();
            assert!(self.child.try_wait().unwrap().is_none(), "it has ended\n{text}\n{}", servers.log());
            assert!(Instant::now() < deadline, "no {count} of {interface}.{message}\n{text}\n{}", servers.log());
            // A round trip, so that this does not spin.
            servers.client().sync();
        }
    }

    /// Has it end by a signal.
    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self, servers: &Servers) {
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it does not end\n{}", servers.log());
            servers.client().sync();
        }
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// From the beginning of an upgrade to that of the next one, unless it takes longer.
const AT_ONCE: Duration = Duration::ZERO;
pub(crate) const TEN_A_SECOND: Duration = Duration::from_millis(100);

/// What is heard of the upgrades while a program is used, if there are any.
pub(crate) struct Upgrades(Option<Receiver<()>>);

impl Upgrades {
    /// Waits for the end of the next one.
    pub(crate) fn next(&self) {
        let Some(ends) = &self.0 else { return };
        while ends.try_recv().is_ok() {}
        ends.recv_timeout(PATIENCE).unwrap();
    }
}

/// Has a program do something on a server that stays, and on one that is replaced all the time. Both transcripts.
pub(crate) fn both(
    words: &[&str],
    period: Duration,
    use_it: impl Fn(&Servers, &mut Traced, &Upgrades),
) -> [Transcript; 2] {
    [false, true].map(|replaced| {
        let mut servers = Servers::start(&["--script", "-"]);
        let socket = servers.first.socket.clone();
        let ((stop, stopped), (end, ends)) = (channel::<()>(), channel());
        let ends = Upgrades(replaced.then_some(ends));
        let (transcript, count) = std::thread::scope(|scope| {
            let upgrades = scope.spawn(move || {
                let (mut count, mut due) = (0, Instant::now() + period);
                let is_over = |due: Instant| {
                    let left = due.saturating_duration_since(Instant::now());
                    stopped.recv_timeout(left) != Err(RecvTimeoutError::Timeout)
                };
                while replaced && !is_over(due) {
                    due = Instant::now() + period;
                    let mut command = Command::new(SERVER);
                    let output = command.arg("--socket").arg(&socket).arg("--upgrade").output().unwrap();
                    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                    count += 1;
                    // Nobody may want to know.
                    let _ = end.send(());
                }
                count
            });
            let picture = servers.first.picture();
            let words: Vec<&str> = words.iter().map(|w| if *w == "PICTURE" { &*picture } else { *w }).collect();
            let mut program = Traced::start(&servers, &words);
            use_it(&servers, &mut program, &ends);
            let transcript = program.transcript();
            drop(stop);
            (transcript, upgrades.join().unwrap())
        });
        if replaced {
            assert!(count > 0, "{words:?} ended before a server did");
            println!("{}: {count} upgrades", words[0]);
            servers.follow_any();
        }
        transcript
    })
}

#[test]
fn programs_that_draw_all_the_time_are_told_the_same() {
    let draw =
        |servers: &Servers, program: &mut Traced, _: &Upgrades| program.until(servers, ("wl_surface", "commit"), 60);
    for name in ["weston-simple-shm", "weston-simple-egl"] {
        if installed(name) {
            let [one, two] = both(&[name], AT_ONCE, draw);
            assert_eq!(one.difference(&two, false), None, "{name}");
        }
    }
    // What these draw depends on the time.
    for name in ["weston-simple-damage", "weston-smoke"] {
        if installed(name) {
            let [one, two] = both(&[name], AT_ONCE, draw);
            assert_eq!(one.names().difference(&two.names(), false), None, "{name}");
        }
    }
}

#[test]
fn programs_that_are_told_of_input_are_told_the_same() {
    for name in ["weston-eventdemo", "weston-clickdot", "foot"] {
        if !installed(name) {
            continue;
        }
        let [one, two] = both(&[name], AT_ONCE, |servers, program, _| {
            // Shown, and with the keyboard.
            program.until(servers, ("wl_keyboard", "enter"), 1);
            servers.act("move 180 180");
            program.until(servers, ("wl_pointer", "enter"), 1);
            for round in 1..=5 {
                servers.act(&format!("move {} {}", 180 + 7 * round, 180 + 5 * round));
                program.until(servers, ("wl_pointer", "motion"), round);
                servers.act("button left press");
                servers.act("button left release");
                program.until(servers, ("wl_pointer", "button"), 2 * round);
                servers.act("key a press");
                servers.act("key a release");
                program.until(servers, ("wl_keyboard", "key"), 2 * round);
            }
            servers.act("close");
            program.end(servers);
        });
        // What they do depends on when they hear of it; what they are told does not.
        for object in ["wl_pointer 1", "wl_keyboard 1", "xdg_surface 1", "xdg_toplevel 1", "wl_seat 1", "wl_output 1"] {
            assert_eq!(one.told(object), two.told(object), "{name}");
        }
    }
}

#[test]
fn wayland_info_is_told_the_same() {
    if !installed("wayland-info") {
        return;
    }
    // Each time it ends before a server does, so it is started again and again.
    let again = "for i in 1 2 3 4 5 6 7 8 9 10; do wayland-info; done";
    let [one, two] = both(&["sh", "-c", again], AT_ONCE, |servers, program, _| program.end(servers));
    assert_eq!(one.difference(&two, true), None);
}

#[test]
fn differences_are_found() {
    let text = "[1.0]  -> wl_display@1.get_registry(new id wl_registry@2)\n[2.0] wl_callback@3.done(77)\n";
    let one = Transcript::read(text);
    assert_eq!(one.difference(&Transcript::read(&text.replace("77", "78")), true), None);
    assert_eq!(one.count("wl_display", "get_registry"), 1);
    assert!(one.difference(&Transcript::read(&text.replace("done", "gone")), true).is_some());
    assert!(one.difference(&Transcript::read(text.lines().next().unwrap()), true).is_some());
    assert_eq!(one.difference(&Transcript::read(text.lines().next().unwrap()), false), None);
}

#[test]
fn what_is_bound_is_called_by_its_interface_too() {
    let text = |id| {
        let bind = format!("[1.0]  -> wl_registry@2.bind(5, \"wl_shm\", 1, new id [unknown]@{id})\n");
        Transcript::read(&(bind + &format!("[2.0] wl_shm@{id}.format(0)\n")))
    };
    assert_eq!(text(7), text(23));
    assert_eq!(text(7).count("wl_shm", "format"), 1);
}
