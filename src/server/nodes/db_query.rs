//! `db_query`: rows of a table, by a filter and in an order.

use super::{
    NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, Tables, config,
    tables::{Asking, Database, Elsewhere},
    tables_of,
};
use crate::workflow::catalog;
use serde_json::Value;

pub struct DbQuery {
    tables: Option<Tables>,
    elsewhere: Elsewhere,
}

impl DbQuery {
    pub fn new(tables: Option<Tables>, elsewhere: Elsewhere) -> Self {
        Self { tables, elsewhere }
    }

    /// The rows that a config asks for.
    pub async fn ask(&self, context: &NodeContext, config: &catalog::DbQuery) -> Result<Value, NodeError> {
        let asking = Asking {
            table: &config.table,
            // An empty field of a form.
            filter: config.filter.as_ref().filter(|filter| filter.as_str() != Some("")),
            order: &config.order,
            limit: config.limit,
        };
        let owner = context.global_context.owner;
        let tables = tables_of(&self.tables)?;
        let rows = match config.credential.as_deref().filter(|name| !name.is_empty()) {
            None => tables.ask(owner, asking).await?,
            Some(credential) => {
                let database = Database { owner, credential, redactor: &context.redactor };
                self.elsewhere.ask(database, asking, tables.output_bytes()).await?
            }
        };
        Ok(Value::Array(rows.into_iter().map(Value::Object).collect()))
    }

    /// The columns of a table of Millrace, each with its type; empty where that is not known.
    pub async fn columns(&self, context: &NodeContext, table: &str) -> Vec<String> {
        match &self.tables {
            Some(tables) => tables.columns(context.global_context.owner, table).await,
            None => Vec::new(),
        }
    }
}

impl NodeHandler for DbQuery {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(async {
            let config: catalog::DbQuery = config(&context.node_config)?;
            Ok(NodeOutput::of(self.ask(context, &config).await?).into())
        })
    }
}
