//! AVX2 with FMA and F16C: two registers each.

use std::arch::x86_64::*;

use super::{Lanes, Task};

/// Every x86 server since 2013.
#[derive(Debug, Clone, Copy)]
pub struct Avx2;

#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn run(task: impl Task) {
    task.run::<Avx2>();
}

type F = [__m256; 2];
type I = [__m256i; 2];

#[inline(always)]
unsafe fn both(x: I, change: impl Fn(__m256i) -> __m256i) -> I {
    [change(x[0]), change(x[1])]
}

/// The products of unsigned and signed bytes, summed in fours. No sum of two may be beyond 16 bits.
#[inline(always)]
unsafe fn products(w: __m256i, x: __m256i) -> __m256i {
    _mm256_madd_epi16(_mm256_maddubs_epi16(w, x), _mm256_set1_epi16(1))
}

#[inline(always)]
unsafe fn four(x: *const i8) -> __m256i {
    _mm256_set1_epi32(x.cast::<i32>().read_unaligned())
}

impl Lanes for Avx2 {
    type F = F;
    type I = I;
    type B = I;
    const TILE: usize = 4;

    #[inline(always)]
    unsafe fn prefetch(at: *const u8) {
        _mm_prefetch::<_MM_HINT_T0>(at.cast());
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> F {
        [_mm256_set1_ps(x); 2]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> F {
        [_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))]
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, x: F) {
        _mm256_storeu_ps(to, x[0]);
        _mm256_storeu_ps(to.add(8), x[1]);
    }
    #[inline(always)]
    unsafe fn mul(a: F, b: F) -> F {
        [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])]
    }
    #[inline(always)]
    unsafe fn fma(a: F, b: F, c: F) -> F {
        [_mm256_fmadd_ps(a[0], b[0], c[0]), _mm256_fmadd_ps(a[1], b[1], c[1])]
    }
    #[inline(always)]
    unsafe fn max(a: F, b: F) -> F {
        [_mm256_max_ps(a[0], b[0]), _mm256_max_ps(a[1], b[1])]
    }
    #[inline(always)]
    unsafe fn min(a: F, b: F) -> F {
        [_mm256_min_ps(a[0], b[0]), _mm256_min_ps(a[1], b[1])]
    }
    #[inline(always)]
    unsafe fn power(x: F) -> F {
        // The bits of ROUND go over the edge, all but the last, which is a nought.
        x.map(|x| {
            let whole = _mm256_add_epi32(_mm256_castps_si256(x), _mm256_set1_epi32(127));
            _mm256_castsi256_ps(_mm256_slli_epi32::<23>(whole))
        })
    }
    #[inline(always)]
    unsafe fn from_half(from: *const u16) -> F {
        [_mm256_cvtph_ps(_mm_loadu_si128(from.cast())), _mm256_cvtph_ps(_mm_loadu_si128(from.add(8).cast()))]
    }
    #[inline(always)]
    unsafe fn from_brain(from: *const u16) -> F {
        let wide = |at: *const u16| {
            let wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(at.cast()));
            _mm256_castsi256_ps(_mm256_slli_epi32::<16>(wide))
        };
        [wide(from), wide(from.add(8))]
    }
    #[inline(always)]
    unsafe fn from_unsigned(from: *const u8) -> F {
        let wide = |at: *const u8| _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(at.cast())));
        [wide(from), wide(from.add(8))]
    }
    #[inline(always)]
    unsafe fn from_signed(from: *const u8) -> F {
        let wide = |at: *const u8| _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(at.cast())));
        [wide(from), wide(from.add(8))]
    }
    #[inline(always)]
    unsafe fn from_int(x: I) -> F {
        [_mm256_cvtepi32_ps(x[0]), _mm256_cvtepi32_ps(x[1])]
    }

    #[inline(always)]
    unsafe fn int(x: i32) -> I {
        [_mm256_set1_epi32(x); 2]
    }
    #[inline(always)]
    unsafe fn int_add(a: I, b: I) -> I {
        [_mm256_add_epi32(a[0], b[0]), _mm256_add_epi32(a[1], b[1])]
    }
    #[inline(always)]
    unsafe fn join(high: I, low: I) -> I {
        Self::int_add(both(high, |x| _mm256_slli_epi32::<7>(x)), low)
    }

    #[inline(always)]
    unsafe fn bytes(from: *const u8) -> I {
        [_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(32).cast())]
    }
    #[inline(always)]
    unsafe fn low(x: I) -> I {
        both(x, |x| _mm256_and_si256(x, _mm256_set1_epi8(15)))
    }
    #[inline(always)]
    unsafe fn high(x: I) -> I {
        both(x, |x| _mm256_and_si256(_mm256_srli_epi16::<4>(x), _mm256_set1_epi8(15)))
    }
    #[inline(always)]
    unsafe fn six<const PLACE: usize>(four: I, two: I) -> I {
        let moved = both(two, |x| match PLACE {
            0 => _mm256_slli_epi16::<4>(x),
            1 => _mm256_slli_epi16::<2>(x),
            2 => x,
            _ => _mm256_srli_epi16::<2>(x),
        });
        let bits = both(moved, |x| _mm256_and_si256(x, _mm256_set1_epi8(0x30)));
        [_mm256_or_si256(four[0], bits[0]), _mm256_or_si256(four[1], bits[1])]
    }
    #[inline(always)]
    unsafe fn dot(sum: I, w: I, x: *const i8) -> I {
        let x = four(x);
        Self::int_add(sum, both(w, |w| products(w, x)))
    }
    #[inline(always)]
    unsafe fn dot_wide(sum: I, w: I, x: *const i8) -> I {
        // Two products of 255 and 127 are beyond 16 bits: the lowest bit goes apart.
        let x = four(x);
        let one = |w: __m256i| {
            let most = products(_mm256_and_si256(_mm256_srli_epi16::<1>(w), _mm256_set1_epi8(127)), x);
            let last = products(_mm256_and_si256(w, _mm256_set1_epi8(1)), x);
            _mm256_add_epi32(_mm256_add_epi32(most, most), last)
        };
        Self::int_add(sum, both(w, one))
    }
}
