//! Putting two rankings together: reciprocal rank fusion. A document's score is the sum of `1 / (60 + rank)` over the
//! rankings that have it; how the rankings scored it does not count, since their scores have nothing in common.

use super::vectors::Found;
use std::collections::HashMap;

/// How much the first ranks stand out; the value of the paper that proposed it.
const DAMPING: f32 = 60.0;

/// The fused ranking, best first; equals by their numbers.
#[must_use]
pub fn fuse(rankings: [&[Found]; 2]) -> Vec<Found> {
    let mut scores: HashMap<i64, f32> = HashMap::new();
    for ranking in rankings {
        for (place, found) in ranking.iter().enumerate() {
            *scores.entry(found.seq).or_default() += 1.0 / (DAMPING + 1.0 + place as f32);
        }
    }
    let mut fused: Vec<Found> = scores.into_iter().map(|(seq, score)| Found { seq, score }).collect();
    super::vectors::best_first(&mut fused);
    fused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_rank_well_comes_first() {
        let ranking =
            |seqs: &[i64]| seqs.iter().map(|seq| Found { seq: *seq, score: 0.5 }).collect::<Vec<_>>();
        let fused = fuse([&ranking(&[1, 2, 3]), &ranking(&[4, 2])]);
        let seqs: Vec<i64> = fused.iter().map(|found| found.seq).collect();
        assert_eq!(seqs, [2, 1, 4, 3]);
        assert!((fused[0].score - 2.0 / 62.0).abs() < 1e-6 && (fused[1].score - 1.0 / 61.0).abs() < 1e-6);
        assert!(fuse([&[], &[]]).is_empty());
    }
}
