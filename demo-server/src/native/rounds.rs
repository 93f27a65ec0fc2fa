//! Work that waits, by client: each has its turn, so that one with much of it delays the others by one piece at most.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};

/// Pieces of work, those of one client in their order.
#[derive(Debug)]
pub(super) struct Rounds<C, T> {
    waiting: HashMap<C, VecDeque<T>>,
    /// Whose turn is next; one without work may be among them still.
    turns: VecDeque<C>,
}

impl<C, T> Default for Rounds<C, T> {
    fn default() -> Self {
        Rounds { waiting: HashMap::new(), turns: VecDeque::new() }
    }
}

/// The clients in the order of their turns, each with what waits. Those who are gone are one and the same, and have the
/// turns of one.
impl<C: Carry + Copy + Eq + Hash, T: Carry> Carry for Rounds<C, T> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let waiting = self.turns.iter().filter_map(|client| Some((client, self.waiting.get(client)?)));
        let waiting: Vec<_> = waiting.collect();
        saver.put(&waiting.len())?;
        waiting.into_iter().try_for_each(|(client, pieces)| {
            saver.put(client)?;
            saver.put(pieces)
        })
    }

    fn load(loader: &mut Loader<'_>) -> Result<Rounds<C, T>, CarryError> {
        let mut rounds = Rounds::default();
        for _ in 0..loader.get::<usize>()? {
            let (client, pieces): (C, VecDeque<T>) = loader.get()?;
            pieces.into_iter().for_each(|piece| rounds.push(client, piece));
        }
        Ok(rounds)
    }
}

impl<C: Copy + Eq + Hash, T> Rounds<C, T> {
    /// How many pieces of a client wait.
    pub(super) fn count(&self, client: C) -> usize {
        self.waiting.get(&client).map_or(0, VecDeque::len)
    }

    /// Adds one behind the others of its client.
    pub(super) fn push(&mut self, client: C, piece: T) {
        self.pieces(client).push_back(piece);
    }

    /// Puts one that is not finished before the others of its client.
    pub(super) fn put_back(&mut self, client: C, piece: T) {
        self.pieces(client).push_front(piece);
    }

    fn pieces(&mut self, client: C) -> &mut VecDeque<T> {
        self.waiting.entry(client).or_insert_with(|| {
            self.turns.push_back(client);
            VecDeque::new()
        })
    }

    /// Takes the next one; its client has the last turn now.
    pub(super) fn next(&mut self) -> Option<(C, T)> {
        while let Some(client) = self.turns.pop_front() {
            // Those who are gone have left nothing.
            if let Some(piece) = self.waiting.get_mut(&client).and_then(VecDeque::pop_front) {
                self.turns.push_back(client);
                return Some((client, piece));
            }
            self.waiting.remove(&client);
        }
        None
    }

    /// Drops all of a client. Costs what it had.
    pub(super) fn forget(&mut self, client: C) {
        self.waiting.remove(&client);
    }
}

#[cfg(test)]
mod tests {
    use super::Rounds;

    #[test]
    fn one_with_much_work_delays_another_by_one_piece() {
        let mut rounds = Rounds::default();
        (0..1000).for_each(|n| rounds.push('a', n));
        rounds.push('b', 0);
        let order: Vec<_> = (0..4).filter_map(|_| rounds.next()).collect();
        assert_eq!(order, [('a', 0), ('b', 0), ('a', 1), ('a', 2)]);
        assert_eq!((rounds.count('a'), rounds.count('b')), (997, 0));
    }

    #[test]
    fn a_piece_that_is_not_finished_goes_on_after_a_turn_of_the_others() {
        let mut rounds = Rounds::default();
        [('a', 1), ('a', 2), ('b', 1)].into_iter().for_each(|(client, piece)| rounds.push(client, piece));
        let (client, piece) = rounds.next().unwrap();
        rounds.put_back(client, piece);
        let order: Vec<_> = std::iter::from_fn(|| rounds.next()).collect();
        assert_eq!(order, [('b', 1), ('a', 1), ('a', 2)]);
    }

    #[test]
    fn the_last_piece_of_a_client_goes_on_as_well() {
        let mut rounds = Rounds::default();
        rounds.push('a', 1);
        let (client, piece) = rounds.next().unwrap();
        rounds.put_back(client, piece);
        assert_eq!((rounds.next(), rounds.next()), (Some(('a', 1)), None));
    }

    #[test]
    fn nothing_is_left_of_a_client_that_is_forgotten() {
        let mut rounds = Rounds::default();
        [('a', 1), ('b', 1), ('a', 2)].into_iter().for_each(|(client, piece)| rounds.push(client, piece));
        rounds.forget('a');
        assert_eq!(rounds.count('a'), 0);
        rounds.push('a', 3);
        let order: Vec<_> = std::iter::from_fn(|| rounds.next()).collect();
        assert_eq!(order.len(), 2);
        assert!(order.contains(&('a', 3)) && order.contains(&('b', 1)));
        assert!(rounds.turns.is_empty() && rounds.waiting.is_empty());
    }
}
