//! The parts of the embedding network (BERT's) between its matrix products, on plain slices: written so that the compiler
//! makes vector instructions of them. Each works on many tokens at once, on several threads where that pays.

use rayon::prelude::*;

use crate::exp;

/// Numbers below which one thread is faster than several.
const WORTH_THREADS: usize = 32 * 1024;

/// The error function to seven digits (Abramowitz and Stegun 7.1.26).
#[inline(always)]
fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / size.mul_add(0.327_591_1, 1.0);
    let mut sum = 1.061_405_4;
    for factor in [-1.453_152_1, 1.421_413_8, -0.284_496_72, 0.254_829_6] {
        sum = t.mul_add(sum, factor);
    }
    (1.0 - sum * t * exp(-size * size)).copysign(x)
}

/// Adds the bias to each row and takes GELU.
pub fn bias_gelu(rows: &mut [f32], bias: &[f32]) {
    let one = |row: &mut [f32]| {
        for (x, b) in row.iter_mut().zip(bias) {
            let y = *x + *b;
            *x = 0.5 * y * (1.0 + erf(y * std::f32::consts::FRAC_1_SQRT_2));
        }
    };
    if rows.len() < WORTH_THREADS {
        rows.chunks_mut(bias.len()).for_each(one);
    } else {
        rows.par_chunks_mut(bias.len()).with_min_len(8).for_each(one);
    }
}

/// Mean and deviation taken out of each row, with learned scale and shift.
#[derive(Debug)]
pub struct Norm {
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
    pub epsilon: f32,
}

impl Norm {
    fn row(&self, row: &mut [f32]) {
        let size = row.len() as f32;
        let mean = sum(row) / size;
        let mut squares = [0.0f32; 8];
        for part in row.chunks(8) {
            for (square, x) in squares.iter_mut().zip(part) {
                *square = (x - mean).mul_add(x - mean, *square);
            }
        }
        let factor = 1.0 / (squares.iter().sum::<f32>() / size + self.epsilon).sqrt();
        for ((x, scale), shift) in row.iter_mut().zip(&self.scale).zip(&self.shift) {
            *x = ((*x - mean) * factor).mul_add(*scale, *shift);
        }
    }

    /// Normalises each row.
    pub fn apply(&self, rows: &mut [f32]) {
        rows.chunks_mut(self.scale.len()).for_each(|row| self.row(row));
    }

    /// Adds `more` and the bias to `rows`, then normalises each row.
    pub fn add_and_apply(&self, rows: &mut [f32], more: &[f32], bias: &[f32]) {
        let width = self.scale.len();
        let one = |(row, more): (&mut [f32], &[f32])| {
            for ((x, more), bias) in row.iter_mut().zip(more).zip(bias) {
                *x += *more + *bias;
            }
            self.row(row);
        };
        if rows.len() < WORTH_THREADS {
            rows.chunks_mut(width).zip(more.chunks(width)).for_each(one);
        } else {
            rows.par_chunks_mut(width).zip(more.par_chunks(width)).with_min_len(8).for_each(one);
        }
    }
}

/// Eight sums side by side, so that they can be one vector.
#[inline(always)]
fn sum(row: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    for part in row.chunks(8) {
        for (sum, x) in sums.iter_mut().zip(part) {
            *sum += x;
        }
    }
    sums.iter().sum()
}

/// Numbers of each head; the network's file is checked for it.
pub const HEAD: usize = 32;
/// Numbers of a vector register.
const LANES: usize = 8;
/// Queries that meet the keys together.
const QUERIES: usize = 8;
/// Texts from which each is one task; fewer are split by heads.
const MANY: usize = 8;

/// Attention of each text to itself. `qkv` holds queries, keys and values of each token side by side, `bias` what is to be
/// added to them; `lengths` are the tokens of each text. Gives one row of `width` numbers for each token.
pub fn attention(qkv: &[f32], bias: &[f32], lengths: &[usize], width: usize) -> Vec<f32> {
    let heads = width / HEAD;
    let at_once = if lengths.len() < MANY { 1 } else { heads };
    let mut tasks = Vec::new();
    let mut total = 0;
    for length in lengths {
        tasks.extend((0..heads).step_by(at_once).map(|head| (total, *length, head)));
        total += length;
    }
    let one = |&(start, length, head): &(usize, usize, usize)| {
        let rows = &qkv[start * 3 * width..(start + length) * 3 * width];
        let mut scratch = Scratch::new(length);
        let mut out = vec![0.0; length * at_once * HEAD];
        for (place, head) in (head..head + at_once).enumerate() {
            scratch.take_in(rows, bias, head, width);
            scratch.attend(rows, bias, (head, width), &mut out[place * HEAD..], at_once * HEAD);
        }
        out
    };
    let made: Vec<Vec<f32>> = if qkv.len() < WORTH_THREADS {
        tasks.iter().map(one).collect()
    } else {
        tasks.par_iter().map(one).collect()
    };
    if at_once == heads {
        return made.concat();
    }
    let mut rows = vec![0.0; total * width];
    for ((start, _, head), made) in tasks.iter().zip(made) {
        for (token, values) in made.chunks(HEAD).enumerate() {
            let at = (start + token) * width + head * HEAD;
            rows[at..at + HEAD].copy_from_slice(values);
        }
    }
    rows
}

