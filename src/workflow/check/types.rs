//! What kind of value an expression surely gives: from the output schemas of the steps before, the run's input schema and
//! the variables. Silent wherever several things may come.

use super::graph::Graph;
use super::reach::Reach;
use crate::workflow::catalog::{self, ERROR_PORT};
use crate::workflow::expression::{PathStep, Root};
use serde_json::{Map, Value, json};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// Steps that pass their input on, one behind the other; more are not followed.
const MAX_HOPS: usize = 100;

/// What is known of values in one workflow.
pub(super) struct Types<'g> {
    pub graph: &'g Graph<'g>,
    pub reach: &'g Reach<'g>,
    /// Output schemas of the steps that were asked for.
    outputs: RefCell<HashMap<usize, Rc<Value>>>,
}

/// Where a value was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It is the output of this step.
    Step(usize),
    /// It is the run's input. Its schema is looked at when a person or a program starts a run, not when another workflow
    /// does.
    Run,
    /// It is what comes over an `error` edge.
    Failure,
    /// It is the outputs of several steps by name.
    Several,
    /// It is written in the workflow, or is what every run has.
    Given,
}

/// What a path begins with.
pub(super) struct Start {
    pub schema: Rc<Value>,
    /// The steps of the path that lead to what the schema describes.
    pub taken: usize,
    pub origin: Origin,
}

impl<'g> Types<'g> {
    pub fn new(graph: &'g Graph<'g>, reach: &'g Reach<'g>) -> Self {
        Self { graph, reach, outputs: RefCell::default() }
    }

    /// What is known of the beginning of a path.
    pub fn start(&self, root: &Root, steps: &[PathStep], index: usize) -> Option<Start> {
        let named = || match steps.first() {
            Some(PathStep::Name(name)) => self.graph.named(name),
            _ => None,
        };
        let from = |origin: Origin, taken| Some(Start { schema: self.schema(origin)?, taken, origin });
        let given =
            |schema: Value, taken| Some(Start { schema: Rc::new(schema), taken, origin: Origin::Given });
        match root {
            Root::Input => from(self.input_origin(index)?, 0),
            Root::Inputs | Root::Nodes | Root::Run if steps.is_empty() => {
                given(json!({ "type": "object" }), 0)
            }
            Root::Inputs => {
                let source = named().filter(|&s| self.graph.is_predecessor(s, index))?;
                from(self.sent_origin(source, index)?, 1)
            }
            Root::Nodes => {
                let source = named().filter(|&s| self.graph.is_ancestor(s, index))?;
                from(self.output_origin(source)?, 1)
            }
            Root::Vars => given(of_fields(&self.graph.workflow.vars, steps), 0),
            Root::Run => match first(steps) {
                "input" => from(Origin::Run, 1),
                "id" | "started_at" => given(json!({ "type": "string" }), 1),
                _ => None,
            },
            Root::Item | Root::Index | Root::Other(_) => None,
        }
    }

    /// The schema of the value at a path.
    pub fn at_path(&self, root: &Root, steps: &[PathStep], index: usize) -> Option<Value> {
        let start = self.start(root, steps, index)?;
        steps[start.taken..].iter().try_fold(&*start.schema, inside).cloned()
    }

    /// What `input` is at a node.
    pub fn input_of(&self, index: usize) -> Option<Value> {
        self.described(self.input_origin(index))
    }

    /// What comes over the edges from one node to another.
    pub fn sent_by(&self, source: usize, index: usize) -> Option<Value> {
        self.described(self.sent_origin(source, index))
    }

    pub fn output_of(&self, index: usize) -> Option<Value> {
        self.described(self.output_origin(index))
    }

    fn described(&self, origin: Option<Origin>) -> Option<Value> {
        self.schema(origin?).map(|schema| Value::clone(&schema))
    }

    fn schema(&self, origin: Origin) -> Option<Rc<Value>> {
        match origin {
            Origin::Step(index) => {
                if let Some(known) = self.outputs.borrow().get(&index) {
                    return Some(Rc::clone(known));
                }
                let node = self.graph.node(index);
                let schema = Rc::new(catalog::find(&node.node_type)?.output_schema(&node.config));
                self.outputs.borrow_mut().insert(index, Rc::clone(&schema));
                Some(schema)
            }
            Origin::Run => self.graph.workflow.input_schema.clone().map(Rc::new),
            Origin::Failure => Some(Rc::new(json!({
                "type": "object",
                "properties": { "code": { "type": "string" }, "message": { "type": "string" }, "node": { "type": "string" } },
            }))),
            Origin::Several | Origin::Given => Some(Rc::new(json!({ "type": "object" }))),
        }
    }

