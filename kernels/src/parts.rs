//! The small parts of a decoder network between its matrix products.

use crate::exp;
use crate::simd::LANES;

/// Takes the root of the mean square out of a row of as many numbers as `scale` has.
pub fn rms_norm(row: &[f32], scale: &[f32], epsilon: f32, out: &mut [f32]) {
    let factor = 1.0 / (square_sum(row) / row.len() as f32 + epsilon).sqrt();
    for ((out, x), scale) in out.iter_mut().zip(row).zip(scale) {
        *out = x * factor * scale;
    }
}

/// [`rms_norm`] of a row where it stands.
pub fn rms_norm_in_place(row: &mut [f32], scale: &[f32], epsilon: f32) {
    let factor = 1.0 / (square_sum(row) / row.len() as f32 + epsilon).sqrt();
    row.iter_mut().zip(scale).for_each(|(x, scale)| *x *= factor * scale);
}

fn square_sum(row: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    for part in row.chunks(16) {
        for (sum, x) in sums.iter_mut().zip(part) {
            *sum += x * x;
        }
    }
    sums.iter().sum()
}

/// Which numbers of a head are turned together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairs {
    /// The first with the second, as in GGUF files of the Llama family.
    Neighbours,
    /// The first with the first of the second half.
    Halves,
}

/// Turns the pairs of a head by the angles of its position, of which there is one cosine and one sine for each pair; what
/// lies behind the pairs stays.
pub fn rotate(head: &mut [f32], cosines: &[f32], sines: &[f32], pairs: Pairs) {
    match pairs {
        Pairs::Neighbours => {
            for ((pair, cos), sin) in head.as_chunks_mut::<2>().0.iter_mut().zip(cosines).zip(sines) {
                let [a, b] = *pair;
                *pair = [a * cos - b * sin, a * sin + b * cos];
            }
        }
        Pairs::Halves => {
            let (first, second) = head[..2 * cosines.len()].split_at_mut(cosines.len());
            for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cosines).zip(sines) {
                (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
            }
        }
    }
}

/// Of a row that holds gates and then as many numbers that they let through: `gate / (1 + e^-gate) * number`.
pub fn swiglu(row: &[f32], out: &mut [f32]) {
    let (gates, numbers) = row.split_at(out.len());
    let (out, rest) = out.as_chunks_mut::<LANES>();
    let ((gates, gates_left), (numbers, numbers_left)) = (gates.as_chunks(), numbers.as_chunks());
    for ((out, gates), numbers) in out.iter_mut().zip(gates).zip(numbers) {
        *out = let_through(gates, numbers);
    }
    let mut last = [[0.0; LANES]; 2];
    last[0][..rest.len()].copy_from_slice(gates_left);
    last[1][..rest.len()].copy_from_slice(numbers_left);
    rest.copy_from_slice(&let_through(&last[0], &last[1])[..rest.len()]);
}

fn let_through(gates: &[f32; LANES], numbers: &[f32; LANES]) -> [f32; LANES] {
    std::array::from_fn(|at| gates[at] / (1.0 + exp(-gates[at])) * numbers[at])
}

/// Adds each to its place.
pub fn add(to: &mut [f32], more: &[f32]) {
    to.iter_mut().zip(more).for_each(|(to, more)| *to += more);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_keeps_the_length_and_both_ways_turn_the_same_pairs() {
        let (cos, sin) = ([0.6f32, 0.8], [0.8f32, 0.6]);
        let mut neighbours = [1.0, 2.0, 3.0, 4.0, 9.0];
        rotate(&mut neighbours, &cos, &sin, Pairs::Neighbours);
        let mut halves = [1.0, 3.0, 2.0, 4.0, 9.0];
        rotate(&mut halves, &cos, &sin, Pairs::Halves);
        let [a, b, c, d, rest] = neighbours;
        assert_eq!(halves, [a, c, b, d, rest]);
        assert_eq!((a, b, rest), (0.6 - 1.6, 0.8 + 1.2, 9.0));
    }

    #[test]
    fn norms_and_gates_as_written_out() {
        let row: Vec<f32> = (0..40).map(|x| (x as f32 - 17.0) / 7.0).collect();
        let scale: Vec<f32> = (0..40).map(|x| 1.0 + x as f32 / 10.0).collect();
        let mut out = vec![0.0; 40];
        rms_norm(&row, &scale, 1e-5, &mut out);
        let mean: f64 = row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 40.0;
        for ((x, scale), out) in row.iter().zip(&scale).zip(&out) {
            let expected = f64::from(*x) / (mean + 1e-5).sqrt() * f64::from(*scale);
            assert!((f64::from(*out) - expected).abs() < 1e-5);
        }
        let mut same = row.clone();
        rms_norm_in_place(&mut same, &scale, 1e-5);
        assert!(same.iter().zip(&out).all(|(a, b)| (a - b).abs() < 1e-5));
        swiglu(&row, &mut out[..20]);
        for (at, out) in out[..20].iter().enumerate() {
            let (gate, number) = (f64::from(row[at]), f64::from(row[at + 20]));
            assert!((f64::from(*out) - gate / (1.0 + (-gate).exp()) * number).abs() < 1e-5);
        }
    }
}
