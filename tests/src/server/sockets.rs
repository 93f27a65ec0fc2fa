//! Listening, taking over, leaving, being handed a listener: what a server does with paths and accept (WIRE.md C).
//!
//! These cases start servers of their own; a target that the kit did not start cannot be judged by them.

use std::fs::{self, File};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode};
use rustix::thread::{Gid, Uid};

use super::files::{NamedMemfd, memfds};
use super::launch::{NAME, Server, Start, accepts, begin};
use super::peer::{Client, bind, globals_of};
use super::rig::Rig;
use crate::case::{Case, Stop, Verdict, ensure, fail, skip};
use crate::protocol::{beacon, display, probe, shm};
use crate::socket::{Stream, listen};
use crate::target::{Launch, Running, Template, ending};
use crate::wire::{DISPLAY, Message};

/// A user who has nothing to do with anything.
const STRANGER: u32 = 12345;
/// How long a server may take to give up a name that it cannot have.
const GIVE_UP: Duration = Duration::from_secs(5);

pub(super) const CASES: &[Case<Rig>] = &[
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
        "WIRE.md C.2; wayland-rs collides",
        k09_dotted,
    ),
    Case::must("K10a", "A server that is told to leave removes its socket and its lock.", "WIRE.md C.2", k10a_leaving),
    Case::must(
        "K10b",
        "A server whose files were removed and taken by a successor leaves the successor's alone.",
        "WIRE.md C.2",
        k10b_successor,
    ),
    Case::should("K11a", "A regular file where the socket should be is not removed.", "rule of WIRE.md F", |rig| {
        occupied(rig, |path| fs::write(path, "precious"))
    }),
    Case::should("K11b", "A directory where the socket should be is not removed.", "rule of WIRE.md F", |rig| {
        occupied(rig, |path| fs::create_dir(path))
    }),
    Case::should(
        "K12",
        "Under umask 0 in a directory open to all, the socket is not writable by others.",
        "WIRE.md E.18",
        k12_umask,
    ),
    Case::must(
        "K13",
        "Another user connects through an open mode: the server is told that user by SO_PEERCRED.",
        "WIRE.md C.4",
        k13_stranger,
    ),
    Case::must(
        "K14",
        "A client changes its user after connecting: the credentials stay those of the connect.",
        "WIRE.md E.16",
        k14_frozen,
    ),
    Case::must(
        "K15a",
        "LISTEN_FDS with the pid of another process in LISTEN_PID is ignored.",
        "sd_listen_fds(3)",
        k15a_wrong_pid,
    ),
    Case::must("K15b", "Two sockets handed over with LISTEN_FDS are both served.", "sd_listen_fds(3)", k15b_two),
    Case::must(
        "K15c",
        "Something that is no socket among LISTEN_FDS is a clear error.",
        "sd_listen_fds(3)",
        k15c_no_socket,
    ),
    Case::must(
        "K16",
        "A server with a handed-over socket leaves: the path and the listener stay for its successor.",
        "WIRE.md C.5",
        k16_left_in_place,
    ),
    Case::must(
        "K17",
        "accept fails for lack of fds: the server does not spin, and accepts once one is free.",
        "WIRE.md E.19",
        k17_accept_at_the_limit,
    ),
    Case::should(
        "K18",
        "A client connected, wrote and left before it was accepted: its requests are executed.",
        "WIRE.md E.17",
        k18_before_accept,
    ),
    Case::should(
        "D17",
        "With SO_PASSCRED on the server's socket, 28 fds in one send all arrive: the credentials must not take their room.",
        "WIRE.md E.6",
        d17_passcred,
    ),
];

fn template(rig: &Rig) -> Result<Template, Stop> {
    match &rig.target.start {
        Start::Command(template) => Ok(template.clone()),
        Start::Socket(_) => skip("the kit did not start this server"),
    }
}

fn named(template: &Template) -> Verdict {
    if template.mentions("{socket}") || template.mentions("{name}") {
        Ok(())
    } else {
        skip("the command names no socket")
    }
}

/// Starts a server beside the one of the rig, under `name` in the directory of `launch`.
fn start(launch: Launch, template: &Template, name: &str) -> Result<Server, Stop> {
    Server::launch(launch, template, name, |_| {}).map_err(|error| Stop::Fail(error.to_string()))
}

fn serves(rig: &Rig, path: &Path) -> Verdict {
    Client::connect(path, rig.patience())?.lives()
}

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
fn gives_up(running: &mut Running) -> Verdict {
    match running.wait(GIVE_UP)? {
        Some(status) if status.success() => fail("it left with exit code 0, as if all were well"),
        Some(_) => Ok(()),
        None => fail("it neither listens nor gives up"),
    }
}

