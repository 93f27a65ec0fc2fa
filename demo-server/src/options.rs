//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::status::Question;

/// A small compositor on Wayline: clients share their pixels with it, it
/// composes them on the CPU.
///
/// Prints `ready PATH` on standard output once clients can connect at PATH.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Options {
    /// Where to listen: a name in XDG_RUNTIME_DIR, or a path. Without it the
    /// sockets that a service manager passed, or else the first free one of
    /// wayland-0 to wayland-32.
    #[arg(long, value_name = "NAME|PATH")]
    pub(crate) socket: Option<String>,

    /// Take clients from this inherited socket, which listens already: its file is
    /// the one at --socket, and outlives this server.
    #[arg(long, value_name = "FD", requires = "socket")]
    pub(crate) wayland_fd: Option<u32>,

    /// Size of the screen in pixels.
    #[arg(long, value_name = "WxH", default_value = "1024x768", value_parser = size)]
    pub(crate) size: (u32, u32),

    /// Show nothing, even if there is a server to show a window on.
    #[arg(long)]
    pub(crate) headless: bool,

    /// Show the screen in a window of the server at this socket; without it, of
    /// the one that WAYLAND_DISPLAY names. The server speaks protocol.xml, or
    /// Wayland.
    #[arg(long, value_name = "NAME|PATH", conflicts_with = "headless")]
    pub(crate) host: Option<String>,

    /// Start a command once clients can connect, with WAYLAND_DISPLAY set. Can
    /// be given several times.
    #[arg(long, value_name = "CMD")]
    pub(crate) run: Vec<String>,

    /// Write the screen to a PNG file before exiting. Without --exit-after,
    /// exits after three seconds; with --run when a window was there for three
    /// seconds, or none for a minute.
    #[arg(long, value_name = "FILE")]
    pub(crate) screenshot: Option<PathBuf>,

    /// Write every frame to a PNG file in this directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) frames: Option<PathBuf>,

    /// Exit after so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) exit_after: Option<std::time::Duration>,

    /// Play the input in this file: lines such as `0.5 move 100 120`,
    /// `0.6 button left press`, `0.8 key a press`, `0.9 scroll vertical 15`,
    /// `1 touch 0 down 100 120`, `1.1 touch 0 up`, `2 close`. With - the lines are
    /// read from standard input, and their times count from when they arrive.
    #[arg(long, value_name = "FILE|-")]
    pub(crate) script: Option<PathBuf>,

    /// Print on exit what crossed the sockets.
    #[arg(long)]
    pub(crate) stats: bool,

    /// Offer a Wayland interface in an older version, or with 0 not at all: some
    /// clients bind what they find, whether they know that version or not. The
    /// obsolete wl_shell and zxdg_shell_v6 are offered only if they are named here,
    /// and so is zxdg_decoration_manager_v1: programs draw their own frames.
    /// Can be given several times.
    #[arg(long, value_name = "INTERFACE=VERSION", value_parser = offer)]
    pub(crate) offer: Vec<(String, u32)>,

    /// Draw the pictures that clients set for the pointer. Not for a window on
    /// another server, which draws its own pointer there.
    #[arg(long, conflicts_with = "host")]
    pub(crate) cursor: bool,

    /// Show what Wayline does: three clients on a private socket for three
    /// seconds, a picture in demo.png, and a count of what crossed the socket.
    #[arg(long, conflicts_with_all = ["socket", "host", "run", "screenshot", "exit_after", "script"])]
    pub(crate) demo: bool,

    /// Print what crossed the connection of each client of a running server, what
    /// is held for it, and how long it has been silent. The server is the one at
    /// --socket, or else at WAYLAND_DISPLAY.
    #[arg(long, conflicts_with_all = ["host", "run", "screenshot", "exit_after", "script", "demo"])]
    pub(crate) status: bool,

    /// With --status: print JSON.
    #[arg(long, requires = "status")]
    pub(crate) json: bool,

    /// Have a running server write each message of a client to its standard
    /// error, from now on. CLIENT is its number in --status.
    #[arg(long, value_name = "CLIENT", conflicts_with_all = ["status", "host", "run", "screenshot", "exit_after", "script", "demo"])]
    pub(crate) trace: Option<u32>,

    /// Replace a running server by a new process, which goes on with all of its clients: BINARY, or the program that the
    /// server was started from, as it is installed now. SIGHUP does that too.
    #[arg(long, value_name = "BINARY", num_args = 0..=1, conflicts_with_all = ["status", "trace", "untrace", "host", "run", "screenshot", "exit_after", "script", "demo"])]
    pub(crate) upgrade: Option<Option<PathBuf>>,

    /// Take over from the process at the other end of standard input, which starts this one.
    #[arg(long, hide = true)]
    pub(crate) successor: bool,

    /// Undo --trace.
    #[arg(long, value_name = "CLIENT", conflicts_with_all = ["status", "trace", "host", "run", "screenshot", "exit_after", "script", "demo"])]
    pub(crate) untrace: Option<u32>,
}

impl Options {
    /// What a running server is to be asked, if that is what is wanted.
    pub(crate) fn question(&self) -> Option<Question> {
        let list = self.status.then_some(Question::List { json: self.json });
        let trace = self.trace.map(|number| Question::Trace { number, on: true });
        let untrace = self.untrace.map(|number| Question::Trace { number, on: false });
        let upgrade = self.upgrade.clone().map(|program| Question::Upgrade { program });
        list.or(trace).or(untrace).or(upgrade)
    }
}

/// Smallest and largest screen; the largest is that of a buffer.
const SIDES: std::ops::RangeInclusive<u32> = 16..=16_384;

fn size(text: &str) -> Result<(u32, u32), String> {
    let parsed = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    match parsed {
        Some((width, height)) if SIDES.contains(&width) && SIDES.contains(&height) => Ok((width, height)),
        Some(_) => Err(format!("each side must be within {} to {}", SIDES.start(), SIDES.end())),
        None => Err("a size looks like 1024x768".into()),
    }
}

fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds, such as 2.5, is wanted".to_owned())?;
    std::time::Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn offer(text: &str) -> Result<(String, u32), String> {
    let parsed = text.split_once('=').and_then(|(name, version)| Some((name.to_owned(), version.parse().ok()?)));
    parsed.ok_or_else(|| "an offer looks like xdg_wm_base=3".into())
}

#[cfg(test)]
mod tests {
    use super::{Options, size};
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
        let options = Options::try_parse_from(["demo-server", "--size", "640x480", "--headless"]).unwrap();
        assert_eq!(options.size, (640, 480));
    }

    #[test]
    fn sizes_that_no_screen_has_are_refused() {
        for text in ["", "640", "640x", "x480", "0x480", "640x99999", "-1x5"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
