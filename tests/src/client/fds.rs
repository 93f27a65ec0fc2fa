//! Fds from and to a client: batches, retries, zombies.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

use rustix::fs::MemfdFlags;

use super::host::{Host, NAME};
use super::tested::TestedClient;
use crate::case::{Case, Stop, Verdict, ensure, fail, skip};
use crate::protocol::{child, driver};
use crate::wire::Message;

/// Fds per sendmsg that every peer has room for.
const BATCH: usize = 28;

pub(super) const CASES: &[Case<Host>] = &[
    Case::must("D01x", "An event's fd comes with it: the handler gets that file.", "manual, fd", |host| {
        files_arrive(host, |client, child| client.send_with(&file(child), &[text("one")?.as_fd()]), &["one"])
    }),
    Case::must(
        "D02x",
        "The fd comes with the bytes of an earlier event: it waits for its own.",
        "manual, fd",
        |host| {
            files_arrive(
                host,
                |client, child| {
                    client.send_with(&Message::new(child, child::NOTE).uint(1).bytes(), &[text("early")?.as_fd()])?;
                    client.line("note")?;
                    client.send_bytes(&file(child))
                },
                &["early"],
            )
        },
    ),
    Case::must("D03x", "The fd comes with the last byte of its event.", "manual, fd", |host| {
        files_arrive(
            host,
            |client, child| {
                let event = file(child);
                client.send_bytes(&event[..7])?;
                client.send_with(&event[7..], &[text("late")?.as_fd()])
            },
            &["late"],
        )
    }),
    Case::must(
        "D04x",
        "An event is complete and its fd is not there: fatal.",
        "libwayland; wayland-rs waits",
        |host| {
            let mut client = host.meet()?;
            let (_, child) = client.make_child()?;
            client.send_bytes(&file(child))?;
            client.fatal()?.malformed()
        },
    ),
    Case::must(
        "D05a",
        "60 requests with an fd each in one flush: at most 28 fds per send, each fd the right file.",
        "wayland-rs backend_socket_out_limits",
        |host| {
            let mut client = host.meet()?;
            client.send(&client.order(driver::FILES).uint(60))?;
            client.line("sent-files")?;
            right_files(&mut client, 60)?;
            let largest = client.stream.fd_groups.iter().max().copied().unwrap_or(0);
            ensure(largest <= BATCH, || format!("{largest} fds came in one send; common peers have room for {BATCH}"))?;
            client.finish()
        },
    ),
    Case::must(
        "D06x",
        "28 events with their 28 fds in one send: each handler gets its own file.",
        "libwayland MAX_FDS_OUT",
        |host| many(host, 28),
    ),
    Case::should(
        "D06y",
        "100 events with their 100 fds in one send: each handler gets its own file.",
        "unix(7): 253 fds in one send",
        |host| many(host, 100),
    ),
    Case::must(
        "D10x",
        "A client's fd for the connection is closed on exec.",
        "libwayland os-wrappers-test",
        d10x_cloexec,
    ),
    Case::must(
        "D13a",
        "The socket is full when requests with fds are made; they leave later, each fd once.",
        "libwayland wl_connection_flush",
        d13a_retried,
    ),
    Case::must(
        "D13b",
        "The socket is full, and more fds wait than one send carries: each comes at or before the end of its message.",
        "libwayland wl_connection_flush",
        d13b_many_wait,
    ),
    Case::must(
        "D14",
        "The application closes its fd as soon as the request call returns: the file still arrives.",
        "libwayland wl_closure_marshal",
        |host| {
            let mut client = host.meet()?;
            client.send(&client.order(driver::FILES).uint(3))?;
            right_files(&mut client, 3)?;
            client.finish()
        },
    ),
    Case::should(
        "D15",
        "The kernel refuses more fds in flight (ETOOMANYREFS): a clear error or a later retry, no crash.",
        "unix(7), ETOOMANYREFS",
        d15_too_many_references,
    ),
    Case::must(
        "D16a",
        "An event with two fds for an object destroyed before it came: both are closed, the next event gets its own fd.",
        "libwayland zombie_fd_errant_consumption",
        |host| zombie(host, true, two_files),
    ),
    Case::must(
        "D16b",
        "The same with the event already received when the object is destroyed.",
        "libwayland zombie_fd_errant_consumption",
        |host| zombie(host, false, two_files),
    ),
    Case::must(
        "D16c",
        "A destroyed object gets a child by event, the child an event with an fd: the next event gets its own fd.",
        "libwayland zombie_fd_errant_consumption",
        |host| zombie(host, true, orphan_with_file),
    ),
    Case::must(
        "D16d",
        "The same with the events already received when the object is destroyed.",
        "libwayland zombie_fd_errant_consumption",
        |host| zombie(host, false, orphan_with_file),
    ),
];