fn k05a_longest_path(rig: &mut Rig) -> Verdict {
    let template = template(rig)?;
    named(&template)?;
    let launch = Launch::prepare()?;
    let name = "n".repeat(107 - launch.dir().as_os_str().len() - 1);
    let server = start(launch, &template, &name)?;
    serves(rig, &server.path)
}

fn k05b_too_long(rig: &mut Rig) -> Verdict {
    let template = template(rig)?;
    named(&template)?;
    let launch = Launch::prepare()?;
    let dir = launch.dir().to_owned();
    let name = "n".repeat(108 - dir.as_os_str().len() - 1);
    let mut running = begin(launch, &template, &name, |_| {})?;
    gives_up(&mut running)?;
    let cut = fs::read_dir(dir)?.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("nnn"));
    ensure(!cut, || "it left a file with another name than it was asked for".to_owned())
}

fn k06_taken(rig: &mut Rig) -> Verdict {
    let template = template(rig)?;
    named(&template)?;
    let launch = Launch::prepare()?;
    let second = launch.another();
    let first = start(launch, &template, NAME)?;
    let before = identity(&first.path)?;
    let mut second = begin(second, &template, NAME, |_| {})?;
    let verdict = gives_up(&mut second);
    drop(second);
    ensure(identity(&first.path).ok() == Some(before), || {
        "the socket of the first was removed or replaced".to_owned()
    })?;
    serves(rig, &first.path)?;
    verdict
}

fn k07_stale(rig: &mut Rig) -> Verdict {
    let template = template(rig)?;
    named(&template)?;
    let launch = Launch::prepare()?;
    let path = launch.dir().join(NAME);
    drop(listen(&path)?);
    File::create(lock_of(&path))?;
    let server = start(launch, &template, NAME)?;
    serves(rig, &server.path)
}

/// Takes `wayland-N` as a live server does: listening, its lock held.
fn take(dir: &Path, number: u32) -> Result<(OwnedFd, File), Stop> {
    let path = dir.join(format!("wayland-{number}"));
    let lock = File::create(lock_of(&path))?;
    rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
    Ok((listen(&path)?, lock))
}

fn automatic(rig: &Rig) -> Result<Template, Stop> {
    match &rig.target.automatic {
        Some(template) => Ok(template.clone()),
        None => skip("no command was given that lets the server choose a name"),
    }
}

fn k08a_all_taken(rig: &mut Rig) -> Verdict {
    let template = automatic(rig)?;
    let launch = Launch::prepare()?;
    let taken: Vec<_> = (0..=32).map(|number| take(launch.dir(), number)).collect::<Result<_, _>>()?;
    let mut running = begin(launch, &template, "", |command| {
        command.env_remove("WAYLAND_DISPLAY");
    })?;
    let verdict = gives_up(&mut running);
    drop(taken);
    verdict
}

fn k08b_one_free(rig: &mut Rig) -> Verdict {
    let template = automatic(rig)?;
    let launch = Launch::prepare()?;
    let taken = (0..=32).filter(|number| *number != 7).map(|number| take(launch.dir(), number));
    let taken: Vec<_> = taken.collect::<Result<_, _>>()?;
    let path = launch.dir().join("wayland-7");
    let running = begin(launch, &template, "", |command| {
        command.env_remove("WAYLAND_DISPLAY");
    })?;
    let server = Server::await_listening(running, path).map_err(|error| Stop::Fail(error.to_string()))?;
    drop(taken);
    serves(rig, &server.path)
}

fn k09_dotted(rig: &mut Rig) -> Verdict {
    let template = template(rig)?;
    named(&template)?;
    let launch = Launch::prepare()?;
    let second = launch.another();
    let first = start(launch, &template, "a.x")?;
    let second = start(second, &template, "a.y")?;
    serves(rig, &first.path)?;
    serves(rig, &second.path)
}

/// Ends a server and requires that it left by itself.
fn leave(server: &mut Server) -> Verdict {
    let Some(running) = &mut server.running else { return skip("the kit did not start this server") };
    let (status, killed) = running.terminate()?;
    ensure(!killed, || format!("SIGTERM did not end it ({})", ending(status)))
}

fn k10a_leaving(rig: &mut Rig) -> Verdict {
    let template = template(rig)?;
    named(&template)?;
    let mut server = start(Launch::prepare()?, &template, NAME)?;
    leave(&mut server)?;
    ensure(!server.path.exists(), || "the socket is left".to_owned())?;
    let lock = lock_of(&server.path);
    ensure(!lock.exists(), || "the lock file is left".to_owned())
}

