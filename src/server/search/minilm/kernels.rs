//! The parts of the network between its matrix products, on plain slices: written so that the compiler makes vector
//! instructions of them. Each works on many tokens at once, on several threads where that pays.

use rayon::prelude::*;

/// Numbers below which one thread is faster than several.
const WORTH_THREADS: usize = 32 * 1024;

/// `e^x` to seven digits for `x` from -87 to 88; what is beyond is taken for the border.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // 1.5 * 2^23: adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    let power = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    let rest = whole.mul_add(-LN_2_HIGH, x);
    let rest = whole.mul_add(-LN_2_LOW, rest);
    let mut sum = 1.0 / 720.0;
    for factor in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = rest.mul_add(sum, factor);
    }
    sum * f32::from_bits(power.wrapping_add(127) << 23)
}

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

/// Attention of each text to itself. `qkv` holds queries, keys and values of each token side by side, `bias` what is to be
/// added to them; `lengths` are the tokens of each text. Gives one row of `width` numbers for each token.
pub fn attention(qkv: &[f32], bias: &[f32], lengths: &[usize], width: usize) -> Vec<f32> {
    let heads = width / HEAD;
    let mut starts = Vec::with_capacity(lengths.len());
    let mut total = 0;
    for length in lengths {
        starts.push(total);
        total += length;
    }
    let tasks: Vec<(usize, usize, usize)> = starts
        .iter()
        .zip(lengths)
        .flat_map(|(start, length)| (0..heads).map(move |head| (*start, *length, head)))
        .collect();
    let one = |&(start, length, head): &(usize, usize, usize)| {
        head_of(&qkv[start * 3 * width..(start + length) * 3 * width], bias, length, head, width)
    };
    let made: Vec<Vec<f32>> = if qkv.len() < WORTH_THREADS {
        tasks.iter().map(one).collect()
    } else {
        tasks.par_iter().with_min_len(4).map(one).collect()
    };
    let mut rows = vec![0.0; total * width];
    for ((start, _, head), made) in tasks.iter().zip(made) {
        for (token, values) in made.chunks(HEAD).enumerate() {
            let at = (start + token) * width + head * HEAD;
            rows[at..at + HEAD].copy_from_slice(values);
        }
    }
    rows
}

/// One head over one text: `length` rows of [`HEAD`] numbers.
fn head_of(qkv: &[f32], bias: &[f32], length: usize, head: usize, width: usize) -> Vec<f32> {
    let scale = 1.0 / (HEAD as f32).sqrt();
    let column = head * HEAD;
    let (bias_q, bias_k, bias_v) = (
        &bias[column..column + HEAD],
        &bias[width + column..width + column + HEAD],
        &bias[2 * width + column..2 * width + column + HEAD],
    );
    // Keys with the tokens side by side, so that one query meets all of them in long loops.
    let mut keys = vec![0.0f32; HEAD * length];
    let mut values = vec![0.0f32; length * HEAD];
    for (token, row) in qkv.chunks(3 * width).enumerate() {
        let key = &row[width + column..width + column + HEAD];
        for (i, (k, b)) in key.iter().zip(bias_k).enumerate() {
            keys[i * length + token] = k + b;
        }
        let value = &row[2 * width + column..2 * width + column + HEAD];
        for ((to, v), b) in values[token * HEAD..].iter_mut().zip(value).zip(bias_v) {
            *to = v + b;
        }
    }
    let mut out = vec![0.0f32; length * HEAD];
    let mut scores = vec![0.0f32; length];
    for (row, out) in qkv.chunks(3 * width).zip(out.chunks_mut(HEAD)) {
        scores.fill(0.0);
        for ((q, b), keys) in row[column..column + HEAD].iter().zip(bias_q).zip(keys.chunks(length)) {
            let q = (q + b) * scale;
            for (score, key) in scores.iter_mut().zip(keys) {
                *score = q.mul_add(*key, *score);
            }
        }
        let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for score in &mut scores {
            *score = exp(*score - highest);
        }
        let share = 1.0 / sum(&scores);
        let mut mixed = [0.0f32; HEAD];
        for (score, value) in scores.iter().zip(values.chunks_exact(HEAD)) {
            for (mixed, value) in mixed.iter_mut().zip(value) {
                *mixed = score.mul_add(*value, *mixed);
            }
        }
        for (out, mixed) in out.iter_mut().zip(mixed) {
            *out = mixed * share;
        }
    }
    out
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
