//! When the screen shows frames.

use std::time::{Duration, Instant};

/// Rate of the screen, in thousandths of a hertz.
pub const REFRESH_MILLIHERTZ: i32 = 60_000;

/// Time between two frames.
pub(crate) const PERIOD: Duration = Duration::from_nanos(1_000_000_000_000 / REFRESH_MILLIHERTZ as u64);

/// The clock of the screen.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    /// Periods of the screen from the start to the latest frame.
    retrace: u64,
    /// Whether a frame is to come.
    pub(crate) scheduled: bool,
}

/// When a frame of the screen was due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick {
    pub(crate) due: Instant,
    /// Periods of the screen from the start until then.
    pub(crate) retrace: u64,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        Clock { start: Instant::now(), retrace: 0, scheduled: false }
    }

    /// Milliseconds since the start.
    pub(crate) fn time(&self) -> u32 {
        self.start.elapsed().as_millis() as u32
    }

    /// When the next frame is due, unless one is scheduled already.
    pub(crate) fn next_frame(&self) -> Option<Tick> {
        let passed = (self.start.elapsed().as_nanos() / PERIOD.as_nanos()) as u64;
        (!self.scheduled).then(|| self.tick(passed.max(self.retrace) + 1))
    }

    /// It is time for the scheduled frame.
    pub(crate) fn begin_frame(&mut self, tick: Tick) {
        (self.retrace, self.scheduled) = (tick.retrace, false);
    }

    /// The latest frame.
    pub(crate) fn latest(&self) -> Tick {
        self.tick(self.retrace)
    }

    fn tick(&self, retrace: u64) -> Tick {
        Tick { due: self.start + Duration::from_nanos(PERIOD.as_nanos() as u64 * retrace), retrace }
    }
}
