//! Real files through the real loaders, held against other implementations.

mod golden;
mod schemas;
mod sharing;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::*;

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures/llm").join(path)
}

fn upto(context_limit: usize) -> LoadOptions {
    LoadOptions { context_limit, full_precision: false, memory_limit: None, kept_bytes: 0 }
}

/// Made with transformers by scripts/reference/tiny_qwen3.py.
#[derive(serde::Deserialize)]
struct TinyReference {
    text: String,
    tokens: Vec<u32>,
    /// By position: the scores after reading that token.
    logits: BTreeMap<usize, Vec<f32>>,
}

fn tiny_reference() -> TinyReference {
    serde_json::from_slice(&std::fs::read(fixture("tiny_qwen3/reference.json")).unwrap()).unwrap()
}

fn middle(ours: &[f32], theirs: &[f32]) -> f32 {
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).sum::<f32>() / ours.len() as f32
}

fn distance(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The logits of transformers, read at once and token by token: at 1e-3 in the middle, and 4e-3 at most, which is what
/// keeping values in half precision costs in this network, where they are in single precision there.
fn matches_transformers(weights: &Weights) {
    let reference = tiny_reference();
    let never = CancellationToken::new();
    let mut model = load(weights, upto(4096)).unwrap();
    assert_eq!(model.model.tokens.encode(&reference.text).unwrap(), reference.tokens);
    for (at, logits) in &reference.logits {
        let ours = model.read_prompt(&reference.tokens[..=*at], &never).unwrap();
        let off = distance(&ours, logits);
        assert!(off < 4e-3, "position {at}, read at once: {off}");
        assert!(middle(&ours, logits) < 1e-3, "position {at}");
    }
    let mut ours = model.read_prompt(&reference.tokens[..1], &never).unwrap();
    for (at, token) in reference.tokens.iter().enumerate() {
        if at > 0 {
            ours = model.step(*token).unwrap();
        }
        if let Some(logits) = reference.logits.get(&at) {
            let off = distance(&ours, logits);
            assert!(off < 4e-3, "position {at}, step by step: {off}");
        }
    }
}

#[test]
fn tiny_qwen3_safetensors_match_transformers() {
    matches_transformers(&Weights::Safetensors(fixture("tiny_qwen3")));
}

#[test]
fn tiny_qwen3_gguf_matches_transformers() {
    matches_transformers(&Weights::Gguf(fixture("tiny_qwen3_gguf/model.gguf")));
}

#[test]
fn both_loaders_know_the_same_tokens_and_limits() {
    let safetensors = load(&Weights::Safetensors(fixture("tiny_qwen3")), upto(300)).unwrap();
    let gguf = load(&Weights::Gguf(fixture("tiny_qwen3_gguf/model.gguf")), upto(4096)).unwrap();
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
    let mut model = load(&Weights::Gguf(fixture("tiny_qwen3_gguf/model.gguf")), upto(4096)).unwrap();
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert_eq!(model.read_prompt(&[1, 2, 3], &cancel).unwrap_err().code, "cancelled");
}

fn load_bytes(bytes: &[u8]) -> LlmError {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("model.gguf");
    std::fs::write(&file, bytes).unwrap();
    let begun = Instant::now();
    let error = load(&Weights::Gguf(file.clone()), upto(4096)).err().expect("a damaged file must not load");
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(error.message.contains(&file.display().to_string()), "{error}");
    error
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = std::fs::read(fixture("tiny_qwen3_gguf/model.gguf")).unwrap();
    let lengths = (0..64).chain((64..whole.len()).step_by(whole.len() / 60)).chain([whole.len() - 1]);
    for length in lengths {
        assert_eq!(load_bytes(&whole[..length]).code, "model_file_damaged", "cut at {length}");
    }
}

#[test]
fn garbage_and_wild_numbers_are_refused() {
    assert_eq!(load_bytes(b"not a model at all").code, "model_file_damaged");
    let whole = std::fs::read(fixture("tiny_qwen3_gguf/model.gguf")).unwrap();
    // The counts of tensors and of entries.
    for at in [8, 16] {
        let mut wild = whole.clone();
        wild[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(load_bytes(&wild).code, "model_file_damaged", "byte {at}");
    }
    for (key, value) in [
        ("qwen3.block_count", u32::MAX),
        ("qwen3.block_count", 0),
        ("qwen3.attention.head_count", 0),
        ("qwen3.attention.head_count_kv", 0),
        ("qwen3.attention.head_count_kv", 1_000_000),
        ("qwen3.attention.key_length", 0),
        ("qwen3.attention.key_length", u32::MAX),
        ("qwen3.embedding_length", 7),
        ("qwen3.context_length", 0),
    ] {
        let mut wild = whole.clone();
        let at = find(&wild, key.as_bytes()) + key.len() + 4;
        wild[at..at + 4].copy_from_slice(&value.to_le_bytes());
        assert_eq!(load_bytes(&wild).code, "model_file_damaged", "{key} = {value}");
    }
    let mut other = whole;
    let at = find(&other, b"general.architecture") + 20 + 12;
    other[at..at + 5].copy_from_slice(b"mamba");
    let error = load_bytes(&other);
    assert_eq!(error.code, "model_family_unknown");
    assert!(error.message.contains("mamba"), "{error}");
}

#[test]
fn a_model_that_is_not_made_for_chat_says_what_it_lacks() {
    let whole = std::fs::read(fixture("tiny_qwen3_gguf/model.gguf")).unwrap();
    let without = |names: &[&str]| {
        let mut bytes = whole.clone();
        for name in names {
            let last = find(&bytes, name.as_bytes()) + name.len() - 1;
            bytes[last] = b'X';
        }
        load_bytes(&bytes)
    };
    assert_eq!(without(&["tokenizer.ggml.tokens"]).code, "tokenizer_missing");
    // Without a template, a model that knows the tokens of ChatML is taken to speak it.
    let error = without(&["tokenizer.chat_template", "<|im_start|>"]);
    assert_eq!(error.code, "chat_template_missing");
    assert!(error.message.contains("instruct"), "{error}");
}

#[test]
fn a_model_that_does_not_fit_into_the_memory_is_refused() {
    let weights = Weights::Gguf(fixture("tiny_qwen3_gguf/model.gguf"));
    let options = LoadOptions { memory_limit: Some(100_000), ..upto(4096) };
    assert_eq!(load(&weights, options).err().unwrap().code, "model_too_large");
    let model = load(&weights, upto(4096)).unwrap();
    let options = LoadOptions { memory_limit: Some(model.memory_bytes()), ..upto(4096) };
    assert!(load(&weights, options).is_ok());
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

#[test]
fn damaged_safetensors_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixture("tiny_qwen3")).unwrap().flatten() {
        std::fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
    }
    let folder = Weights::Safetensors(dir.path().to_owned());
    assert!(load(&folder, upto(4096)).is_ok());
    let spoil = |name: &str, bytes: &[u8]| {
        let file = dir.path().join(name);
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, bytes).unwrap();
        let error = load(&folder, upto(4096)).err().unwrap();
        std::fs::write(&file, whole).unwrap();
        error
    };
    let weights = std::fs::read(dir.path().join("model.safetensors")).unwrap();
    for length in [0, 7, 100, weights.len() / 2, weights.len() - 1] {
        let error = spoil("model.safetensors", &weights[..length]);
        assert_eq!(error.code, "model_file_damaged", "cut at {length}");
        assert!(error.message.contains("model.safetensors"));
    }
    assert_eq!(spoil("tokenizer.json", b"{").code, "model_file_damaged");
    assert_eq!(spoil("config.json", br#"{"model_type": "qwen3"}"#).code, "model_file_damaged");
    assert_eq!(spoil("config.json", br#"{"model_type": "mamba"}"#).code, "model_family_unknown");
}
