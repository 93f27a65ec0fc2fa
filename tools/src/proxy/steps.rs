//! Holding messages back: where to stop, and what the user says then.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// What the user types.
const HELP: &str = "stopped: Enter passes the message on and stops at the next, c goes on to the next match";

/// Longest line that is kept of what the user types.
const LINE: usize = 256;

pub(super) struct Steps {
    input: io::Stdin,
    line: Vec<u8>,
    /// Stops at the next message, whichever it is.
    single: bool,
    /// Nobody is there to go on, so it never stops.
    over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing was said yet.
    Wait,
    Go,
}

impl Steps {
    pub(super) fn of_stdin() -> Steps {
        Steps { input: io::stdin(), line: Vec::new(), single: false, over: false }
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }

    /// Whether to stop at a message.
    pub(super) fn stops(&mut self, matches: bool) -> bool {
        let stops = !self.over && (matches || self.single);
        if stops {
            eprintln!("{HELP}");
        }
        stops
    }

    /// Reads what is there, without waiting.
    pub(super) fn read(&mut self) -> Step {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        loop {
            if let Some(end) = self.line.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.line.drain(..=end).collect();
                self.single = line.trim_ascii() != b"c";
                return Step::Go;
            }
            let mut fds = [PollFd::new(&self.input, PollFlags::IN)];
            let is_ready = poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0);
            if !is_ready {
                return Step::Wait;
            }
            // Not buffered by the standard library: what it has read ahead would not wake the poll.
            let mut byte = [0; 1];
            match rustix::io::read(&self.input, &mut byte) {
                Ok(1) if self.line.len() < LINE || byte == *b"\n" => self.line.push(byte[0]),
                Ok(1) => {}
                _ => {
                    self.over = true;
                    return Step::Go;
                }
            }
        }
    }
}
