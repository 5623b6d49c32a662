//! Sixteen numbers at a time: the few operations that the kernels of the language model are written with, for each kind of
//! processor. A kernel is written once, generic in [`Lanes`]; [`Level::run`] compiles it for the processor at hand.
//!
//! The functions of [`Lanes`] read and write where a pointer says, and may use instructions that not every processor has.
//! Only [`Task::run`] calls them, which only [`Level::run`] calls, after the processor was asked what it can.

#![allow(unsafe_code, unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

pub use portable::Portable;

/// Numbers that are worked on together.
pub const LANES: usize = 16;

/// Sixteen lanes of `f32`, of `i32`, and of four bytes each.
pub trait Lanes: Copy {
    type F: Copy;
    type I: Copy;
    type B: Copy;
    /// Tokens that weights meet together, at most: as many as there are registers for.
    const TILE: usize;

    /// Asks for a line of the cache that will be read soon; any address will do.
    unsafe fn prefetch(at: *const u8);
    unsafe fn splat(x: f32) -> Self::F;
    unsafe fn load(from: *const f32) -> Self::F;
    unsafe fn store(to: *mut f32, x: Self::F);
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F;
    /// `a * b + c`
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// The larger of each two; the second if one is not a number.
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F;
    /// The smaller of each two; the second if one is not a number.
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F;
    /// `2^n` for a whole number `n` from -126 to 127 that was added to [`ROUND`].
    unsafe fn power(x: Self::F) -> Self::F;
    /// Sixteen numbers of half precision (IEEE).
    unsafe fn from_half(from: *const u16) -> Self::F;
    /// Sixteen numbers of the upper half of an `f32`.
    unsafe fn from_brain(from: *const u16) -> Self::F;
    unsafe fn from_unsigned(from: *const u8) -> Self::F;
    unsafe fn from_signed(from: *const u8) -> Self::F;
    unsafe fn from_int(x: Self::I) -> Self::F;

    unsafe fn int(x: i32) -> Self::I;
    unsafe fn int_add(a: Self::I, b: Self::I) -> Self::I;
    /// `high * 128 + low`
    unsafe fn join(high: Self::I, low: Self::I) -> Self::I;

    unsafe fn bytes(from: *const u8) -> Self::B;
    /// The low four bits of each byte.
    unsafe fn low(x: Self::B) -> Self::B;
    /// The high four bits of each byte.
    unsafe fn high(x: Self::B) -> Self::B;
    /// Bits `2 * place` and the one above of each byte of `two`, as bits 4 and 5, with `four` below.
    unsafe fn six<const PLACE: usize>(four: Self::B, two: Self::B) -> Self::B;
    /// To each lane, the products of its four bytes of `w`, each at most 63, with the four signed bytes at `x`, each at
    /// least -127.
    unsafe fn dot(sum: Self::I, w: Self::B, x: *const i8) -> Self::I;
    /// As [`Lanes::dot`], for bytes up to 255.
    unsafe fn dot_wide(sum: Self::I, w: Self::B, x: *const i8) -> Self::I;
}

/// Does the same for each number below a constant one of at most eight, one after the other: in a loop, what belongs to a
/// number would not stay in registers.
macro_rules! unroll {
    ($count:expr, $at:ident => $work:block) => {
        unroll!(@ $count, $at, $work, 0 1 2 3 4 5 6 7)
    };
    (@ $count:expr, $at:ident, $work:block, $($place:literal)*) => {
        $(if $count > $place {
            let $at = $place;
            $work
        })*
    };
}
pub(crate) use unroll;

/// 1.5 * 2^23: adding it rounds to a whole number, which then stands in the low bits.
pub const ROUND: f32 = 12_582_912.0;

/// `e^x` to seven digits for `x` from -87 to 88; what is beyond is taken for the border. What is not a number stays none.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub unsafe fn exp<L: Lanes>(x: L::F) -> L::F {
    let x = L::min(L::splat(88.0), L::max(L::splat(-87.0), x));
    let shifted = L::fma(x, L::splat(std::f32::consts::LOG2_E), L::splat(ROUND));
    let whole = L::fma(shifted, L::splat(1.0), L::splat(-ROUND));
    // The logarithm of two in two parts, of which the first has few digits.
    let rest = L::fma(whole, L::splat(-0.693_359_4), x);
    let rest = L::fma(whole, L::splat(2.121_944_4e-4), rest);
    let mut sum = L::splat(1.0 / 720.0);
    let factors = [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    for factor in factors {
        sum = L::fma(rest, sum, L::splat(factor));
    }
    L::mul(sum, L::power(shifted))
}

/// What is to be computed, whatever the processor. Mark `run` and what it calls `#[inline(always)]`, so that it is
/// compiled with the instructions of the level that runs it.
pub trait Task {
    /// # Safety
    /// The processor must have the instructions of `L`, and what the task points at must be there.
    unsafe fn run<L: Lanes>(self);
}

/// Kinds of processors, by what they can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// With VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// What this processor can, best last.
    pub fn all() -> Vec<Self> {
        #[allow(unused_mut, reason = "other processors have only the one")]
        let mut levels = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("f16c")
            {
                levels.push(Self::Avx2);
            }
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vnni")
            {
                levels.push(Self::Avx512);
            }
        }
        levels
    }

    /// The best that this processor can; asked for once.
    pub fn best() -> Self {
        static BEST: std::sync::OnceLock<Level> = std::sync::OnceLock::new();
        *BEST.get_or_init(|| Self::all().pop().unwrap_or(Self::Portable))
    }

    /// # Safety
    /// What the task points at must be there, and the processor must be of this level: one of [`Level::all`].
    pub(crate) unsafe fn run(self, task: impl Task) {
        match self {
            Self::Portable => task.run::<Portable>(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::run(task),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => avx512::run(task),
        }
    }
}

#[cfg(test)]
mod tests;
