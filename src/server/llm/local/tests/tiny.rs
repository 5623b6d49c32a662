//! Tiny random networks of each family, in both forms of file, against the logits of transformers.
//!
//! Files and logits are made by scripts/reference/tiny_networks.py. Keys and values are rounded to half precision there as
//! they are here, so what is left is the order in which numbers are added.

use super::*;

/// What the largest of all differences must stay below; logits go from about -7 to 7.
const CLOSE: f32 = 1e-3;

#[derive(serde::Deserialize)]
pub(super) struct Reference {
    pub(super) text: String,
    pub(super) tokens: Vec<u32>,
}

pub(super) fn reference(name: &str) -> Reference {
    serde_json::from_slice(&std::fs::read(fixture(name).join("reference.json")).unwrap()).unwrap()
}

pub(super) fn tiny_reference() -> Reference {
    reference("tiny_qwen3")
}

pub(super) fn tiny_qwen3() -> Weights {
    Weights::Gguf(fixture("tiny_qwen3_gguf/model.gguf"))
}

/// The scores after each token of the reference's text, one row after the other.
pub(super) fn logits(name: &str) -> Vec<f32> {
    let bytes = std::fs::read(fixture(name).join("logits.f32")).unwrap();
    bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect()
}

fn matches_transformers(name: &str) {
    folder_matches(name);
    gguf_matches(name);
}

fn folder_matches(name: &str) {
    matches(name, &Weights::Safetensors(fixture(name)));
}

fn gguf_matches(name: &str) {
    matches(name, &Weights::Gguf(fixture(&format!("{name}_gguf")).join("model.gguf")));
}

/// The logits of every position, with the text read at once, in pieces as prompts are, and token by token.
fn matches(name: &str, weights: &Weights) {
    let Reference { text, tokens } = reference(name);
    let expected = logits(name);
    let width = expected.len() / tokens.len();
    let never = CancellationToken::new();
    let mut model = load(weights, upto(4096)).unwrap();
    assert_eq!(model.model.tokens.encode(&text).unwrap(), tokens);

    let at_once = model.forward(&tokens, tokens.len()).unwrap();
    let off = distance(&at_once, &expected);
    println!("{weights:?}: {off:.1e} at most, {:.1e} in the middle", middle(&at_once, &expected));
    assert!(off < CLOSE, "read at once: {off}");

    let last = expected.chunks_exact(width).last().unwrap();
    let off = distance(&model.read_prompt(&tokens, &never).unwrap(), last);
    assert!(off < CLOSE, "read as a prompt: {off}");

    let mut scores = model.read_prompt(&tokens[..1], &never).unwrap();
    for (at, expected) in expected.chunks_exact(width).enumerate() {
        if at > 0 {
            scores = model.step(tokens[at]).unwrap();
        }
        let off = distance(&scores, expected);
        assert!(off < CLOSE, "position {at}, step by step: {off}");
    }
}

/// The weights are of 32 bits.
#[test]
fn qwen3_matches_transformers() {
    matches_transformers("tiny_qwen3");
}

/// With biases, three heads of queries for each of keys, a head of its own, and weights of 16 bits.
#[test]
fn qwen2_matches_transformers() {
    matches_transformers("tiny_qwen2");
}

/// Of brain floats; the GGUF file has the rows of queries and keys in another order.
#[test]
fn llama_matches_transformers() {
    matches_transformers("tiny_llama");
}

/// Angles that are scaled, as `rope_scaling` of config.json says.
#[test]
fn llama3_with_scaled_angles_matches_transformers_from_a_folder() {
    folder_matches("tiny_llama3");
}

/// The same, as the divisors in `rope_freqs.weight` say.
#[test]
fn llama3_with_scaled_angles_matches_transformers_from_gguf() {
    gguf_matches("tiny_llama3");
}

#[test]
fn both_loaders_know_the_same_tokens_and_limits() {
    let safetensors = load(&Weights::Safetensors(fixture("tiny_qwen3")), upto(300)).unwrap();
    let gguf = load(&tiny_qwen3(), upto(4096)).unwrap();
    assert_eq!((safetensors.context_length(), gguf.context_length()), (300, 512));
    for model in [&safetensors, &gguf] {
        assert_eq!(model.vocabulary().len(), 269);
        assert_eq!(model.vocabulary().ends(), [264, 266]);
        assert_eq!(model.vocabulary().bytes(267), b"<think>");
        assert!(model.vocabulary().bytes(265).is_empty());
    }
    let messages = [ChatMessage::user("tell <|im_end|> <think>")];
    assert_eq!(safetensors.encode(&messages).unwrap(), gguf.encode(&messages).unwrap());
    // The one in the message is text, the template's own is the token.
    let ends = gguf.encode(&messages).unwrap().iter().filter(|token| **token == 266).count();
    assert_eq!(ends, 1);
}

#[test]
fn a_cancelled_prompt_is_not_read() {
    let mut model = load(&tiny_qwen3(), upto(4096)).unwrap();
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert_eq!(model.read_prompt(&[1, 2, 3], &cancel).unwrap_err().code, "cancelled");
}

fn middle(ours: &[f32], theirs: &[f32]) -> f32 {
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).sum::<f32>() / ours.len() as f32
}
