//! SmolLM2-135M on some of the schemas that `millrace-bench-llm` goes through: what it writes follows them.

use super::golden::smollm2;
use super::tiny::tiny_qwen3;
use super::*;
use crate::server::llm::generate::generate;
use crate::server::llm::testing::request;
use crate::server::llm::{ChatRequest, FinishReason};

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    prompt: String,
    schema: serde_json::Value,
}

fn cases() -> Vec<Case> {
    serde_json::from_slice(&std::fs::read(fixture("schemas.json")).unwrap()).unwrap()
}

#[test]
fn smollm2_follows_schemas_and_ends_in_time() {
    let chosen = [
        ("nested", 60),
        ("list of objects", 60),
        ("sentiment", 30),
        ("optional fields", 40),
        ("pattern", 30),
        ("unicode values", 60),
        ("anyOf kinds", 24),
        ("references", 24),
    ];
    let mut model = load(&smollm2(), upto(4096)).unwrap();
    let mut lengths = 0;
    for (seed, (name, max_tokens)) in (0u64..).zip(chosen) {
        let case = cases().into_iter().find(|case| case.name == name).unwrap();
        let asked = ChatRequest {
            schema: Some(case.schema),
            max_tokens,
            temperature: 0.8,
            seed: Some(seed),
            ..request(&case.prompt)
        };
        let mut pieces = String::new();
        let mut sink = |text: &str| pieces.push_str(text);
        let answer = generate(&mut model, &asked, &mut sink, &CancellationToken::new())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        println!("{name}: {} {:?}", answer.text, answer.usage);
        assert!(answer.usage.completion_tokens <= max_tokens, "{name}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&pieces).ok(), answer.value, "{name}");
        assert!(answer.value.is_some(), "{name}");
        lengths += usize::from(answer.finish_reason == FinishReason::Length);
    }
    assert!(lengths > 0, "at least one of these needs more tokens than it has, and is ended all the same");
}

#[test]
fn every_schema_of_the_suite_is_taken_by_the_checker_and_the_grammar() {
    let model = load(&tiny_qwen3(), upto(4096)).unwrap();
    assert_eq!(cases().len(), 40);
    for case in cases() {
        assert_eq!(crate::workflow::catalog::answer_schema::slips(&case.schema), [], "{}", case.name);
        let begun = model.vocabulary().grammars().unwrap().begin(&case.schema);
        let guide = begun.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert!(guide.tokens_to_close() > 0, "{}", case.name);
    }
}
