//! The workloads: their names, and how many messages they send at a time.

use std::str::FromStr;

use crate::trace::Program;

/// One kind of message, in one pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// W1: requests with four integers.
    Calc,
    /// W2: events with three words.
    Motion,
    /// W3: a request and its answer.
    Trip,
    /// W4: requests with a string of 64 bytes.
    Text,
    /// W4: requests with an array of 64 bytes.
    Bytes,
    /// W5: an object made of a file, and destroyed again.
    Open,
    /// W6: an object made and destroyed again.
    Churn,
    /// W11: as W1, flushed after so many requests.
    Batch(u32),
    /// W10: a frame of `width` by `height` pixels with two fences, of which the
    /// server looks at one pixel.
    Frame { width: u32, height: u32 },
    /// W9: all that a program sent.
    Trace(Program),
    /// As `Frame`, but the server copies all of it.
    Pixels { width: u32, height: u32 },
    /// Requests with an array of [`BULK`] bytes.
    Bulk,
}

impl std::fmt::Display for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Work::Calc => f.write_str("calc"),
            Work::Motion => f.write_str("motion"),
            Work::Trip => f.write_str("trip"),
            Work::Text => f.write_str("text"),
            Work::Bytes => f.write_str("bytes"),
            Work::Open => f.write_str("open"),
            Work::Churn => f.write_str("churn"),
            Work::Batch(size) => write!(f, "batch-{size}"),
            Work::Frame { width, height } => write!(f, "frame-{width}x{height}"),
            Work::Pixels { width, height } => write!(f, "pixels-{width}x{height}"),
            Work::Bulk => f.write_str("bulk"),
            Work::Trace(program) => write!(f, "trace-{}", program.word()),
        }
    }
}

impl FromStr for Work {
    type Err = String;

    fn from_str(text: &str) -> Result<Work, String> {
        let unknown = || format!("no workload is called `{text}`");
        let number = |text: &str| text.parse().map_err(|_| unknown());
        let (name, rest) = text.split_once('-').unwrap_or((text, ""));
        let size = rest.split_once('x');
        Ok(match name {
            "calc" => Work::Calc,
            "motion" => Work::Motion,
            "trip" => Work::Trip,
            "text" => Work::Text,
            "bytes" => Work::Bytes,
            "open" => Work::Open,
            "churn" => Work::Churn,
            "bulk" => Work::Bulk,
            "batch" => Work::Batch(number(rest)?),
            "trace" => {
                let program = Program::ALL.into_iter().find(|program| program.word() == rest);
                Work::Trace(program.ok_or_else(unknown)?)
            }
            "frame" | "pixels" => {
                let (width, height) = size.ok_or_else(unknown)?;
                let (width, height) = (number(width)?, number(height)?);
                if name == "frame" { Work::Frame { width, height } } else { Work::Pixels { width, height } }
            }
            _ => return Err(unknown()),
        })
    }
}

/// Bytes that fit the send buffer of every library.
pub(crate) const SMALL_QUEUE: u32 = 4096;

/// Bytes of the arrays of [`Work::Bulk`]; the largest message has 4096.
pub(crate) const BULK: usize = 4080;

/// Bytes in one turn of a batched workload, the size of the floor's buffers.
const TURN: u32 = 64 << 10;

impl Work {
    /// Messages (or pairs of them) between two looks at the socket.
    pub(crate) fn turn(self, step: Step) -> u32 {
        let turn = match self {
            Work::Calc => TURN / 24,
            Work::Motion => TURN / 20,
            Work::Text => TURN / 80,
            Work::Bytes => TURN / 76,
            // Four sends with as many fds as every receiver takes.
            Work::Open => 4 * 28,
            Work::Churn => 1024,
            Work::Trip | Work::Frame { .. } | Work::Pixels { .. } | Work::Trace(_) => 1,
            Work::Bulk => TURN / (12 + BULK as u32),
            Work::Batch(size) => size,
        };
        match step {
            Step::Stream => turn,
            Step::Lock => turn.min(LOCKED_TURN),
        }
    }
}

/// How client and server are coupled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Step {
    /// The client sends on while the server works, as far as the socket allows.
    Stream,
    /// The client waits for the server after each turn, and turns are so small
    /// that one send carries them: the number of system calls does not depend
    /// on timing, which makes instruction counts repeatable.
    Lock,
}

impl Step {
    /// The name on command lines.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Step::Stream => "stream",
            Step::Lock => "lock",
        }
    }
}

/// Messages in a turn of [`Step::Lock`].
const LOCKED_TURN: u32 = 256;
