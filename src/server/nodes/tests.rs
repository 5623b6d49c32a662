//! What the handlers answer that wait or start other runs. Their config is rendered as the engine does it.

use super::*;
use crate::{
    server::clock::Clock,
    server::llm::ModelsOptions,
    workflow::{
        expression::{self, Scope},
        ids::{NodeId, RunId},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use serde_json::json;

fn start() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

fn registry() -> NodeRegistry {
    NodeRegistry::standard(Parts::bare(Models::open(ModelsOptions::new("no-models-here"))))
}

/// What the node type answers to a config as it is written; also the code and message where it cannot be rendered.
fn answer_with(
    registry: &NodeRegistry,
    node_type: &str,
    config: Value,
    input: Value,
) -> Result<NodeStep, NodeError> {
    let scope = Scope::builder().input(input.clone()).with_node("rate", json!(3)).build();
    let Value::Object(config) = config else { panic!("a config is an object") };
    let node_config = expression::render_config(catalog::find(node_type).unwrap(), &config, &scope)
        .map_err(|e| NodeError::permanent(e.error.code.as_str(), e.to_string()))?;
    let context = NodeContext {
        workflow_run_id: RunId::new(),
        node_id: NodeId::new(),
        node_name: "step".to_owned(),
        attempt: 1,
        node_config,
        inputs: Map::new(),
        input: Arc::new(input.clone()),
        global_context: Arc::new(GlobalContext {
            owner: crate::workflow::ids::UserId(uuid::Uuid::nil()),
            vars: Map::new(),
            run: RunInfo {
                id: RunId::new(),
                input: Arc::new(input),
                started_at: start(),
                effect_root: uuid::Uuid::nil(),
            },
        }),
        scope,
        cancel: tokio_util::sync::CancellationToken::new(),
        redactor: Redactor::default(),
        clock: Clock::manual(start()),
        tokens: Arc::new(|_: &str| {}),
        waiting: Arc::new(|_: Option<&str>| {}),
        log: Arc::default(),
        steps: Steps::default(),
        places: Places::default(),
    };
    registry
        .get(node_type)
        .unwrap()
        .run(&context)
        .now_or_never()
        .expect("these handlers do not wait themselves")
}

fn answer(node_type: &str, config: Value, input: Value) -> Result<NodeStep, NodeError> {
    answer_with(&registry(), node_type, config, input)
}

fn wait(step: Result<NodeStep, NodeError>) -> Wait {
    match step {
        Ok(NodeStep::Wait(wait)) => wait,
        other => panic!("{other:?}"),
    }
}

fn children(step: Result<NodeStep, NodeError>) -> Children {
    match step {
        Ok(NodeStep::Children(children)) => children,
        other => panic!("{other:?}"),
    }
}

fn output(step: Result<NodeStep, NodeError>) -> NodeOutput {
    match step {
        Ok(NodeStep::Done(output)) => output,
        other => panic!("{other:?}"),
    }
}

fn code(step: Result<NodeStep, NodeError>) -> String {
    let error = step.map(|step| panic!("{step:?}")).unwrap_err();
    assert!(!error.retryable, "{error:?}");
    error.code
}

#[test]
fn every_node_type_of_the_catalogue_has_a_behaviour() {
    let registry = registry();
    let missing: Vec<_> =
        catalog::all().iter().filter(|t| registry.get(t.name).is_none()).map(|t| t.name).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn a_delay_waits_for_its_seconds() {
    for (config, millis) in [
        (json!({ "seconds": 90 }), 90_000),
        (json!({ "seconds": 0.25 }), 250),
        (json!({ "seconds": 0.000_01 }), 1),
        (json!({ "seconds": "{{ input.wait * 2 }}" }), 3000),
    ] {
        let wait = wait(answer("delay", config.clone(), json!({ "wait": 1.5 })));
        assert_eq!(wait.due_at, Some(start() + TimeDelta::milliseconds(millis)), "{config}");
        assert_eq!((wait.value, wait.kind), (json!({ "wait": 1.5 }), WaitKind::Timer));
    }
}

#[test]
fn a_delay_waits_until_its_time() {
    for (config, at) in [
        (json!({ "until": "2026-03-01T12:30:00+02:00" }), "2026-03-01T10:30:00Z"),
        (json!({ "until": "{input}" }), "2026-03-02T00:00:00Z"),
    ] {
        let wait = wait(answer("delay", config, json!("2026-03-02T00:00:00Z")));
        assert_eq!(wait.due_at, Some(at.parse().unwrap()));
    }
}

#[test]
fn a_delay_that_is_over_gives_its_input_at_once() {
    for config in [
        json!({ "seconds": 0 }),
        json!({ "seconds": -0.0 }),
        json!({ "until": "2026-03-01T10:00:00Z" }),
        json!({ "until": "1999-12-31T23:59:59Z" }),
    ] {
        assert_eq!(output(answer("delay", config, json!([1, 2]))), NodeOutput::of(json!([1, 2])));
    }
}

#[test]
fn a_delay_refuses_nonsense() {
    for (config, expected) in [
        (json!({ "seconds": -1 }), "evaluation"),
        (json!({ "seconds": "{{ 0 - 1 }}" }), "evaluation"),
        (json!({ "seconds": "{{ input }}" }), "type_mismatch"),
        (json!({ "seconds": "{{ 10 ** 400 }}" }), "evaluation"),
        (json!({ "seconds": 315_576_001 }), "out_of_range"),
        (json!({ "seconds": 1e300 }), "out_of_range"),
        (json!({ "until": "2037-01-01T00:00:00Z" }), "out_of_range"),
        (json!({ "until": "tomorrow" }), "invalid_time"),
        (json!({ "until": "2026-03-01T12:30:00" }), "invalid_time"),
        (json!({ "until": "{input}" }), "invalid_time"),
        (json!({}), "bad_config"),
        (json!({ "seconds": 1, "until": "2026-03-02T00:00:00Z" }), "bad_config"),
    ] {
        assert_eq!(code(answer("delay", config.clone(), json!("soon"))), expected, "{config}");
    }
}

#[test]
fn a_number_that_is_none_is_no_delay() {
    for seconds in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.001] {
        assert_eq!(delay::after(start(), seconds, "seconds").unwrap_err().code, "out_of_range", "{seconds}");
    }
}

#[test]
fn an_approval_waits_for_a_person() {
    let config = json!({ "message": "Send this?\n{input.text}" });
    let wait = wait(answer("approval", config, json!({ "text": "Hi {name}" })));
    assert_eq!(
        wait,
        Wait {
            due_at: None,
            value: json!({ "message": "Send this?\nHi {name}" }),
            kind: WaitKind::Approval,
            then: Then::Done
        }
    );
}

#[test]
fn an_approval_may_give_up() {
    let wait = wait(answer("approval", json!({ "message": "?", "timeout_seconds": 1.5 }), Value::Null));
    assert_eq!(wait.due_at, Some(start() + TimeDelta::milliseconds(1500)));
    for seconds in [json!(0), json!(-5), json!(1e12)] {
        let step =
            answer("approval", json!({ "message": "?", "timeout_seconds": seconds.clone() }), Value::Null);
        assert!(["evaluation", "out_of_range"].contains(&code(step).as_str()), "{seconds}");
    }
}

#[test]
fn a_sub_workflow_gets_the_input_of_the_step_or_its_own() {
    for (config, expected) in [
        (json!({ "workflow": "w" }), json!({ "n": 2 })),
        (json!({ "workflow": "w", "input": "{{ input }}" }), json!({ "n": 2 })),
        (
            json!({ "workflow": "w", "input": { "a": ["{{ input.n }}", "n is {input.n}"] } }),
            json!({ "a": [2, "n is 2"] }),
        ),
        (json!({ "workflow": "w", "input": null }), Value::Null),
    ] {
        let children = children(answer("sub_workflow", config.clone(), json!({ "n": 2 })));
        assert_eq!(children.items.as_slice(), std::slice::from_ref(&expected), "{config}");
        assert_eq!((children.input)(0, &children.items[0]), Ok(expected));
        assert_eq!((children.workflow.as_str(), children.list, children.collect), ("w", false, false));
    }
}

#[test]
fn the_name_of_a_workflow_is_no_template() {
    let children = children(answer("sub_workflow", json!({ "workflow": "{input}" }), json!("w")));
    assert_eq!(children.workflow, "{input}");
}

#[test]
fn a_for_each_makes_an_input_for_each_item() {
    let config = json!({
        "items": "{{ input.rows }}",
        "workflow": "mail",
        "input": { "to": "{{ item }}", "text": "No {index} of {input.rows}: {item.name}", "rate": "{{ nodes.rate }}" },
        "concurrency": 7,
        "on_error": "collect",
    });
    let rows = json!([{ "name": "{x}" }, { "name": "b" }]);
    let children = children(answer("for_each", config, json!({ "rows": rows.clone() })));
    assert_eq!(Value::from((*children.items).clone()), rows);
    assert_eq!(
        (children.input)(1, &children.items[1]).unwrap(),
        json!({ "to": { "name": "b" }, "text": "No 1 of [{\"name\":\"{x}\"},{\"name\":\"b\"}]: b", "rate": 3 })
    );
    assert_eq!((children.input)(0, &children.items[0]).unwrap()["text"], format!("No 0 of {rows}: {{x}}"));
    assert_eq!(
        (children.workflow.as_str(), children.concurrency, children.collect, children.list),
        ("mail", 7, true, true)
    );
}

#[test]
fn a_for_each_has_defaults() {
    let children =
        children(answer("for_each", json!({ "items": [1, "{{ input }}"], "workflow": "w" }), json!("x")));
    assert_eq!(*children.items, [json!(1), json!("x")]);
    assert_eq!((children.input)(1, &children.items[1]), Ok(json!("x")));
    assert_eq!((children.concurrency, children.collect), (4, false));
}

#[test]
fn an_item_that_cannot_be_made_names_itself() {
    let config = json!({ "items": [{ "a": 1 }, {}], "workflow": "w", "input": { "x": "{{ item.a }}" } });
    let children = children(answer("for_each", config, Value::Null));
    assert_eq!((children.input)(0, &children.items[0]), Ok(json!({ "x": 1 })));
    let error = (children.input)(1, &children.items[1]).unwrap_err();
    assert_eq!(error.code, "undefined");
    assert!(
        error.message.contains("config.input.x for item 1") && error.message.contains("item.a"),
        "{error:?}"
    );
}

#[test]
fn an_empty_list_is_done() {
    let done = output(answer("for_each", json!({ "items": "{{ input }}", "workflow": "w" }), json!([])));
    assert_eq!(done, NodeOutput::of(json!([])));
}

#[test]
fn a_for_each_refuses_what_is_no_list_and_too_long_lists() {
    for items in [json!("{{ input }}"), json!("a, b"), json!({ "a": 1 }), json!(5), Value::Null] {
        let config = json!({ "items": items.clone(), "workflow": "w" });
        assert_eq!(code(answer("for_each", config, json!({ "rows": [1] }))), "not_a_list", "{items}");
    }
    let small = registry().with_max_items(3);
    let of = |count: u64| (0..count).collect::<Vec<_>>();
    let config = json!({ "items": "{{ input }}", "workflow": "w" });
    assert_eq!(children(answer_with(&small, "for_each", config.clone(), json!(of(3)))).items.len(), 3);
    let error = answer_with(&small, "for_each", config.clone(), json!(of(4))).unwrap_err();
    assert_eq!(error.code, "too_many_items");
    assert!(error.message.contains("4 items") && error.message.contains("limit is 3"), "{error:?}");
    assert_eq!(code(answer("for_each", config, json!(of(100_001)))), "too_many_items");
}
