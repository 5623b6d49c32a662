//! Products of activations with matrices of weights, on all threads of a pool.

#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use crate::input::{Block, Input};
use crate::matrix::{BLOCK, Brain, Byte, Dense, Eight, Five, Format, Four, FourK, Full, Half, Matrix, SixK};
use crate::pool::Pool;
use crate::simd::{LANES, Lanes, Level, Task, unroll};

/// Pieces of work for each thread: enough that none waits long for the others.
const PIECES: usize = 4;

/// While few tokens come, memory is the limit: so many bytes ahead of those that are multiplied, weights are asked for. The
/// processor's own guesses end with a page of memory.
const AHEAD: usize = 8192;
/// More tokens than that at once, and the processor is the limit.
const FEW: usize = 4;

/// Asks for `bytes` of weights that come later. No address is read, so that none needs to be valid.
#[inline(always)]
unsafe fn ask_ahead<L: Lanes, const TOKENS: usize>(numbers: *const u8, bytes: usize) {
    if TOKENS <= FEW {
        for line in (0..bytes).step_by(64) {
            L::prefetch(numbers.wrapping_add(AHEAD + line));
        }
    }
}

/// The products of each token with matrices of the same columns; their rows stand side by side in `out`, one row of it
/// for each token.
///
/// # Panics
/// If the shapes do not fit, or a quantised matrix meets activations that are not rounded.
pub fn product(pool: &Pool, level: Level, matrices: &[&Matrix], input: &Input, out: &mut [f32]) {
    let width: usize = matrices.iter().map(|matrix| matrix.rows()).sum();
    assert_eq!(out.len(), input.tokens * width);
    for matrix in matrices {
        assert_eq!(matrix.columns(), input.columns);
        assert!(!matrix.format().is_quantised() || input.high.len() == input.plain.len());
    }
    let groups: usize = matrices.iter().map(|matrix| matrix.groups()).sum();
    let each = groups.div_ceil(pool.threads() * PIECES).max(1);
    let out = Shared(out.as_mut_ptr());
    pool.run(groups.div_ceil(each), &|piece| {
        let mut left = piece * each..groups.min((piece + 1) * each);
        let (mut first, mut column) = (0, 0);
        for matrix in matrices {
            let own = left.start.max(first)..left.end.min(first + matrix.groups());
            if !own.is_empty() {
                let rows = Rows { matrix, groups: own.start - first..own.end - first, input, column, width };
                // SAFETY: the level is the processor's, and no two pieces have a group in common.
                unsafe { level.run(Piece { rows, out: out.get() }) };
                left.start = own.end;
            }
            first += matrix.groups();
            column += matrix.rows();
        }
    });
}

/// Where the pieces write, each to rows of its own.
struct Shared(*mut f32);
// SAFETY: the pieces write to different places.
unsafe impl Sync for Shared {}
impl Shared {
    fn get(&self) -> *mut f32 {
        self.0
    }
}

/// Some groups of a matrix.
struct Rows<'a> {
    matrix: &'a Matrix,
    groups: std::ops::Range<usize>,
    input: &'a Input,
    /// Where the matrix begins in a row of the output, and how long that is.
    column: usize,
    width: usize,
}

struct Piece<'a> {
    rows: Rows<'a>,
    out: *mut f32,
}

impl Task for Piece<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let Self { rows, out } = self;
        match (rows.matrix.format(), rows.input.low.is_empty()) {
            (Format::F32, _) => dense::<L, Full>(&rows, out),
            (Format::F16, _) => dense::<L, Half>(&rows, out),
            (Format::BF16, _) => dense::<L, Brain>(&rows, out),
            (Format::Four, true) => quantised::<L, Four, 1>(&rows, out),
            (Format::Four, false) => quantised::<L, Four, 2>(&rows, out),
            (Format::Five, true) => quantised::<L, Five, 1>(&rows, out),
            (Format::Five, false) => quantised::<L, Five, 2>(&rows, out),
            (Format::Eight, true) => quantised::<L, Eight, 1>(&rows, out),
            (Format::Eight, false) => quantised::<L, Eight, 2>(&rows, out),
            (Format::FourK, true) => quantised::<L, FourK, 1>(&rows, out),
            (Format::FourK, false) => quantised::<L, FourK, 2>(&rows, out),
            (Format::SixK, true) => quantised::<L, SixK, 1>(&rows, out),
            (Format::SixK, false) => quantised::<L, SixK, 2>(&rows, out),
        }
    }
}

impl Rows<'_> {
    /// Writes what a group made of some tokens.
    #[inline(always)]
    unsafe fn write<L: Lanes>(&self, out: *mut f32, group: usize, token: usize, made: &[L::F]) {
        let row = group * LANES;
        let there = LANES.min(self.matrix.rows() - row);
        for (place, made) in made.iter().enumerate() {
            let to = out.add((token + place) * self.width + self.column + row);
            if there == LANES {
                L::store(to, *made);
            } else {
                let mut whole = [0.0; LANES];
                L::store(whole.as_mut_ptr(), *made);
                std::ptr::copy_nonoverlapping(whole.as_ptr(), to, there);
            }
        }
    }
}

/// All tokens in tiles of eight, four, two and one.
macro_rules! in_tiles {
    ($tokens:expr, $tile:ident :: <$($kind:tt),*> ($($argument:expr),*)) => {{
        let mut token = 0;
        while token < $tokens {
            match $tokens - token {
                8.. if L::TILE >= 8 => { $tile::<$($kind,)* 8>($($argument,)* token); token += 8; }
                4.. => { $tile::<$($kind,)* 4>($($argument,)* token); token += 4; }
                2.. if L::TILE >= 8 => { $tile::<$($kind,)* 2>($($argument,)* token); token += 2; }
                _ => { $tile::<$($kind,)* 1>($($argument,)* token); token += 1; }
            }
        }
    }};
}

