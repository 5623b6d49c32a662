//! The child runs of a step.

use crate::{
    api::runs::RunStatus,
    server::store::{
        Read, StoreError, entities::workflow_runs as runs, runs::parse_status as parse_run_status,
    },
    workflow::ids::{NodeId, RunId, VersionId},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// Where a child is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildState {
    pub id: RunId,
    pub item_index: i32,
    pub status: RunStatus,
}

/// What a child gave.
#[derive(Debug, Clone)]
pub struct ChildResult {
    pub item_index: i32,
    pub status: RunStatus,
    pub output_data: Value,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}

/// The children of a step, by index.
///
/// # Errors
/// `Damaged`, `Unavailable`.
pub async fn child_states(
    db: &impl Read,
    parent: RunId,
    node: NodeId,
) -> Result<Vec<ChildState>, StoreError> {
    let rows: Vec<(Uuid, Option<i32>, String)> = of(parent, node)
        .select_only()
        .columns([runs::Column::Id, runs::Column::ItemIndex, runs::Column::Status])
        .order_by_asc(runs::Column::ItemIndex)
        .into_tuple()
        .all(db.connection())
        .await?;
    rows.into_iter()
        .map(|(id, index, status)| {
            let status = parse_run_status(&status)?;
            Ok(ChildState { id: RunId(id), item_index: index.unwrap_or_default(), status })
        })
        .collect()
}

/// What the children of a step gave, by index; with `only`, of that one.
///
/// # Errors
/// `Damaged`, `Unavailable`.
pub async fn child_results(
    db: &impl Read,
    parent: RunId,
    node: NodeId,
    only: Option<i32>,
) -> Result<Vec<ChildResult>, StoreError> {
    let mut select = of(parent, node);
    if let Some(index) = only {
        select = select.filter(runs::Column::ItemIndex.eq(index));
    }
    type Row = (Option<i32>, String, Value, Option<String>, Option<String>);
    let rows: Vec<Row> = select
        .select_only()
        .columns([
            runs::Column::ItemIndex,
            runs::Column::Status,
            runs::Column::OutputData,
            runs::Column::ErrorCode,
            runs::Column::ErrorMessage,
        ])
        .order_by_asc(runs::Column::ItemIndex)
        .into_tuple()
        .all(db.connection())
        .await?;
    rows.into_iter()
        .map(|(index, status, output_data, error_code, error_message)| {
            let status = parse_run_status(&status)?;
            let item_index = index.unwrap_or_default();
            Ok(ChildResult { item_index, status, output_data, error_code, error_message })
        })
        .collect()
}

/// The completed children of a step that ran that version, by index.
///
/// # Errors
/// `Unavailable`.
pub async fn completed_children(
    db: &impl Read,
    parent: RunId,
    node: NodeId,
    version: VersionId,
) -> Result<HashMap<i32, RunId>, StoreError> {
    let rows: Vec<(Option<i32>, Uuid)> = of(parent, node)
        .filter(runs::Column::VersionId.eq(version.0))
        .filter(runs::Column::Status.eq(RunStatus::Completed.as_str()))
        .select_only()
        .columns([runs::Column::ItemIndex, runs::Column::Id])
        .into_tuple()
        .all(db.connection())
        .await?;
    Ok(rows.into_iter().map(|(index, id)| (index.unwrap_or_default(), RunId(id))).collect())
}

/// Input and output of a run.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn input_and_output(db: &impl Read, run: RunId) -> Result<(Value, Value), StoreError> {
    runs::Entity::find_by_id(run.0)
        .select_only()
        .columns([runs::Column::InputData, runs::Column::OutputData])
        .into_tuple()
        .one(db.connection())
        .await?
        .ok_or(StoreError::NotFound("run"))
}

fn of(parent: RunId, node: NodeId) -> sea_orm::Select<runs::Entity> {
    runs::Entity::find()
        .filter(runs::Column::ParentRunId.eq(parent.0))
        .filter(runs::Column::ParentNodeId.eq(node.0))
}
