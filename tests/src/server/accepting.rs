//! Who connects, when, and with how many fds to spare.

use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::thread::{Gid, Uid};

use super::backpressure::{executes_final_requests, final_requests};
use super::fixture::Fixture;
use super::launch::{NAME, Server, begin};
use super::peer::{Client, sync};
use crate::case::{Case, Stop, Verdict, ensure, fail, skip};
use crate::protocol::probe;
use crate::socket::{End, SocketError, Stream};
use crate::target::Launch;
use crate::wire::Message;

/// A user who has nothing to do with anything.
const STRANGER: u32 = 12345;
/// The hidden part of the `conform` command that a case needs for a process that connects and exits.
pub const PASS_FD: &str = "hand-over";

pub(super) const CASES: &[Case<Fixture>] = &[
    Case::must(
        "K13",
        "Another user connects through an open mode: the server is told that user by SO_PEERCRED.",
        "unix(7), SO_PEERCRED",
        k13_stranger,
    ),
    Case::must(
        "K14",
        "A client changes its user after connecting: the credentials stay those of the connect.",
        "unix(7), SO_PEERCRED",
        k14_frozen,
    ),
    Case::must(
        "K13b",
        "With a policy against other users, one who connects and writes is refused before a byte is read; its own user is served.",
        "rule of the kit",
        k13b_policy,
    ),
    Case::must(
        "K14b",
        "A process connects, hands the connection to another and exits: the credentials stay those of the process that connected.",
        "unix(7), SO_PEERCRED",
        k14b_gone,
    ),
    Case::must(
        "K17",
        "accept fails for lack of fds: the server does not spin, and accepts once one is free.",
        "accept(2), EMFILE",
        k17_accept_at_the_limit,
    ),
    Case::should(
        "K18",
        "A client connected, wrote and left before it was accepted: its requests are executed.",
        "rule of the kit",
        k18_before_accept,
    ),
    Case::should("K19", "An abstract name that was asked for is listened at.", "unix(7), abstract", k19_abstract),
];

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

/// What the server knows of the client: its pid and uid.
fn told(client: &mut Client, probe: u32) -> Result<(u32, u32), Stop> {
    client.send(&Message::new(probe, probe::TELL_CREDENTIALS))?;
    let event = client.expect(probe, probe::CREDENTIALS)?;
    let mut args = event.args();
    Ok((args.uint()?, args.uint()?))
}

/// Lets every user connect to the socket at `path`.
fn open_to_all(path: &Path) -> Verdict {
    let dir = path.parent().unwrap_or(Path::new("/"));
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o777))?;
    Ok(())
}

fn k13_stranger(fixture: &mut Fixture) -> Verdict {
    let global = fixture.need(probe::NAME, 1)?;
    let template = fixture.named_template()?;
    let server = Server::start_at(Launch::prepare()?, &template, NAME)?;
    open_to_all(&server.path)?;
    let stream = as_stranger(|| Stream::connect(&server.path))??;
    let mut client = Client::over(stream, fixture.patience());
    let (registry, _) = client.registry()?;
    let probe = client.bind(registry, global.name, probe::NAME, 1)?;
    let (_, uid) = told(&mut client, probe)?;
    ensure(uid == STRANGER, || format!("the server takes the client for uid {uid}"))
}

fn k14_frozen(fixture: &mut Fixture) -> Verdict {
    let (mut client, probe) = fixture.probe(1)?;
    let before = rustix::process::geteuid().as_raw();
    let (_, uid) = as_stranger(|| told(&mut client, probe))??;
    ensure(uid == before, || format!("the server takes the client for uid {uid}"))
}

fn k13b_policy(fixture: &mut Fixture) -> Verdict {
    let Some(template) = fixture.target.guarded.clone() else {
        return skip("no command was given that refuses other users");
    };
    let server = Server::start_at(Launch::prepare()?, &template, NAME)?;
    open_to_all(&server.path)?;
    fixture.serves(&server.path)?;
    server.process.pause(fixture.patience())?;
    let stream = as_stranger(|| Stream::connect(&server.path)).and_then(|stream| Ok(stream?));
    let written = stream.and_then(|stream| {
        let client = Client::over(stream, fixture.patience());
        client.send(&sync(2))?;
        Ok(client)
    });
    server.process.resume()?;
    let mut client = written?;
    match client.ends()? {
        // What was not read is what makes it a reset.
        _ if client.stream.end == Some(End::Reset) => Ok(()),
        Some(death) => fail(death.describe()),
        None => fail("the connection was closed, but what the client had written was read"),
    }
}

fn k14b_gone(fixture: &mut Fixture) -> Verdict {
    let global = fixture.need(probe::NAME, 1)?;
    let Some(conform) = &fixture.target.conform else {
        return skip("the kit runs as a part of another program than its own command");
    };
    let (ours, theirs) = UnixStream::pair()?;
    let mut child = Command::new(conform)
        .arg(PASS_FD)
        .arg(fixture.path())
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .spawn()?;
    let pid = child.id();
    let mut gift = Stream::new(ours.into());
    let arrived = gift.receive(fixture.patience());
    child.wait()?;
    arrived?;
    let mut client = Client::over(Stream::new(gift.take_fd()?), fixture.patience());
    let (registry, _) = client.registry()?;
    let probe = client.bind(registry, global.name, probe::NAME, 1)?;
    let (told, _) = told(&mut client, probe)?;
    ensure(told == pid, || format!("the server takes {told} for the client, not {pid}, which connected"))
}

/// What [`PASS_FD`] does: connects to the socket at `path` and sends the connection through `to`, which is a socket.
///
/// # Errors
/// When either fails.
pub fn pass_fd(path: &Path, to: OwnedFd) -> Result<(), SocketError> {
    let connection = Stream::connect(path)?;
    let message = Message::new(1, 0).bytes();
    Stream::new(to).send(&message, &[connection.as_fd()], Duration::from_secs(2))
}

fn k17_accept_at_the_limit(fixture: &mut Fixture) -> Verdict {
    let usual = fixture.process().leave_free_fds(0)?;
    let waiting = fixture.client();
    let verdict = fixture.check_liveness().and_then(|_| fixture.idle());
    fixture.process().restore_fd_limit(usual)?;
    verdict?;
    waiting?.lives()
}

fn k18_before_accept(fixture: &mut Fixture) -> Verdict {
    let global = fixture.need(probe::NAME, 1)?;
    executes_final_requests(fixture, |fixture| fixture.client()?.send_bytes(&final_requests(&global, 2, 3)))
}

fn k19_abstract(fixture: &mut Fixture) -> Verdict {
    let Some(template) = fixture.target.abstract_name.clone() else {
        return skip("no command was given that listens at an abstract name");
    };
    let name = format!("conform-{}", std::process::id());
    let running = begin(Launch::prepare()?, &template, &name, |_| {})?;
    let connect = |_: &Path| Stream::connect_abstract(&name);
    let _server = Server::await_connection(running, name.clone().into(), connect)
        .map_err(|error| Stop::Fail(error.to_string()))?;
    Client::over(Stream::connect_abstract(&name)?, fixture.patience()).lives()
}
