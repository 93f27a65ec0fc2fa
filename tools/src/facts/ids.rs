//! Tables by ids of objects. Every message looks into some of them.
//!
//! Ids are counted without gaps, which connections see to, so that peers cannot choose ones that collide.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

pub(super) type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// Spreads numbers by a multiplication.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    /// The upper bits are the ones that depend on all.
    fn finish(&self) -> u64 {
        self.0.rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn ids_in_a_row_are_spread_over_the_table() {
        let hasher = BuildHasherDefault::<IdHasher>::default();
        for first in [0, 0xff00_0000_u32] {
            let places: HashSet<u64> = (first..first + 1024).map(|id| hasher.hash_one(id) % 2048).collect();
            let tags: HashSet<u64> = (first..first + 1024).map(|id| hasher.hash_one(id) >> 57).collect();
            assert!(places.len() > 600 && tags.len() > 60, "{} places, {} tags", places.len(), tags.len());
        }
    }
}
