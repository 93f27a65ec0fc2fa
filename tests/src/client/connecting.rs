//! Finding the server: `WAYLAND_SOCKET`, `WAYLAND_DISPLAY`, `XDG_RUNTIME_DIR`.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::io::FdFlags;

use super::host::{Door, Host, NAME};
use super::tested::TestedClient;
use crate::case::{Case, Stop, Verdict, ensure, fail};
use crate::socket::{Stream, wait_fd};
use crate::target::{Running, ending};

pub(super) const CASES: &[Case<Host>] = &[
    Case::must(
        "K01a",
        "WAYLAND_SOCKET=7x is no number: connecting fails, WAYLAND_DISPLAY is not tried.",
        "libwayland wl_display_connect",
        |host| bad_socket(host, "7x"),
    ),
    Case::must(
        "K01b",
        "WAYLAND_SOCKET is empty: connecting fails, WAYLAND_DISPLAY is not tried.",
        "libwayland wl_display_connect",
        |host| bad_socket(host, ""),
    ),
    Case::must(
        "K01c",
        "WAYLAND_SOCKET=-1: connecting fails, WAYLAND_DISPLAY is not tried.",
        "libwayland wl_display_connect",
        |host| bad_socket(host, "-1"),
    ),
    Case::must(
        "K01d",
        "WAYLAND_SOCKET names an fd that is not open: connecting fails, WAYLAND_DISPLAY is not tried.",
        "libwayland wl_display_connect",
        |host| bad_socket(host, "99"),
    ),
    Case::must(
        "K02a",
        "WAYLAND_SOCKET names a connected socket: it is used, and the variable is gone afterwards.",
        "libwayland wl_display_connect",
        |host| {
            let (mut client, _) = inherited(host)?;
            let line = client.line("env")?;
            ensure(line == "env WAYLAND_SOCKET unset", || format!("afterwards: {line}"))?;
            client.finish()
        },
    ),
    Case::must("K02b", "The fd from WAYLAND_SOCKET is closed on exec.", "libwayland wl_display_connect", |host| {
        let (mut client, inode) = inherited(host)?;
        let link = format!("socket:[{inode}]");
        match client.running.process().cloexec_where(|found| found == link)? {
            Some(true) => client.finish(),
            Some(false) => fail("whatever the client starts inherits the connection"),
            None => fail("the client does not hold the socket it was given"),
        }
    }),
    Case::must(
        "K03",
        "WAYLAND_DISPLAY is an absolute path and XDG_RUNTIME_DIR is not set: connects.",
        "libwayland socket-test absolute_socket_path",
        |host| {
            connects(host, NAME, |command, path| {
                command.env("WAYLAND_DISPLAY", path).env_remove("XDG_RUNTIME_DIR");
            })
        },
    ),
    Case::must("K03b", "WAYLAND_DISPLAY is not set: wayland-0 is tried.", "libwayland connect_to_socket", |host| {
        connects(host, "wayland-0", |_, _| {})
    }),
    Case::must(
        "K04a",
        "A relative name and no XDG_RUNTIME_DIR: connecting fails.",
        "libwayland connect_to_socket",
        |host| {
            fails(host, |command, _| {
                command.env("WAYLAND_DISPLAY", NAME).env_remove("XDG_RUNTIME_DIR");
            })
        },
    ),
    Case::must(
        "K04b",
        "A relative name and an empty XDG_RUNTIME_DIR: connecting fails.",
        "libwayland connect_to_socket",
        |host| {
            fails(host, |command, _| {
                command.env("WAYLAND_DISPLAY", NAME).env("XDG_RUNTIME_DIR", "");
            })
        },
    ),
    Case::must(
        "K04c",
        "A relative name and a relative XDG_RUNTIME_DIR, from where it would lead to the socket: connecting fails.",
        "libwayland connect_to_socket",
        |host| {
            fails(host, |command, path| {
                command.env("WAYLAND_DISPLAY", NAME).env("XDG_RUNTIME_DIR", ".");
                command.current_dir(path.parent().unwrap_or(Path::new("/")));
            })
        },
    ),
    Case::must("K05c", "A path of 107 bytes is connected to.", "libwayland socket_path_overflow", |host| {
        let name = name_for(host, 107)?;
        connects(host, &name, |command, _| {
            command.env("WAYLAND_DISPLAY", &name);
        })
    }),
    Case::must(
        "K05d",
        "A path of 108 bytes is refused, not cut to the 107 that somebody else listens at.",
        "libwayland socket_path_overflow",
        |host| {
            let name = name_for(host, 107)?;
            fails_at(host, &name, |command, _| {
                command.env("WAYLAND_DISPLAY", format!("{name}n"));
            })
        },
    ),
];

/// A name that makes the path of a socket in a fresh directory `length` bytes long.
fn name_for(host: &Host, length: usize) -> Result<String, Stop> {
    // Directories of the kit have names of one length.
    let dir = host.door(NAME)?.launch.dir().as_os_str().len();
    Ok("n".repeat(length - dir - 1))
}

fn connects(host: &mut Host, name: &str, adjust: impl FnOnce(&mut Command, &Path)) -> Verdict {
    let Door { launch, listener, path } = host.door(name)?;
    let running = host.open(launch, |command| adjust(command, &path))?;
    host.welcome(running, &listener, &Host::globals())?.finish()
}

fn fails(host: &mut Host, adjust: impl FnOnce(&mut Command, &Path)) -> Verdict {
    fails_at(host, NAME, adjust)
}

/// Requires that the client says it cannot connect, and that nobody has come to the socket at `name`.
fn fails_at(host: &mut Host, name: &str, adjust: impl FnOnce(&mut Command, &Path)) -> Verdict {
    let Door { launch, listener, path } = host.door(name)?;
    let mut running = host.open(launch, |command| adjust(command, &path))?;
    let ended = running.wait(host.patience())?;
    let came = wait_fd(listener.as_fd(), PollFlags::IN, Instant::now())?;
    ensure(!came, || "the client has connected all the same".to_owned())?;
    match ended {
        Some(status) if status.code() == Some(3) => Ok(()),
        Some(status) => fail(format!("the client ended with {}", ending(status))),
        None => fail("the client neither connects nor gives up"),
    }
}

fn bad_socket(host: &mut Host, value: &str) -> Verdict {
    fails(host, |command, _| {
        command.env("WAYLAND_SOCKET", value).env("WAYLAND_DISPLAY", NAME);
    })
}

/// Starts the client on one end of a socket pair. Returns it and the inode of its end.
fn inherited(host: &mut Host) -> Result<(TestedClient, u64), Stop> {
    let (ours, theirs) = UnixStream::pair()?;
    let (ours, theirs): (OwnedFd, OwnedFd) = (ours.into(), theirs.into());
    let inode = std::fs::File::from(theirs.try_clone()?).metadata()?.ino();
    let door = host.door(NAME)?;
    // Without the flag the child inherits the fd under the number it has here. Nothing else is started meanwhile.
    rustix::io::fcntl_setfd(&theirs, FdFlags::empty())?;
    let running: Running = host.open(door.launch, |command| {
        command.env("WAYLAND_SOCKET", theirs.as_raw_fd().to_string());
    })?;
    drop(theirs);
    let client = TestedClient::greet(running, Stream::new(ours), &Host::globals(), host.patience())?;
    let came = wait_fd(door.listener.as_fd(), PollFlags::IN, Instant::now() + Duration::ZERO)?;
    ensure(!came, || "the client has connected to a path as well".to_owned())?;
    Ok((client, inode))
}
