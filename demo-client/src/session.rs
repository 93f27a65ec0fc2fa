//! The connection of an app from its start to its last line on standard output.
//! Knows sockets and counts; refuses to know windows and pixels.

use std::fmt;
use std::io::Write;
use std::time::Instant;

use wayline::{Client, Disconnect, HasClient, SendError};

use crate::error::Error;

/// Connects to the compositor at `socket`, or to the one that the environment names.
///
/// # Errors
/// [`Error::Connect`], whose text says what to do.
pub(crate) fn connect<A: HasClient>(socket: Option<&str>) -> Result<Client<A>, Error> {
    Ok(match socket {
        Some(name) => Client::connect_to(name)?,
        None => Client::connect()?,
    })
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
    writeln!(std::io::stdout(), "{line}").map_err(Error::Output)
}

/// Ends an app: prints its counts, for people and for programs, and decides whether it ended well. A compositor may go
/// away at any time, so that is no failure once the app has shown something.
///
/// # Errors
/// That of `result`, or that nobody reads standard output.
pub(crate) fn finish<A: HasClient>(client: &Client<A>, tally: &Tally, result: Result<(), Error>) -> Result<(), Error> {
    let stats = client.stats();
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
    let result = match (result, client.ended()) {
        // What was sent to an object that is gone with its connection.
        (Err(Error::Send(SendError::Gone)), Some(reason)) => Err(Error::Lost(reason.clone())),
        (result, _) => result,
    };
    match result {
        // Reset is Closed by a peer that had not read everything: which of the two we see is a matter of time.
        Err(Error::Lost(Disconnect::Closed | Disconnect::Reset)) if tally.has_shown() => {}
        result => result?,
    }
    printed
}
