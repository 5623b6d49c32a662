//! A matrix of weights, as the products want it: sixteen rows side by side, so that a register holds one number of each.
//!
//! A group of sixteen rows is kept in one piece: first the numbers of all its columns, then what scales them. Numbers of
//! few bits stay in the bits they came in; only their order changes, so a product is as exact as the file is. Rows that
//! are missing in the last group are zeros.

mod kind;
mod pack;
#[cfg(test)]
mod tests;

pub(crate) use kind::{Brain, Byte, Dense, Eight, Five, Four, FourK, Full, Half, SixK};
pub use pack::Source;

use crate::simd::LANES;

/// Columns that share a scale, in all formats that scale.
pub const BLOCK: usize = 32;
/// Columns of the blocks of blocks of the "K" formats.
pub const SUPER: usize = 256;

/// How the numbers of a matrix are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    F32,
    F16,
    BF16,
    /// Four bits, scale and minimum (Q4_0, Q4_1).
    Four,
    /// A byte of five bits, scale and minimum (Q5_0, Q5_1).
    Five,
    /// Eight bits, scale (Q8_0).
    Eight,
    /// Four bits, with scales of scales (Q4_K).
    FourK,
    /// Six bits, with scales of scales (Q6_K).
    SixK,
}

impl Format {
    /// Columns come in multiples of this.
    pub fn columns(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::BF16 => 1,
            Self::Four | Self::Five | Self::Eight => BLOCK,
            Self::FourK | Self::SixK => SUPER,
        }
    }

    /// Bytes of a group of sixteen rows of so many columns: of the numbers, and of what scales them.
    fn group(self, columns: usize) -> (usize, usize) {
        let blocks = columns / BLOCK;
        let supers = columns / SUPER;
        let (numbers, scales) = match self {
            Self::F32 => (columns * 4 * LANES, 0),
            Self::F16 | Self::BF16 => (columns * 2 * LANES, 0),
            Self::Four => (blocks * Four::BYTES, blocks * 4 * LANES),
            Self::Five => (blocks * Five::BYTES, blocks * 4 * LANES),
            Self::Eight => (blocks * Eight::BYTES, blocks * 2 * LANES),
            Self::FourK => (blocks * FourK::BYTES, supers * FourK::SCALES),
            Self::SixK => (blocks * SixK::BYTES, supers * SixK::SCALES),
        };
        (numbers, scales)
    }

    /// The products read it with rounded activations.
    pub fn is_quantised(self) -> bool {
        !matches!(self, Self::F32 | Self::F16 | Self::BF16)
    }
}

/// One line of the cache, so that a register is never read across two.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// `rows` x `columns` weights; a product gives one number per row.
pub struct Matrix {
    format: Format,
    rows: usize,
    columns: usize,
    lines: Vec<Line>,
}

impl std::fmt::Debug for Matrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Matrix({:?}, {} x {})", self.format, self.rows, self.columns)
    }
}

impl Matrix {
    fn empty(format: Format, rows: usize, columns: usize) -> Self {
        let lines = Self::lines_of_group(format, columns) * rows.div_ceil(LANES);
        Self { format, rows, columns, lines: vec![Line([0; 64]); lines] }
    }

    fn lines_of_group(format: Format, columns: usize) -> usize {
        let (numbers, scales) = format.group(columns);
        (numbers + scales).div_ceil(64)
    }

    pub fn format(&self) -> Format {
        self.format
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Groups of sixteen rows.
    pub fn groups(&self) -> usize {
        self.rows.div_ceil(LANES)
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.lines.len() * 64
    }

    /// What [`Matrix::bytes`] would be.
    pub fn bytes_of(format: Format, rows: usize, columns: usize) -> usize {
        Self::lines_of_group(format, columns) * 64 * rows.div_ceil(LANES)
    }

    /// The numbers and the scales of a group.
    #[allow(unsafe_code)]
    pub(crate) fn group(&self, group: usize) -> (&[u8], &[u8]) {
        let size = Self::lines_of_group(self.format, self.columns);
        let lines = &self.lines[group * size..(group + 1) * size];
        // SAFETY: a line is 64 bytes without holes.
        let bytes = unsafe { std::slice::from_raw_parts(lines.as_ptr().cast::<u8>(), size * 64) };
        bytes.split_at(self.format.group(self.columns).0)
    }

    #[allow(unsafe_code)]
    fn group_mut(&mut self, group: usize) -> (&mut [u8], &mut [u8]) {
        let size = Self::lines_of_group(self.format, self.columns);
        let lines = &mut self.lines[group * size..(group + 1) * size];
        // SAFETY: a line is 64 bytes without holes.
        let bytes = unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast::<u8>(), size * 64) };
        bytes.split_at_mut(self.format.group(self.columns).0)
    }

    /// One row as plain numbers, for the table of tokens. `out` has as many as there are columns.
    pub fn read_row(&self, row: usize, out: &mut [f32]) {
        let (numbers, scales) = self.group(row / LANES);
        pack::read_row(self.format, numbers, scales, row % LANES, out);
    }
}
