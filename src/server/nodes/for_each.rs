//! `for_each`: one child run for each item of a list.

use super::{Children, NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, NodeStep, Then, config};
use crate::workflow::{
    catalog::{self, OnError, schema::kind_word},
    expression,
};
use serde_json::{Map, Value};
use std::sync::Arc;

pub struct ForEach {
    max_items: usize,
}

impl ForEach {
    /// Refuses lists of more than `max_items`.
    pub fn new(max_items: usize) -> Self {
        Self { max_items }
    }

    fn step(&self, context: &NodeContext) -> Result<NodeStep, NodeError> {
        let items = self.items(context.node_config.get("items").unwrap_or(&Value::Null))?;
        let config: catalog::ForEach = config(&without_items(&context.node_config))?;
        if items.is_empty() {
            return Ok(NodeOutput::of(Value::Array(Vec::new())).into());
        }
        let scope = context.scope.clone();
        let template = config.input;
        let input = move |index: usize, item: &Value| {
            expression::render_item("input", &template, &scope, item.clone(), index).map_err(|e| {
                let message = format!("config.{} for item {index}: {}", e.field, e.error.message);
                NodeError::permanent(e.error.code.as_str(), message)
            })
        };
        Ok(NodeStep::Children(Children {
            workflow: config.workflow,
            items: Arc::new(items.clone()),
            input: Arc::new(input),
            concurrency: usize::try_from(config.concurrency).unwrap_or(1).max(1),
            collect: config.on_error == OnError::Collect,
            list: true,
            first: 0,
            then: Then::Done,
        }))
    }

    fn items<'v>(&self, items: &'v Value) -> Result<&'v Vec<Value>, NodeError> {
        let Value::Array(list) = items else {
            let message = format!(
                "`items` gave {}, not a list; write an expression that gives a list, such as `{{{{ input.rows }}}}`",
                kind_word(items)
            );
            return Err(NodeError::permanent("not_a_list", message));
        };
        if list.len() > self.max_items {
            let message = format!(
                "the list has {} items, the limit is {} (max_for_each_items); split it over several steps",
                list.len(),
                self.max_items
            );
            return Err(NodeError::permanent("too_many_items", message));
        }
        Ok(list)
    }
}

impl NodeHandler for ForEach {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(std::future::ready(self.step(context)))
    }
}

/// The config without the items, which may be many: they need not be copied twice.
fn without_items(config: &Map<String, Value>) -> Map<String, Value> {
    let value = |name: &String, value: &Value| if name == "items" { Value::Null } else { value.clone() };
    config.iter().map(|(name, field)| (name.clone(), value(name, field))).collect()
}
