//! Which element of an old list is which one of a new list. Every step takes n log n comparisons.

use std::collections::{BTreeMap, VecDeque};

/// The pairs found so far, as places in both lists.
pub(super) struct Pairs {
    pub(super) of_old: Vec<Option<usize>>,
    pub(super) of_new: Vec<Option<usize>>,
}

impl Pairs {
    /// No pairs between lists of these lengths.
    pub(super) fn none(old: usize, new: usize) -> Self {
        Self { of_old: vec![None; old], of_new: vec![None; new] }
    }

    fn set(&mut self, old: usize, new: usize) {
        self.of_old[old] = Some(new);
        self.of_new[new] = Some(old);
    }

    /// Pairs elements with equal keys that are still alone, the first with the first.
    pub(super) fn by<K: Ord>(&mut self, old: impl Fn(usize) -> K, new: impl Fn(usize) -> K) {
        let mut waiting = BTreeMap::<K, VecDeque<usize>>::new();
        for at in alone(&self.of_old) {
            waiting.entry(old(at)).or_default().push_back(at);
        }
        for at in alone(&self.of_new) {
            if let Some(partner) = waiting.get_mut(&new(at)).and_then(VecDeque::pop_front) {
                self.set(partner, at);
            }
        }
    }

    /// Pairs elements with equal keys that are still alone and have no double. `None` is no key.
    pub(super) fn by_unique<K: Ord>(&mut self, old: impl Fn(usize) -> Option<K>, new: impl Fn(usize) -> Option<K>) {
        let mut waiting = BTreeMap::<K, [Vec<usize>; 2]>::new();
        for (side, (list, key)) in
            [(&self.of_old, &old as &dyn Fn(usize) -> Option<K>), (&self.of_new, &new)].into_iter().enumerate()
        {
            for at in alone(list) {
                if let Some(key) = key(at) {
                    waiting.entry(key).or_default()[side].push(at);
                }
            }
        }
        for sides in waiting.into_values() {
            if let ([old], [new]) = (sides[0].as_slice(), sides[1].as_slice()) {
                self.set(*old, *new);
            }
        }
    }

    /// The pairs in the order of the new list: place in the old one, place in the new one.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.of_new.iter().enumerate().filter_map(|(new, old)| Some(((*old)?, new)))
    }

    /// What only the old list has.
    pub(super) fn removed(&self) -> Vec<usize> {
        alone(&self.of_old)
    }

    /// What only the new list has.
    pub(super) fn added(&self) -> Vec<usize> {
        alone(&self.of_new)
    }
}

fn alone(list: &[Option<usize>]) -> Vec<usize> {
    list.iter().enumerate().filter(|(_, partner)| partner.is_none()).map(|(at, _)| at).collect()
}

/// The fewest pairs that have to move so that all stand in the old order again: those outside the longest sequence of
/// pairs, given in the new order, whose old places rise.
pub(super) fn moved(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For each length the pair that ends the sequence of that length with the lowest old place, and what stands before
    // each pair in its sequence.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![None; pairs.len()];
    for (at, (old, _)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|&end| pairs[end].0 < *old);
        before[at] = length.checked_sub(1).map(|shorter| ends[shorter]);
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut stays = vec![false; pairs.len()];
    let mut at = ends.last().copied();
    while let Some(kept) = at {
        stays[kept] = true;
        at = before[kept];
    }
    pairs.iter().zip(stays).filter(|(_, stays)| !stays).map(|(pair, _)| *pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_elements_have_moved() {
        let moved = |old: &[usize]| -> Vec<usize> {
            let pairs: Vec<_> = old.iter().copied().zip(0..).collect();
            moved(&pairs).into_iter().map(|(old, _)| old).collect()
        };
        assert_eq!(moved(&[]), [0; 0]);
        assert_eq!(moved(&[0, 1, 2, 3]), [0; 0]);
        assert_eq!(moved(&[3, 0, 1, 2]), [3]);
        assert_eq!(moved(&[1, 2, 3, 0]), [0]);
        assert_eq!(moved(&[0, 4, 1, 2, 3, 5]), [4]);
        assert_eq!(moved(&[3, 2, 1]).len(), 2);
    }

    #[test]
    fn doubles_are_paired_in_order_or_not_at_all() {
        let (old, new) = (["a", "b", "b", "c"], ["b", "c", "b", "b", "d"]);
        let mut pairs = Pairs::none(old.len(), new.len());
        pairs.by_unique(|at| Some(old[at]), |at| Some(new[at]));
        assert_eq!(pairs.pairs().collect::<Vec<_>>(), [(3, 1)]);
        pairs.by(|at| old[at], |at| new[at]);
        assert_eq!(pairs.pairs().collect::<Vec<_>>(), [(1, 0), (3, 1), (2, 2)]);
        assert_eq!((pairs.removed(), pairs.added()), (vec![0], vec![3, 4]));
    }
}
