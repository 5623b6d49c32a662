//! Answers of scripted models: where they end, and that choices are always kept.

use proptest::prelude::*;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::server::llm::testing::{ScriptedModel, collecting_sink, request, vocabulary};

fn answer(model: &mut ScriptedModel, request: &ChatRequest) -> Result<(Answer, String), LlmError> {
    let (mut sink, pieces) = collecting_sink();
    let answer = generate(model, request, &mut sink, &CancellationToken::new())?;
    let pieces = pieces.lock().unwrap().concat();
    Ok((answer, pieces))
}

/// Says the tokens in order after a prompt of one token, then again and again.
fn saying(tokens: &'static [&'static str], order: &'static [u32]) -> ScriptedModel {
    ScriptedModel::new(vocabulary(tokens), move |seen| {
        let mut scores = vec![0.0; tokens.len() + 1];
        scores[order[(seen.len() - 1) % order.len()] as usize] = 9.0;
        scores
    })
}

#[test]
fn ends_at_the_end_token_the_limit_a_stop_or_the_context() {
    let mut model = saying(&["a", "b", "c"], &[0, 1, 2, 3]);
    let (whole, streamed) = answer(&mut model, &request("x")).unwrap();
    assert_eq!((whole.text.as_str(), streamed.as_str()), ("abc", "abc"));
    assert_eq!((whole.finish_reason, whole.usage.completion_tokens), (FinishReason::Stop, 3));

    let (cut, _) = answer(&mut model, &ChatRequest { max_tokens: 2, ..request("x") }).unwrap();
    assert_eq!((cut.text.as_str(), cut.finish_reason), ("ab", FinishReason::Length));

    let stop = vec!["bc".to_owned()];
    let (stopped, streamed) = answer(&mut model, &ChatRequest { stop, ..request("x") }).unwrap();
    assert_eq!((stopped.text.as_str(), stopped.finish_reason), ("a", FinishReason::Stop));
    assert_eq!(streamed, "a");

    model.context = 3;
    let (full, _) = answer(&mut model, &request("x")).unwrap();
    assert_eq!((full.text.as_str(), full.finish_reason), ("ab", FinishReason::Length));
    let error = answer(&mut model, &request("xyz")).err().unwrap();
    assert_eq!(error.code, "prompt_too_long");
    assert!(error.message.contains("has 3 tokens") && error.message.contains("at most 2"), "{error}");
}

#[test]
fn scores_beyond_the_vocabulary_are_never_chosen() {
    let mut model = ScriptedModel::new(vocabulary(&["a"]), |_| vec![1.0, 0.0, 99.0]);
    let (said, _) = answer(&mut model, &ChatRequest { max_tokens: 2, ..request("x") }).unwrap();
    assert_eq!(said.text, "aa");
}

#[test]
fn a_likelier_choice_wins_and_max_tokens_does_not_cut_it() {
    let tokens = &["pos", "neg", "itive", "ative", "neutral"];
    let mut model = ScriptedModel::new(vocabulary(tokens), |_| vec![1.0, 5.0, 0.0, 9.0, 3.0, 99.0]);
    let choices = Some(["positive", "negative", "neutral"].map(str::to_owned).to_vec());
    let asked = ChatRequest { choices, max_tokens: 1, ..request("x") };
    let (chosen, streamed) = answer(&mut model, &asked).unwrap();
    assert_eq!((chosen.text.as_str(), streamed.as_str()), ("negative", "negative"));
    assert_eq!(chosen.finish_reason, FinishReason::Stop);
}

