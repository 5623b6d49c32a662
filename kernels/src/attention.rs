//! Attention of some queries to the keys and values of a conversation, which are kept in pages of half precision.
//!
//! Keys lie in blocks of sixteen positions, number by number, so that sixteen scores are computed side by side; values
//! position by position. Nothing is moved when a conversation grows: it gets another page.

#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use half::f16;
use half::slice::{HalfBitsSliceExt, HalfFloatSliceExt};

use crate::simd::{LANES, Lanes, Level, Task, exp, unroll};

/// Positions of a page.
pub const PAGE: usize = 64;
/// Positions whose scores are computed together.
const BLOCK: usize = 2 * LANES;
/// So many positions ahead of those that are read, keys are asked for.
const AHEAD: usize = 2 * BLOCK;
/// Queries that meet the keys together.
const QUERIES: usize = 8;

/// Keys or values of a head in a page: how many numbers of half precision.
pub fn page_len(width: usize) -> usize {
    PAGE * width
}

/// Writes the key and the value of a position (within the page) into the parts of a page that belong to the head.
pub fn remember(keys: &mut [u16], values: &mut [u16], position: usize, key: &[f32], value: &[f32]) {
    let width = key.len();
    let block = &mut keys[position / LANES * LANES * width..][..LANES * width];
    let mut halves = [f16::ZERO; LANES];
    for (at, key) in key.chunks(LANES).enumerate() {
        halves[..key.len()].convert_from_f32_slice(key);
        for (number, half) in halves[..key.len()].iter().enumerate() {
            block[(at * LANES + number) * LANES + position % LANES] = half.to_bits();
        }
    }
    let to: &mut [f16] = values[position * width..][..width].reinterpret_cast_mut();
    to.convert_from_f32_slice(value);
}

/// The part of attention that some pages give: to be put together with that of the other pages.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// By query: the largest score.
    pub largest: Vec<f32>,
    /// By query: the sum of the weights, where the largest is one.
    pub total: Vec<f32>,
    /// By query: the values by their weights, summed.
    pub values: Vec<f32>,
}

/// Queries of one head of keys, and the pages that they look at.
#[derive(Debug)]
pub struct Queries<'a> {
    /// `width` numbers each, scaled.
    pub queries: &'a [f32],
    /// By query: how many positions of these pages it sees. At least one.
    pub seen: &'a [usize],
    pub width: usize,
    /// The head's part of each page.
    pub keys: &'a [&'a [u16]],
    pub values: &'a [&'a [u16]],
}

/// Computes the part.
///
/// # Panics
/// If the shapes do not fit; heads must be a multiple of sixteen numbers wide.
pub fn attend(level: Level, queries: &Queries<'_>, scratch: &mut Vec<f32>, out: &mut Part) {
    let count = queries.seen.len();
    assert!(queries.width.is_multiple_of(LANES));
    assert_eq!(queries.queries.len(), count * queries.width);
    let size = page_len(queries.width);
    assert!(queries.keys.iter().chain(queries.values).all(|page| page.len() == size));
    let most = queries.seen.iter().copied().max().unwrap_or(0);
    assert!(most <= queries.keys.len() * PAGE && queries.keys.len() == queries.values.len());
    out.largest.resize(count, 0.0);
    out.total.resize(count, 0.0);
    out.values.resize(count * queries.width, 0.0);
    // SAFETY: the level is the processor's, and the shapes were checked.
    unsafe { level.run(Attend { queries, scratch, out }) };
}

struct Attend<'a> {
    queries: &'a Queries<'a>,
    scratch: &'a mut Vec<f32>,
    out: &'a mut Part,
}

impl Task for Attend<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let Self { queries, scratch, out } = self;
        let count = queries.seen.len();
        let mut at = 0;
        while at < count {
            match count - at {
                QUERIES.. => tile::<L, QUERIES>(queries, at, scratch, out),
                4.. => tile::<L, 4>(queries, at, scratch, out),
                3 => tile::<L, 3>(queries, at, scratch, out),
                2 => tile::<L, 2>(queries, at, scratch, out),
                _ => tile::<L, 1>(queries, at, scratch, out),
            }
            at += match count - at {
                QUERIES.. => QUERIES,
                4.. => 4,
                left => left,
            };
        }
    }
}

#[inline(always)]
unsafe fn tile<L: Lanes, const N: usize>(
    all: &Queries<'_>,
    at: usize,
    scratch: &mut Vec<f32>,
    out: &mut Part,
) {
    let width = all.width;
    let seen = &all.seen[at..at + N];
    let most = seen.iter().copied().max().unwrap_or(0);
    let padded = most.next_multiple_of(BLOCK);
    scratch.resize(N * (padded + width), 0.0);
    // Number by number, so that what meets a key lies side by side.
    let rows = &all.queries[at * width..(at + N) * width];
    let (scores, queries) = scratch.split_at_mut(N * padded);
    for (query, row) in rows.chunks_exact(width).enumerate() {
        queries[query..].iter_mut().step_by(N).zip(row).for_each(|(to, number)| *to = *number);
    }
    let (scores, queries) = (scores.as_mut_ptr(), queries.as_ptr());
    for block in 0..padded / BLOCK {
        let keys = at_position(all.keys, width, block * BLOCK);
        let ahead = at_position(all.keys, width, (block * BLOCK + AHEAD).min(padded - BLOCK));
        let mut sums = [[L::splat(0.0); 2]; N];
        for number in 0..width {
            // A line of the block for every number.
            L::prefetch(ahead.add(number * BLOCK).cast());
            let key =
                [L::from_half(keys.add(number * LANES)), L::from_half(keys.add((width + number) * LANES))];
            let asked = queries.add(number * N);
            unroll!(N, query => {
                let asked = L::splat(*asked.add(query));
                sums[query][0] = L::fma(key[0], asked, sums[query][0]);
                sums[query][1] = L::fma(key[1], asked, sums[query][1]);
            });
        }
        unroll!(N, query => {
            let to = scores.add(query * padded + block * BLOCK);
            L::store(to, sums[query][0]);
            L::store(to.add(LANES), sums[query][1]);
        });
    }
    for (query, seen) in seen.iter().enumerate() {
        let (largest, total) = soften::<L>(scores.add(query * padded), *seen);
        (*seen..padded).for_each(|place| scores.add(query * padded + place).write(0.0));
        out.largest[at + query] = largest;
        out.total[at + query] = total;
    }
    let to = out.values.as_mut_ptr().add(at * width);
    // As many numbers at once as there are registers for.
    let mut number = 0;
    while number < width {
        if N <= 4 && width - number >= 4 * LANES {
            weigh::<L, N, 4>(all, scores, (most, padded), number, to);
            number += 4 * LANES;
        } else if width - number >= 2 * LANES {
            weigh::<L, N, 2>(all, scores, (most, padded), number, to);
            number += 2 * LANES;
        } else {
            weigh::<L, N, 1>(all, scores, (most, padded), number, to);
            number += LANES;
        }
    }
}

