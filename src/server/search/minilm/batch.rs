//! Which texts are computed next: those of small requests first, then the others in the order of their coming, up to a
//! budget of tokens. Within a request, texts of like length go together.

use std::collections::VecDeque;

/// Requests of up to this many texts do not wait for bigger ones.
const SMALL: usize = 4;

/// The texts of one request that are not computed yet.
pub struct Pending {
    /// Token lists with their places in the request, longest first.
    left: VecDeque<(usize, Vec<u32>)>,
    made: Vec<Vec<f32>>,
    small: bool,
}

impl Pending {
    pub fn new(texts: Vec<Vec<u32>>) -> Self {
        let (count, small) = (texts.len(), texts.len() <= SMALL);
        let mut left: Vec<_> = texts.into_iter().enumerate().collect();
        left.sort_by_key(|(_, tokens)| std::cmp::Reverse(tokens.len()));
        Self { left: left.into(), made: vec![Vec::new(); count], small }
    }

    pub fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// The vectors in the order of the request's texts.
    pub fn into_vectors(self) -> Vec<Vec<f32>> {
        self.made
    }

    /// Keeps the vector of the text that stood at that place.
    pub fn keep(&mut self, place: usize, vector: Vec<f32>) {
        if let Some(slot) = self.made.get_mut(place) {
            *slot = vector;
        }
    }
}

/// A text taken out of a request: which request, which place in it, its tokens.
pub type Taken = (usize, usize, Vec<u32>);

/// Takes texts of at most `budget` tokens together, but at least one.
pub fn take(requests: &mut [Pending], budget: usize) -> Vec<Taken> {
    let mut order: Vec<usize> = (0..requests.len()).collect();
    order.sort_by_key(|index| !requests[*index].small);
    let (mut taken, mut tokens) = (Vec::new(), 0);
    for index in order {
        let left = &mut requests[index].left;
        while let Some((_, text)) = left.front() {
            if !taken.is_empty() && tokens + text.len() > budget {
                return taken;
            }
            tokens += text.len();
            if let Some((place, text)) = left.pop_front() {
                taken.push((index, place, text));
            }
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(lengths: &[usize]) -> Pending {
        Pending::new(lengths.iter().map(|length| vec![0; *length]).collect())
    }

    fn places(taken: &[Taken]) -> Vec<(usize, usize)> {
        taken.iter().map(|(request, place, _)| (*request, *place)).collect()
    }

    #[test]
    fn small_requests_go_first_and_long_texts_together() {
        let mut requests = [request(&[5, 50, 7, 40, 6]), request(&[3, 9])];
        assert_eq!(places(&take(&mut requests, 62)), [(1, 1), (1, 0), (0, 1)]);
        assert!(requests[1].is_done() && !requests[0].is_done());
        assert_eq!(places(&take(&mut requests, 50)), [(0, 3), (0, 2)]);
        // A text beyond the budget is computed alone.
        assert_eq!(places(&take(&mut requests, 1)), [(0, 4)]);
        assert_eq!(places(&take(&mut requests, 1)), [(0, 0)]);
        assert!(take(&mut requests, 1).is_empty());
    }

    #[test]
    fn vectors_come_back_in_the_order_of_the_texts() {
        let mut pending = request(&[1, 3, 2]);
        let taken = take(std::slice::from_mut(&mut pending), 100);
        for (_, place, tokens) in taken {
            pending.keep(place, vec![tokens.len() as f32]);
        }
        assert_eq!(pending.into_vectors(), [[1.0], [3.0], [2.0]]);
    }
}
