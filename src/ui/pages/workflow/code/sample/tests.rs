//! Where the values of a preview come from.

use super::*;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn node(n: u128, name: &str, kind: &str, config: Value) -> Value {
    json!({"id": id(n), "name": name, "node_type": kind, "config": config})
}

fn edge(n: u128, from: u128, port: &str, to: u128) -> Value {
    json!({"id": id(100 + n), "source_node_id": id(from), "source_port": port, "target_node_id": id(to)})
}

fn workflow() -> Workflow {
    serde_json::from_value(json!({
        "name": "w", "vars": {"rate": 2},
        "nodes": [
            node(1, "Ask", "llm_call", json!({"prompt_template": "{input}"})),
            node(2, "Check", "condition", json!({"condition": "true"})),
            node(3, "Double", "transform", json!({"expression": "input.n * vars.rate"})),
            node(4, "Other", "transform", json!({"fields": {"x": "1"}})),
            node(5, "End", "transform", json!({"expression": "input"})),
        ],
        "edges": [edge(1, 1, "out", 2), edge(2, 2, "true", 3), edge(3, 3, "out", 5), edge(4, 2, "false", 4), edge(5, 4, "out", 5)],
    }))
    .unwrap()
}

fn detail(steps: Value) -> RunDetail {
    serde_json::from_value(json!({
        "run": {
            "id": id(50), "workflow_id": id(51), "workflow_name": "w", "version": 1, "status": "completed",
            "trigger": "manual", "forked_from": null, "parent": null, "error_code": null, "error_message": null,
            "created_at": "2026-01-01T00:00:00Z", "started_at": null, "completed_at": null,
            "input_data": {"q": "hello"}, "output_data": null,
        },
        "node_executions": steps,
    }))
    .unwrap()
}

fn step(n: u128, name: &str, status: &str, port: &str, output: Value) -> Value {
    json!({
        "id": id(200 + n), "node_id": id(n), "node_name": name, "node_type": "transform", "attempt": 1,
        "status": status, "port": port, "input_data": null, "output_data": output, "error_code": "boom",
        "error_message": "no", "logs": [], "usage": null, "execution_order": 1, "due_at": null,
        "reused_from": null, "started_at": null, "completed_at": null,
    })
}

fn of(document: &Workflow, sample: &Sample, n: u128) -> Data {
    data(document, sample, &json!({"q": "example"}), NodeId(id(n)))
}

#[test]
fn without_a_run_the_example_stands_for_the_input() {
    let document = workflow();
    let data = of(&document, &Sample::default(), 1);
    assert_eq!((data.input.as_deref(), data.from), (Some(&json!({"q": "example"})), Origin::Example));
    let after = of(&document, &Sample::default(), 2);
    assert_eq!(
        (after.input, after.awaited),
        (None, vec!["Ask".to_owned()]),
        "a model's answer cannot be computed"
    );
}

#[test]
fn a_pinned_output_is_taken_and_what_follows_is_computed() {
    let mut document = workflow();
    document.nodes[0].settings.pinned_output = Some(json!({"n": 21}));
    let data = of(&document, &Sample::default(), 5);
    assert_eq!(data.from, Origin::Pinned);
    // Both ways lead on, since nobody has decided yet.
    assert_eq!(data.input.as_deref(), Some(&json!({"Double": 42, "Other": {"x": 1}})));
    document.nodes[1].settings.pinned_output = Some(json!({"port": "true", "output": {"n": 1}}));
    assert_eq!(of(&document, &Sample::default(), 5).input.as_deref(), Some(&json!(2)));
}

#[test]
fn the_last_run_says_what_was_sent_and_where() {
    let document = workflow();
    let sample = Sample::of(&detail(json!([
        step(1, "Ask", "completed", "out", json!({"n": 5})),
        step(2, "Check", "completed", "false", json!({"n": 5})),
        step(4, "Other", "completed", "out", json!({"x": 1})),
    ])));
    let data = of(&document, &sample, 5);
    assert_eq!(data.input.as_deref(), Some(&json!({"x": 1})), "the other way was not taken");
    assert_eq!(data.nodes[0].0, "Double");
    assert!(
        data.nodes.iter().any(|(name, value)| name == "Ask" && value.as_deref() == Some(&json!({"n": 5})))
    );
    assert_eq!(data.run["input"], json!({"q": "hello"}));
    let again = of(&document, &sample, 5);
    assert!(data.is_same(&again));
}

#[test]
fn a_failure_goes_along_its_own_edge_only() {
    let mut document = workflow();
    document.edges[0].source_port = Some("error".to_owned());
    let sample = Sample::of(&detail(json!([step(1, "Ask", "failed", "", Value::Null)])));
    assert_eq!(of(&document, &sample, 2).input.as_deref().unwrap()["code"], "boom");
    document.edges[0].source_port = None;
    assert_eq!(of(&document, &sample, 2).input, None);
}

#[test]
fn a_circle_ends() {
    let mut document = workflow();
    document.edges.push(serde_json::from_value(edge(9, 5, "out", 3)).unwrap());
    let _ = of(&document, &Sample::default(), 5);
}

#[test]
fn each_item_of_a_list_has_the_first_as_example() {
    let document: Workflow = serde_json::from_value(json!({
        "name": "w",
        "nodes": [node(1, "Each", "for_each", json!({"items": "{{ input.rows }}", "workflow": "x"}))],
        "edges": [],
    }))
    .unwrap();
    let found = data(&document, &Sample::default(), &json!({"rows": [{"a": 7}, {"a": 8}]}), NodeId(id(1)));
    assert_eq!(found.item.as_deref(), Some(&json!({"a": 7})));
}
