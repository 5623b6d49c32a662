//! What a matrix is multiplied with: the activations of some tokens, rounded to whole numbers in blocks that share a scale.

#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::sync::{Mutex, PoisonError};

use crate::matrix::BLOCK;
use crate::pool::Pool;
use crate::simd::{LANES, Lanes, Level, ROUND, Task};

/// How activations are rounded for quantised matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To 8 bits, as llama.cpp does.
    Eight,
    /// To 15 bits, in two bytes: nothing is lost beside the weights' own rounding, for little more time.
    Fifteen,
}

/// Steps from nothing to the largest number of a block, in [`Rounding::Fifteen`]: what two signed bytes hold whose sum
/// is `high * 128 + low`.
const STEPS: f32 = 127.0 * 128.0;

/// What belongs to a block of a token.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Block {
    /// What one step stands for.
    pub scale: f32,
    /// The sum of the block, as far as its steps tell.
    pub sum: f32,
    /// The steps of its halves.
    pub steps: [i32; 2],
}

/// The activations of some tokens; kept and filled anew, so that nothing is allocated for each product.
#[derive(Debug, Default)]
pub struct Input {
    pub(crate) tokens: usize,
    pub(crate) columns: usize,
    pub(crate) plain: Vec<f32>,
    pub(crate) high: Vec<i8>,
    /// Empty in [`Rounding::Eight`].
    pub(crate) low: Vec<i8>,
    pub(crate) blocks: Vec<Block>,
}

impl Input {
    /// Takes over rows of `columns` numbers, one for each token. With `rounding`, they can meet quantised matrices;
    /// that needs whole blocks of 32 columns.
    pub fn fill(&mut self, rows: &[f32], columns: usize, rounding: Option<Rounding>) {
        let copy = |token: usize, row: &mut [f32]| row.copy_from_slice(&rows[token * columns..][..columns]);
        self.fill_with(None, rows.len() / columns, columns, rounding, &copy);
    }

    /// As [`Input::fill`], with rows that `make` writes, on all threads of the pool where there are many.
    pub fn fill_with(
        &mut self,
        pool: Option<&Pool>,
        tokens: usize,
        columns: usize,
        rounding: Option<Rounding>,
        make: &(dyn Fn(usize, &mut [f32]) + Sync),
    ) {
        self.columns = columns;
        self.tokens = tokens;
        let size = tokens * columns;
        let rounded = if rounding.is_some() { size } else { 0 };
        let precise = rounding == Some(Rounding::Fifteen);
        self.plain.resize(size, 0.0);
        self.high.resize(rounded, 0);
        self.low.resize(if precise { rounded } else { 0 }, 0);
        self.blocks.resize(rounded / BLOCK, Block::default());
        let pool = pool.filter(|_| tokens >= WORTH_THREADS);
        let each = pool.map_or(tokens, |pool| tokens.div_ceil(pool.threads() * 4)).max(1);
        let mut rest = Rows {
            plain: &mut self.plain,
            high: &mut self.high,
            low: &mut self.low,
            blocks: &mut self.blocks,
        };
        let Some(pool) = pool else {
            return rest.fill(0, columns, rounding, make);
        };
        let mut pieces = Vec::new();
        for first in (0..tokens).step_by(each) {
            let (piece, left) = rest.split(each.min(tokens - first) * columns);
            pieces.push(Mutex::new((first, piece)));
            rest = left;
        }
        pool.run(pieces.len(), &|at| {
            let mut piece = pieces[at].lock().unwrap_or_else(PoisonError::into_inner);
            let first = piece.0;
            piece.1.fill(first, columns, rounding, make);
        });
    }

    /// Tokens.
    pub fn tokens(&self) -> usize {
        self.tokens
    }
}

/// Tokens from which several threads are faster than one.
const WORTH_THREADS: usize = 8;

/// Some rows.
struct Rows<'a> {
    plain: &'a mut [f32],
    high: &'a mut [i8],
    low: &'a mut [i8],
    blocks: &'a mut [Block],
}

impl<'a> Rows<'a> {
    /// The first so many numbers, and the rest.
    fn split(self, size: usize) -> (Self, Self) {
        let (plain, plain_left) = self.plain.split_at_mut(size);
        let (high, high_left) = self.high.split_at_mut(size.min(self.high.len()));
        let (low, low_left) = self.low.split_at_mut(size.min(self.low.len()));
        let (blocks, blocks_left) = self.blocks.split_at_mut((size / BLOCK).min(self.blocks.len()));
        let left = Self { plain: plain_left, high: high_left, low: low_left, blocks: blocks_left };
        (Self { plain, high, low, blocks }, left)
    }