/// Keys and values of one head over one text, laid out for vector registers.
struct Scratch {
    length: usize,
    /// Eight tokens side by side, then their next number; what is beyond the text is zero.
    keys: Vec<[[f32; LANES]; HEAD]>,
    values: Vec<[f32; HEAD]>,
    /// Of each query that is at work, against all keys and what is beyond.
    scores: Vec<f32>,
}

impl Scratch {
    fn new(length: usize) -> Self {
        let groups = length.div_ceil(LANES);
        Self {
            length,
            keys: vec![[[0.0; LANES]; HEAD]; groups],
            values: vec![[0.0; HEAD]; length],
            scores: vec![0.0; QUERIES * groups * LANES],
        }
    }

    fn take_in(&mut self, rows: &[f32], bias: &[f32], head: usize, width: usize) {
        let (key, value) = (width + head * HEAD, 2 * width + head * HEAD);
        let (key_bias, value_bias) = (&bias[key..key + HEAD], &bias[value..value + HEAD]);
        for (token, row) in rows.chunks(3 * width).enumerate() {
            let group = &mut self.keys[token / LANES];
            for ((lanes, number), bias) in group.iter_mut().zip(&row[key..key + HEAD]).zip(key_bias) {
                lanes[token % LANES] = number + bias;
            }
            let numbers = row[value..value + HEAD].iter().zip(value_bias);
            for (to, (number, bias)) in self.values[token].iter_mut().zip(numbers) {
                *to = number + bias;
            }
        }
    }

    /// Writes the head's part of each token's row; rows begin `step` apart.
    fn attend(
        &mut self,
        rows: &[f32],
        bias: &[f32],
        (head, width): (usize, usize),
        out: &mut [f32],
        step: usize,
    ) {
        let column = head * HEAD;
        let bias = &bias[column..column + HEAD];
        let scale = 1.0 / (HEAD as f32).sqrt();
        for first in (0..self.length).step_by(QUERIES) {
            let count = QUERIES.min(self.length - first);
            let mut queries = [[0.0f32; HEAD]; QUERIES];
            for (query, token) in queries.iter_mut().zip(first..first + count) {
                let row = &rows[token * 3 * width + column..][..HEAD];
                for (to, (number, bias)) in query.iter_mut().zip(row.iter().zip(bias)) {
                    *to = (number + bias) * scale;
                }
            }
            self.score(&queries);
            let shares = self.softmax();
            let mixed = self.mix(count);
            for ((token, mixed), share) in (first..first + count).zip(mixed).zip(shares) {
                for (to, number) in out[token * step..][..HEAD].iter_mut().zip(mixed) {
                    *to = number * share;
                }
            }
        }
    }

    /// The products of the queries with all keys.
    fn score(&mut self, queries: &[[f32; HEAD]; QUERIES]) {
        let padded = self.keys.len() * LANES;
        for (group, keys) in self.keys.iter().enumerate() {
            let mut sums = [[0.0f32; LANES]; QUERIES];
            for (number, keys) in keys.iter().enumerate() {
                for (sums, query) in sums.iter_mut().zip(queries) {
                    for (sum, key) in sums.iter_mut().zip(keys) {
                        *sum = query[number].mul_add(*key, *sum);
                    }
                }
            }
            for (scores, sums) in self.scores.chunks_mut(padded).zip(sums) {
                scores[group * LANES..][..LANES].copy_from_slice(&sums);
            }
        }
    }

