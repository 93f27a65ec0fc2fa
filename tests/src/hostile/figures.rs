//! What an attack cost.

use std::fmt;
use std::time::Duration;

use super::attacker::Ledger;
use crate::case::Stop;
use crate::target::Process;

/// A server seen from outside at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub(super) fds: usize,
    pub(super) allocated: u64,
    cpu: Duration,
}

impl State {
    pub(super) fn of(process: &Process) -> Result<Self, Stop> {
        let gone = |error: std::io::Error| Stop::Fail(format!("the server cannot be looked at: {error}"));
        let (fds, allocated) = (process.fd_count().map_err(gone)?, process.allocated().map_err(gone)?);
        Ok(Self { fds, allocated, cpu: process.cpu_time().map_err(gone)? })
    }
}

/// What an attack cost the server.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Bytes that attackers sent.
    pub sent: u64,
    /// CPU time of the server, until the attackers were gone and it was at rest.
    pub work: Duration,
    /// Memory it had more while they were there, in bytes.
    pub held: u64,
    /// Memory it had more when they were gone, in bytes.
    pub left: u64,
    /// Descriptors it had more while they were there.
    pub fds: usize,
    /// The innocent client's worst answer.
    pub worst: Duration,
    /// Its answers.
    pub answers: u64,
    /// Attackers.
    pub attackers: u64,
    /// How many of them were dropped.
    pub dropped: u64,
    /// What the first of those was told.
    pub reason: String,
}

impl Figures {
    pub(super) fn new(
        ledger: &Ledger,
        before: &State,
        during: &State,
        after: &State,
        worst: Duration,
        answers: u64,
    ) -> Self {
        Self {
            sent: ledger.sent.get(),
            work: after.cpu.saturating_sub(before.cpu),
            held: during.allocated.saturating_sub(before.allocated),
            left: after.allocated.saturating_sub(before.allocated),
            fds: during.fds.saturating_sub(before.fds),
            worst,
            answers,
            attackers: ledger.attackers.get(),
            dropped: ledger.dropped.get(),
            reason: ledger.reason.borrow().clone(),
        }
    }

    /// CPU time for each byte sent, in nanoseconds.
    #[must_use]
    pub fn work_per_byte(&self) -> f64 {
        self.work.as_secs_f64() * 1e9 / self.sent.max(1) as f64
    }

    /// Bytes of memory held for each byte sent.
    #[must_use]
    pub fn memory_per_byte(&self) -> f64 {
        self.held as f64 / self.sent.max(1) as f64
    }

    /// Who was dropped.
    #[must_use]
    pub fn who(&self) -> String {
        match self.dropped {
            0 => "nobody dropped".to_owned(),
            dropped if self.attackers == 1 && dropped == 1 => "the attacker dropped".to_owned(),
            dropped => format!("{dropped} of {} attackers dropped", self.attackers),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} KB sent, {:.1} ms of work ({:.1} ns a byte), {} KiB held ({:.2} a byte), {} KiB left, {} fds held, \
             worst of {} answers {:.1} ms; {}",
            self.sent / 1000,
            self.work.as_secs_f64() * 1e3,
            self.work_per_byte(),
            self.held >> 10,
            self.memory_per_byte(),
            self.left >> 10,
            self.fds,
            self.answers,
            self.worst.as_secs_f64() * 1e3,
            self.who(),
        )?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, " ({})", self.reason) }
    }
}
