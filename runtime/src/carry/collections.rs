//! Lists, maps and tuples of what can go over.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};

use super::{Carry, CarryError, Loader, Refusal, Saver};

/// Values without a byte that a list may have; of all others there are no more than bytes.
const MOST_OF_NOTHING: usize = 1 << 20;

fn put_all<'a, T: Carry + 'a>(
    saver: &mut Saver,
    mut list: impl ExactSizeIterator<Item = &'a T>,
) -> Result<(), Refusal> {
    put_length(saver, list.len())?;
    list.try_for_each(|value| saver.put(value))
}

fn put_length(saver: &mut Saver, length: usize) -> Result<(), Refusal> {
    saver.word(u32::try_from(length).map_err(|_| Refusal::new("a list of more than 2³² values"))?);
    Ok(())
}

impl<T: Carry> Carry for Vec<T> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        put_all(saver, self.iter())
    }

    fn load(loader: &mut Loader<'_>) -> Result<Vec<T>, CarryError> {
        // The number may be wrong, so nothing is reserved for it.
        let count = loader.word()?;
        let (bytes, mut list) = (loader.left(), Vec::new());
        for _ in 0..count {
            list.push(loader.get()?);
            if list.len() > MOST_OF_NOTHING && loader.left() == bytes {
                return Err(CarryError::Damaged { what: "a list of nothing" });
            }
        }
        Ok(list)
    }
}

impl<T: Carry> Carry for VecDeque<T> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        put_all(saver, self.iter())
    }

    fn load(loader: &mut Loader<'_>) -> Result<VecDeque<T>, CarryError> {
        Ok(Vec::load(loader)?.into())
    }
}

impl<T: Carry, const N: usize> Carry for [T; N] {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        self.iter().try_for_each(|value| saver.put(value))
    }

    fn load(loader: &mut Loader<'_>) -> Result<[T; N], CarryError> {
        let mut list = Vec::new();
        for _ in 0..N {
            list.push(loader.get()?);
        }
        list.try_into().map_err(|_| CarryError::Damaged { what: "a list of another length" })
    }
}

impl<K: Carry + Ord, V: Carry> Carry for BTreeMap<K, V> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        put_length(saver, self.len())?;
        for (key, value) in self {
            saver.put(key)?;
            saver.put(value)?;
        }
        Ok(())
    }

    fn load(loader: &mut Loader<'_>) -> Result<BTreeMap<K, V>, CarryError> {
        let list: Vec<(K, V)> = loader.get()?;
        let count = list.len();
        let map = BTreeMap::from_iter(list);
        if map.len() == count { Ok(map) } else { Err(CarryError::Damaged { what: "a key that is there twice" }) }
    }
}

impl<T: Carry + Ord> Carry for BTreeSet<T> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        put_all(saver, self.iter())
    }

    fn load(loader: &mut Loader<'_>) -> Result<BTreeSet<T>, CarryError> {
        let list: Vec<T> = loader.get()?;
        let count = list.len();
        let set = BTreeSet::from_iter(list);
        if set.len() == count { Ok(set) } else { Err(CarryError::Damaged { what: "a value that is there twice" }) }
    }
}

/// In the order of the keys, so that equal maps are equal bytes.
impl<K: Carry + Ord + Hash, V: Carry, S: BuildHasher + Default> Carry for HashMap<K, V, S> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let mut list: Vec<(&K, &V)> = self.iter().collect();
        list.sort_unstable_by_key(|(key, _)| *key);
        put_length(saver, list.len())?;
        for (key, value) in list {
            saver.put(key)?;
            saver.put(value)?;
        }
        Ok(())
    }

    fn load(loader: &mut Loader<'_>) -> Result<HashMap<K, V, S>, CarryError> {
        let list: Vec<(K, V)> = loader.get()?;
        let count = list.len();
        let map = HashMap::from_iter(list);
        if map.len() == count { Ok(map) } else { Err(CarryError::Damaged { what: "a key that is there twice" }) }
    }
}

macro_rules! tuples {
    ($(($($value:ident $index:tt),+))*) => {
        $(
            impl<$($value: Carry),+> Carry for ($($value,)+) {
                fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
                    $(saver.put(&self.$index)?;)+
                    Ok(())
                }

                fn load(loader: &mut Loader<'_>) -> Result<($($value,)+), CarryError> {
                    Ok(($(loader.get::<$value>()?,)+))
                }
            }
        )*
    };
}

tuples! { (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) }