    fn input_origin(&self, index: usize) -> Option<Origin> {
        self.follow(Asked::Input(index))
    }

    fn sent_origin(&self, source: usize, index: usize) -> Option<Origin> {
        self.follow(Asked::Sent(source, index))
    }

    fn output_origin(&self, index: usize) -> Option<Origin> {
        self.follow(Asked::Output(index))
    }

    /// Goes back through what passes its input on.
    fn follow(&self, mut asked: Asked) -> Option<Origin> {
        for _ in 0..MAX_HOPS {
            asked = match asked {
                Asked::Input(index) => {
                    let links = &self.graph.incoming[index];
                    let source = |link: &usize| self.graph.links[*link].source;
                    let Some(one) = links.first().map(source) else { return Some(Origin::Run) };
                    if links.iter().any(|link| source(link) != one) {
                        return self.has_several(index).then_some(Origin::Several);
                    }
                    Asked::Sent(one, index)
                }
                Asked::Sent(source, index) => {
                    let links = self.graph.incoming[index].iter().map(|&link| &self.graph.links[link]);
                    let mut errors = links.filter(|l| l.source == source).map(|l| l.port == Some(ERROR_PORT));
                    let first = errors.next().unwrap_or_default();
                    match (first, errors.any(|other| other != first)) {
                        (_, true) => return None, // an output or an error
                        (true, false) => return Some(Origin::Failure),
                        (false, false) => Asked::Output(source),
                    }
                }
                Asked::Output(index) => {
                    let node = self.graph.node(index);
                    let node_type = catalog::find(&node.node_type)?;
                    if node.settings.pinned_output.is_some() {
                        return None; // it may be anything
                    }
                    if !node.settings.disabled && !node_type.nature.passes_input {
                        return Some(Origin::Step(index));
                    }
                    Asked::Input(index)
                }
            };
        }
        None
    }

    /// Whether several sources have surely sent something: with one live predecessor `input` is that one's output, with
    /// several the object of them.
    fn has_several(&self, index: usize) -> bool {
        let mut sources: Vec<usize> =
            self.graph.incoming[index].iter().map(|&link| self.graph.links[link].source).collect();
        sources.sort_unstable();
        sources.dedup();
        sources.iter().filter(|&&source| self.reach.delivered(source, index)).count() > 1
    }
}

/// What the origin is asked of.
enum Asked {
    Input(usize),
    /// What a node gets from another.
    Sent(usize, usize),
    Output(usize),
}

/// The schema of what stands one step below a value of the given one.
pub(super) fn inside<'s>(schema: &'s Value, step: &PathStep) -> Option<&'s Value> {
    match step {
        PathStep::Name(name) => schema.get("properties")?.get(name),
        // Entries with schemas of their own are not followed.
        PathStep::Index(_) => schema.get("items").filter(|_| schema.get("prefixItems").is_none()),
    }
}

/// The JSON types that a schema allows; none where anything may come.
pub(super) fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn first(steps: &[PathStep]) -> &str {
    match steps.first() {
        Some(PathStep::Name(name)) => name,
        _ => "",
    }
}

/// The schema of an object with these fields, no further than a path leads.
fn of_fields(vars: &Map<String, Value>, steps: &[PathStep]) -> Value {
    let found = steps.split_first().and_then(|(step, rest)| match step {
        PathStep::Name(name) => Some((name, along(vars.get(name)?, rest))),
        PathStep::Index(_) => None,
    });
    let properties: Map<String, Value> =
        found.map(|(name, schema)| (name.clone(), schema)).into_iter().collect();
    json!({ "type": "object", "properties": properties })
}

/// The schema of a value, no further than a path leads.
fn along(value: &Value, steps: &[PathStep]) -> Value {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(items) => {
            let entry = steps.split_first().and_then(|(step, rest)| match step {
                PathStep::Index(place) => Some(along(items.get(usize::try_from(*place).ok()?)?, rest)),
                PathStep::Name(_) => None,
            });
            return json!({ "type": "array", "items": entry.unwrap_or_else(|| json!({})) });
        }
        Value::Object(fields) => return of_fields(fields, steps),
    };
    json!({ "type": kind })
}
