//! The number crunching of Millrace's models, apart so that builds for development optimise it.
//!
//! [`bert`] is the embedding network. The others make up the runtime of the chat models: [`matrix`] keeps weights in the bits
//! they come in, [`product`] multiplies them with activations ([`input`]), [`attention`] reads the conversation, [`parts`] is
//! what lies between, [`pool`] the threads, and [`simd`] the operations for each kind of processor, the only place with
//! instructions that not every processor has.

pub mod attention;
pub mod bert;
pub mod decoder;
pub mod input;
pub mod matrix;
pub mod parts;
pub mod pool;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod processor;
pub mod product;
pub mod simd;

/// `e^x` to seven digits for `x` from -87 to 88; what is beyond is taken for the border.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // 1.5 * 2^23: adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    let power = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    let rest = whole.mul_add(-LN_2_HIGH, x);
    let rest = whole.mul_add(-LN_2_LOW, rest);
    let mut sum = 1.0 / 720.0;
    for factor in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = rest.mul_add(sum, factor);
    }
    sum * f32::from_bits(power.wrapping_add(127) << 23)
}