    fn fill(
        &mut self,
        first: usize,
        columns: usize,
        rounding: Option<Rounding>,
        make: &(dyn Fn(usize, &mut [f32]) + Sync),
    ) {
        for (at, row) in self.plain.chunks_exact_mut(columns).enumerate() {
            make(first + at, row);
        }
        if let Some(rounding) = rounding {
            let Self { plain, high, low, blocks } = self;
            // SAFETY: the level is the processor's.
            unsafe { Level::best().run(Round { rounding, plain, high, low, blocks }) };
        }
    }
}

struct Round<'a> {
    rounding: Rounding,
    plain: &'a [f32],
    high: &'a mut [i8],
    low: &'a mut [i8],
    blocks: &'a mut [Block],
}

impl Task for Round<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let blocks = self.plain.as_chunks().0.iter().zip(self.high.as_chunks_mut().0).zip(self.blocks);
        match self.rounding {
            Rounding::Eight => blocks.for_each(|((numbers, high), block)| *block = eight::<L>(numbers, high)),
            Rounding::Fifteen => {
                for (((numbers, high), block), low) in blocks.zip(self.low.as_chunks_mut().0) {
                    *block = fifteen::<L>(numbers, high, low);
                }
            }
        }
    }
}

/// What a step of a block stands for, and the whole steps of its numbers: as floats, with [`ROUND`] added.
#[inline(always)]
unsafe fn steps<L: Lanes>(numbers: &[f32; BLOCK], of: f32) -> (f32, [[f32; LANES]; 2]) {
    let first = L::load(numbers.as_ptr());
    let second = L::load(numbers.as_ptr().add(LANES));
    let size = |x| L::max(x, L::mul(x, L::splat(-1.0)));
    let mut lanes = [0.0f32; LANES];
    L::store(lanes.as_mut_ptr(), L::max(size(first), size(second)));
    let mut half = 8;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = if lanes[lane] > lanes[lane + half] { lanes[lane] } else { lanes[lane + half] };
        }
        half /= 2;
    }
    // What is not a number shall come out as such, not as a nought: the scores tell of it.
    let zero = L::splat(0.0);
    let mut broken = [0.0f32; LANES];
    L::store(broken.as_mut_ptr(), L::fma(first, zero, L::mul(second, zero)));
    let scale = lanes[0] / of + broken.iter().sum::<f32>();
    let per_unit = L::splat(if scale.is_normal() { 1.0 / scale } else { 0.0 });
    let mut out = [[0.0; LANES]; 2];
    for (x, out) in [first, second].into_iter().zip(&mut out) {
        // Adding and taking off a large number rounds. What is not a number becomes the smallest.
        let x = L::min(L::max(L::mul(x, per_unit), L::splat(-STEPS)), L::splat(STEPS));
        let shifted = L::fma(x, L::splat(1.0), L::splat(ROUND));
        L::store(out.as_mut_ptr(), shifted);
    }
    (scale, out)
}

#[inline(always)]
unsafe fn eight<L: Lanes>(numbers: &[f32; BLOCK], high: &mut [i8; BLOCK]) -> Block {
    let (scale, whole) = steps::<L>(numbers, 127.0);
    let mut sums = [0i32; 2];
    for (half, sum) in sums.iter_mut().enumerate() {
        let whole = whole[half].map(|x| x.to_bits() as i32 - ROUND.to_bits() as i32);
        for (high, step) in high[half * LANES..].iter_mut().zip(whole) {
            *high = step as i8;
        }
        *sum = whole.iter().sum();
    }
    Block { scale, sum: scale * (sums[0] + sums[1]) as f32, steps: sums }
}

#[inline(always)]
unsafe fn fifteen<L: Lanes>(numbers: &[f32; BLOCK], high: &mut [i8; BLOCK], low: &mut [i8; BLOCK]) -> Block {
    let (scale, whole) = steps::<L>(numbers, STEPS);
    let mut sums = [0i32; 2];
    for (half, sum) in sums.iter_mut().enumerate() {
        let whole = whole[half].map(|x| x.to_bits() as i32 - ROUND.to_bits() as i32);
        let upper = whole.map(|step| (step + 64) >> 7);
        for (at, step) in whole.into_iter().enumerate() {
            high[half * LANES + at] = upper[at] as i8;
            low[half * LANES + at] = (step - (upper[at] << 7)) as i8;
        }
        *sum = whole.iter().sum();
    }
    Block { scale, sum: scale * (sums[0] + sums[1]) as f32, steps: sums }
}
