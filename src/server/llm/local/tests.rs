//! Real files through the real loaders, held against other implementations.

mod device;
mod golden;
mod perplexity;
mod schemas;
mod sharing;
mod tiny;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::*;

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures/llm").join(path)
}

fn upto(context_limit: usize) -> LoadOptions {
    LoadOptions { context_limit, full_precision: false, memory_limit: None, kept_bytes: 0 }
}

fn distance(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
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
    let weights = tiny::tiny_qwen3();
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