fn k10b_successor(rig: &mut Rig) -> Verdict {
    let template = template(rig)?;
    named(&template)?;
    let launch = Launch::prepare()?;
    let second = launch.another();
    let mut first = start(launch, &template, NAME)?;
    fs::remove_file(&first.path)?;
    // Not every server has a lock file of this name.
    let _ = fs::remove_file(lock_of(&first.path));
    let second = start(second, &template, NAME)?;
    leave(&mut first)?;
    ensure(accepts(&second.path), || "the successor's socket is gone".to_owned())?;
    serves(rig, &second.path)
}

fn occupied(rig: &mut Rig, put: impl FnOnce(&Path) -> std::io::Result<()>) -> Verdict {
    let template = template(rig)?;
    named(&template)?;
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

fn k12_umask(rig: &mut Rig) -> Verdict {
    let template = template(rig)?;
    named(&template)?;
    let launch = Launch::prepare()?;
    fs::set_permissions(launch.dir(), fs::Permissions::from_mode(0o755))?;
    let usual = rustix::process::umask(Mode::empty());
    let server = start(launch, &template, NAME);
    rustix::process::umask(usual);
    let mode = fs::metadata(&server?.path)?.mode() & 0o777;
    ensure(mode & 0o022 == 0, || format!("its mode is {mode:o}: every user can connect"))
}

/// Runs `action` in a thread that is another user. Skips if the kit may not do that.
fn as_stranger<T: Send>(action: impl FnOnce() -> T + Send) -> Result<T, Stop> {
    if !rustix::process::geteuid().is_root() {
        return skip("only root can act as another user");
    }
    let changed = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let (uid, gid) = (Uid::from_raw(STRANGER), Gid::from_raw(STRANGER));
            rustix::thread::set_thread_res_gid(gid, gid, gid)?;
            rustix::thread::set_thread_res_uid(uid, uid, uid)?;
            Ok::<T, rustix::io::Errno>(action())
        });
        thread.join()
    });
    match changed {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(errno)) => skip(format!("the kit may not act as another user: {errno}")),
        Err(_) => fail("the kit's own thread failed"),
    }
}

/// What the server knows of the client: its uid.
fn told_uid(client: &mut Client, probe: u32) -> Result<u32, Stop> {
    client.send(&Message::new(probe, probe::TELL_CREDENTIALS))?;
    let event = client.expect(probe, probe::CREDENTIALS)?;
    let mut args = event.args();
    args.uint()?;
    Ok(args.uint()?)
}

fn k13_stranger(rig: &mut Rig) -> Verdict {
    let global = rig.need(probe::NAME, 1)?;
    let template = template(rig)?;
    named(&template)?;
    let server = start(Launch::prepare()?, &template, NAME)?;
    let dir = server.path.parent().unwrap_or(Path::new("/"));
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755))?;
    fs::set_permissions(&server.path, fs::Permissions::from_mode(0o777))?;
    let stream = as_stranger(|| Stream::connect(&server.path))??;
    let mut client = Client::over(stream, rig.patience());
    let (registry, _) = client.registry()?;
    let probe = client.bind(registry, global.name, probe::NAME, 1)?;
    let uid = told_uid(&mut client, probe)?;
    ensure(uid == STRANGER, || format!("the server takes the client for uid {uid}"))
}

fn k14_frozen(rig: &mut Rig) -> Verdict {
    let (mut client, probe) = rig.probe(1)?;
    let before = rustix::process::geteuid().as_raw();
    let uid = as_stranger(|| told_uid(&mut client, probe))??;
    ensure(uid == before, || format!("the server takes the client for uid {uid}"))
}

fn activated(rig: &Rig) -> Result<Template, Stop> {
    match &rig.target.activated {
        Some(template) => Ok(template.clone()),
        None => skip("no command was given that takes LISTEN_FDS"),
    }
}

/// Starts the target with `fds` handed over. `names` are where the kit would look for a socket of its own.
fn start_activated(launch: Launch, template: &Template, fds: Vec<OwnedFd>, wrong: bool) -> Result<Running, Stop> {
    let own = launch.dir().join("own");
    let words = template.fill(&[("{socket}", &own.to_string_lossy()), ("{name}", "own")]);
    Ok(launch.words(&words).start_activated(fds, wrong)?)
}

fn k15a_wrong_pid(rig: &mut Rig) -> Verdict {
    let template = activated(rig)?;
    let launch = Launch::prepare()?;
    let path = launch.dir().join("handed");
    let listener = listen(&path)?;
    let mut client = Client::connect(&path, rig.patience())?;
    let mut running = start_activated(launch, &template, vec![listener], true)?;
    match client.sync() {
        Ok(_) => fail("the socket is served although LISTEN_PID names another process"),
        // Giving up because nothing is left to listen at is as good as listening elsewhere.
        Err(_) => running.wait(Duration::ZERO).map(drop).map_err(Stop::from),
    }
}

