//! `db_write`: rows into a table. The table and its columns are made here; the rows are written with the completion. Into
//! a table of the user's own database they are written at once.

use super::{
    NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, NodeStep, Tables, config,
    tables::{Database, Elsewhere, Writing},
    tables_of,
};
use crate::workflow::catalog::{self, DbWriteMode, schema::kind_word};
use serde_json::{Map, Value, json};

pub struct DbWrite {
    tables: Option<Tables>,
    elsewhere: Elsewhere,
}

impl DbWrite {
    pub fn new(tables: Option<Tables>, elsewhere: Elsewhere) -> Self {
        Self { tables, elsewhere }
    }

    async fn write(&self, context: &NodeContext) -> Result<NodeStep, NodeError> {
        let rows = rows(context.node_config.get("data").unwrap_or(&Value::Null))?;
        let config: catalog::DbWrite = config(&without_data(&context.node_config))?;
        let key = key(&config)?;
        let output = NodeOutput::of(json!({ "rows": rows.len() }));
        if rows.is_empty() {
            return Ok(output.into());
        }
        let owner = context.global_context.owner;
        let writing = Writing { table: &config.table, rows: &rows, key, now: context.now() };
        let Some(credential) = config.credential.as_deref().filter(|name| !name.is_empty()) else {
            let effect = tables_of(&self.tables)?.write(owner, writing).await?;
            return Ok(NodeOutput { effect, ..output }.into());
        };
        let database = Database { owner, credential, redactor: &context.redactor };
        self.elsewhere.write(database, writing).await?;
        Ok(output.into())
    }
}

impl NodeHandler for DbWrite {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(self.write(context))
    }
}

/// The key of an upsert; without one it is no upsert.
fn key(config: &catalog::DbWrite) -> Result<&[String], NodeError> {
    match (config.mode, config.key.is_empty()) {
        (DbWriteMode::Insert, _) => Ok(&[]),
        (DbWriteMode::Upsert, false) => Ok(&config.key),
        (DbWriteMode::Upsert, true) => Err(NodeError::permanent(
            "missing_key",
            "an upsert needs `key`: the column whose value tells a row from the others; name it",
        )),
    }
}

fn rows(data: &Value) -> Result<Vec<&Map<String, Value>>, NodeError> {
    let refused = |message| Err(NodeError::permanent("not_a_row", message));
    match data {
        Value::Object(row) => Ok(vec![row]),
        Value::Array(list) => match list.iter().position(|value| !value.is_object()) {
            None => Ok(list.iter().filter_map(Value::as_object).collect()),
            Some(index) => refused(format!(
                "item {index} of `data` is {}, not an object; make each item an object with the columns as names",
                kind_word(&list[index])
            )),
        },
        other => refused(format!(
            "`data` gave {}; a row is an object with the columns as names, several are a list of objects",
            kind_word(other)
        )),
    }
}

/// The config without the rows, which may be many: they need not be copied.
fn without_data(config: &Map<String, Value>) -> Map<String, Value> {
    let value = |name: &String, value: &Value| if name == "data" { Value::Null } else { value.clone() };
    config.iter().map(|(name, field)| (name.clone(), value(name, field))).collect()
}
