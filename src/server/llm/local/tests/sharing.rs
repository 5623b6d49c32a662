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
    assert_eq!(first.model.batch.known(&tokens).1, 0, "only what has ended is kept");
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
fn a_token_that_the_network_does_not_have_is_an_error() {
    let mut model = tiny(0);
    let error = model.read_prompt(&[1, 100_000], &CancellationToken::new()).unwrap_err();
    assert!(error.message.contains("100000"), "{error}");
    assert!(model.read_prompt(&[1, 2], &CancellationToken::new()).is_ok(), "the next is answered");
}
