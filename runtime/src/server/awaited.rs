//! Keeps track of who was told of what and has not answered yet.
//!
//! Both directions are indexed, so removing either side costs time for its own open answers only.

use std::collections::{BTreeMap, BTreeSet};

/// Things, each with those that were told of it; something told of by nobody is not in it.
#[derive(Debug)]
pub(super) struct Awaited<T, W> {
    of: BTreeMap<T, BTreeSet<W>>,
    by: BTreeMap<W, BTreeSet<T>>,
}

impl<T: Ord + Copy, W: Ord + Copy> Awaited<T, W> {
    pub(super) fn new() -> Awaited<T, W> {
        Awaited { of: BTreeMap::new(), by: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, thing: T, who: W) {
        self.of.entry(thing).or_default().insert(who);
        self.by.entry(who).or_default().insert(thing);
    }

    pub(super) fn contains(&self, thing: T) -> bool {
        self.of.contains_key(&thing)
    }

    /// Those that were told of something and have not answered.
    #[cfg(feature = "io")]
    pub(super) fn of(&self, thing: T) -> impl Iterator<Item = W> + '_ {
        self.of.get(&thing).into_iter().flatten().copied()
    }

    /// An answer. `None` if none was awaited; otherwise whether it was the last one for that.
    pub(super) fn answer(&mut self, thing: T, who: W) -> Option<bool> {
        take(&mut self.by, who, thing)?;
        take(&mut self.of, thing, who)
    }

    /// No answers are awaited for this any more.
    pub(super) fn cancel(&mut self, thing: T) {
        for who in self.of.remove(&thing).into_iter().flatten() {
            take(&mut self.by, who, thing);
        }
    }

    /// This one answers no more. Returns for what that was the last answer.
    pub(super) fn gone(&mut self, who: W) -> Vec<T> {
        let things = self.by.remove(&who).into_iter().flatten();
        things.filter(|&thing| take(&mut self.of, thing, who) == Some(true)).collect()
    }
}

/// Takes a member out of a set. `None` if it was not there; otherwise whether it was the last.
fn take<K: Ord, M: Ord>(sets: &mut BTreeMap<K, BTreeSet<M>>, key: K, member: M) -> Option<bool> {
    let set = sets.get_mut(&key)?;
    let was_there = set.remove(&member);
    let is_empty = set.is_empty();
    if is_empty {
        sets.remove(&key);
    }
    was_there.then_some(is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counted::{Counted, comparisons};

    #[test]
    fn the_last_answer_is_told_from_others_and_who_is_gone_answers_all() {
        let mut awaited = Awaited::new();
        [(1, 'a'), (1, 'b'), (2, 'a')].into_iter().for_each(|(thing, who)| awaited.add(thing, who));
        assert_eq!(awaited.answer(1, 'c'), None);
        assert_eq!(awaited.answer(1, 'a'), Some(false));
        assert_eq!(awaited.answer(1, 'a'), None, "once");
        assert_eq!(awaited.gone('a'), [2]);
        assert_eq!((awaited.contains(1), awaited.contains(2)), (true, false));
        assert_eq!(awaited.answer(1, 'b'), Some(true));
        awaited.add(3, 'a');
        awaited.cancel(3);
        assert!(awaited.of.is_empty() && awaited.by.is_empty() && awaited.gone('a').is_empty());
    }

    #[test]
    fn a_registry_that_ends_costs_no_look_at_globals_that_it_was_not_told_of() {
        let cost = |globals: u32| {
            let mut awaited = Awaited::new();
            for global in 0..globals {
                awaited.add(Counted(global), Counted(0));
            }
            awaited.add(Counted(0), Counted(1));
            // One that was told of a single one, and a thousand that were told of none.
            comparisons(|| (1..=1000).for_each(|who| drop(awaited.gone(Counted(who)))))
        };
        let (few, many) = (cost(1024), cost(4096));
        println!("comparisons: {few} with 1024 globals, {many} with 4096");
        assert!(many <= few + 100 && many < 4000, "{few} {many}");
    }
}
