//! Attempts of nodes as the owner of the run sees them.

use super::{Read, StoreError, entities::node_executions as executions};
use crate::{
    api::runs::{NodeExecutionView, NodeStatus},
    workflow::ids::RunId,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

/// The attempts of a run whose owner was checked, in the order of their starting.
pub(super) async fn of_run(db: &impl Read, run: RunId) -> Result<Vec<NodeExecutionView>, StoreError> {
    let rows = executions::Entity::find()
        .filter(executions::Column::WorkflowRunId.eq(run.0))
        .order_by_asc(executions::Column::ExecutionOrder)
        .order_by_asc(executions::Column::Id)
        .all(db.connection())
        .await?;
    rows.into_iter().map(view).collect()
}

fn view(row: executions::Model) -> Result<NodeExecutionView, StoreError> {
    Ok(NodeExecutionView {
        id: row.id,
        node_id: row.node_id,
        node_name: row.node_name,
        node_type: row.node_type,
        attempt: row.attempt,
        status: parse_status(&row.status)?,
        port: row.port,
        input_data: row.input_data,
        output_data: row.output_data,
        error_code: row.error_code,
        error_message: row.error_message,
        logs: serde_json::from_value(row.logs).map_err(StoreError::damaged)?,
        usage: row.usage,
        execution_order: row.execution_order,
        due_at: row.due_at,
        reused_from: row.reused_from,
        started_at: row.started_at,
        completed_at: row.completed_at,
    })
}

pub(super) fn parse_status(word: &str) -> Result<NodeStatus, StoreError> {
    NodeStatus::parse(word).ok_or_else(|| StoreError::damaged(format!("node status {word}")))
}
