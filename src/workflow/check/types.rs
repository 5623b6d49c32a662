//! What kind of value an expression surely gives: from the output schemas of the steps before, the run's input schema and
//! the variables. Silent wherever several things may come.

use super::Problems;
use super::graph::Graph;
use super::reach::Reach;
use crate::workflow::catalog::{self, ERROR_PORT, NodeType};
use crate::workflow::document::Node;
use crate::workflow::expression::{Form, Outline, PathStep, Root, outline};
use serde_json::{Value, json};

/// Steps that pass their input on, one behind the other; more are not followed.
const MAX_HOPS: usize = 100;

/// Reports fields that want a list (`x-result`) and surely get something else.
pub(super) fn check_lists(
    graph: &Graph<'_>,
    reach: &Reach<'_>,
    index: usize,
    node_type: &NodeType,
    problems: &mut Problems,
) {
    let node = graph.node(index);
    let types = Types { graph, reach };
    for field in &node_type.fields {
        let wants_list = field.schema.get("x-result").is_some_and(|r| r == "array");
        let text = node.config.get(&field.name).and_then(Value::as_str).filter(|_| wants_list);
        if let Some(text) = text
            && let Some(kind) = types.kind_of(text, index)
        {
            let message = format!(
                "`{}` needs a list, and `{}` is {kind}. Use an expression that gives a list.",
                field.name, text
            );
            problems.error(Some(node), Some(&format!("config.{}", field.name)), "not_a_list", message);
        }
    }
}

pub(super) struct Types<'g> {
    pub graph: &'g Graph<'g>,
    pub reach: &'g Reach<'g>,
}

impl Types<'_> {
    /// The kind of the template's value in words, where it is known and no list.
    fn kind_of(&self, template: &str, index: usize) -> Option<String> {
        match outline(template, Form::Template)? {
            Outline::Kind(kind) => (kind != "array").then(|| word(kind).to_owned()),
            Outline::Path(root, steps) => not_a_list(&self.at_path(&root, &steps, index)?),
        }
    }

    fn at_path(&self, root: &Root, steps: &[PathStep], index: usize) -> Option<Value> {
        let named = |steps: &[PathStep]| match steps.first() {
            Some(PathStep::Name(name)) => self.graph.named(name),
            _ => None,
        };
        match root {
            Root::Input => walk(self.input_of(index, 0)?, steps),
            Root::Inputs | Root::Nodes | Root::Vars | Root::Run if steps.is_empty() => {
                Some(json!({ "type": "object" }))
            }
            Root::Inputs => {
                let source = named(steps).filter(|&s| self.graph.is_predecessor(s, index))?;
                walk(self.sent_by(source, index, 0)?, &steps[1..])
            }
            Root::Nodes => {
                let source = named(steps).filter(|&s| self.graph.is_ancestor(s, index))?;
                walk(self.output_of(source, 0)?, &steps[1..])
            }
            Root::Vars => {
                value_at(&Value::Object(self.graph.workflow.vars.clone()), steps).map(|v| schema_of(&v))
            }
            Root::Run => match steps.first()? {
                PathStep::Name(name) if name == "input" => {
                    walk(self.graph.workflow.input_schema.clone()?, &steps[1..])
                }
                PathStep::Name(name) if steps.len() == 1 && matches!(name.as_str(), "id" | "started_at") => {
                    Some(json!({ "type": "string" }))
                }
                _ => None,
            },
            Root::Item | Root::Index | Root::Other(_) => None,
        }
    }

    /// What `input` is at a node.
    pub fn input_of(&self, index: usize, hops: usize) -> Option<Value> {
        let mut sources: Vec<usize> =
            self.graph.incoming[index].iter().map(|&link| self.graph.links[link].source).collect();
        sources.sort_unstable();
        sources.dedup();
        match sources.as_slice() {
            [] => self.graph.workflow.input_schema.clone(),
            [only] => self.sent_by(*only, index, hops),
            // With one live predecessor it is that one's output, with several the object of them.
            several => (several.iter().filter(|&&s| self.reach.delivered(s, index)).count() > 1)
                .then(|| json!({ "type": "object" })),
        }
    }

    /// What comes over the edges from one node to another.
    pub fn sent_by(&self, source: usize, index: usize, hops: usize) -> Option<Value> {
        let links = self.graph.incoming[index].iter().map(|&link| &self.graph.links[link]);
        let errors: Vec<bool> =
            links.filter(|l| l.source == source).map(|l| l.port == Some(ERROR_PORT)).collect();
        match (errors.contains(&true), errors.contains(&false)) {
            (true, true) => None,
            (true, false) => Some(json!({
                "type": "object",
                "properties": { "code": { "type": "string" }, "message": { "type": "string" }, "node": { "type": "string" } },
            })),
            _ => self.output_of(source, hops),
        }
    }

    pub fn output_of(&self, index: usize, hops: usize) -> Option<Value> {
        let node: &Node = self.graph.node(index);
        let node_type = catalog::find(&node.node_type)?;
        if node.settings.pinned_output.is_some() || hops > MAX_HOPS {
            return None; // a pinned output may be anything
        }
        if node.settings.disabled || node_type.nature.passes_input {
            return self.input_of(index, hops + 1);
        }
        Some(node_type.output_schema(&node.config))
    }
}

/// The schema of what stands at a path below a value of the given one.
fn walk(schema: Value, steps: &[PathStep]) -> Option<Value> {
    steps.iter().try_fold(schema, |schema, step| match step {
        PathStep::Name(name) => schema.get("properties")?.get(name).cloned(),
        PathStep::Index(_) => schema.get("items").cloned(),
    })
}

fn value_at(value: &Value, steps: &[PathStep]) -> Option<Value> {
    let found = steps.iter().try_fold(value, |value, step| match step {
        PathStep::Name(name) => value.as_object()?.get(name),
        PathStep::Index(index) => value.as_array()?.get(usize::try_from(*index).ok()?),
    });
    found.cloned()
}

fn schema_of(value: &Value) -> Value {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    json!({ "type": kind })
}

/// The kinds that a schema allows, in words; `None` where a list is among them or anything may come.
fn not_a_list(schema: &Value) -> Option<String> {
    let kinds: Vec<&str> = match schema.get("type")? {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    if kinds.is_empty() || kinds.contains(&"array") {
        return None;
    }
    Some(kinds.into_iter().map(word).collect::<Vec<_>>().join(" or "))
}

fn word(kind: &str) -> &str {
    catalog::schema::type_word(kind)
}
