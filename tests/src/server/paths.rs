//! Listening at a path, taking it over, leaving it: files and locks.
//!
//! These cases start servers of their own; a target that the kit did not start cannot be judged by them.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode};

use super::fixture::Fixture;
use super::launch::{NAME, Server, accepts, begin};
use crate::case::{Case, Stop, Verdict, ensure, fail, skip};
use crate::socket::listen;
use crate::target::{Launch, Running, Template, ending};

/// How long a server may take to give up a name that it cannot have.
const GIVE_UP: Duration = Duration::from_secs(5);

pub(super) const CASES: &[Case<Fixture>] = &[
    Case::must(
        "K05a",
        "A socket path of 107 bytes, the longest portable one, is listened at.",
        "libwayland socket_path_overflow",
        k05a_longest_path,
    ),
    Case::must(
        "K05b",
        "A socket path of 108 bytes is refused, never cut short.",
        "libwayland socket_path_overflow",
        k05b_too_long,
    ),
    Case::must(
        "K06",
        "A name that a live server holds is in use: the second gives up, the first keeps its socket.",
        "libwayland socket-test add_existing_socket",
        k06_taken,
    ),
    Case::must(
        "K07",
        "A socket and a lock that a dead server left are taken over.",
        "libwayland wl_socket_lock",
        k07_stale,
    ),
    Case::must(
        "K08a",
        "With wayland-0 to wayland-32 taken, the automatic choice ends in an error.",
        "libwayland add_socket_auto",
        k08a_all_taken,
    ),
    Case::must(
        "K08b",
        "With all but wayland-7 taken, the automatic choice takes it.",
        "libwayland add_socket_auto",
        k08b_one_free,
    ),
    Case::must(
        "K09",
        "Servers named a.x and a.y listen side by side: their locks are not the same file.",
        "libwayland wl_socket_lock; wayland-rs collides",
        k09_dotted,
    ),
    Case::must(
        "K10a",
        "A server that is told to leave removes its socket and its lock.",
        "libwayland wl_socket_destroy",
        k10a_leaving,
    ),
    Case::must(
        "K10b",
        "A server whose files were removed and taken by a successor leaves the successor's alone.",
        "rule of the kit",
        k10b_successor,
    ),
    Case::should("K11a", "A regular file where the socket should be is not removed.", "rule of the kit", |fixture| {
        occupied(fixture, |path| fs::write(path, "precious"))
    }),
    Case::should("K11b", "A directory where the socket should be is not removed.", "rule of the kit", |fixture| {
        occupied(fixture, |path| fs::create_dir(path))
    }),
    Case::should(
        "K12",
        "Under umask 0 in a directory open to all, the socket is not writable by others.",
        "unix(7): connecting needs write permission",
        k12_umask,
    ),
];

/// The lock file that belongs to a socket.
fn lock_of(path: &Path) -> PathBuf {
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    lock.into()
}

/// What tells a file from another that took its path, even under the same inode number.
fn identity(path: &Path) -> Result<(u64, i64, i64), Stop> {
    let file = fs::metadata(path)?;
    Ok((file.ino(), file.ctime(), file.ctime_nsec()))
}

/// Requires that a server which cannot have its name gives up. How it ends is not judged, only that it does.
pub(super) fn gives_up(running: &mut Running) -> Verdict {
    match running.wait(GIVE_UP)? {
        Some(status) if status.success() => fail("it left with exit code 0, as if all were well"),
        Some(_) => Ok(()),
        None => fail("it neither listens nor gives up"),
    }
}

fn k05a_longest_path(fixture: &mut Fixture) -> Verdict {
    let template = fixture.named_template()?;
    let launch = Launch::prepare()?;
    let name = "n".repeat(107 - launch.dir().as_os_str().len() - 1);
    let server = Server::start_at(launch, &template, &name)?;
    fixture.serves(&server.path)
}

fn k05b_too_long(fixture: &mut Fixture) -> Verdict {
    let template = fixture.named_template()?;
    let launch = Launch::prepare()?;
    let dir = launch.dir().to_owned();
    let name = "n".repeat(108 - dir.as_os_str().len() - 1);
    let mut running = begin(launch, &template, &name, |_| {})?;
    gives_up(&mut running)?;
    let is_socket = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_socket());
    let cut = fs::read_dir(dir)?.flatten().any(|entry| is_socket(&entry));
    ensure(!cut, || "it listens at another name than it was asked for".to_owned())
}

fn k06_taken(fixture: &mut Fixture) -> Verdict {
    let template = fixture.named_template()?;
    let launch = Launch::prepare()?;
    let second = launch.another();
    let first = Server::start_at(launch, &template, NAME)?;
    let before = identity(&first.path)?;
    let mut second = begin(second, &template, NAME, |_| {})?;
    let verdict = gives_up(&mut second);
    drop(second);
    ensure(identity(&first.path).ok() == Some(before), || {
        "the socket of the first was removed or replaced".to_owned()
    })?;
    fixture.serves(&first.path)?;
    verdict
}

