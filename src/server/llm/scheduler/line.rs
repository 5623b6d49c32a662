//! A queue in which owners take turns: whoever asks a hundred times does not hold up the one who asks once.

use std::collections::VecDeque;

/// Things that wait, by owner. The owner at the front is next; what it leaves goes behind the others.
#[derive(Debug)]
pub struct Line<O, T> {
    owners: VecDeque<(O, VecDeque<T>)>,
}

impl<O: PartialEq, T> Line<O, T> {
    pub fn new() -> Self {
        Self { owners: VecDeque::new() }
    }

    pub fn len(&self) -> usize {
        self.owners.iter().map(|(_, waiting)| waiting.len()).sum()
    }

    /// How many wait for this owner.
    pub fn len_of(&self, owner: &O) -> usize {
        self.owners.iter().find(|(known, _)| known == owner).map_or(0, |(_, waiting)| waiting.len())
    }

    /// Behind what the same owner waits for already.
    pub fn push(&mut self, owner: O, thing: T) {
        match self.owners.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, waiting)) => waiting.push_back(thing),
            None => self.owners.push_back((owner, VecDeque::from([thing]))),
        }
    }

    /// The next in turn.
    pub fn pop(&mut self) -> Option<T> {
        let (owner, mut waiting) = self.owners.pop_front()?;
        let thing = waiting.pop_front();
        if !waiting.is_empty() {
            self.owners.push_back((owner, waiting));
        }
        thing
    }

    /// Lets those go that nobody waits for.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.owners.iter_mut().for_each(|(_, waiting)| waiting.retain(&mut keep));
        self.owners.retain(|(_, waiting)| !waiting.is_empty());
    }

    /// Each with the number of those that come before it, if nobody else comes.
    pub fn places(&mut self) -> impl Iterator<Item = (usize, &mut T)> {
        let lengths: Vec<usize> = self.owners.iter().map(|(_, waiting)| waiting.len()).collect();
        self.owners.iter_mut().enumerate().flat_map(move |(turn, (_, waiting))| {
            let lengths = lengths.clone();
            waiting.iter_mut().enumerate().map(move |(round, thing)| {
                // In each round every owner that still waits has one turn.
                let full_rounds: usize = lengths.iter().map(|length| (*length).min(round)).sum();
                let this_round = lengths[..turn].iter().filter(|length| **length > round).count();
                (full_rounds + this_round, thing)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn owners_take_turns() {
        let mut line = Line::new();
        for (owner, thing) in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("b", 5), ("c", 6)] {
            line.push(owner, thing);
        }
        assert_eq!((line.len(), line.len_of(&"a"), line.len_of(&"x")), (6, 3, 0));
        let mut order = vec![line.pop().unwrap()];
        // Who comes back stands behind the others.
        line.push("c", 7);
        order.extend(std::iter::from_fn(|| line.pop()));
        assert_eq!(order, [1, 4, 6, 2, 5, 7, 3]);
    }

    #[test]
    fn those_that_leave_free_their_place() {
        let mut line = Line::new();
        (0..4).for_each(|thing| line.push(thing % 2, thing));
        line.retain(|thing| thing % 2 == 1);
        assert_eq!(std::iter::from_fn(|| line.pop()).collect::<Vec<_>>(), [1, 3]);
    }

    proptest! {
        /// A place says how many are popped before.
        #[test]
        fn places_are_the_order_of_popping(pushed in prop::collection::vec(0..4u8, 0..20), popped in 0..5usize) {
            let mut line = Line::new();
            pushed.iter().enumerate().for_each(|(thing, owner)| line.push(*owner, thing));
            for _ in 0..popped {
                line.pop();
            }
            let mut places: Vec<_> = line.places().map(|(place, thing)| (place, *thing)).collect();
            places.sort_unstable();
            let told: Vec<_> = places.iter().map(|(_, thing)| *thing).collect();
            prop_assert!(places.iter().map(|(place, _)| *place).eq(0..line.len()));
            let order: Vec<_> = std::iter::from_fn(|| line.pop()).collect();
            prop_assert_eq!(told, order);
        }
    }
}
