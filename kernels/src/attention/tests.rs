//! Attention in pages against its definition.

use super::*;
use crate::product::tests::Random;

#[test]
fn attends_as_its_definition_at_all_levels() {
    let mut random = Random(11);
    for (width, length, queries) in
        [(16, 1usize, 1usize), (64, 63, 3), (48, 64, 2), (64, 200, 7), (128, 130, 13)]
    {
        let pages = length.div_ceil(PAGE);
        let mut keys = vec![vec![0u16; page_len(width)]; pages];
        let mut values = keys.clone();
        let mut plain = Vec::new();
        for position in 0..length {
            let [key, value] = [0, 1].map(|_| -> Vec<f32> {
                (0..width).map(|_| f16::from_f32(random.number()).to_f32()).collect()
            });
            remember(&mut keys[position / PAGE], &mut values[position / PAGE], position % PAGE, &key, &value);
            plain.push((key, value));
        }
        let asked: Vec<f32> = (0..queries * width).map(|_| random.number()).collect();
        let seen: Vec<usize> = (0..queries).map(|query| length - query.min(length - 1)).collect();
        for level in Level::all() {
            // In one part, and cut after the first page.
            for cut in [pages, 1] {
                let mut parts = Vec::new();
                for (from, to) in [(0, cut), (cut, pages)] {
                    let seen: Vec<usize> = seen
                        .iter()
                        .map(|seen| seen.saturating_sub(from * PAGE).min((to - from) * PAGE))
                        .collect();
                    if seen.contains(&0) {
                        continue;
                    }
                    let views = |all: &'_ [Vec<u16>]| {
                        all[from..to].iter().map(|page| page.as_slice().to_vec()).collect::<Vec<_>>()
                    };
                    let (keys, values) = (views(&keys), views(&values));
                    let keys: Vec<&[u16]> = keys.iter().map(Vec::as_slice).collect();
                    let values: Vec<&[u16]> = values.iter().map(Vec::as_slice).collect();
                    let mut part = Part::default();
                    let all = Queries { queries: &asked, seen: &seen, width, keys: &keys, values: &values };
                    attend(level, &all, &mut Vec::new(), &mut part);
                    parts.push(part);
                }
                if cut < pages && parts.len() < 2 {
                    continue;
                }
                for query in 0..queries {
                    let mut out = vec![0.0; width];
                    let own: Vec<(&Part, usize)> = parts.iter().map(|part| (part, query)).collect();
                    merge(&own, width, &mut out);
                    let asked = &asked[query * width..(query + 1) * width];
                    let weights: Vec<f64> = plain[..seen[query]]
                        .iter()
                        .map(|(key, _)| {
                            key.iter().zip(asked).map(|(a, b)| f64::from(a * b)).sum::<f64>().exp()
                        })
                        .collect();
                    let total: f64 = weights.iter().sum();
                    for (number, out) in out.iter().enumerate() {
                        let expected: f64 = plain
                            .iter()
                            .zip(&weights)
                            .map(|((_, value), weight)| f64::from(value[number]) * weight)
                            .sum();
                        let error = (f64::from(*out) - expected / total).abs();
                        assert!(error < 1e-4, "{level:?} {width} {length} {query} {number}: {error}");
                    }
                }
            }
        }
    }
}
