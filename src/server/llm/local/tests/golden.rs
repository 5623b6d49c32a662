//! SmolLM2-135M-Instruct, the real file, against answers recorded with other implementations.
//!
//! The reference was made by scripts/reference/smollm2_greedy.py: tokens by llama.cpp (llama-cpp-python 0.3.36), the
//! network by transformers 5.23 in float32 on the same file's dequantised weights. In full precision Millrace gives
//! the same text for all eight prompts; five are checked here, for the sake of time. With quantised matrices, as
//! usual, activations are rounded to 8 bits, and where the two best tokens are close the answer may part from the
//! reference: it does for three of the eight (for one of them into nonsense, as with llama.cpp, which rounds as well).
//! Where it parts depends on the processor, too, whose kernels add in one order or another: of these answers it is checked
//! that they are about what was asked.

use super::*;
use crate::server::llm::generate::{Answer, generate};
use crate::server::llm::library::{self, InstalledModel};
use crate::server::llm::testing::{collecting_sink, request};
use crate::server::llm::{ChatRequest, FinishReason};

#[derive(serde::Deserialize)]
struct Recorded {
    prompt: String,
    prompt_tokens: Vec<u32>,
    text: String,
    finish_reason: FinishReason,
}

const IN_FULL_PRECISION: [&str; 5] = [
    "What is the capital of France?",
    "What is 12 + 30?",
    "Translate \"good morning\" into French.",
    "Explain in one sentence what a database is.",
    "Why is the sky blue? It's 2024, I'd like to know.",
];

/// Prompts, and a word without which an answer has missed the question.
const QUANTISED: [(&str, &str); 3] = [
    ("List three colours.", "Red"),
    ("Explain in one sentence what a database is.", "database"),
    ("Name a famous physicist and say what they discovered.", "physicist"),
];

pub(super) fn smollm2() -> Weights {
    let dir = std::env::var_os("MILLRACE_MODELS_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("data/models"), PathBuf::from);
    let InstalledModel { weights, .. } = library::find(&dir, "smollm2-135m").unwrap_or_else(|| {
        panic!(
            "This test needs the model smollm2-135m in {}: run `make test`, which fetches it, or \
             `millrace models pull smollm2-135m`, or name another folder in MILLRACE_MODELS_DIR.",
            dir.display()
        )
    });
    weights
}

/// Answers greedily; each with what was recorded for its prompt.
fn answers(full_precision: bool, prompts: &[&str]) -> Vec<(Recorded, Answer)> {
    let mut recorded: Vec<Recorded> =
        serde_json::from_slice(&std::fs::read(fixture("smollm2_greedy.json")).unwrap()).unwrap();
    let options = LoadOptions { full_precision, ..upto(4096) };
    let mut model = load(&smollm2(), options).unwrap();
    let mut ask = |prompt: &&str| {
        let recorded = recorded.swap_remove(recorded.iter().position(|r| r.prompt == *prompt).unwrap());
        let asked = ChatRequest { max_tokens: 40, ..request(prompt) };
        assert_eq!(model.encode(&asked.messages).unwrap(), recorded.prompt_tokens, "{prompt}");
        let (mut sink, pieces) = collecting_sink();
        let answer = generate(&mut model, &asked, &mut sink, &CancellationToken::new()).unwrap();
        assert_eq!(pieces.lock().unwrap().concat(), answer.text);
        println!("{:?} {:?}", answer.text, answer.usage);
        (recorded, answer)
    };
    prompts.iter().map(&mut ask).collect()
}

#[test]
fn smollm2_in_full_precision_answers_as_transformers() {
    for (recorded, answer) in answers(true, &IN_FULL_PRECISION) {
        assert_eq!(answer.text, recorded.text, "{}", recorded.prompt);
        assert_eq!(answer.finish_reason, recorded.finish_reason, "{}", recorded.prompt);
    }
}

#[test]
fn smollm2_quantised_answers_what_was_asked() {
    let prompts = QUANTISED.map(|(prompt, _)| prompt);
    for ((recorded, answer), (_, word)) in answers(false, &prompts).into_iter().zip(QUANTISED) {
        assert!(answer.text.contains(word), "{}: {}", recorded.prompt, answer.text);
    }
}

#[test]
fn smollm2_chooses_keeps_its_seed_and_its_limits() {
    let mut model = load(&smollm2(), upto(4096)).unwrap();
    let mut ask = |asked: &ChatRequest| {
        generate(&mut model, asked, &mut |_: &str| {}, &CancellationToken::new()).map(|answer| answer.text)
    };
    let choices = ["positive", "negative", "neutral — ¿quién sabe?"].map(str::to_owned).to_vec();
    for seed in 0..2 {
        let asked = ChatRequest {
            choices: Some(choices.clone()),
            temperature: 2.0,
            seed: Some(seed),
            max_tokens: 1,
            ..request("Is this text positive, negative or neutral? \"I love this phone.\"")
        };
        let chosen = ask(&asked).unwrap();
        assert!(choices.contains(&chosen), "{chosen}");
        assert_eq!(ask(&asked).unwrap(), chosen);
    }
    let told = ChatRequest { temperature: 1.0, seed: Some(5), max_tokens: 6, ..request("Tell me a story.") };
    assert_eq!(ask(&told).unwrap(), ask(&told).unwrap());
    let error = ask(&request(&"word ".repeat(4200))).unwrap_err();
    assert_eq!(error.code, "prompt_too_long");
    assert!(error.message.contains("at most 4095"), "{error}");
}

#[test]
fn smollm2_cut_short_is_refused_quickly() {
    let Weights::Gguf(whole) = smollm2() else { panic!("it is a GGUF file") };
    let size = std::fs::metadata(&whole).unwrap().len();
    let dir = tempfile::tempdir().unwrap();
    let cut = dir.path().join("cut.gguf");
    for length in [1000, 1_000_000, 3_000_000, size / 2, size - 100] {
        use std::io::Read;
        let mut part = std::fs::File::open(&whole).unwrap().take(length);
        std::io::copy(&mut part, &mut std::fs::File::create(&cut).unwrap()).unwrap();
        let begun = Instant::now();
        let error = load(&Weights::Gguf(cut.clone()), upto(4096)).err().unwrap();
        assert_eq!(error.code, "model_file_damaged", "cut at {length}");
        assert!(begun.elapsed() < Duration::from_secs(3), "cut at {length}: {:?}", begun.elapsed());
    }
}