/// The keys from a position on, which begins a block of sixteen.
#[inline(always)]
unsafe fn at_position(pages: &[&[u16]], width: usize, position: usize) -> *const u16 {
    pages.get_unchecked(position / PAGE).as_ptr().add(position % PAGE * width)
}

/// Sums some of the numbers of each value, by the weights.
#[inline(always)]
unsafe fn weigh<L: Lanes, const N: usize, const WIDE: usize>(
    all: &Queries<'_>,
    weights: *const f32,
    (most, padded): (usize, usize),
    number: usize,
    to: *mut f32,
) {
    let width = all.width;
    let mut sums = [[L::splat(0.0); WIDE]; N];
    for (page, values) in all.values.iter().enumerate() {
        let first = page * PAGE;
        if first >= most {
            break;
        }
        // While a page is read, the next one comes.
        let ahead = all.values[(page + 1).min(all.values.len() - 1)].as_ptr();
        for position in first..most.min(first + PAGE) {
            let from = values.as_ptr().add((position - first) * width + number);
            let values: [L::F; WIDE] = {
                let mut values = [L::splat(0.0); WIDE];
                unroll!(WIDE, wide => { values[wide] = L::from_half(from.add(wide * LANES)); });
                values
            };
            L::prefetch(ahead.add((position - first) * width + number).cast());
            let own = weights.add(position);
            unroll!(N, query => {
                let weight = L::splat(*own.add(query * padded));
                unroll!(WIDE, wide => {
                    sums[query][wide] = L::fma(values[wide], weight, sums[query][wide]);
                });
            });
        }
    }
    for (query, sums) in sums.iter().enumerate() {
        for (wide, sum) in sums.iter().enumerate() {
            L::store(to.add(query * width + number + wide * LANES), *sum);
        }
    }
}

/// Makes weights of scores, the largest one; returns the largest score and the sum of the weights. Behind the scores
/// there is room for a whole register, which is set to nought.
#[inline(always)]
unsafe fn soften<L: Lanes>(scores: *mut f32, count: usize) -> (f32, f32) {
    // Too small to count, and not so small that a difference of two is no number.
    let least = L::splat(-1e30);
    let padded = count.next_multiple_of(LANES);
    for place in count..padded {
        scores.add(place).write(-1e30);
    }
    let mut largest = least;
    for at in (0..padded).step_by(LANES) {
        largest = L::max(L::load(scores.add(at)), largest);
    }
    let mut lanes = [0.0f32; LANES];
    L::store(lanes.as_mut_ptr(), largest);
    let largest = lanes.into_iter().fold(-1e30, f32::max);
    let mut total = L::splat(0.0);
    let one = L::splat(1.0);
    for at in (0..padded).step_by(LANES) {
        // A score that is not a number makes a sum that is none.
        let weight = exp::<L>(L::fma(L::splat(-1.0), L::splat(largest), L::load(scores.add(at))));
        L::store(scores.add(at), weight);
        if at + LANES <= count {
            total = L::fma(weight, one, total);
        }
    }
    L::store(lanes.as_mut_ptr(), total);
    let rest = (count / LANES * LANES..count).map(|place| scores.add(place).read());
    let total = lanes.into_iter().chain(rest).sum();
    for place in count..padded {
        scores.add(place).write(0.0);
    }
    (largest, total)
}

/// Puts together the parts of one query: writes the values by their weights over all pages.
pub fn merge(parts: &[(&Part, usize)], width: usize, out: &mut [f32]) {
    let values = |(_, query): &(&Part, usize)| query * width..(query + 1) * width;
    if let [only] = parts {
        let factor = 1.0 / only.0.total[only.1];
        out.iter_mut().zip(&only.0.values[values(only)]).for_each(|(out, value)| *out = value * factor);
        return;
    }
    let largest = parts.iter().map(|(part, query)| part.largest[*query]);
    let largest = largest.fold(f32::NEG_INFINITY, |a, b| if b <= a { a } else { b });
    let mut total = 0.0;
    out.fill(0.0);
    for one in parts {
        let weight = (one.0.largest[one.1] - largest).exp();
        total += weight * one.0.total[one.1];
        for (out, value) in out.iter_mut().zip(&one.0.values[values(one)]) {
            *out = value.mul_add(weight, *out);
        }
    }
    out.iter_mut().for_each(|out| *out /= total);
}

#[cfg(test)]
mod tests;
