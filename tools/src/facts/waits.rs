//! What has to come, and until when.

use std::collections::VecDeque;

use super::fault::Rule;
use super::ids::IdMap;
use crate::record::Micros;

/// More are not watched at a time, so that memory is bounded.
const MOST: usize = 4096;

/// Waits for answers, all for the same time.
pub(super) struct Waits {
    patience: Micros,
    /// In the order of deadlines. What is over stays until its time comes.
    queue: VecDeque<(Micros, u64, Rule, u32)>,
    /// Those that are not over, with their numbers.
    armed: IdMap<(Rule, u32), u64>,
    next: u64,
}

impl Waits {
    pub(super) fn new(patience: Micros) -> Waits {
        Waits { patience, queue: VecDeque::new(), armed: IdMap::default(), next: 0 }
    }

    pub(super) fn patience(&self) -> Micros {
        self.patience
    }

    /// Starts to wait, if nothing waits for this already.
    pub(super) fn arm(&mut self, now: Micros, rule: Rule, id: u32) {
        if self.queue.len() >= MOST || self.armed.contains_key(&(rule, id)) {
            return;
        }
        self.next += 1;
        self.armed.insert((rule, id), self.next);
        self.queue.push_back((now + self.patience, self.next, rule, id));
    }

    pub(super) fn cancel(&mut self, rule: Rule, id: u32) {
        self.armed.remove(&(rule, id));
        self.skip();
    }

    pub(super) fn deadline(&self) -> Option<Micros> {
        self.queue.front().map(|wait| wait.0)
    }

    /// The next one whose time has come.
    pub(super) fn expire(&mut self, now: Micros) -> Option<(Micros, Rule, u32)> {
        self.skip();
        let &(at, number, rule, id) = self.queue.front().filter(|wait| wait.0 <= now)?;
        self.queue.pop_front();
        if self.armed.get(&(rule, id)) == Some(&number) {
            self.armed.remove(&(rule, id));
        }
        Some((at, rule, id))
    }

    /// Forgets what is over at the front of the queue.
    fn skip(&mut self) {
        while let Some(&(_, number, rule, id)) = self.queue.front() {
            if self.armed.get(&(rule, id)) == Some(&number) {
                break;
            }
            self.queue.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_answered_does_not_expire_and_the_rest_does_in_order() {
        let mut waits = Waits::new(10);
        for id in 1..=4 {
            waits.arm(u64::from(id), Rule::SyncUnanswered, id);
        }
        waits.cancel(Rule::SyncUnanswered, 1);
        waits.cancel(Rule::SyncUnanswered, 3);
        assert_eq!(waits.deadline(), Some(12));
        assert_eq!(waits.expire(11), None);
        assert_eq!(waits.expire(99), Some((12, Rule::SyncUnanswered, 2)));
        assert_eq!(waits.expire(99), Some((14, Rule::SyncUnanswered, 4)));
        assert_eq!((waits.expire(99), waits.deadline()), (None, None));
    }

    #[test]
    fn an_id_that_is_used_again_has_a_wait_of_its_own() {
        let mut waits = Waits::new(10);
        waits.arm(1, Rule::PingUnanswered, 7);
        waits.arm(2, Rule::SyncUnanswered, 7);
        waits.cancel(Rule::PingUnanswered, 7);
        waits.arm(5, Rule::PingUnanswered, 7);
        assert_eq!(waits.expire(99), Some((12, Rule::SyncUnanswered, 7)));
        assert_eq!(waits.expire(99), Some((15, Rule::PingUnanswered, 7)));
    }

    #[test]
    fn a_flood_is_not_kept() {
        let mut waits = Waits::new(10);
        for id in 0..100_000 {
            waits.arm(0, Rule::SyncUnanswered, id);
        }
        assert_eq!((waits.queue.len(), waits.armed.len()), (MOST, MOST));
    }
}
