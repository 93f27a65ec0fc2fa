//! Which members of a list changed places. Knows numbers; refuses to know what they stand for.

/// The members of a list, by their index, that have to be moved to get from rising order to this one: as few as possible.
pub(crate) fn moved(old: &[usize]) -> Vec<usize> {
    // The longest rising subsequence stays: `tails[n]` ends the best one of n + 1 members.
    let mut tails: Vec<usize> = Vec::new();
    let mut before = vec![usize::MAX; old.len()];
    for (at, place) in old.iter().enumerate() {
        let length = tails.partition_point(|tail| old[*tail] < *place);
        if length > 0 {
            before[at] = tails[length - 1];
        }
        if length == tails.len() {
            tails.push(at);
        } else {
            tails[length] = at;
        }
    }
    let mut stays = vec![false; old.len()];
    let mut at = tails.last().copied().unwrap_or(usize::MAX);
    while let Some(stay) = stays.get_mut(at) {
        *stay = true;
        at = before[at];
    }
    (0..old.len()).filter(|at| !stays[*at]).collect()
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn what_was_raised_or_lowered_moved_and_nothing_else() {
        assert_eq!(moved(&[0, 1, 2, 3]), []);
        assert_eq!(moved(&[1, 2, 3, 0]), [3]);
        assert_eq!(moved(&[3, 0, 1, 2]), [0]);
        assert_eq!(moved(&[0, 4, 5, 9]), []);
        assert_eq!(moved(&[2, 1]).len(), 1);
        assert_eq!(moved(&[]), []);
    }
}
