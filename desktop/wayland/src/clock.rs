//! When the screen shows frames.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};

/// The clock of all presentation times.
pub(crate) const CLOCK: ClockId = ClockId::Monotonic;

/// Rate of the screen, in thousandths of a hertz.
pub const REFRESH_MILLIHERTZ: i32 = 60_000;

/// Nanoseconds between two frames.
pub(crate) const PERIOD: u64 = 1_000_000_000_000 / REFRESH_MILLIHERTZ as u64;

/// The clock of the screen. It knows times of [`CLOCK`] alone: another clock, read a little later, would not fit it.
#[derive(Debug)]
pub(crate) struct Clock {
    /// In nanoseconds of [`CLOCK`]. Read once, so that all frames lie on whole periods.
    start: u64,
    /// Periods of the screen from the start to the latest frame.
    retrace: u64,
    /// Whether a frame is to come.
    pub(crate) scheduled: bool,
}

/// It goes on in the same rhythm. A frame that is to come has to be scheduled again.
impl Carry for Clock {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let Clock { start, retrace, scheduled: _ } = self;
        saver.put(&(*start, *retrace))
    }

    fn load(loader: &mut Loader<'_>) -> Result<Clock, CarryError> {
        let (start, retrace) = loader.get()?;
        let passed = now().checked_sub(start).ok_or(CarryError::Damaged { what: "a clock that starts later" })?;
        if retrace > passed / PERIOD {
            return Err(CarryError::Damaged { what: "frames that are still to come" });
        }
        Ok(Clock { start, retrace, scheduled: false })
    }
}

/// Now, in nanoseconds of [`CLOCK`].
fn now() -> u64 {
    let now = clock_gettime(CLOCK);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// When a frame of the screen was due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick {
    /// In nanoseconds of [`CLOCK`].
    due: u64,
    /// Periods of the screen from the start until then.
    pub(crate) retrace: u64,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        Clock { start: now(), retrace: 0, scheduled: false }
    }

    /// Milliseconds since the start.
    pub(crate) fn time(&self) -> u32 {
        (self.passed() / 1_000_000) as u32
    }

    /// When the next frame is due, unless one is scheduled already.
    pub(crate) fn next_frame(&self) -> Option<Tick> {
        let passed = self.passed() / PERIOD;
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
        Tick { due: self.start + PERIOD * retrace, retrace }
    }

    /// Nanoseconds since the start.
    fn passed(&self) -> u64 {
        now().saturating_sub(self.start)
    }
}

impl Tick {
    /// When it was, in whole seconds, of which the upper and the lower half, and nanoseconds.
    pub(crate) fn time(self) -> (u32, u32, u32) {
        let (hi, lo) = halves(self.due / 1_000_000_000);
        (hi, lo, (self.due % 1_000_000_000) as u32)
    }

    /// How long it is until then.
    pub(crate) fn left(self) -> Duration {
        Duration::from_nanos(self.due.saturating_sub(now()))
    }
}

/// The upper and the lower half of a number, as events have them.
pub(crate) fn halves(number: u64) -> (u32, u32) {
    ((number >> 32) as u32, number as u32)
}
