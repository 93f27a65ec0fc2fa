//! The connection of an app from its start to its last line on standard output.
//! Knows sockets and counts; refuses to know windows and pixels.

use std::fmt;
use std::io::Write;
use std::time::Instant;

use wayline::{Client, Disconnect, Escaped, HasClient, SendError, Stats};
use wayline_toolkit::{Error as WindowError, Protocol, Setup, StandaloneWindow};

use crate::error::Error;

/// Which compositor to talk to, and how.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Host<'a> {
    /// A name in `XDG_RUNTIME_DIR` or an absolute path; `None` goes by the environment.
    pub(crate) socket: Option<&'a str>,
    /// Whether to speak Wayland even if the native protocol is offered.
    pub(crate) wayland: bool,
}

impl Host<'_> {
    /// Connects. The globals are known then.
    ///
    /// # Errors
    /// [`WindowError::Connect`], whose text says what to do.
    pub(crate) fn connect<A: HasClient>(self) -> Result<Client<A>, Error> {
        Ok(match self.socket {
            Some(name) => Client::connect_to(name)?,
            None => Client::connect()?,
        })
    }

    /// Opens a window.
    ///
    /// # Errors
    /// [`WindowError::Connect`], whose text says what to do; [`WindowError::Bind`] if the compositor does not offer what a
    /// window needs.
    pub(crate) fn open(self, setup: &Setup<'_>) -> Result<StandaloneWindow, Error> {
        Ok(StandaloneWindow::open(self.connect()?, self.protocol(), setup)?)
    }

    pub(crate) fn protocol(self) -> Protocol {
        if self.wayland { Protocol::Wayland } else { Protocol::Any }
    }
}

/// What an app has shown.
pub(crate) struct Tally {
    start: Instant,
    /// Pictures that were handed over.
    frames: u64,
    /// Pixels that were new in them. None went through the socket.
    pixels: u64,
}

impl Tally {
    /// Nothing yet; the clock starts.
    pub(crate) fn start() -> Tally {
        Tally { start: Instant::now(), frames: 0, pixels: 0 }
    }

    /// Counts one picture, of which so many pixels are new.
    pub(crate) fn add(&mut self, pixels: u64) {
        self.frames += 1;
        self.pixels += pixels;
    }

    /// Whether there was one.
    pub(crate) fn has_shown(&self) -> bool {
        self.frames > 0
    }
}

/// Writes a line to standard output, at once.
///
/// # Errors
/// [`Error::Output`], for instance because nobody reads it any more.
pub(crate) fn say(line: fmt::Arguments<'_>) -> Result<(), Error> {
    // Names in it are the compositor's.
    writeln!(std::io::stdout(), "{}", Escaped(&line.to_string())).map_err(Error::Output)
}

/// Ends an app: prints its counts, for people and for programs, and decides whether it ended well. A compositor may go
/// away at any time, so that is no failure once the app has shown something.
///
/// # Errors
/// That of `result`, or that nobody reads standard output.
pub(crate) fn finish(
    stats: Stats,
    ended: Option<&Disconnect>,
    tally: &Tally,
    result: Result<(), Error>,
) -> Result<(), Error> {
    let printed = say(format_args!(
        "stats messages_in={} messages_out={} bytes_in={} bytes_out={} fds_in={} fds_out={} frames={} pixels={} seconds={:.3}",
        stats.messages_in,
        stats.messages_out,
        stats.bytes_in,
        stats.bytes_out,
        stats.fds_in,
        stats.fds_out,
        tally.frames,
        tally.pixels,
        tally.start.elapsed().as_secs_f64(),
    ));
    let result = match (result, ended) {
        // What was sent to an object that is gone with its connection.
        (Err(Error::Window(WindowError::Send(SendError::Gone))), Some(reason)) => Err(reason.clone().into()),
        (result, _) => result,
    };
    match result {
        // Reset is Closed by a peer that had not read everything: which of the two we see is a matter of time.
        Err(Error::Window(WindowError::Lost(Disconnect::Closed | Disconnect::Reset))) if tally.has_shown() => {}
        result => result?,
    }
    printed
}
