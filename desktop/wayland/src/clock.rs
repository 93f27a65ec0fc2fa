//! When the screen shows frames.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};

/// The clock of all presentation times.
pub(crate) const CLOCK: ClockId = ClockId::Monotonic;

/// Rate of the screen, in thousandths of a hertz.
pub const REFRESH_MILLIHERTZ: i32 = 60_000;

/// Time between two frames.
pub(crate) const PERIOD: Duration = Duration::from_nanos(1_000_000_000_000 / REFRESH_MILLIHERTZ as u64);

/// The clock of the screen.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    /// The same in nanoseconds of [`CLOCK`]. Read once, so that all frames lie on whole periods.
    start_nanoseconds: u64,
    /// Periods of the screen from the start to the latest frame.
    retrace: u64,
    /// Whether a frame is to come.
    pub(crate) scheduled: bool,
}

/// It goes on in the same rhythm. A frame that is to come has to be scheduled again.
impl Carry for Clock {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let Clock { start: _, start_nanoseconds, retrace, scheduled: _ } = self;
        saver.put(&(*start_nanoseconds, *retrace))
    }

    fn load(loader: &mut Loader<'_>) -> Result<Clock, CarryError> {
        let (start_nanoseconds, retrace) = loader.get()?;
        let (now, nanoseconds) = read();
        let passed = nanoseconds.checked_sub(start_nanoseconds).map(Duration::from_nanos);
        let start = passed.and_then(|passed| now.checked_sub(passed));
        let Some((passed, start)) = passed.zip(start) else {
            return Err(CarryError::Damaged { what: "a clock that starts later" });
        };
        if u128::from(retrace) > passed.as_nanos() / PERIOD.as_nanos() {
            return Err(CarryError::Damaged { what: "frames that are still to come" });
        }
        Ok(Clock { start, start_nanoseconds, retrace, scheduled: false })
    }
}

/// Now, and the same in nanoseconds of [`CLOCK`]. The clock of `Instant` is this one, but does not say its time.
fn read() -> (Instant, u64) {
    let (instant, now) = (Instant::now(), clock_gettime(CLOCK));
    (instant, now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs())
}

/// When a frame of the screen was due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick {
    pub(crate) due: Instant,
    /// The same in nanoseconds of [`CLOCK`].
    nanoseconds: u64,
    /// Periods of the screen from the start until then.
    pub(crate) retrace: u64,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        let (start, start_nanoseconds) = read();
        Clock { start, start_nanoseconds, retrace: 0, scheduled: false }
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
        let passed = PERIOD.as_nanos() as u64 * retrace;
        let due = self.start + Duration::from_nanos(passed);
        Tick { due, nanoseconds: self.start_nanoseconds + passed, retrace }
    }
}

impl Tick {
    /// When it was, in whole seconds, of which the upper and the lower half, and nanoseconds.
    pub(crate) fn time(self) -> (u32, u32, u32) {
        let (hi, lo) = halves(self.nanoseconds / 1_000_000_000);
        (hi, lo, (self.nanoseconds % 1_000_000_000) as u32)
    }
}

/// The upper and the lower half of a number, as events have them.
pub(crate) fn halves(number: u64) -> (u32, u32) {
    ((number >> 32) as u32, number as u32)
}
