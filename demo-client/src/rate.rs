//! The frame rate of `animate`. Knows counts and moments; asks no clock.

use std::time::{Duration, Instant};

/// How many pictures are shown in a second.
pub(crate) struct Rate {
    since: Instant,
    shown: u64,
    text: String,
}

impl Rate {
    pub(crate) fn new(now: Instant) -> Rate {
        Rate { since: now, shown: 0, text: String::new() }
    }

    /// Measures, if the last time was a second ago or more: says whether it did.
    pub(crate) fn update(&mut self, shown: u64, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.since);
        let over = elapsed >= Duration::from_secs(1);
        if over {
            self.text = format!("{:.1} fps", (shown - self.shown) as f64 / elapsed.as_secs_f64());
            (self.since, self.shown) = (now, shown);
        }
        over
    }

    /// The rate for people, such as `60.0 fps`; empty in the first second.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Rate;

    #[test]
    fn the_rate_is_measured_every_second() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        assert!(!rate.update(59, start + Duration::from_millis(990)));
        assert!(rate.update(60, start + Duration::from_millis(1000)));
        assert_eq!(rate.text(), "60.0 fps");
        assert!(!rate.update(75, start + Duration::from_millis(1500)));
        assert!(rate.update(75, start + Duration::from_millis(3000)));
        assert_eq!(rate.text(), "7.5 fps");
    }
}
