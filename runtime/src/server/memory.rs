//! Gives memory back to the system when the clients that caused it are gone.

use std::fs;

use super::Server;
use crate::io::sys::trim_memory;

/// What ended connections must count together at least, in bytes.
const LEAST: u64 = 64 << 10;

/// Giving memory back looks at all that the process allocated. They must count a thirty-second of that, so that it costs
/// each byte a client sent the same, however much it is.
const SHARE: u64 = 32;

impl<A> Server<A> {
    /// Gives freed memory back if the connections that have ended since the last time are worth it.
    pub(super) fn give_memory_back(&mut self) {
        let core = &mut self.core;
        if is_worth_it(core.released, core.allocated) && !core.has_unfinished_ends() {
            trim_memory();
            (core.released, core.allocated) = (0, allocated());
        }
    }
}

fn is_worth_it(released: u64, allocated: u64) -> bool {
    released >= LEAST.max(allocated / SHARE)
}

/// Bytes in memory that are in no file; 0 if that cannot be known.
fn allocated() -> u64 {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return 0 };
    let kilobytes = |line: &str| line.split_whitespace().nth(1)?.parse::<u64>().ok();
    status.lines().find(|line| line.starts_with("RssAnon:")).and_then(kilobytes).unwrap_or(0) << 10
}

#[cfg(test)]
mod tests {
    use super::{allocated, is_worth_it};

    #[test]
    fn memory_is_given_back_less_often_by_a_process_that_has_more() {
        let sent_until_then =
            |allocated: u64| (0..).map(|pages| pages << 12).find(|sent| is_worth_it(*sent, allocated));
        assert_eq!([0, 1 << 20, 1 << 26, 1 << 28].map(sent_until_then), [1 << 16, 1 << 16, 1 << 21, 1 << 23].map(Some));
    }

    #[test]
    fn what_this_process_allocated_is_known() {
        let bytes = std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(allocated() >= bytes.len() as u64);
    }
}