proptest! {
    /// Whatever the model prefers, whatever the temperature: the answer is one of the choices.
    #[test]
    fn the_answer_is_always_one_of_the_choices(
        choices in prop::collection::vec("[ab é🦀]{0,6}", 1..6),
        seed in any::<u64>(),
        temperature in prop_oneof![Just(0.0), 0.1f64..3.0],
        max_tokens in 1u32..4,
    ) {
        let tokens = ["a", "b", "ab", "ba", "aab", " ", " a", "é", "bé", "é ", "bbb", "  "];
        let mut all: Vec<crate::server::llm::vocabulary::TokenText> = tokens
            .iter()
            .map(|text| crate::server::llm::vocabulary::TokenText::Bytes(text.as_bytes().into()))
            .collect();
        // The crab only in pieces, its last byte not at all for every other seed.
        let crab = "🦀".as_bytes();
        let pieces: &[&[u8]] =
            if seed % 2 == 0 { &[&crab[..2], &crab[2..]] } else { &[&crab[..1], &crab[1..3]] };
        for piece in pieces {
            all.push(crate::server::llm::vocabulary::TokenText::Bytes((*piece).into()));
        }
        all.push(crate::server::llm::vocabulary::TokenText::Control("<|im_end|>".into()));
        let count = all.len();
        let mut state = seed;
        let mut model = ScriptedModel::new(
            crate::server::llm::vocabulary::Vocabulary::new(all, []),
            move |_| (0..count).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f32 / 1e6
            }).collect(),
        );
        let asked = ChatRequest {
            choices: Some(choices.clone()), seed: Some(seed), temperature, max_tokens, ..request("x")
        };
        let (chosen, streamed) = answer(&mut model, &asked).unwrap();
        prop_assert!(choices.contains(&chosen.text), "{:?} is not in {:?}", chosen.text, choices);
        prop_assert_eq!(streamed, chosen.text);
    }
}

fn document(schema: serde_json::Value, max_tokens: u32) -> ChatRequest {
    ChatRequest { schema: Some(schema), max_tokens, ..request("x") }
}

/// Prefers to write "a" for ever, wherever it may.
fn rambling() -> ScriptedModel {
    let tokens = ["a", "{", "}", "\"", ":", ",", "n", "1", "\":\"", "[", "]", " "];
    ScriptedModel::new(vocabulary(&tokens), move |_| {
        let mut scores = vec![1.0; tokens.len() + 1];
        scores[0] = 9.0;
        scores
    })
}

#[test]
fn a_document_is_whole_though_max_tokens_is_used_up() {
    let schema =
        serde_json::json!({"type": "object", "properties": {"n": {"type": "string"}}, "required": ["n"]});
    let (cut, streamed) = answer(&mut rambling(), &document(schema.clone(), 12)).unwrap();
    assert_eq!(cut.finish_reason, FinishReason::Length);
    assert!(cut.usage.completion_tokens <= 12, "{:?}", cut.usage);
    assert_eq!(streamed, cut.text);
    let value = cut.value.unwrap();
    assert!(value["n"].as_str().unwrap().starts_with("aaa"), "{value}");
    assert!(cut.usage.constraint_us_per_token.is_some());

    let error = answer(&mut rambling(), &document(schema.clone(), 3)).err().unwrap();
    assert_eq!((error.code, error.retryable), ("max_tokens_too_small", false));
    assert!(error.message.contains("max_tokens allows 3") && error.message.contains("takes 6"), "{error}");

    let mut narrow = rambling();
    narrow.context = 5;
    let error = answer(&mut narrow, &document(schema, 100)).err().unwrap();
    assert!(error.message.contains("leaves 4 in the model's context"), "{error}");
}

#[test]
fn a_document_ends_with_its_last_sign() {
    let schema = serde_json::json!({"enum": ["na", "aa"]});
    let (whole, _) = answer(&mut rambling(), &document(schema, 30)).unwrap();
    assert_eq!((whole.text.as_str(), whole.finish_reason), ("\"aa\"", FinishReason::Stop));
    // What is certain need not be asked for.
    assert_eq!(whole.usage.completion_tokens, 2);
}

