//! Each level against the portable one.

use super::*;

const EXTREME: [i8; 8] = [-127, 127, 0, 1, -1, 127, -127, 64];

/// Built for any processor, the portable code rounds twice where the others round once.
const LAST_DIGITS: std::ops::Range<u32> =
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { 0..1 } else { 0..5 };

/// Every operation once, on the bytes given; the results one after the other.
struct Everything<'a> {
    bytes: &'a [u8; 64],
    signed: &'a [i8; 4],
    out: &'a mut Vec<f32>,
}

impl Task for Everything<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let from = self.bytes.as_ptr();
        let mut keep = |x: L::F| {
            let mut lanes = [0.0f32; LANES];
            L::store(lanes.as_mut_ptr(), x);
            self.out.extend(lanes);
        };
        let [unsigned, signed] = [L::from_unsigned(from), L::from_signed(from.add(16))];
        keep(unsigned);
        keep(signed);
        keep(L::from_half(from.cast()));
        keep(L::from_brain(from.add(32).cast()));
        keep(L::mul(unsigned, signed));
        keep(L::fma(unsigned, signed, L::splat(0.5)));
        keep(L::max(unsigned, signed));
        keep(L::min(unsigned, signed));
        keep(exp::<L>(L::mul(signed, L::splat(0.7))));
        let all = L::bytes(from);
        let x = self.signed.as_ptr();
        let start = L::int(-1000);
        let (low, high) = (L::low(all), L::high(all));
        for w in [
            low,
            high,
            L::six::<0>(low, all),
            L::six::<1>(high, all),
            L::six::<2>(low, all),
            L::six::<3>(low, all),
        ] {
            keep(L::from_int(L::dot(start, w, x)));
        }
        let wide = L::dot_wide(start, all, x);
        keep(L::from_int(wide));
        keep(L::from_int(L::join(wide, L::int_add(wide, start))));
    }
}

fn everything(level: Level, bytes: &[u8; 64], signed: &[i8; 4]) -> Vec<u32> {
    let mut out = Vec::new();
    // SAFETY: callers take levels of this processor; there are 64 bytes.
    unsafe { level.run(Everything { bytes, signed, out: &mut out }) };
    // What is not a number may be told in several ways.
    out.into_iter().map(|x| if x.is_nan() { u32::MAX } else { x.to_bits() }).collect()
}

#[test]
fn all_levels_compute_the_same() {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    for round in 0..500 {
        let bytes: [u8; 64] = match round {
            0 => [0; 64],
            1 => [255; 64],
            2 => [128; 64],
            3 => [127; 64],
            _ => std::array::from_fn(|_| next()),
        };
        let signed: [i8; 4] = if round < 16 {
            std::array::from_fn(|at| EXTREME[(round / 4 * 2 + at) % 8])
        } else {
            std::array::from_fn(|_| (next() as i8).max(-127))
        };
        let expected = everything(Level::Portable, &bytes, &signed);
        for level in Level::all() {
            let found = everything(level, &bytes, &signed);
            let near = found.iter().zip(&expected).all(|(a, b)| LAST_DIGITS.contains(&a.abs_diff(*b)));
            assert!(near, "{level:?}, round {round}: {found:?} instead of {expected:?}");
        }
    }
}

#[test]
fn the_best_level_is_one_that_the_processor_has() {
    assert!(Level::all().contains(&Level::best()));
}
