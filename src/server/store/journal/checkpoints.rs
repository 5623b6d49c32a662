//! Rows of the steps inside a step.

use super::{NewCheckpoint, RunWrite};
use crate::server::store::{
    entities::node_checkpoints::{Column, Entity},
    json,
};
use sea_orm::{
    DbBackend,
    sea_query::{InsertStatement, Query},
};

/// Each row with the write that it is of.
pub(super) fn insert(backend: DbBackend, rows: &[(&RunWrite, &NewCheckpoint)]) -> InsertStatement {
    let mut insert = Query::insert();
    insert.into_table(Entity).columns([
        Column::RunId,
        Column::NodeId,
        Column::Seq,
        Column::Kind,
        Column::Payload,
        Column::CreatedAt,
    ]);
    for (write, step) in rows {
        insert.values_panic([
            write.run.0.into(),
            step.node.0.into(),
            step.seq.into(),
            step.kind.into(),
            json::expr(backend, Some(step.payload.clone())),
            step.at.into(),
        ]);
    }
    insert
}
