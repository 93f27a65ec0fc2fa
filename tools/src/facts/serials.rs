//! Serials: a request that names one must have got it from an event, or the server ignores what is asked.

use std::collections::VecDeque;

use super::fault::{Fault, Rule};
use crate::meaning::Known;
use crate::record::Record;

/// How many are remembered. Older ones are not judged.
const REMEMBERED: usize = 1024;

#[derive(Default)]
pub(super) struct Serials {
    seen: VecDeque<u32>,
    forgotten: bool,
}

impl Serials {
    #[inline(never)]
    pub(super) fn see(&mut self, record: &Record<'_>, faults: &mut Vec<Fault>) {
        let Some(serial) = record.number("serial") else { return };
        if !record.is_request() {
            if self.seen.back() != Some(&serial) {
                self.seen.push_back(serial);
            }
            if self.seen.len() > REMEMBERED {
                self.seen.pop_front();
                self.forgotten = true;
            }
            return;
        }
        // These answer one event, and are judged with it.
        let answers = [Known::Pong, Known::AckConfigure, Known::AckConfigureLayer];
        if record.meaning.known.is_some_and(|known| answers.contains(&known))
            || self.forgotten
            || self.seen.contains(&serial)
        {
            return;
        }
        let (interface, name) = record.name();
        let text = format!("{interface}#{}.{name} names serial {serial}, which was in no event", record.object());
        faults.push(Rule::UnknownSerial.fault(text + ": servers ignore the request"));
    }
}
