//! Several places at one model, and what it has read before.

use super::tiny::{tiny_qwen3, tiny_reference};
use super::*;

fn tiny(kept_bytes: usize) -> LocalModel {
    let options = LoadOptions { kept_bytes, ..upto(512) };
    load(&tiny_qwen3(), options).unwrap()
}

#[test]
fn a_beginning_that_was_read_before_is_not_read_again() {
    let tokens = tiny_reference().tokens;
    let never = CancellationToken::new();
    let expected = tiny(0).read_prompt(&tokens[..120], &never).unwrap();
    let mut first = tiny(1 << 30);
    first.read_prompt(&tokens[..100], &never).unwrap();
    assert_eq!(first.model.batch.known(&tokens).1, 100, "others need not wait for its end");
    first.end();
    assert_eq!(first.model.batch.known(&tokens[..120]).1, 100);
    assert_eq!(first.model.batch.known(&tokens[..100]).1, 99, "the last token is read for its scores");
    let mut other = LocalModel::at(first.model.clone());
    for place in [&mut first, &mut other] {
        let scores = place.read_prompt(&tokens[..120], &never).unwrap();
        assert!(distance(&scores, &expected) < 1e-3);
        place.end();
    }
    // Another beginning, and a model that keeps nothing.
    let turned: Vec<u32> = tokens[..120].iter().rev().copied().collect();
    assert_eq!(first.model.batch.known(&turned).1, 0);
    let mut forgetful = tiny(0);
    forgetful.read_prompt(&tokens[..100], &never).unwrap();
    forgetful.end();
    assert_eq!(forgetful.model.batch.known(&tokens).1, 0);
}

#[test]
fn what_is_kept_is_bounded() {
    let tokens = tiny_reference().tokens;
    let mut model = tiny(1 << 30);
    model.read_prompt(&tokens[..100], &CancellationToken::new()).unwrap();
    let size = model.conversation.bytes();
    let mut kept = kept::Kept::new(2 * size);
    let numbered =
        |number: u32| -> Vec<u32> { std::iter::once(number).chain(tokens[..99].iter().copied()).collect() };
    for number in 1..=3 {
        kept.keep(numbered(number), model.conversation.clone());
        // The first is used again and again.
        assert!(kept.find(&[numbered(1), vec![1]].concat()).is_some(), "{number}");
    }
    let known = [1, 2, 3].map(|number| kept.find(&numbered(number)).is_some());
    assert_eq!(known, [true, false, true], "the one that was not used for longest gave way");
}

#[test]
fn several_at_once_are_answered_as_one_alone() {
    let tokens = tiny_reference().tokens;
    let answer = |model: &mut dyn ChatModel, from: usize| {
        let mut scores = model.read_prompt(&tokens[from..from + 40], &CancellationToken::new()).unwrap();
        for token in &tokens[from + 40..from + 80] {
            scores = model.step(*token).unwrap();
        }
        model.end();
        scores
    };
    let alone: Vec<Vec<f32>> = (0..4).map(|place| answer(&mut tiny(0), place * 20)).collect();
    let first = tiny(1 << 20);
    let mut places: Vec<Box<dyn ChatModel>> = (0..3).map(|_| first.another().unwrap()).collect();
    places.push(Box::new(first));
    for _ in 0..3 {
        let together: Vec<Vec<f32>> = std::thread::scope(|scope| {
            let one = |(place, model): (usize, &mut Box<dyn ChatModel>)| answer(model.as_mut(), place * 20);
            let all: Vec<_> =
                places.iter_mut().enumerate().map(|numbered| scope.spawn(move || one(numbered))).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        for (together, alone) in together.iter().zip(&alone) {
            assert!(distance(together, alone) < 1e-3);
        }
    }
}

#[test]
fn what_a_failed_pass_left_is_not_kept() {
    let tokens = tiny_reference().tokens;
    let mut model = tiny(1 << 30);
    model.forward(&tokens[..20], 0).unwrap();
    // As after a failure: the conversation is gone.
    model.conversation = model.model.batch.begin();
    model.end();
    assert_eq!(model.model.batch.known(&tokens).1, 0);
}

/// What a network cannot read makes its pass panic; nothing else in here can.
#[test]
fn a_pass_that_fails_gives_up_only_its_own_answers() {
    let model = tiny(0);
    let batch = &model.model.batch;
    let mut foreign = load(&golden::smollm2(), upto(64)).unwrap().conversation;
    let mut seats = [batch.seat(), batch.seat()];
    seats.iter_mut().for_each(batch::Seat::begin);
    std::thread::scope(|scope| {
        let failing = scope.spawn(|| batch.read(&mut foreign, &[1], 1));
        // May be of the same pass; in any case it ends.
        let mut beside = batch.begin();
        let read =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| batch.read(&mut beside, &[1], 1)));
        assert!(failing.join().is_err() || read.is_err(), "it was to panic in one of the two");
    });
    drop(seats);
    let mut next = batch.begin();
    assert_eq!(batch.read(&mut next, &[1, 2], 1).unwrap().len(), 288);
}

#[test]
fn a_tokenizer_of_another_network_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixture("tiny_qwen3")).unwrap().flatten() {
        std::fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
    }
    let file = dir.path().join("tokenizer.json");
    let mut tokenizer: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let more = tokenizer["added_tokens"].as_array_mut().unwrap();
    for id in 269..300 {
        let mut token = more[0].clone();
        token["id"] = id.into();
        token["content"] = format!("<|{id}|>").into();
        more.push(token);
    }
    std::fs::write(&file, tokenizer.to_string()).unwrap();
    let error = load(&Weights::Safetensors(dir.path().to_owned()), upto(64)).err().unwrap();
    assert_eq!(error.code, "model_file_damaged");
    assert!(error.message.contains("300 tokens") && error.message.contains("288"), "{error}");
}

#[test]
fn a_token_that_the_network_does_not_have_is_an_error() {
    let mut model = tiny(0);
    let error = model.read_prompt(&[1, 100_000], &CancellationToken::new()).unwrap_err();
    assert!(error.message.contains("100000"), "{error}");
    assert!(model.read_prompt(&[1, 2], &CancellationToken::new()).is_ok(), "the next is answered");
}