#[test]
fn schemas_that_cannot_be_followed_end_the_request() {
    let refused = |schema| answer(&mut rambling(), &document(schema, 30)).err().unwrap().code;
    assert_eq!(
        refused(serde_json::json!({"type": "integer", "minimum": 2, "maximum": 1})),
        "schema_contradictory"
    );
    assert_eq!(refused(serde_json::json!({"$ref": "https://example.org/s.json"})), "schema_not_supported");
    assert_eq!(refused(serde_json::json!({"uniqueItems": true, "type": "array"})), "schema_not_supported");
    let both = ChatRequest { choices: Some(vec!["a".into()]), ..document(serde_json::json!({}), 30) };
    assert_eq!(answer(&mut rambling(), &both).err().unwrap().code, "invalid_model_request");
}

/// A model with a form of its own for tools says these tokens: letters, `\n` and `<tool_call>` are one each.
fn talk(said: &str, answer: serde_json::Value, must_answer: bool) -> Result<Answer, LlmError> {
    use crate::server::llm::{ToolSpec, ToolTalk, ToolTurn};
    let letters: Vec<String> = (b' '..=b'~').map(|letter| char::from(letter).to_string()).collect();
    let mut tokens: Vec<&str> = letters.iter().map(String::as_str).collect();
    tokens.extend(["\n", "<tool_call>"]);
    let (line, call, end) = (tokens.len() - 2, tokens.len() - 1, tokens.len());
    let mut ids = Vec::new();
    let mut left = said;
    while let Some(letter) = left.bytes().next() {
        if let Some(rest) = left.strip_prefix("<tool_call>") {
            ids.push(call);
            left = rest;
            continue;
        }
        ids.push(if letter == b'\n' { line } else { usize::from(letter - b' ') });
        left = &left[1..];
    }
    let script = move |seen: &[u32]| {
        let mut scores = vec![0.0; end + 1];
        scores[ids.get(seen.len() - 1).copied().unwrap_or(end)] = 1.0;
        scores
    };
    let mut model = ScriptedModel::new(vocabulary(&tokens), script);
    model.has_tools = true;
    let input = json!({ "type": "object", "properties": { "q": { "type": "string" } }, "required": ["q"] });
    let talk = ToolTalk {
        tools: vec![ToolSpec { name: "find".into(), description: "Finds.".into(), input }],
        turns: vec![ToolTurn::User("Go.".into())],
        answer,
        must_answer,
    };
    let asked = ChatRequest {
        talk: Some(talk),
        schema: Some(json!({ "type": "object" })),
        max_tokens: 200,
        ..request("x")
    };
    answer_of(&mut model, &asked)
}

fn answer_of(model: &mut ScriptedModel, asked: &ChatRequest) -> Result<Answer, LlmError> {
    generate(model, asked, &mut |_: &str| {}, &CancellationToken::new())
}

#[test]
fn tools_are_called_in_the_models_own_form() {
    let text = json!({ "type": "string" });
    let said = "Hm.<tool_call>\n{\"name\":\"find\",\"arguments\":{\"q\":\"x\"}}";
    let step = talk(said, text.clone(), false).unwrap().value.unwrap();
    assert_eq!(step, json!({ "thought": "Hm.", "action": { "tool": "find", "input": { "q": "x" } } }));
    let step = talk("It is 42.", text.clone(), false).unwrap().value.unwrap();
    assert_eq!(step, json!({ "thought": "", "action": { "tool": "final", "input": "It is 42." } }));
    // What may only answer calls nothing, whatever it wants.
    let step = talk("No<tool_call>", text, true).unwrap().value.unwrap();
    assert_eq!(step["action"]["tool"], "final");
    // An answer with a schema is a call.
    let said = "Hm.<tool_call>\n{\"name\":\"final\",\"arguments\":{\"input\":7}}";
    let step = talk(said, json!({ "type": "integer" }), true).unwrap().value.unwrap();
    assert_eq!(step["action"], json!({ "tool": "final", "input": 7 }));
}