#[inline(always)]
unsafe fn quantised<L: Lanes, K: Byte, const BYTES: usize>(rows: &Rows<'_>, out: *mut f32) {
    for group in rows.groups.clone() {
        in_tiles!(rows.input.tokens, quantised_tile::<L, K, BYTES>(rows, out, group));
    }
}

#[inline(always)]
unsafe fn quantised_tile<L: Lanes, K: Byte, const BYTES: usize, const TOKENS: usize>(
    rows: &Rows<'_>,
    out: *mut f32,
    group: usize,
    token: usize,
) {
    let Input { columns, ref high, ref low, ref blocks, .. } = *rows.input;
    let (numbers, scales) = rows.matrix.group(group);
    let (numbers, scales) = (numbers.as_ptr(), scales.as_ptr());
    let (high, low) = (high.as_ptr().add(token * columns), low.as_ptr().add(token * columns));
    let in_row = columns / BLOCK;
    let blocks: *const Block = blocks.as_ptr().add(token * in_row);
    let mut sums = [L::splat(0.0); TOKENS];
    for at in 0..in_row {
        ask_ahead::<L, TOKENS>(numbers.add(at * K::BYTES), K::BYTES);
        let fours = K::numbers::<L>(numbers.add(at * K::BYTES));
        let own = K::scales::<L>(scales, at);
        unroll!(TOKENS, token => {
            let sum = &mut sums[token];
            let block = &*blocks.add(token * in_row + at);
            let column = token * columns + at * BLOCK;
            let x = (high.add(column), low.add(column));
            let scale = L::splat(block.scale);
            if K::HALVES {
                *sum = L::fma(L::mul(own.scale[0], scale), steps::<L, K, BYTES, 0, 4>(&fours, x, block.steps[0]), *sum);
                *sum = L::fma(L::mul(own.scale[1], scale), steps::<L, K, BYTES, 4, 8>(&fours, x, block.steps[1]), *sum);
            } else {
                let taken = block.steps[0] + block.steps[1];
                *sum = L::fma(L::mul(own.scale[0], scale), steps::<L, K, BYTES, 0, 8>(&fours, x, taken), *sum);
            }
            if K::MINIMUM {
                *sum = L::fma(own.minimum, L::splat(block.sum), *sum);
            }
        });
    }
    rows.write::<L>(out, group, token, &sums);
}

/// The products of some fours of a block, in steps of the activations. `x` points at their high and low bytes, `all` is
/// their sum.
#[inline(always)]
unsafe fn steps<L: Lanes, K: Byte, const BYTES: usize, const FROM: usize, const TO: usize>(
    fours: &[L::B; 8],
    x: (*const i8, *const i8),
    all: i32,
) -> L::F {
    let mut sum = dot::<L, K, FROM, TO>(fours, x.0);
    if BYTES == 2 {
        sum = L::join(sum, dot::<L, K, FROM, TO>(fours, x.1));
    }
    if K::OFFSET != 0 {
        sum = L::int_add(sum, L::int(-K::OFFSET * all));
    }
    L::from_int(sum)
}

#[inline(always)]
unsafe fn dot<L: Lanes, K: Byte, const FROM: usize, const TO: usize>(
    fours: &[L::B; 8],
    x: *const i8,
) -> L::I {
    let mut sum = L::int(0);
    let mut at = FROM;
    while at < TO {
        let x = x.add(at * 4);
        sum = if K::WIDE { L::dot_wide(sum, fours[at], x) } else { L::dot(sum, fours[at], x) };
        at += 1;
    }
    sum
}

#[inline(always)]
unsafe fn dense<L: Lanes, K: Dense>(rows: &Rows<'_>, out: *mut f32) {
    for group in rows.groups.clone() {
        in_tiles!(rows.input.tokens, dense_tile::<L, K>(rows, out, group));
    }
}

/// Sums side by side for each token, so that none waits for the one before.
const CHAINS: usize = 4;

#[inline(always)]
unsafe fn dense_tile<L: Lanes, K: Dense, const TOKENS: usize>(
    rows: &Rows<'_>,
    out: *mut f32,
    group: usize,
    token: usize,
) {
    let columns = rows.input.columns;
    let numbers = rows.matrix.group(group).0.as_ptr();
    let x = rows.input.plain.as_ptr().add(token * columns);
    let chains = if TOKENS == 1 { CHAINS } else { 1 };
    let mut sums = [[L::splat(0.0); CHAINS]; TOKENS];
    for column in 0..columns {
        ask_ahead::<L, TOKENS>(numbers.add(column * LANES * K::BYTES), LANES * K::BYTES);
        let w = K::load::<L>(numbers.add(column * LANES * K::BYTES));
        unroll!(TOKENS, token => {
            let sum = &mut sums[token][column % chains];
            *sum = L::fma(w, L::splat(*x.add(token * columns + column)), *sum);
        });
    }
    let one = L::splat(1.0);
    let sums = sums.map(|sums| sums[1..chains].iter().fold(sums[0], |all, sum| L::fma(*sum, one, all)));
    rows.write::<L>(out, group, token, &sums);
}

#[cfg(test)]
pub(crate) mod tests;
