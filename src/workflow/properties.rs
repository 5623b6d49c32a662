//! Properties that hold for whatever comes: random values, texts, graphs and edits.

mod diffs;
mod edits;
mod files;
mod graphs;
mod hostile;
mod texts;

use super::document::{Edge, Node, Settings, Workflow};
use super::ids::{EdgeId, NodeId};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Any JSON value of a moderate size.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,8}", inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// A node that needs nothing else to be sound.
fn plain_node(name: String, node_type: &str) -> Node {
    let config = match node_type {
        "condition" => json!({ "condition": "true" }),
        "llm_call" => json!({ "prompt_template": "{input}" }),
        "delay" => json!({ "seconds": 1 }),
        "approval" => json!({ "message": "{input}" }),
        "for_each" => json!({ "items": "{{ input }}", "workflow": "another" }),
        "sub_workflow" => json!({ "workflow": "another" }),
        _ => json!({ "expression": "input" }),
    };
    Node {
        id: NodeId::new(),
        name,
        node_type: node_type.to_owned(),
        config: config.as_object().cloned().unwrap_or_default(),
        settings: Settings::default(),
        position_x: 0.0,
        position_y: 0.0,
    }
}

fn plain_edge(nodes: &[Node], source: usize, port: Option<&str>, target: usize) -> Edge {
    Edge {
        id: EdgeId::new(),
        source_node_id: nodes[source].id,
        source_port: port.map(str::to_owned),
        target_node_id: nodes[target].id,
        target_port: None,
    }
}

fn plain_workflow(nodes: Vec<Node>, edges: Vec<Edge>) -> Workflow {
    Workflow {
        name: "random".into(),
        description: String::new(),
        input_schema: None,
        vars: Map::new(),
        nodes,
        edges,
        notes: Vec::new(),
    }
}
