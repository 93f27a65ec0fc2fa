//! How far something is that takes long, for a person at a terminal.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Nothing is shown before: most captures are read in less.
const FIRST: Duration = Duration::from_secs(1);

/// Between two updates.
const EVERY: Duration = Duration::from_millis(100);

pub(crate) struct Progress<W: Write> {
    /// `None` if nobody looks.
    out: Option<W>,
    what: String,
    total: u64,
    next: Instant,
    shown: bool,
}

impl Progress<io::Stderr> {
    /// On standard error, if that is a terminal that can erase a line.
    pub(crate) fn new(what: String, total: u64) -> Progress<io::Stderr> {
        let erases = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        let out = (erases && io::stderr().is_terminal()).then(io::stderr);
        Progress::begun(out, what, total, Instant::now())
    }
}

impl<W: Write> Progress<W> {
    fn begun(out: Option<W>, what: String, total: u64, now: Instant) -> Progress<W> {
        Progress { out, what, total: total.max(1), next: now + FIRST, shown: false }
    }

    /// So much is done.
    pub(crate) fn at(&mut self, done: u64) {
        if self.out.is_some() {
            self.show(done, Instant::now());
        }
    }

    fn show(&mut self, done: u64, now: Instant) {
        if let Some(out) = &mut self.out
            && now >= self.next
        {
            let percent = done.min(self.total).saturating_mul(100) / self.total;
            // Whoever closed the terminal does not look.
            let _ = write!(out, "\r{}: {percent} %\x1b[K", self.what).and_then(|()| out.flush());
            self.shown = true;
            self.next = now + EVERY;
        }
    }
}

/// Nothing of it stays.
impl<W: Write> Drop for Progress<W> {
    fn drop(&mut self) {
        if let Some(out) = self.out.as_mut().filter(|_| self.shown) {
            let _ = write!(out, "\r\x1b[K").and_then(|()| out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_at_first_then_now_and_then_and_nothing_stays() {
        let (mut said, begin) = (Vec::new(), Instant::now());
        let mut progress = Progress::begun(Some(&mut said), "reading".into(), 200, begin);
        for (millis, done) in [(0, 0), (999, 90), (1000, 100), (1050, 120), (1100, 150), (9000, 999)] {
            progress.show(done, begin + Duration::from_millis(millis));
        }
        drop(progress);
        let line = |percent| format!("\rreading: {percent} %\x1b[K");
        assert_eq!(String::from_utf8(said).unwrap(), [line(50), line(75), line(100), "\r\x1b[K".into()].concat());
    }

    #[test]
    fn what_is_done_soon_writes_nothing() {
        let (mut said, begin) = (Vec::new(), Instant::now());
        let mut progress = Progress::begun(Some(&mut said), "reading".into(), 0, begin);
        progress.show(0, begin + Duration::from_millis(500));
        drop(progress);
        assert!(said.is_empty());
    }
}
