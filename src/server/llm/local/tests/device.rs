//! The network that GPUs run, on the processor: the same references, the same bounds.

use candle_core::Device;

use super::golden::{best, recorded, smollm2};
use super::tiny::{Reference, logits, reference};
use super::*;
use crate::server::llm::local::device::{DeviceModel, load as load_on};

/// Read at once: as of the processor's own network.
const CLOSE: f32 = 1e-3;
/// Read token by token, candle adds in another order than at once, so that here and there a key or a value is rounded to its
/// other neighbour in half precision. Half precision as a whole moves these logits by 0.004 to 0.017.
const CLOSE_STEP_BY_STEP: f32 = 4e-3;

fn open(weights: &Weights) -> DeviceModel {
    load_on(weights, upto(512), &Device::Cpu).unwrap()
}

fn matches(name: &str, weights: &Weights) {
    let Reference { tokens, .. } = reference(name);
    let expected = logits(name);
    let width = expected.len() / tokens.len();
    let mut model = open(weights);
    let at_once = distance(&model.forward(&tokens, tokens.len()).unwrap(), &expected);
    let mut step_by_step = 0.0f32;
    let mut scores = model.read_prompt(&tokens[..1], &CancellationToken::new()).unwrap();
    for (at, expected) in expected.chunks_exact(width).enumerate() {
        if at > 0 {
            scores = model.step(tokens[at]).unwrap();
        }
        step_by_step = step_by_step.max(distance(&scores, expected));
    }
    println!("{weights:?}: {at_once:.1e} at most at once, {step_by_step:.1e} step by step");
    assert!(at_once < CLOSE, "{weights:?}, at once: {at_once}");
    assert!(step_by_step < CLOSE_STEP_BY_STEP, "{weights:?}, step by step: {step_by_step}");
}

#[test]
fn every_family_matches_transformers_on_a_device() {
    for name in ["tiny_qwen3", "tiny_qwen2", "tiny_llama", "tiny_llama3"] {
        matches(name, &Weights::Safetensors(fixture(name)));
        matches(name, &Weights::Gguf(fixture(&format!("{name}_gguf")).join("model.gguf")));
    }
}

/// candle rounds activations to 8 bits before they meet quantised weights, as llama.cpp does.
#[test]
fn smollm2_on_a_device_answers_nearly_as_transformers() {
    let mut model = open(&smollm2());
    let (mut all, mut same) = (0, 0);
    for recorded in recorded().into_iter().take(4) {
        let found = best(&mut model, &recorded);
        all += found.len();
        same += found.iter().zip(&recorded.tokens).filter(|(a, b)| a == b).count();
    }
    println!("{same} of {all}");
    assert!(same * 10 >= all * 9, "{same} of {all}");
}

#[test]
fn a_prompt_that_begins_alike_reads_only_the_rest_and_scores_the_same() {
    let weights = Weights::Gguf(fixture("tiny_qwen3_gguf/model.gguf"));
    let never = CancellationToken::new();
    let mut model = open(&weights);
    let prompt: Vec<u32> = (0..400).map(|at| at * 7 % 250).collect();
    let fresh = model.read_prompt(&prompt, &never).unwrap();
    // More than the room of the first page was written, and something else behind the common part.
    model.read_prompt(&[&prompt[..300], &[9; 20]].concat(), &never).unwrap();
    let again = model.read_prompt(&prompt, &never).unwrap();
    assert!(distance(&fresh, &again) < 1e-4);
    let whole = model.read_prompt(&prompt, &never).unwrap();
    assert!(distance(&fresh, &whole) < 1e-4);
}

#[test]
fn what_does_not_fit_a_device_is_refused() {
    let mut model = open(&Weights::Gguf(fixture("tiny_qwen3_gguf/model.gguf")));
    let never = CancellationToken::new();
    let long = vec![1; 513];
    assert_eq!(model.read_prompt(&long, &never).unwrap_err().code, "generation_failed");
    assert_eq!(model.read_prompt(&[1, 100_000], &never).unwrap_err().code, "generation_failed");
    assert!(model.read_prompt(&[1, 2], &never).is_ok(), "it goes on after a refusal");
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert_eq!(model.read_prompt(&[4, 5, 6], &cancel).unwrap_err().code, "cancelled");
    assert!(model.another().is_none());
}
