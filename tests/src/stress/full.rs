//! A server whose runtime directory is full.
//!
//! Its directory is a small tmpfs in a mount namespace of its own, reached from here through `/proc/PID/root`. Where
//! such a namespace is not to be had, the scenario is skipped and says so.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::animator::Animator;
use super::doomed::Kind;
use super::{Stress, through};
use crate::case::{Case, Stop, Verdict, ensure, fail, skip};
use crate::server::{Fixture, Server, Start, Target};
use crate::socket::Stream;
use crate::target::{Launch, Running, Template, ending};

/// Mounts the tmpfs, prepares it, and becomes the server.
const SCRIPT: &str = r#"mount -t tmpfs -o "$options" full "$dir" && eval "$prepare" && exec "$@""#;
/// How long a server has that cannot start.
const START: Duration = Duration::from_secs(10);

pub(super) const CASES: &[Case<Stress>] = &[Case::must(
    "full",
    "The tmpfs of the socket is full: who is connected is served, who comes is, pools on its files have no bytes; a server that starts there says so or works.",
    "M13",
    full,
)];

fn full(stress: &mut Stress) -> Verdict {
    let Start::Command(template) = stress.fixture.target.start.clone() else {
        return skip("the kit did not start this server");
    };
    let Some(unshare) = unshare() else { return skip("no tmpfs may be mounted here, not even in a namespace") };
    let launch = Launch::prepare()?;
    let dir = launch.dir().join("full");
    fs::create_dir(&dir)?;
    let running = inside(launch, &unshare, &template, "size=256k,mode=700", ":")?;
    let socket = through(running.process(), &dir.join("conform-0"));
    let server = Server::await_connection(running, socket.clone(), Stream::connect)
        .map_err(|error| Stop::Fail(error.to_string()))?;
    let patience = stress.fixture.patience();
    stress.fixture = Fixture::new(&Target::new(Start::Socket(socket.clone()), patience))
        .map_err(|error| Stop::Fail(error.to_string()))?;
    stress.kill(20, &Kind::ALL)?;
    let calm = stress.calm()?;
    let full = socket.parent().unwrap_or(Path::new("/"));
    let holes = File::options().read(true).write(true).create_new(true).open(full.join("holes"))?;
    fill(full)?;
    let kills = (stress.plan.kills / 10).max(20);
    stress.kill(kills, &Kind::ALL)?;
    // A picture of holes, which nothing can fill any more: the server may show it black or refuse it.
    match Animator::over_file(&socket, patience, &holes) {
        Ok(mut animator) => animator.frame().or_else(|_| stress.check_liveness())?,
        Err(Stop::Skip(_)) => {}
        Err(Stop::Fail(_)) => stress.check_liveness()?,
    }
    stress.back(&calm, &format!("{kills} kills on a full tmpfs"))?;
    drop(server);
    starts(&unshare, &template, "size=16k,mode=700", "cat /dev/zero >\"$dir/fill\" 2>/dev/null || :")?;
    starts(&unshare, &template, "nr_inodes=1,mode=700", ":")
}

/// Requires of a server that starts in such a directory that it serves or ends in good order.
fn starts(unshare: &[String], template: &Template, options: &str, prepare: &str) -> Verdict {
    let launch = Launch::prepare()?;
    let dir = launch.dir().join("full");
    fs::create_dir(&dir)?;
    let mut running = inside(launch, unshare, template, options, prepare)?;
    let socket = through(running.process(), &dir.join("conform-0"));
    let deadline = std::time::Instant::now() + START;
    while std::time::Instant::now() < deadline {
        if Stream::connect(&socket).is_ok() {
            return Ok(());
        }
        if let Some(status) = running.wait(Duration::from_millis(5))? {
            return ensure(status.code().is_some_and(|code| code != 0 && code != 101), || {
                format!("started on a full tmpfs ({options}), it ended with {}", ending(status))
            });
        }
    }
    fail(format!("started on a full tmpfs ({options}), it neither serves nor ends"))
}

/// How to get a mount namespace here.
fn unshare() -> Option<Vec<String>> {
    let ways: [&[&str]; 2] = [&["unshare", "--mount"], &["unshare", "--map-root-user", "--mount"]];
    let works = |way: &&[&str]| {
        let mut command = Command::new(way[0]);
        command.args(&way[1..]).args(["mount", "-t", "tmpfs", "-o", "size=4k", "full", "/tmp"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    ways.into_iter().find(works).map(|way| way.iter().map(|word| (*word).to_owned()).collect())
}

/// Starts the target on a tmpfs of these options, at `full/conform-0` in the directory of `launch`.
fn inside(
    launch: Launch,
    unshare: &[String],
    template: &Template,
    options: &str,
    prepare: &str,
) -> std::io::Result<Running> {
    let dir = launch.dir().join("full");
    let socket = dir.join("conform-0");
    let mut words = unshare.to_vec();
    words.extend(["sh", "-c", SCRIPT, "sh"].map(str::to_owned));
    words.extend(template.fill(&[("{socket}", &socket.to_string_lossy()), ("{name}", "conform-0")]));
    let mut launch = launch.words(&words);
    launch.command().envs([("options", options), ("prepare", prepare), ("WAYLAND_DISPLAY", "conform-0")]);
    launch.command().env("dir", &dir).env("XDG_RUNTIME_DIR", &dir);
    launch.start()
}

/// Writes until nothing more fits.
fn fill(dir: &Path) -> Verdict {
    let mut file = File::create(dir.join("fill"))?;
    while file.write(&[1; 4096]).is_ok_and(|count| count > 0) {}
    ensure(file.write(&[1]).is_err(), || "the tmpfs does not get full".to_owned())
}
