//! The workflows that the steps of others may start, and the runs that they started.

use super::{
    Read, StoreError,
    entities::{workflow_runs, workflows},
};
use crate::{
    api::runs::{ChildCount, RunStatus},
    workflow::{
        check::{self, CalleeError, KnownWorkflow},
        ids::{RunId, UserId, WorkflowId},
    },
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// What an id or a name in a config means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    Found(WorkflowId),
    Unknown,
    /// So many workflows have this name.
    Ambiguous(usize),
}

/// The owner's live workflow of that id or name, by the rule that the checker has.
///
/// # Errors
/// `Unavailable`.
pub async fn resolve(db: &impl Read, owner: UserId, id_or_name: &str) -> Result<Resolved, StoreError> {
    let known = known(db, owner).await?;
    Ok(match check::find_workflow(&known, id_or_name) {
        Ok(found) => Resolved::Found(found.id),
        Err(CalleeError::Unknown { .. }) => Resolved::Unknown,
        Err(CalleeError::Ambiguous { count, .. }) => Resolved::Ambiguous(count),
    })
}

/// Every live workflow of the owner, newest first: what the checker compares names with.
///
/// # Errors
/// `Unavailable`.
pub async fn known(db: &impl Read, owner: UserId) -> Result<Vec<KnownWorkflow>, StoreError> {
    let rows: Vec<(Uuid, String)> = workflows::Entity::find()
        .select_only()
        .columns([workflows::Column::Id, workflows::Column::Name])
        .filter(workflows::Column::UserId.eq(owner.0))
        .filter(workflows::Column::DeletedAt.is_null())
        .order_by_desc(workflows::Column::Id)
        .into_tuple()
        .all(db.connection())
        .await?;
    Ok(rows.into_iter().map(|(id, name)| KnownWorkflow { id: WorkflowId(id), name }).collect())
}

/// How many children each step of the owner's run has, by their states.
///
/// # Errors
/// `Unavailable`.
pub async fn count(db: &impl Read, owner: UserId, parent: RunId) -> Result<Vec<ChildCount>, StoreError> {
    let rows: Vec<(Option<Uuid>, String, i64)> = workflow_runs::Entity::find()
        .select_only()
        .columns([workflow_runs::Column::ParentNodeId, workflow_runs::Column::Status])
        .column_as(workflow_runs::Column::Id.count(), "number")
        .filter(workflow_runs::Column::UserId.eq(owner.0))
        .filter(workflow_runs::Column::ParentRunId.eq(parent.0))
        .group_by(workflow_runs::Column::ParentNodeId)
        .group_by(workflow_runs::Column::Status)
        .into_tuple()
        .all(db.connection())
        .await?;
    let counts = rows.into_iter().filter_map(|(node, status, number)| Some((node?, status, number)));
    counts
        .map(|(node_id, status, number)| {
            let status = RunStatus::parse(&status)
                .ok_or_else(|| StoreError::damaged(format!("run status {status}")))?;
            Ok(ChildCount { node_id, status, count: u32::try_from(number).unwrap_or(u32::MAX) })
        })
        .collect()
}
