//! How a product reads the numbers and scales of each format.

#![allow(unsafe_code, unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

use super::{BLOCK, LANES, SUPER};
use crate::simd::Lanes;

/// Scales of a block: of its first and of its second half, and its minimum.
pub struct Scales<L: Lanes> {
    pub scale: [L::F; 2],
    pub minimum: L::F,
}

/// A format of few bits. `q` of each of the eight fours of columns of a block comes out as sixteen lanes of four bytes.
pub trait Byte {
    /// Bytes of the numbers of a block of a group.
    const BYTES: usize;
    /// What is to be taken off each number.
    const OFFSET: i32 = 0;
    /// There is a minimum.
    const MINIMUM: bool = false;
    /// The halves of a block have scales of their own.
    const HALVES: bool = false;
    /// There are numbers above 63.
    const WIDE: bool = false;

    /// `numbers` points at the block.
    unsafe fn numbers<L: Lanes>(numbers: *const u8) -> [L::B; 8];
    /// `scales` points at those of the group.
    unsafe fn scales<L: Lanes>(scales: *const u8, block: usize) -> Scales<L>;
}

/// A format whose numbers stand for themselves.
pub trait Dense {
    /// Bytes of a number.
    const BYTES: usize;
    unsafe fn load<L: Lanes>(from: *const u8) -> L::F;
}

pub struct Full;
pub struct Half;
pub struct Brain;

impl Dense for Full {
    const BYTES: usize = 4;
    #[inline(always)]
    unsafe fn load<L: Lanes>(from: *const u8) -> L::F {
        L::load(from.cast())
    }
}

impl Dense for Half {
    const BYTES: usize = 2;
    #[inline(always)]
    unsafe fn load<L: Lanes>(from: *const u8) -> L::F {
        L::from_half(from.cast())
    }
}

impl Dense for Brain {
    const BYTES: usize = 2;
    #[inline(always)]
    unsafe fn load<L: Lanes>(from: *const u8) -> L::F {
        L::from_brain(from.cast())
    }
}

/// Two fours of columns in a byte: the first sixteen columns below, the others above.
#[inline(always)]
unsafe fn fours<L: Lanes>(numbers: *const u8) -> [L::B; 8] {
    let [a, b, c, d] = [0, 1, 2, 3].map(|place| L::bytes(numbers.add(place * 64)));
    [L::low(a), L::low(b), L::low(c), L::low(d), L::high(a), L::high(b), L::high(c), L::high(d)]
}

#[inline(always)]
unsafe fn bytes<L: Lanes>(numbers: *const u8) -> [L::B; 8] {
    [0, 1, 2, 3, 4, 5, 6, 7].map(|place| L::bytes(numbers.add(place * 64)))
}

/// A scale and a minimum of half precision for each block.
#[inline(always)]
unsafe fn with_minimum<L: Lanes>(scales: *const u8, block: usize) -> Scales<L> {
    let at = scales.add(block * 4 * LANES);
    let scale = L::from_half(at.cast());
    Scales { scale: [scale, scale], minimum: L::from_half(at.add(2 * LANES).cast()) }
}

pub struct Four;

impl Byte for Four {
    const BYTES: usize = BLOCK * LANES / 2;
    const MINIMUM: bool = true;
    #[inline(always)]
    unsafe fn numbers<L: Lanes>(numbers: *const u8) -> [L::B; 8] {
        fours::<L>(numbers)
    }
    #[inline(always)]
    unsafe fn scales<L: Lanes>(scales: *const u8, block: usize) -> Scales<L> {
        with_minimum(scales, block)
    }
}

pub struct Five;

impl Byte for Five {
    const BYTES: usize = BLOCK * LANES;
    const MINIMUM: bool = true;
    #[inline(always)]
    unsafe fn numbers<L: Lanes>(numbers: *const u8) -> [L::B; 8] {
        bytes::<L>(numbers)
    }
    #[inline(always)]
    unsafe fn scales<L: Lanes>(scales: *const u8, block: usize) -> Scales<L> {
        with_minimum(scales, block)
    }
}

pub struct Eight;

impl Byte for Eight {
    const BYTES: usize = BLOCK * LANES;
    const OFFSET: i32 = 128;
    const WIDE: bool = true;
    #[inline(always)]
    unsafe fn numbers<L: Lanes>(numbers: *const u8) -> [L::B; 8] {
        bytes::<L>(numbers)
    }
    #[inline(always)]
    unsafe fn scales<L: Lanes>(scales: *const u8, block: usize) -> Scales<L> {
        let scale = L::from_half(scales.add(block * 2 * LANES).cast());
        Scales { scale: [scale, scale], minimum: scale }
    }
}

/// Of each super-block: eight scales and eight minima of a byte, then the scale of the ones and of the others.
pub struct FourK;

impl FourK {
    pub const SCALES: usize = 2 * LANES * (SUPER / BLOCK) + 4 * LANES;
}

impl Byte for FourK {
    const BYTES: usize = BLOCK * LANES / 2;
    const MINIMUM: bool = true;
    #[inline(always)]
    unsafe fn numbers<L: Lanes>(numbers: *const u8) -> [L::B; 8] {
        fours::<L>(numbers)
    }
    #[inline(always)]
    unsafe fn scales<L: Lanes>(scales: *const u8, block: usize) -> Scales<L> {
        let all = scales.add(block / 8 * Self::SCALES);
        let own = all.add(block % 8 * 2 * LANES);
        let outer = all.add(16 * LANES);
        let scale = L::mul(L::from_unsigned(own), L::from_half(outer.cast()));
        // The minimum's scale is kept with its sign turned: the minimum is taken off.
        let minimum = L::mul(L::from_unsigned(own.add(LANES)), L::from_half(outer.add(2 * LANES).cast()));
        Scales { scale: [scale, scale], minimum }
    }
}

/// Of each super-block: sixteen signed scales of a byte, then the scale of them.
pub struct SixK;

impl SixK {
    pub const SCALES: usize = LANES * (SUPER / 16) + 2 * LANES;
}

impl Byte for SixK {
    const BYTES: usize = BLOCK * LANES * 3 / 4;
    const OFFSET: i32 = 32;
    const HALVES: bool = true;
    #[inline(always)]
    unsafe fn numbers<L: Lanes>(numbers: *const u8) -> [L::B; 8] {
        let [a, b, c, d, e, f, g, h] = fours::<L>(numbers);
        let first = L::bytes(numbers.add(256));
        let second = L::bytes(numbers.add(320));
        [
            L::six::<0>(a, first),
            L::six::<1>(b, first),
            L::six::<2>(c, first),
            L::six::<3>(d, first),
            L::six::<0>(e, second),
            L::six::<1>(f, second),
            L::six::<2>(g, second),
            L::six::<3>(h, second),
        ]
    }
    #[inline(always)]
    unsafe fn scales<L: Lanes>(scales: *const u8, block: usize) -> Scales<L> {
        let all = scales.add(block / 8 * Self::SCALES);
        let own = all.add(block % 8 * 2 * LANES);
        let outer = L::from_half(all.add(16 * LANES).cast());
        let scale = [own, own.add(LANES)].map(|at| L::mul(L::from_signed(at), outer));
        Scales { scale, minimum: outer }
    }
}