    /// Turns the scores into weights; gives the factor for each query that makes their sum 1.
    fn softmax(&mut self) -> [f32; QUERIES] {
        let mut shares = [0.0; QUERIES];
        for (scores, share) in self.scores.chunks_mut(self.keys.len() * LANES).zip(&mut shares) {
            scores[self.length..].fill(f32::NEG_INFINITY);
            let mut highest = [f32::NEG_INFINITY; LANES];
            for lanes in scores.as_chunks::<LANES>().0 {
                for (highest, score) in highest.iter_mut().zip(lanes) {
                    *highest = if *score > *highest { *score } else { *highest };
                }
            }
            let highest = highest.into_iter().fold(f32::NEG_INFINITY, f32::max);
            // A loop of its own, over as many as there are: only so it becomes vector instructions.
            for score in scores.iter_mut() {
                *score = exp(*score - highest);
            }
            *share = 1.0 / sum(scores);
        }
        shares
    }

    /// The values weighted by the scores of each of the first `count` queries, two queries at a time.
    fn mix(&self, count: usize) -> [[f32; HEAD]; QUERIES] {
        let padded = self.keys.len() * LANES;
        let mut all = [[0.0f32; HEAD]; QUERIES];
        for (pair, mixed) in all.as_chunks_mut::<2>().0.iter_mut().enumerate().take(count.div_ceil(2)) {
            let mut sums = [[0.0f32; HEAD]; 2];
            let (one, other) = self.scores[2 * pair * padded..][..2 * padded].split_at(padded);
            for (value, (one, other)) in self.values.iter().zip(one.iter().zip(other)) {
                let [sums_of_one, sums_of_other] = &mut sums;
                for ((a, b), value) in sums_of_one.iter_mut().zip(sums_of_other).zip(value) {
                    *a = one.mul_add(*value, *a);
                    *b = other.mul_add(*value, *b);
                }
            }
            *mixed = sums;
        }
        all
    }
}

/// The mean of each text's rows, made as long as 1.
pub fn pool(rows: &[f32], lengths: &[usize], width: usize) -> Vec<Vec<f32>> {
    let mut rest = rows;
    lengths
        .iter()
        .map(|length| {
            let (own, after) = rest.split_at(length * width);
            rest = after;
            let mut mean = vec![0.0f32; width];
            for row in own.chunks(width) {
                for (sum, x) in mean.iter_mut().zip(row) {
                    *sum += x;
                }
            }
            // The mean and the sum differ by a factor, which the next step takes out.
            let norm = mean.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
            mean.iter_mut().for_each(|x| *x /= norm);
            mean
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error function from its series and continued fraction in double precision.
    fn exact_erf(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    }

    #[test]
    fn approximations_hold_to_single_precision() {
        for step in -400..=400 {
            let x = f64::from(step) / 100.0;
            let error = (f64::from(erf(x as f32)) - exact_erf(x)).abs();
            assert!(error < 1e-6, "erf({x}) is off by {error}");
            let x = f64::from(step) / 5.0;
            let error = (f64::from(exp(x as f32)) / (x as f32 as f64).exp() - 1.0).abs();
            assert!(error < 1e-6, "exp({x}) is off by {error}");
        }
        assert!(exp(-1e9) < 1e-37 && exp(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn attention_agrees_with_its_definition() {
        let (width, lengths) = (2 * HEAD, [3usize, 1, 5]);
        let total: usize = lengths.iter().sum();
        let number = |i: usize| ((i * 7919 % 1000) as f32 - 500.0) / 400.0;
        let qkv: Vec<f32> = (0..total * 3 * width).map(number).collect();
        let bias: Vec<f32> = (0..3 * width).map(|i| number(i + 13)).collect();
        let made = attention(&qkv, &bias, &lengths, width);
        let at = |token: usize, part: usize, column: usize| {
            f64::from(qkv[token * 3 * width + part * width + column] + bias[part * width + column])
        };
        let mut start = 0;
        for length in lengths {
            for token in start..start + length {
                for column in 0..width {
                    let head = column / HEAD * HEAD;
                    let scores: Vec<f64> = (start..start + length)
                        .map(|other| {
                            (0..HEAD).map(|i| at(token, 0, head + i) * at(other, 1, head + i)).sum::<f64>()
                                / (HEAD as f64).sqrt()
                        })
                        .map(f64::exp)
                        .collect();
                    let wanted = (start..start + length)
                        .zip(&scores)
                        .map(|(other, score)| score * at(other, 2, column))
                        .sum::<f64>()
                        / scores.iter().sum::<f64>();
                    let found = f64::from(made[token * width + column]);
                    assert!((found - wanted).abs() < 1e-4, "{found} for {wanted}");
                }
            }
            start += length;
        }
    }
}
