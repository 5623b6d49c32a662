//! Plain arrays, for every processor, and what the others are held against.

use half::{bf16, f16};

use super::{LANES, Lanes};

#[derive(Debug, Clone, Copy)]
pub struct Portable;

type F = [f32; LANES];
type I = [i32; LANES];
type B = [u8; 4 * LANES];

#[inline(always)]
unsafe fn each<T>(from: *const T, change: impl Fn(T) -> f32) -> F {
    std::array::from_fn(|lane| change(from.add(lane).read_unaligned()))
}

impl Lanes for Portable {
    type F = F;
    type I = I;
    type B = B;
    const TILE: usize = 4;

    #[inline(always)]
    unsafe fn prefetch(_: *const u8) {}
    #[inline(always)]
    unsafe fn splat(x: f32) -> F {
        [x; LANES]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> F {
        each(from, |x| x)
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, x: F) {
        to.cast::<F>().write_unaligned(x);
    }
    #[inline(always)]
    unsafe fn mul(a: F, b: F) -> F {
        std::array::from_fn(|lane| a[lane] * b[lane])
    }
    #[inline(always)]
    unsafe fn fma(a: F, b: F, c: F) -> F {
        // Where the processor lacks it, `mul_add` is a slow function.
        if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
            std::array::from_fn(|lane| a[lane].mul_add(b[lane], c[lane]))
        } else {
            std::array::from_fn(|lane| a[lane] * b[lane] + c[lane])
        }
    }
    #[inline(always)]
    unsafe fn max(a: F, b: F) -> F {
        std::array::from_fn(|lane| if a[lane] > b[lane] { a[lane] } else { b[lane] })
    }
    #[inline(always)]
    unsafe fn min(a: F, b: F) -> F {
        std::array::from_fn(|lane| if a[lane] < b[lane] { a[lane] } else { b[lane] })
    }
    #[inline(always)]
    unsafe fn power(x: F) -> F {
        // The bits of ROUND go over the edge, all but the last, which is a nought.
        x.map(|x| f32::from_bits(x.to_bits().wrapping_add(127) << 23))
    }
    #[inline(always)]
    unsafe fn from_half(from: *const u16) -> F {
        each(from, |x| f16::from_bits(x).to_f32())
    }
    #[inline(always)]
    unsafe fn from_brain(from: *const u16) -> F {
        each(from, |x| bf16::from_bits(x).to_f32())
    }
    #[inline(always)]
    unsafe fn from_unsigned(from: *const u8) -> F {
        each(from, f32::from)
    }
    #[inline(always)]
    unsafe fn from_signed(from: *const u8) -> F {
        each(from.cast::<i8>(), f32::from)
    }
    #[inline(always)]
    unsafe fn from_int(x: I) -> F {
        x.map(|x| x as f32)
    }

    #[inline(always)]
    unsafe fn int(x: i32) -> I {
        [x; LANES]
    }
    #[inline(always)]
    unsafe fn int_add(a: I, b: I) -> I {
        std::array::from_fn(|lane| a[lane] + b[lane])
    }
    #[inline(always)]
    unsafe fn join(high: I, low: I) -> I {
        std::array::from_fn(|lane| high[lane] * 128 + low[lane])
    }

    #[inline(always)]
    unsafe fn bytes(from: *const u8) -> B {
        from.cast::<B>().read_unaligned()
    }
    #[inline(always)]
    unsafe fn low(x: B) -> B {
        x.map(|x| x & 15)
    }
    #[inline(always)]
    unsafe fn high(x: B) -> B {
        x.map(|x| x >> 4)
    }
    #[inline(always)]
    unsafe fn six<const PLACE: usize>(four: B, two: B) -> B {
        std::array::from_fn(|byte| four[byte] | (two[byte] >> (2 * PLACE) & 3) << 4)
    }
    #[inline(always)]
    unsafe fn dot(sum: I, w: B, x: *const i8) -> I {
        std::array::from_fn(|lane| {
            let products = (0..4).map(|place| i32::from(w[4 * lane + place]) * i32::from(*x.add(place)));
            sum[lane] + products.sum::<i32>()
        })
    }
    #[inline(always)]
    unsafe fn dot_wide(sum: I, w: B, x: *const i8) -> I {
        Self::dot(sum, w, x)
    }
}
