//! Signals as something to wait for.

use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;
use std::time::Duration;

use calloop::EventLoop;
use calloop::signals::{Signal, Signals as Source};

/// Signals of this process from when this is made. Programs that are started later would inherit that they are blocked.
pub(crate) struct Signals {
    events: EventLoop<'static, Vec<Signal>>,
}

impl Signals {
    pub(crate) fn new() -> Result<Signals, String> {
        let failed = |error: &dyn std::fmt::Display| format!("signals cannot be received: {error}");
        let events = EventLoop::try_new().map_err(|error| failed(&error))?;
        let source = Source::new(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGCHLD]);
        let source = source.map_err(|error| failed(&error))?;
        let inserted =
            events.handle().insert_source(source, |event, (), seen: &mut Vec<Signal>| seen.push(event.signal()));
        inserted.map_err(|error| failed(&error))?;
        Ok(Signals { events })
    }

    /// Those that came since the last call.
    pub(super) fn take(&mut self) -> Result<Vec<Signal>, String> {
        let mut seen = Vec::new();
        let dispatched = self.events.dispatch(Some(Duration::ZERO), &mut seen);
        dispatched.map_err(|error| format!("signals cannot be received: {error}"))?;
        Ok(seen)
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }
}

/// Whether a signal asks this process to end.
pub(super) fn ends(signal: Signal) -> bool {
    signal != Signal::SIGCHLD
}

/// The exit code that shells have for it. One from the keyboard is how a proxy usually ends.
pub(super) fn code(signal: Signal) -> ExitCode {
    if signal == Signal::SIGINT { ExitCode::SUCCESS } else { ExitCode::from(128 + signal as u8) }
}
