//! `sub_workflow`: one child run, whose output is the step's.

use super::{Children, NodeContext, NodeError, NodeFuture, NodeHandler, NodeStep, Then, config};
use crate::workflow::catalog;
use serde_json::Value;
use std::sync::Arc;

pub struct SubWorkflow;

impl NodeHandler for SubWorkflow {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(std::future::ready(step(context)))
    }
}

fn step(context: &NodeContext) -> Result<NodeStep, NodeError> {
    // Only a config that names no input gets the default, which is a template and so has to be read here.
    let named = context.node_config.contains_key("input");
    let config: catalog::SubWorkflow = config(&context.node_config)?;
    let input = if named { config.input } else { Value::clone(&context.input) };
    Ok(NodeStep::Children(Children {
        workflow: config.workflow,
        items: Arc::new(vec![input]),
        input: Arc::new(|_, input| Ok(input.clone())),
        concurrency: 1,
        collect: false,
        list: false,
        first: 0,
        then: Then::Done,
    }))
}
