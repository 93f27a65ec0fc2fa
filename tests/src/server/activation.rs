//! Being handed a listening socket by whoever starts the server.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::files::{NamedMemfd, memfds};
use super::fixture::Fixture;
use super::launch::accepts;
use super::paths::gives_up;
use super::peer::Client;
use crate::case::{Case, Stop, Verdict, ensure, fail, skip};
use crate::protocol::shm;
use crate::socket::listen;
use crate::target::{Launch, Running, Template, ending};
use crate::wire::Message;

pub(super) const CASES: &[Case<Fixture>] = &[
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
        "sd_listen_fds(3)",
        k16_left_in_place,
    ),
    Case::should(
        "D17",
        "With SO_PASSCRED on the server's socket, 28 fds in one send all arrive: the credentials must not take their room.",
        "unix(7), SO_PASSCRED",
        d17_passcred,
    ),
];

fn activated(fixture: &Fixture) -> Result<Template, Stop> {
    match &fixture.target.activated {
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

fn k15a_wrong_pid(fixture: &mut Fixture) -> Verdict {
    let template = activated(fixture)?;
    let launch = Launch::prepare()?;
    let path = launch.dir().join("handed");
    let listener = listen(&path)?;
    let mut client = Client::connect(&path, fixture.patience())?;
    let mut running = start_activated(launch, &template, vec![listener], true)?;
    match client.sync() {
        Ok(_) => fail("the socket is served although LISTEN_PID names another process"),
        // Giving up because nothing is left to listen at is as good as listening elsewhere.
        Err(_) => running.wait(Duration::ZERO).map(drop).map_err(Stop::from),
    }
}

fn k15b_two(fixture: &mut Fixture) -> Verdict {
    let template = activated(fixture)?;
    let launch = Launch::prepare()?;
    let paths = [launch.dir().join("one"), launch.dir().join("two")];
    let listeners = paths.iter().map(|path| listen(path)).collect::<Result<Vec<_>, _>>()?;
    let running = start_activated(launch, &template, listeners, false)?;
    for path in &paths {
        fixture.serves(path).map_err(|stop| match stop {
            Stop::Fail(observed) => Stop::Fail(format!("{observed} ({})", running.last_output())),
            skip @ Stop::Skip(_) => skip,
        })?;
    }
    Ok(())
}

fn k15c_no_socket(fixture: &mut Fixture) -> Verdict {
    let template = activated(fixture)?;
    let launch = Launch::prepare()?;
    let listener = listen(&launch.dir().join("one"))?;
    let fds = vec![listener, NamedMemfd::new(0)?.fd];
    let mut running = start_activated(launch, &template, fds, false)?;
    gives_up(&mut running)?;
    ensure(!running.log().trim().is_empty(), || "it gave up without a word".to_owned())
}

fn k16_left_in_place(fixture: &mut Fixture) -> Verdict {
    let template = activated(fixture)?;
    let launch = Launch::prepare()?;
    let path = launch.dir().join("handed");
    let listener = listen(&path)?;
    let mut running = start_activated(launch, &template, vec![listener.try_clone()?], false)?;
    fixture.serves(&path)?;
    let (status, killed) = running.terminate()?;
    ensure(!killed, || format!("SIGTERM did not end it ({})", ending(status)))?;
    ensure(accepts(&path), || "the path or the listener is gone".to_owned())
}

fn d17_passcred(fixture: &mut Fixture) -> Verdict {
    const FDS: usize = 28;
    let template = activated(fixture)?;
    fixture.need("wl_shm", 1)?;
    let launch = Launch::prepare()?;
    let path = launch.dir().join("handed");
    let listener = listen(&path)?;
    // Connections accepted from it inherit the option.
    rustix::net::sockopt::set_socket_passcred(&listener, true)?;
    let running = start_activated(launch, &template, vec![listener], false)?;
    let mut client = Client::connect(&path, fixture.patience())?;
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
