//! Blocks of files whose numbers are known.

use super::*;

#[test]
fn shapes_that_do_not_fit_are_refused() {
    for (source, columns) in [(Source::Q8_0, 33), (Source::Q4K, 128), (Source::Q4_1, 0)] {
        assert!(Matrix::new(source, 1, columns, &[0; 1000]).is_none());
    }
    assert!(Matrix::new(Source::Q8_0, 2, 32, &[0; 67]).is_none());
    assert!(Matrix::new(Source::F32, 0, 4, &[]).is_none());
    assert!(Matrix::new(Source::F32, usize::MAX, 4, &[0; 16]).is_none());
}

#[test]
fn a_file_that_ends_too_early_is_an_error() {
    let bytes = [0; 34 * 17 - 1];
    assert!(Matrix::read(Source::Q8_0, 17, 32, &mut bytes.as_slice()).is_err());
    assert!(Matrix::read(Source::Q8_0, 16, 32, &mut bytes.as_slice()).unwrap().is_some());
    assert!(Matrix::read(Source::Q8_0, 1, 33, &mut bytes.as_slice()).unwrap().is_none());
    assert!(Matrix::read(Source::F32, usize::MAX, 4, &mut bytes.as_slice()).unwrap().is_none());
}

#[test]
fn memory_is_close_to_the_file() {
    for (source, columns, file) in [
        (Source::Q8_0, 576, 34 * 18),
        (Source::Q4_1, 576, 20 * 18),
        (Source::Q4K, 1024, 144 * 4),
        (Source::Q6K, 1024, 210 * 4),
    ] {
        let bytes = vec![0; file * 160];
        let matrix = Matrix::new(source, 160, columns, &bytes).unwrap();
        let ratio = matrix.bytes() as f64 / bytes.len() as f64;
        assert!(ratio < 1.05, "{source:?}: {ratio}");
        assert_eq!(matrix.bytes(), Matrix::bytes_of(matrix.format(), 160, columns));
    }
}

#[test]
fn numbers_of_simple_blocks() {
    let half = |x: f32| half::f16::from_f32(x).to_le_bytes();
    let mut row = vec![0.0; 32];
    // Q8_0: -128, -127, ... times 0.5.
    let mut block = half(0.5).to_vec();
    block.extend((0..32).map(|at| (at as u8) ^ 0x80));
    Matrix::new(Source::Q8_0, 1, 32, &block).unwrap().read_row(0, &mut row);
    assert!(row.iter().enumerate().all(|(at, x)| *x == (at as f32 - 128.0) * 0.5));
    // Q4_1: the low halves of the bytes first, then the high ones.
    let mut block = [half(2.0), half(-3.0)].concat();
    block.extend((0..16u8).map(|at| at | (15 - at) << 4));
    Matrix::new(Source::Q4_1, 1, 32, &block).unwrap().read_row(0, &mut row);
    for at in 0..16 {
        assert_eq!((row[at], row[at + 16]), (at as f32 * 2.0 - 3.0, (15 - at) as f32 * 2.0 - 3.0));
    }
    // Q5_1 with all fifth bits set.
    let mut block = [half(1.0), half(0.0)].concat();
    block.extend([255; 4]);
    block.extend([0; 16]);
    Matrix::new(Source::Q5_1, 1, 32, &block).unwrap().read_row(0, &mut row);
    assert!(row.iter().all(|x| *x == 16.0));
}