fn k15b_two(rig: &mut Rig) -> Verdict {
    let template = activated(rig)?;
    let launch = Launch::prepare()?;
    let paths = [launch.dir().join("one"), launch.dir().join("two")];
    let listeners = paths.iter().map(|path| listen(path)).collect::<Result<Vec<_>, _>>()?;
    let running = start_activated(launch, &template, listeners, false)?;
    for path in &paths {
        serves(rig, path).map_err(|stop| match stop {
            Stop::Fail(observed) => Stop::Fail(format!("{observed} ({})", running.last_words())),
            skip @ Stop::Skip(_) => skip,
        })?;
    }
    Ok(())
}

fn k15c_no_socket(rig: &mut Rig) -> Verdict {
    let template = activated(rig)?;
    let launch = Launch::prepare()?;
    let listener = listen(&launch.dir().join("one"))?;
    let fds = vec![listener, NamedMemfd::new(0)?.fd];
    let mut running = start_activated(launch, &template, fds, false)?;
    gives_up(&mut running)?;
    ensure(!running.log().trim().is_empty(), || "it gave up without a word".to_owned())
}

fn k16_left_in_place(rig: &mut Rig) -> Verdict {
    let template = activated(rig)?;
    let launch = Launch::prepare()?;
    let path = launch.dir().join("handed");
    let listener = listen(&path)?;
    let mut running = start_activated(launch, &template, vec![listener.try_clone()?], false)?;
    serves(rig, &path)?;
    let (status, killed) = running.terminate()?;
    ensure(!killed, || format!("SIGTERM did not end it ({})", ending(status)))?;
    ensure(accepts(&path), || "the path or the listener is gone".to_owned())
}

fn k17_accept_at_the_limit(rig: &mut Rig) -> Verdict {
    let usual = rig.process().leave_free_fds(0)?;
    let waiting = rig.client();
    let verdict = rig.canary().and_then(|_| rig.idle());
    rig.process().restore_fd_limit(usual)?;
    verdict?;
    waiting?.lives()
}

fn k18_before_accept(rig: &mut Rig) -> Verdict {
    let global = rig.need(probe::NAME, 1)?;
    let (mut witness, witness_probe) = rig.probe(1)?;
    let (registry, _) = witness.registry()?;
    rig.process().pause(rig.patience())?;
    let written = rig.client().and_then(|client| {
        client.send_bytes(
            &[
                Message::new(DISPLAY, display::GET_REGISTRY).uint(2).bytes(),
                bind(2, global.name, probe::NAME, 1, 3).bytes(),
                Message::new(3, probe::ADD_GLOBAL).bytes(),
            ]
            .concat(),
        )
    });
    rig.process().resume()?;
    written?;
    rig.canary()?;
    rig.canary()?;
    let announced = globals_of(&witness.sync()?, registry)?;
    for global in announced.iter().filter(|global| global.interface == beacon::NAME) {
        witness.send(&Message::new(witness_probe, probe::DESTROY_GLOBAL).uint(global.name))?;
    }
    witness.lives()?;
    ensure(!announced.is_empty(), || "the requests were not executed".to_owned())
}

fn d17_passcred(rig: &mut Rig) -> Verdict {
    const FDS: usize = 28;
    let template = activated(rig)?;
    rig.need("wl_shm", 1)?;
    let launch = Launch::prepare()?;
    let path = launch.dir().join("handed");
    let listener = listen(&path)?;
    // Connections accepted from it inherit the option.
    rustix::net::sockopt::set_socket_passcred(&listener, true)?;
    let running = start_activated(launch, &template, vec![listener], false)?;
    let mut client = Client::connect(&path, rig.patience())?;
    let (registry, globals) = client.registry()?;
    let Some(global) = globals.iter().find(|global| global.interface == "wl_shm") else {
        return skip("the activated server offers no wl_shm");
    };
    let shm = client.bind(registry, global.name, "wl_shm", 1)?;
    let files = memfds(FDS, 4096)?;
    let pools = files.iter().flat_map(|_| Message::new(shm, shm::CREATE_POOL).uint(client.fresh()).uint(4096).bytes());
    let bytes: Vec<u8> = pools.collect();
    let fds: Vec<BorrowedFd<'_>> = files.iter().map(|file| file.fd.as_fd()).collect();
    client.send_with(&bytes, &fds)?;
    client.lives()?;
    let missing = files.iter().filter(|file| !running.process().holds_memfd(&file.name).unwrap_or(false)).count();
    ensure(missing == 0, || format!("{missing} of {FDS} files were lost"))
}
