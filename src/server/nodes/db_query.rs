//! `db_query`: rows of a table, by a filter and in an order.

use super::{
    NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, NodeStep, Tables, config, tables::Asking,
};
use crate::workflow::catalog;
use serde_json::Value;

pub struct DbQuery {
    tables: Tables,
}

impl DbQuery {
    pub fn new(tables: Tables) -> Self {
        Self { tables }
    }

    async fn ask(&self, context: &NodeContext) -> Result<NodeStep, NodeError> {
        let config: catalog::DbQuery = config(&context.node_config)?;
        let asking = Asking {
            table: &config.table,
            // An empty field of a form.
            filter: config.filter.as_ref().filter(|filter| filter.as_str() != Some("")),
            order: &config.order,
            limit: config.limit,
        };
        let rows = self.tables.ask(context.global_context.owner, asking).await?;
        Ok(NodeOutput::of(Value::Array(rows.into_iter().map(Value::Object).collect())).into())
    }
}

impl NodeHandler for DbQuery {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(self.ask(context))
    }
}
