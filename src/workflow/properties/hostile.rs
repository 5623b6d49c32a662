//! Texts made to exhaust the evaluator, on a stack as small as the browser's; and how long the usual things take.

use super::{plain_edge, plain_node, plain_workflow};
use crate::workflow::check::{Environment, check};
use crate::workflow::expression::{Scope, evaluate, render_text};
use serde_json::json;
use std::time::{Duration, Instant};

/// The stack of a WASM module.
const STACK: usize = 1024 * 1024;

#[test]
fn hostile_texts_end_quickly_with_an_error() {
    let many = |piece: &str, count: usize| piece.repeat(count);
    let bare = [
        many("not ", 9000) + "true",
        many("-", 9000) + "1",
        many("(", 9000),
        many("[", 9000),
        many("1+", 9000) + "1",
        format!("input{}", many(".a", 9000)),
        format!("input{}", many("|upper", 9000)),
        many("1 if true else ", 3000) + "1",
        many("1 ~ ", 9000) + "1",
        many("f(", 140) + &many(")", 140),
        "[".to_owned() + &many("range(100000)|list,", 60) + "]",
        "9".to_owned() + &many("**9", 60),
        "'x' * 1000000 * 1000000".to_owned(),
        "range(1000000000) | list".to_owned(),
    ];
    let templates = [
        many("{% if true %}", 2000),
        "{% if false %}".to_owned() + &many("{% elif true %}", 3000) + "{% endif %}",
        many("{% for a in range(9) %}", 20) + "x" + &many("{% endfor %}", 20),
        "{% macro f(a) %}{{ f(a ~ a) }}{% endmacro %}{{ f('x') }}".to_owned(),
        "{% for a in [1] recursive %}{{ loop([a]) }}{% endfor %}".to_owned(),
        "{% set x = 'ab' %}".to_owned() + &many("{% set x = x ~ x %}", 60) + "{{ x }}",
        "{% set x = [1] %}".to_owned() + &many("{% set x = [x, x] %}", 60) + "{{ x }}",
        "{% set x = [1] %}{% set y = [1] %}".to_owned()
            + &many("{% set x = [x, x] %}{% set y = [y, y] %}", 60)
            + "{{ x == y }}",
        "{% set x = [1] %}{% set y = [1] %}".to_owned()
            + &many("{% set x = [x, x] %}{% set y = [y, y] %}", 60)
            + "{{ x < y }}",
    ];
    let run = move || {
        let scope = Scope::of_input(json!({}));
        for text in bare {
            let start = Instant::now();
            assert!(evaluate(&text, &scope).is_err(), "{}", &text[..text.len().min(60)]);
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "{:?} for {}",
                start.elapsed(),
                &text[..text.len().min(60)]
            );
        }
        for text in templates {
            let start = Instant::now();
            let result = render_text(&text, &scope);
            assert!(
                result.is_err(),
                "{} gave {} bytes",
                &text[..text.len().min(60)],
                result.map_or(0, |t| t.len())
            );
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "{:?} for {}",
                start.elapsed(),
                &text[..text.len().min(60)]
            );
        }
    };
    std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap();
}

/// Generous bounds for an unoptimised build on a busy machine; `--nocapture` shows the figures.
#[test]
fn usual_work_is_quick() {
    let scope = Scope::of_input(json!(11));
    let start = Instant::now();
    for _ in 0..1000 {
        assert_eq!(evaluate("input > 10", &scope).unwrap(), json!(true));
    }
    let one = start.elapsed() / 1000;
    let mut nodes = vec![plain_node("n0".into(), "transform")];
    for index in 1..1000 {
        let mut node = plain_node(format!("n{index}"), "llm_call");
        let before = index - 1;
        node.config.insert(
            "prompt_template".into(),
            json!(format!("Say {{nodes.n{before}.x}} and {{{{ nodes.n0 }}}} {{input}}")),
        );
        nodes.push(node);
    }
    let edges = (1..1000)
        .flat_map(|i| [plain_edge(&nodes, i - 1, None, i), plain_edge(&nodes, i / 2, Some("error"), i)]);
    let edges = edges.filter(|e| e.source_node_id != e.target_node_id).collect();
    let workflow = plain_workflow(nodes, edges);
    let start = Instant::now();
    let problems = check(&workflow, &Environment::default());
    let whole = start.elapsed();
    eprintln!("one evaluation {one:?}; checking 1,000 nodes {whole:?}, {} problems", problems.len());
    assert!(one < Duration::from_millis(2), "{one:?}");
    assert!(whole < Duration::from_secs(5), "{whole:?}");
}
