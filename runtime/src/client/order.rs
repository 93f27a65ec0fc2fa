//! Finds the position of a name in the list of announced globals.

use std::collections::BTreeMap;

/// The places of names in a list that is kept in the order of announcement. Neither finding one nor taking one out
/// looks at the others.
#[derive(Debug)]
pub(super) struct Order<N> {
    /// The number that each name had when it was announced.
    numbers: BTreeMap<N, u64>,
    /// Those of the list, place by place; they count up.
    listed: Vec<u64>,
    next: u64,
}

impl<N: Ord> Order<N> {
    pub(super) fn new() -> Order<N> {
        Order { numbers: BTreeMap::new(), listed: Vec::new(), next: 0 }
    }

    pub(super) fn contains(&self, name: &N) -> bool {
        self.numbers.contains_key(name)
    }

    /// Adds a name, which must be a new one, behind the others.
    pub(super) fn add(&mut self, name: N) {
        self.numbers.insert(name, self.next);
        self.listed.push(self.next);
        self.next += 1;
    }

    /// Takes a name out. Returns its place, if it had one.
    pub(super) fn remove(&mut self, name: &N) -> Option<usize> {
        let number = self.numbers.remove(name)?;
        let place = self.listed.binary_search(&number).ok()?;
        self.listed.remove(place);
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counted::{Counted, comparisons};

    #[test]
    fn places_are_those_of_a_list_that_is_kept_beside() {
        let (mut order, mut list) = (Order::new(), Vec::new());
        // Names that are in no order, some of them again after they went.
        for step in 0..2000_u32 {
            let name = step.wrapping_mul(2_654_435_761) % 97;
            let place = list.iter().position(|&listed| listed == name);
            assert_eq!(order.contains(&name), place.is_some());
            match place {
                Some(place) => {
                    assert_eq!(order.remove(&name), Some(place));
                    list.remove(place);
                }
                None => {
                    order.add(name);
                    list.push(name);
                }
            }
            assert_eq!(order.remove(&1000), None);
        }
    }

    #[test]
    fn an_announced_global_is_compared_with_a_few_of_thousands() {
        let cost = |names: u32| {
            let mut order = Order::new();
            (0..names).for_each(|name| order.add(Counted(name)));
            comparisons(|| (names..names + 1000).for_each(|name| assert!(!order.contains(&Counted(name))))) / 1000
        };
        let (few, many) = (cost(1024), cost(4096));
        println!("comparisons for each: {few} with 1024 globals, {many} with 4096");
        assert!(many <= few + 12 && many <= 60, "{few} {many}");
    }
}
