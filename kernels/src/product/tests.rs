//! Products of all formats at all levels, against sums written out.

use super::*;
use crate::input::Rounding;
use crate::matrix::Source;

/// Numbers that repeat from run to run.
pub struct Random(pub u64);

impl Random {
    pub fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 56) as u8
    }

    /// From -1 to 1.
    pub fn number(&mut self) -> f32 {
        let whole = u32::from_le_bytes([self.byte(), self.byte(), self.byte(), 0]);
        whole as f32 / (1 << 23) as f32 - 1.0
    }
}

const SOURCES: [Source; 10] = [
    Source::F32,
    Source::F16,
    Source::BF16,
    Source::Q4_0,
    Source::Q4_1,
    Source::Q5_0,
    Source::Q5_1,
    Source::Q8_0,
    Source::Q4K,
    Source::Q6K,
];

/// Rows in a file's format, of random bits with sensible scales.
pub fn rows(source: Source, rows: usize, columns: usize, random: &mut Random) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..source.row_bytes(columns).unwrap() * rows).map(|_| random.byte()).collect();
    let scale = |bytes: &mut [u8], number: f32| {
        bytes[..2].copy_from_slice(&half::f16::from_f32(number / 50.0).to_le_bytes());
    };
    let (size, places): (usize, &[usize]) = match source {
        Source::F32 => {
            bytes.chunks_mut(4).for_each(|number| number.copy_from_slice(&random.number().to_le_bytes()));
            return bytes;
        }
        Source::F16 => {
            bytes.chunks_mut(2).for_each(|number| scale(number, random.number()));
            return bytes;
        }
        Source::BF16 => {
            for number in bytes.chunks_mut(2) {
                number.copy_from_slice(&half::bf16::from_f32(random.number()).to_le_bytes());
            }
            return bytes;
        }
        Source::Q4_0 => (18, &[0]),
        Source::Q4_1 => (20, &[0, 2]),
        Source::Q5_0 => (22, &[0]),
        Source::Q5_1 => (24, &[0, 2]),
        Source::Q8_0 => (34, &[0]),
        Source::Q4K => (144, &[0, 2]),
        Source::Q6K => (210, &[208]),
    };
    for block in bytes.chunks_mut(size) {
        for place in places {
            scale(&mut block[*place..], random.number());
        }
    }
    bytes
}

/// Products in double precision of the rows as they are read back, and by how much of the largest numbers of their blocks
/// they may be off for each step that those are divided in.
fn written_out(matrices: &[&Matrix], x: &[f32], columns: usize) -> Vec<(f64, f64)> {
    let mut out = Vec::new();
    for x in x.chunks(columns) {
        for matrix in matrices {
            let mut row = vec![0.0; columns];
            for at in 0..matrix.rows() {
                matrix.read_row(at, &mut row);
                let products = row.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x));
                let blocks = row.chunks(BLOCK).zip(x.chunks(BLOCK));
                let coarse = blocks.map(|(w, x)| {
                    let largest = x.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
                    f64::from(largest) * w.iter().map(|w| f64::from(w.abs())).sum::<f64>()
                });
                out.push((products.sum(), coarse.sum()));
            }
        }
    }
    out
}

#[test]
fn all_formats_multiply_as_written_out() {
    let mut random = Random(7);
    let pool = Pool::new(2);
    for source in SOURCES {
        let columns = if matches!(source, Source::Q4K | Source::Q6K) { 512 } else { 96 };
        // Whole groups, and one that is not.
        let matrices: Vec<Matrix> = [32, 21, 1]
            .into_iter()
            .map(|count| {
                Matrix::new(source, count, columns, &rows(source, count, columns, &mut random)).unwrap()
            })
            .collect();
        let matrices: Vec<&Matrix> = matrices.iter().collect();
        for tokens in [1, 2, 3, 4, 7, 8, 17] {
            let mut x: Vec<f32> = (0..tokens * columns).map(|_| random.number()).collect();
            // One that is far larger than its neighbours, a block of noughts, and tiny ones.
            x[5] = 300.0;
            x[32..64].fill(0.0);
            x[64..96].iter_mut().for_each(|x| *x *= 1e-20);
            let expected = written_out(&matrices, &x, columns);
            for level in Level::all() {
                for (rounding, steps) in [(Rounding::Fifteen, 16256.0), (Rounding::Eight, 127.0)] {
                    let mut input = Input::default();
                    input.fill(&x, columns, Some(rounding));
                    let mut out = vec![f32::NAN; expected.len()];
                    product(&pool, level, &matrices, &input, &mut out);
                    for (at, (out, (sum, coarse))) in out.iter().zip(&expected).enumerate() {
                        let error = (f64::from(*out) - sum).abs();
                        // Half a step, and what single precision loses.
                        let most = coarse * (0.5 / steps + 2e-6);
                        assert!(
                            error <= most,
                            "{source:?} {level:?} {rounding:?} {tokens} {at}: {out} {sum} {most}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_not_a_number_stays_none() {
    let mut random = Random(3);
    let pool = Pool::new(1);
    for broken in [f32::NAN, f32::INFINITY] {
        let matrix = Matrix::new(Source::Q8_0, 16, 64, &rows(Source::Q8_0, 16, 64, &mut random)).unwrap();
        let mut x = vec![0.5; 64];
        x[40] = broken;
        for level in Level::all() {
            for rounding in [Rounding::Eight, Rounding::Fifteen] {
                let mut input = Input::default();
                input.fill(&x, 64, Some(rounding));
                let mut out = [0.0; 16];
                product(&pool, level, &[&matrix], &input, &mut out);
                assert!(out.iter().all(|out| !out.is_finite()), "{level:?} {rounding:?} {out:?}");
            }
        }
    }
}
