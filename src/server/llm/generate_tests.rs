//! Answers of scripted models: where they end, and that choices are always kept.

use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::server::llm::testing::{ScriptedModel, collecting_sink, request, vocabulary};

fn answer(model: &mut ScriptedModel, request: &ChatRequest) -> Result<(Answer, String), LlmError> {
    let (sink, pieces) = collecting_sink();
    let answer = generate(model, request, sink, &CancellationToken::new())?;
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