/// A file event for `child`.
fn file(child: u32) -> Vec<u8> {
    Message::new(child, child::FILE).bytes()
}

/// A file that holds `content`.
fn text(content: &str) -> io::Result<OwnedFd> {
    let fd = rustix::fs::memfd_create("conform", MemfdFlags::CLOEXEC)?;
    rustix::io::pwrite(&fd, content.as_bytes(), 0)?;
    Ok(fd)
}

fn files_arrive(host: &mut Host, send: impl FnOnce(&mut TestedClient, u32) -> Verdict, contents: &[&str]) -> Verdict {
    let mut client = host.meet()?;
    let (index, child) = client.make_child()?;
    send(&mut client, child)?;
    for content in contents {
        let line = client.line("file")?;
        ensure(line == format!("file {index} {content}"), || format!("the handler of `{content}` got: {line}"))?;
    }
    client.finish()
}

fn many(host: &mut Host, count: usize) -> Verdict {
    let names: Vec<String> = (0..count).map(|index| format!("number-{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let files = names.iter().map(|name| text(name)).collect::<io::Result<Vec<OwnedFd>>>()?;
    let fds: Vec<_> = files.iter().map(OwnedFd::as_fd).collect();
    files_arrive(host, |client, child| client.send_with(&file(child).repeat(count), &fds), &names)
}

/// Requires `count` file requests, each with its own file.
fn right_files(client: &mut TestedClient, count: u32) -> Verdict {
    for index in 0..count {
        let request = client.expect(client.driver, driver::FILE)?;
        ensure(request.first() == index, || format!("file {} came where {index} was due", request.first()))?;
        let content = io::read_to_string(File::from(rewound(client.stream.take_fd()?)?))?;
        ensure(content == index.to_string(), || format!("the file of request {index} holds {content:?}"))?;
    }
    ensure(client.stream.waiting_fds() == 0, || "an fd came twice".to_owned())
}

/// The offset is shared with the sender, who need not have rewound.
fn rewound(fd: OwnedFd) -> Result<OwnedFd, Stop> {
    rustix::fs::seek(&fd, rustix::fs::SeekFrom::Start(0))?;
    Ok(fd)
}

fn d10x_cloexec(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    let open = client.running.process().cloexec_where(|link| link.starts_with("socket:"))?;
    match open {
        Some(true) => client.finish(),
        Some(false) => fail("whatever the client starts inherits the connection"),
        None => skip("no socket is seen in the client's fds"),
    }
}

fn d13b_many_wait(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    client.serving = false;
    // One by one, so that little more than the fds is left to be sent.
    let mut data = 0;
    let mut said = String::new();
    while said != "flood blocked" {
        client.send(&client.order(driver::FLOOD).uint(1))?;
        said = client.line("flood")?;
        data += 1;
        ensure(data < 10_000, || "10000 requests of 4000 bytes have gone to a socket that nobody reads".to_owned())?;
    }
    client.send(&client.order(driver::FILES).uint(60))?;
    // Whether a call may wait for room is another matter (P03).
    let _ = client.line("sent-files");
    client.serving = true;
    for _ in 0..data {
        client.expect(client.driver, driver::DATA)?;
    }
    right_files(&mut client, 60)?;
    client.finish()
}

fn d13a_retried(host: &mut Host) -> Verdict {
    let mut client = host.meet()?;
    client.serving = false;
    // 200 requests of 4000 bytes fill any socket; what was not read by then is read behind the files.
    client.send_bytes(
        &[client.order(driver::FLOOD).uint(200).bytes(), client.order(driver::FILES).uint(40).bytes()].concat(),
    )?;
    client.line("flood")?;
    client.line("sent-files")?;
    client.serving = true;
    for _ in 0..200 {
        client.expect(client.driver, driver::DATA)?;
    }
    right_files(&mut client, 40)?;
    client.finish()
}

fn d15_too_many_references(host: &mut Host) -> Verdict {
    const STRANGER: u32 = 12345;
    if !rustix::process::geteuid().is_root() {
        return skip("root is needed to start the client as a user with limits");
    }
    let door = host.door(NAME)?;
    fs::set_permissions(door.launch.dir(), Permissions::from_mode(0o755))?;
    fs::set_permissions(&door.path, Permissions::from_mode(0o777))?;
    let limited = ["sh", "-c", "ulimit -n 64 && exec \"$@\"", "sh"];
    let running = host.open_under(door.launch, &limited, |command| {
        command.env("WAYLAND_DISPLAY", NAME).uid(STRANGER).gid(STRANGER);
    })?;
    let Ok(mut client) = host.welcome(running, &door.listener, &Host::globals()) else {
        return skip("the client's program cannot be run by another user");
    };
    client.serving = false;
    client.send(&client.order(driver::FILES).uint(300))?;
    let arrived = client.line("sent-files").and_then(|_| {
        // It kept what the kernel refused: then it all comes once we read.
        client.serving = true;
        right_files(&mut client, 300)
    });
    match arrived {
        Ok(()) => client.finish(),
        // What counts is an orderly end: a report and the exit code that goes with one.
        Err(_) => client.fatal_or_left(),
    }
}

/// Two events' worth of fds that nobody will take.
fn two_files(_: &mut TestedClient, doomed: u32) -> (Vec<u8>, usize) {
    (Message::new(doomed, child::TWO_FILES).bytes(), 2)
}

/// A child of the doomed object, and an fd for it.
fn orphan_with_file(client: &mut TestedClient, doomed: u32) -> (Vec<u8>, usize) {
    let orphan = client.server_id();
    ([Message::new(doomed, child::BORN).uint(orphan).bytes(), file(orphan)].concat(), 1)
}

/// Destroys a child, sends it what `events` gives (bytes and how many fds they need), and requires that the next event
/// with an fd gets its own, and that no fd is left in the client.
fn zombie(host: &mut Host, known_dead: bool, events: fn(&mut TestedClient, u32) -> (Vec<u8>, usize)) -> Verdict {
    let mut client = host.meet()?;
    let (doomed, doomed_id) = client.make_child()?;
    let (kept, kept_id) = client.make_child()?;
    let before = client.running.process().fd_count()?;
    let destroy = client.order(driver::DESTROY_CHILD).uint(doomed).bytes();
    let (bytes, count) = events(&mut client, doomed_id);
    let (wrong, right) = (text("wrong")?, text("right")?);
    let mut fds = vec![wrong.as_fd(); count];
    fds.push(right.as_fd());
    if known_dead {
        client.send_bytes(&destroy)?;
        client.expect(doomed_id, child::DESTROY)?;
        client.send_with(&[bytes, file(kept_id)].concat(), &fds)?;
    } else {
        client.send_with(&[destroy, bytes, file(kept_id)].concat(), &fds)?;
        client.expect(doomed_id, child::DESTROY)?;
    }
    // That an orphan's handler may run is judged elsewhere (O19b); here only whose fd is whose.
    let own = format!("file {kept} ");
    let mut line = client.line("file")?;
    while !line.starts_with(&own) {
        line = client.line("file")?;
    }
    ensure(line == format!("{own}right"), || format!("the next event got another's fd: {line}"))?;
    // The answer to one more order proves that the events before it are done with.
    client.make_child()?;
    let now = client.running.process().fd_count()?;
    ensure(now <= before, || format!("{} fds are left in the client", now - before))?;
    client.finish()
}
