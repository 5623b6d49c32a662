//! Chooses the next token from its scores: greedily or by chance, from all tokens or from some.

use super::{ChatRequest, LlmError};

/// Temperature, top-p and the chance of one answer.
pub struct Sampler {
    temperature: f64,
    top_p: f64,
    state: u64,
}

impl Sampler {
    /// Refuses numbers that mean nothing, with the field's name.
    pub fn new(request: &ChatRequest) -> Result<Self, LlmError> {
        let refuse = |message: String| Err(LlmError::new("invalid_model_request", message));
        let temperature = request.temperature;
        if !temperature.is_finite() || temperature < 0.0 {
            return refuse(format!("temperature must be 0 or more, not {temperature}."));
        }
        let top_p = request.top_p.unwrap_or(1.0);
        if !(top_p > 0.0 && top_p <= 1.0) {
            return refuse(format!("top_p must be above 0 and at most 1, not {top_p}."));
        }
        Ok(Self { temperature, top_p, state: request.seed.unwrap_or_else(rand::random) })
    }

    /// One of `candidates` (token id, score). A score that is not a number never wins.
    pub fn pick(&mut self, candidates: impl Iterator<Item = (u32, f32)>) -> Result<u32, LlmError> {
        let mut scored: Vec<(u32, f32)> = Vec::new();
        let mut best: Option<(u32, f32)> = None;
        let keep = self.temperature > 0.0;
        for (token, score) in candidates {
            if score.is_nan() || score == f32::NEG_INFINITY {
                continue;
            }
            if best.is_none_or(|(_, highest)| score > highest) {
                best = Some((token, score));
            }
            if keep {
                scored.push((token, score));
            }
        }
        let (best, highest) = best.ok_or_else(|| LlmError::generation("it gave no usable scores"))?;
        if !keep || !highest.is_finite() {
            return Ok(best);
        }
        Ok(self.draw(&scored, highest).unwrap_or(best))
    }

    fn draw(&mut self, scored: &[(u32, f32)], highest: f32) -> Option<u32> {
        let temperature = self.temperature;
        let weight = |score: f32| (f64::from(score - highest) / temperature).exp();
        let mut weighted: Vec<(u32, f64)> = scored.iter().map(|(token, s)| (*token, weight(*s))).collect();
        let mut total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
        if self.top_p < 1.0 {
            // A token below this share cannot be needed to reach top_p; most of the vocabulary need not be sorted.
            let floor = total * (1.0 - self.top_p) / weighted.len() as f64;
            weighted.retain(|(_, weight)| *weight >= floor);
            weighted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let wanted = total * self.top_p;
            let mut reached = 0.0;
            let kept = weighted.iter().take_while(|(_, weight)| {
                let more = reached < wanted;
                reached += weight;
                more
            });
            let kept = kept.count();
            weighted.truncate(kept);
            total = weighted.iter().map(|(_, weight)| weight).sum();
        }
        let mut left = self.chance() * total;
        weighted
            .iter()
            .find(|(_, weight)| {
                left -= weight;
                left < 0.0
            })
            .or(weighted.last())
            .map(|(token, _)| *token)
    }

    /// The next number in 0..1 (SplitMix64). Written out, so that a seed gives the same text in every later release.
    fn chance(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::llm::testing::request;

    fn sampler(temperature: f64, top_p: Option<f64>, seed: u64) -> Sampler {
        Sampler::new(&ChatRequest { temperature, top_p, seed: Some(seed), ..request("x") }).unwrap()
    }

    fn counts(sampler: &mut Sampler, scores: &[f32], draws: usize) -> Vec<usize> {
        let mut counts = vec![0; scores.len()];
        for _ in 0..draws {
            counts[sampler.pick((0..).zip(scores.iter().copied())).unwrap() as usize] += 1;
        }
        counts
    }

    #[test]
    fn greedy_takes_the_highest_and_the_first_of_equals() {
        assert_eq!(counts(&mut sampler(0.0, None, 1), &[0.5, f32::NAN, 2.0, 2.0], 3), [0, 0, 3, 0]);
        assert!(sampler(0.0, None, 1).pick([(0, f32::NAN)].into_iter()).is_err());
    }

    #[test]
    fn draws_follow_the_probabilities() {
        // Weights 1 : 2 : 7.
        let scores = [1f32.ln(), 2f32.ln(), 7f32.ln()];
        let seen = counts(&mut sampler(1.0, None, 7), &scores, 10_000);
        for (seen, share) in seen.iter().zip([0.1, 0.2, 0.7]) {
            assert!((*seen as f64 / 10_000.0 - share).abs() < 0.02, "{seen} for {share}");
        }
        // A higher temperature flattens: square roots, 1 : 1.41 : 2.65.
        let seen = counts(&mut sampler(2.0, None, 7), &scores, 10_000);
        assert!((seen[2] as f64 / 10_000.0 - 0.523).abs() < 0.02, "{seen:?}");
    }

    #[test]
    fn top_p_drops_the_tail() {
        let scores = [1f32.ln(), 2f32.ln(), 7f32.ln()];
        assert_eq!(counts(&mut sampler(1.0, Some(0.69), 3), &scores, 1000), [0, 0, 1000]);
        let seen = counts(&mut sampler(1.0, Some(0.75), 3), &scores, 1000);
        assert!(seen[0] == 0 && seen[1] > 150 && seen[2] > 600, "{seen:?}");
        assert_eq!(counts(&mut sampler(5.0, Some(1e-9), 3), &scores, 100), [0, 0, 100]);
    }

    #[test]
    fn a_seed_gives_the_same_draws() {
        let scores: Vec<f32> = (0..50).map(|n| (n % 7) as f32 / 3.0).collect();
        let draw = |seed| {
            let mut sampler = sampler(1.0, Some(0.9), seed);
            (0..40).map(|_| sampler.pick((0..).zip(scores.iter().copied())).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(draw(11), draw(11));
        assert_ne!(draw(11), draw(12));
    }

    #[test]
    fn refuses_meaningless_numbers() {
        for (temperature, top_p) in [(f64::NAN, None), (-0.1, None), (1.0, Some(0.0)), (1.0, Some(1.5))] {
            let asked = ChatRequest { temperature, top_p, ..request("x") };
            assert_eq!(Sampler::new(&asked).err().unwrap().code, "invalid_model_request");
        }
    }
}
