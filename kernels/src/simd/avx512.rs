//! AVX-512 with VNNI: one register each.

use std::arch::x86_64::*;

use super::{Lanes, Task};

/// Zen 4, Ice Lake and later.
#[derive(Debug, Clone, Copy)]
pub struct Avx512;

#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,fma,f16c")]
pub unsafe fn run(task: impl Task) {
    task.run::<Avx512>();
}

impl Lanes for Avx512 {
    type F = __m512;
    type I = __m512i;
    type B = __m512i;
    const TILE: usize = 8;

    #[inline(always)]
    unsafe fn prefetch(at: *const u8) {
        _mm_prefetch::<_MM_HINT_T0>(at.cast());
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> __m512 {
        _mm512_set1_ps(x)
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m512 {
        _mm512_loadu_ps(from)
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, x: __m512) {
        _mm512_storeu_ps(to, x);
    }
    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        _mm512_mul_ps(a, b)
    }
    #[inline(always)]
    unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
        _mm512_fmadd_ps(a, b, c)
    }
    #[inline(always)]
    unsafe fn max(a: __m512, b: __m512) -> __m512 {
        _mm512_max_ps(a, b)
    }
    #[inline(always)]
    unsafe fn min(a: __m512, b: __m512) -> __m512 {
        _mm512_min_ps(a, b)
    }
    #[inline(always)]
    unsafe fn power(x: __m512) -> __m512 {
        // The bits of ROUND go over the edge, all but the last, which is a nought.
        let whole = _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(127));
        _mm512_castsi512_ps(_mm512_slli_epi32::<23>(whole))
    }
    #[inline(always)]
    unsafe fn from_half(from: *const u16) -> __m512 {
        _mm512_cvtph_ps(_mm256_loadu_si256(from.cast()))
    }
    #[inline(always)]
    unsafe fn from_brain(from: *const u16) -> __m512 {
        let wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.cast()));
        _mm512_castsi512_ps(_mm512_slli_epi32::<16>(wide))
    }
    #[inline(always)]
    unsafe fn from_unsigned(from: *const u8) -> __m512 {
        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast())))
    }
    #[inline(always)]
    unsafe fn from_signed(from: *const u8) -> __m512 {
        _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast())))
    }
    #[inline(always)]
    unsafe fn from_int(x: __m512i) -> __m512 {
        _mm512_cvtepi32_ps(x)
    }

    #[inline(always)]
    unsafe fn int(x: i32) -> __m512i {
        _mm512_set1_epi32(x)
    }
    #[inline(always)]
    unsafe fn int_add(a: __m512i, b: __m512i) -> __m512i {
        _mm512_add_epi32(a, b)
    }
    #[inline(always)]
    unsafe fn join(high: __m512i, low: __m512i) -> __m512i {
        _mm512_add_epi32(_mm512_slli_epi32::<7>(high), low)
    }

    #[inline(always)]
    unsafe fn bytes(from: *const u8) -> __m512i {
        _mm512_loadu_si512(from.cast())
    }
    #[inline(always)]
    unsafe fn low(x: __m512i) -> __m512i {
        _mm512_and_si512(x, _mm512_set1_epi8(15))
    }
    #[inline(always)]
    unsafe fn high(x: __m512i) -> __m512i {
        _mm512_and_si512(_mm512_srli_epi16::<4>(x), _mm512_set1_epi8(15))
    }
    #[inline(always)]
    unsafe fn six<const PLACE: usize>(four: __m512i, two: __m512i) -> __m512i {
        let moved = match PLACE {
            0 => _mm512_slli_epi16::<4>(two),
            1 => _mm512_slli_epi16::<2>(two),
            2 => two,
            _ => _mm512_srli_epi16::<2>(two),
        };
        _mm512_or_si512(four, _mm512_and_si512(moved, _mm512_set1_epi8(0x30)))
    }
    #[inline(always)]
    unsafe fn dot(sum: __m512i, w: __m512i, x: *const i8) -> __m512i {
        _mm512_dpbusd_epi32(sum, w, _mm512_set1_epi32(x.cast::<i32>().read_unaligned()))
    }
    #[inline(always)]
    unsafe fn dot_wide(sum: __m512i, w: __m512i, x: *const i8) -> __m512i {
        Self::dot(sum, w, x)
    }
}