fn k07_stale(fixture: &mut Fixture) -> Verdict {
    let template = fixture.named_template()?;
    let launch = Launch::prepare()?;
    let path = launch.dir().join(NAME);
    drop(listen(&path)?);
    File::create(lock_of(&path))?;
    let server = Server::start_at(launch, &template, NAME)?;
    fixture.serves(&server.path)
}

/// Takes `wayland-N` as a live server does: listening, its lock held.
fn take(dir: &Path, number: u32) -> Result<(OwnedFd, File), Stop> {
    let path = dir.join(format!("wayland-{number}"));
    let lock = File::create(lock_of(&path))?;
    rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
    Ok((listen(&path)?, lock))
}

fn automatic(fixture: &Fixture) -> Result<Template, Stop> {
    match &fixture.target.automatic {
        Some(template) => Ok(template.clone()),
        None => skip("no command was given that lets the server choose a name"),
    }
}

fn k08a_all_taken(fixture: &mut Fixture) -> Verdict {
    let template = automatic(fixture)?;
    let launch = Launch::prepare()?;
    let taken: Vec<_> = (0..=32).map(|number| take(launch.dir(), number)).collect::<Result<_, _>>()?;
    let mut running = begin(launch, &template, "", |command| {
        command.env_remove("WAYLAND_DISPLAY");
    })?;
    let verdict = gives_up(&mut running);
    drop(taken);
    verdict
}

fn k08b_one_free(fixture: &mut Fixture) -> Verdict {
    let template = automatic(fixture)?;
    let launch = Launch::prepare()?;
    let taken = (0..=32).filter(|number| *number != 7).map(|number| take(launch.dir(), number));
    let taken: Vec<_> = taken.collect::<Result<_, _>>()?;
    let path = launch.dir().join("wayland-7");
    let running = begin(launch, &template, "", |command| {
        command.env_remove("WAYLAND_DISPLAY");
    })?;
    let server = Server::await_listening(running, path).map_err(|error| Stop::Fail(error.to_string()))?;
    drop(taken);
    fixture.serves(&server.path)
}

fn k09_dotted(fixture: &mut Fixture) -> Verdict {
    let template = fixture.named_template()?;
    let launch = Launch::prepare()?;
    let second = launch.another();
    let first = Server::start_at(launch, &template, "a.x")?;
    let second = Server::start_at(second, &template, "a.y")?;
    fixture.serves(&first.path)?;
    fixture.serves(&second.path)
}

/// Ends a server and requires that it left by itself.
fn leave(server: &mut Server) -> Verdict {
    let Some(running) = &mut server.running else { return skip("the kit did not start this server") };
    let (status, killed) = running.terminate()?;
    ensure(!killed, || format!("SIGTERM did not end it ({})", ending(status)))
}

fn k10a_leaving(fixture: &mut Fixture) -> Verdict {
    let template = fixture.named_template()?;
    let mut server = Server::start_at(Launch::prepare()?, &template, NAME)?;
    // Served, it has its loop running, and with it whatever listens for signals.
    fixture.serves(&server.path)?;
    leave(&mut server)?;
    ensure(!server.path.exists(), || "the socket is left".to_owned())?;
    let lock = lock_of(&server.path);
    ensure(!lock.exists(), || "the lock file is left".to_owned())
}

fn k10b_successor(fixture: &mut Fixture) -> Verdict {
    let template = fixture.named_template()?;
    let launch = Launch::prepare()?;
    let second = launch.another();
    let mut first = Server::start_at(launch, &template, NAME)?;
    fs::remove_file(&first.path)?;
    // Not every server has a lock file of this name.
    let _ = fs::remove_file(lock_of(&first.path));
    let second = Server::start_at(second, &template, NAME)?;
    leave(&mut first)?;
    ensure(accepts(&second.path), || "the successor's socket is gone".to_owned())?;
    fixture.serves(&second.path)
}

fn occupied(fixture: &mut Fixture, put: impl FnOnce(&Path) -> std::io::Result<()>) -> Verdict {
    let template = fixture.named_template()?;
    let launch = Launch::prepare()?;
    let path = launch.dir().join(NAME);
    put(&path)?;
    let before = identity(&path)?;
    let mut running = begin(launch, &template, NAME, |_| {})?;
    // A server that goes on without the name has not given up; what counts is the file.
    let ended = running.wait(GIVE_UP)?;
    ensure(identity(&path).ok() == Some(before), || "what was there was removed".to_owned())?;
    ensure(ended.is_some(), || "it neither listens nor gives up".to_owned())
}

fn k12_umask(fixture: &mut Fixture) -> Verdict {
    let template = fixture.named_template()?;
    let launch = Launch::prepare()?;
    fs::set_permissions(launch.dir(), fs::Permissions::from_mode(0o755))?;
    let usual = rustix::process::umask(Mode::empty());
    let server = Server::start_at(launch, &template, NAME);
    rustix::process::umask(usual);
    let mode = fs::metadata(&server?.path)?.mode() & 0o777;
    ensure(mode & 0o022 == 0, || format!("its mode is {mode:o}: every user can connect"))
}
