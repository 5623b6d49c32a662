//! The data that flows through a run: outputs and errors by node, and what each node gets of them. Pure.

use super::{
    plan::{NodeIx, Plan},
    step::State,
};
use crate::{server::nodes::GlobalContext, workflow::expression::Scope};
use serde_json::{Map, Value, json};
use std::{collections::HashMap, sync::Arc};

/// What the nodes of a run gave so far; values are shared, not copied.
#[derive(Debug, Clone, Default)]
pub struct Data {
    outputs: HashMap<NodeIx, Output>,
    errors: HashMap<NodeIx, Arc<Value>>,
}

/// A JSON value and, where somebody has made it already, its text.
#[derive(Debug, Clone)]
pub struct Output {
    pub value: Arc<Value>,
    pub text: Option<Arc<str>>,
}

impl Output {
    /// The JSON text, shared where it is known.
    #[must_use]
    pub fn text(&self) -> Arc<str> {
        match &self.text {
            Some(text) => Arc::clone(text),
            None => self.value.to_string().into(),
        }
    }
}

/// What one node gets.
#[derive(Debug, Clone)]
pub struct NodeInput {
    /// See section 6 of the design: by the number of live predecessors.
    pub input: Arc<Value>,
    /// The same as JSON text.
    pub text: Arc<str>,
    /// Direct live predecessors by name.
    pub inputs: Vec<(String, Arc<Value>)>,
    /// Completed ancestors by name.
    pub nodes: Vec<(String, Arc<Value>)>,
}

impl Data {
    /// Keeps the output of a completed node.
    pub fn completed(&mut self, node: NodeIx, output: Output) {
        self.outputs.insert(node, output);
    }

    /// Keeps the error of a failed node: what goes over its `error` edges.
    pub fn failed(&mut self, plan: &Plan, node: NodeIx, code: &str, message: &str) {
        let error = json!({ "code": code, "message": message, "node": plan.nodes[node].node.name });
        self.errors.insert(node, Arc::new(error));
    }

    /// What a node gets that is about to start.
    #[must_use]
    pub fn input_of(&self, plan: &Plan, state: &State, node: NodeIx, run_input: &Output) -> NodeInput {
        let name = |node: NodeIx| plan.nodes[node].node.name.clone();
        let before: Vec<(NodeIx, Output)> = state
            .live_predecessors(plan, node)
            .into_iter()
            .filter_map(|before| Some((before, self.given_by(before)?)))
            .collect();
        let inputs: Vec<_> =
            before.iter().map(|(before, given)| (name(*before), Arc::clone(&given.value))).collect();
        let input = match before.as_slice() {
            [] => run_input.clone(),
            [(_, only)] => only.clone(),
            _ => Output { value: Arc::new(object(&inputs)), text: None },
        };
        let nodes = plan
            .ancestors(node)
            .into_iter()
            .filter_map(|before| Some((name(before), Arc::clone(&self.outputs.get(&before)?.value))))
            .collect();
        NodeInput { text: input.text(), input: input.value, inputs, nodes }
    }

    /// What goes over the live edges of a node.
    fn given_by(&self, node: NodeIx) -> Option<Output> {
        let error = || Some(Output { value: Arc::clone(self.errors.get(&node)?), text: None });
        self.outputs.get(&node).cloned().or_else(error)
    }

    /// `{node_name: output}` of the completed nodes none of whose successors completed.
    #[must_use]
    pub fn run_output(&self, plan: &Plan, state: &State) -> Value {
        let last = state.last_completed(plan).into_iter().filter_map(|node| {
            Some((plan.nodes[node].node.name.clone(), Value::clone(&self.outputs.get(&node)?.value)))
        });
        Value::Object(last.collect())
    }
}

impl NodeInput {
    /// The names that the node's expressions may use.
    #[must_use]
    pub fn scope(&self, global: &GlobalContext) -> Scope {
        let mut scope = Scope::builder().input(Arc::clone(&self.input)).vars(global.vars.clone()).run(
            &global.run.id.to_string(),
            &global.run.input,
            &global.run.started_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        );
        for (name, value) in &self.inputs {
            scope = scope.with_input(name.as_str(), Arc::clone(value));
        }
        for (name, value) in &self.nodes {
            scope = scope.with_node(name.as_str(), Arc::clone(value));
        }
        scope.build()
    }

    /// The direct predecessors' values as an object.
    #[must_use]
    pub fn inputs_object(&self) -> Map<String, Value> {
        self.inputs.iter().map(|(name, value)| (name.clone(), Value::clone(value))).collect()
    }
}

fn object(named: &[(String, Arc<Value>)]) -> Value {
    Value::Object(named.iter().map(|(name, value)| (name.clone(), Value::clone(value))).collect())
}
