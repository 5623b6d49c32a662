//! How fast a matrix of a format is read, and how many products a second there are: one line each.
//! `cargo run --release -p kernels --example speed`

use kernels::input::{Input, Rounding};
use kernels::matrix::{Matrix, Source};
use kernels::pool::Pool;
use kernels::product::product;
use kernels::simd::Level;
use std::time::Instant;

fn main() {
    let pool = Pool::of_machine();
    let columns = 1024;
    for (source, rows) in [
        (Source::Q4_1, 150_000),
        (Source::Q8_0, 100_000),
        (Source::Q4K, 150_000),
        (Source::Q6K, 100_000),
        (Source::BF16, 50_000),
        (Source::F32, 30_000),
    ] {
        let bytes = vec![0x21; source.row_bytes(columns).unwrap_or(0) * rows];
        let Some(matrix) = Matrix::new(source, rows, columns, &bytes) else { continue };
        for level in Level::all().into_iter().rev() {
            for rounding in [Rounding::Eight, Rounding::Fifteen] {
                for tokens in [1usize, 4, 64] {
                    let x: Vec<f32> = (0..tokens * columns).map(|at| (at % 17) as f32 - 8.0).collect();
                    let mut input = Input::default();
                    input.fill(&x, columns, Some(rounding));
                    let mut out = vec![0.0; tokens * rows];
                    let (mut best, begun) = (f64::MAX, Instant::now());
                    while begun.elapsed().as_millis() < 300 || best == f64::MAX {
                        let one = Instant::now();
                        product(&pool, level, &[&matrix], &input, &mut out);
                        best = best.min(one.elapsed().as_secs_f64());
                    }
                    let gigabytes = matrix.bytes() as f64 / best / 1e9;
                    let products = (rows * columns * tokens) as f64 / best / 1e9;
                    println!(
                        "{source:?} {level:?} {rounding:?} x{tokens}: {gigabytes:.1} GB/s, {products:.0} G products/s"
                    );
                }
            }
        }
    }
}
