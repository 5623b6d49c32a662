//! How well SmolLM2-135M-Instruct foretells a text of ours, against other implementations with the same file.
//!
//! The figures are made by scripts/reference/smollm2_perplexity.py.

use super::golden::smollm2;
use super::*;

#[derive(serde::Deserialize)]
struct Reference {
    /// With the file as it is, activations rounded to 8 bits.
    llama_cpp: f64,
    /// transformers, with dequantised weights.
    float32: f64,
    tokens: Vec<u32>,
}

/// Tokens that are scored in one pass: 49,152 scores for each.
const PIECE: usize = 128;
/// The last tokens are read one by one, as those of an answer are.
const SINGLE: usize = 64;

fn perplexity(model: &mut LocalModel, tokens: &[u32]) -> f64 {
    let mut lost = Vec::new();
    let (text, single) = tokens.split_at(tokens.len() - SINGLE);
    for piece in text.chunks(PIECE).chain(single.chunks(1)) {
        let before = lost.len();
        let scores = model.forward(piece, piece.len()).unwrap();
        let next = tokens[before + 1..].iter();
        lost.extend(scores.chunks_exact(scores.len() / piece.len()).zip(next).map(|(scores, next)| {
            let largest = scores.iter().copied().fold(f32::MIN, f32::max);
            let total: f64 = scores.iter().map(|score| f64::from(score - largest).exp()).sum();
            total.ln() - f64::from(scores[*next as usize] - largest)
        }));
    }
    assert_eq!(lost.len(), tokens.len() - 1);
    (lost.iter().sum::<f64>() / lost.len() as f64).exp()
}

fn close(full_precision: bool) {
    let reference: Reference =
        serde_json::from_slice(&std::fs::read(fixture("smollm2_perplexity.json")).unwrap()).unwrap();
    let mut model = load(&smollm2(), LoadOptions { full_precision, ..upto(2048) }).unwrap();
    let text = std::fs::read_to_string(fixture("mill.txt")).unwrap();
    assert_eq!(model.model.tokens.encode(&text).unwrap(), reference.tokens);
    let ours = perplexity(&mut model, &reference.tokens);
    let off = |theirs: f64| (ours / theirs - 1.0) * 100.0;
    let (from_llama, from_float) = (off(reference.llama_cpp), off(reference.float32));
    println!("{ours:.4}: {from_llama:+.3} % from llama.cpp, {from_float:+.3} % from float32");
    assert!(from_llama.abs() < 0.5, "{ours} is {from_llama} % from llama.cpp");
    // Nothing is lost but what keys and values in half precision cost.
    assert!(!full_precision || from_float.abs() < 0.05, "{ours} is {from_float} % from float32");
}

#[test]
fn smollm2_in_full_precision_foretells_a_text_as_well_as_others() {
    close(true);
}

#[test]
fn smollm2_quantised_foretells_a_text_as_well_as_others() {
    close(false);
}
