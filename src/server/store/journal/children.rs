//! Child runs: made and stopped by their parent's writes, told of by their own.

use super::{NewChild, RunWrite};
use crate::{
    api::runs::RunStatus,
    server::store::{
        entities::workflow_runs::{Column, Entity},
        json,
        runs::unfinished,
    },
    workflow::ids::{NodeId, RunId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait, InsertStatement, Query, UpdateStatement},
};

pub(super) fn insert(backend: DbBackend, parent: RunId, children: &[NewChild]) -> InsertStatement {
    let json = |text: &str| json::expr(backend, Some(text.to_owned()));
    let mut insert = Query::insert();
    insert.into_table(Entity).columns([
        Column::Id,
        Column::WorkflowId,
        Column::UserId,
        Column::VersionId,
        Column::Status,
        Column::Trigger,
        Column::InputData,
        Column::OutputData,
        Column::ForkedFrom,
        Column::ErrorCode,
        Column::ErrorMessage,
        Column::ParentRunId,
        Column::ParentNodeId,
        Column::ItemIndex,
        Column::Depth,
        Column::EffectRoot,
        Column::CreatedAt,
        Column::CompletedAt,
    ]);
    for child in children {
        let status = match child {
            NewChild { failure: Some(_), .. } => RunStatus::Failed,
            NewChild { reused: Some(_), .. } => RunStatus::Completed,
            _ => RunStatus::Pending,
        };
        let output = child.reused.as_ref().map_or("null", |reused| reused.output_data.as_str());
        insert.values_panic([
            child.id.0.into(),
            child.workflow_id.0.into(),
            child.owner.0.into(),
            child.version_id.0.into(),
            status.as_str().into(),
            "parent".into(),
            json(&child.input_data),
            json(output),
            child.reused.as_ref().map(|reused| reused.run.0).into(),
            child.failure.as_ref().map(|e| json::storable(&e.code)).into(),
            child.failure.as_ref().map(|e| json::storable(&e.message)).into(),
            parent.0.into(),
            child.node.0.into(),
            child.item_index.into(),
            child.depth.into(),
            child.effect_root.into(),
            child.created_at.into(),
            status.is_terminal().then_some(child.created_at).into(),
        ]);
    }
    insert
}

/// Asks the unfinished children of a step to stop.
pub(super) fn cancel(write: &RunWrite, node: NodeId) -> UpdateStatement {
    let at = write.end.as_ref().map(|end| end.at).or(write.events.last().map(|event| event.at));
    Query::update()
        .table(Entity)
        .value(Column::CancelRequested, true)
        .value(Column::WakeAt, at)
        .and_where(Expr::col(Column::ParentRunId).eq(write.run.0))
        .and_where(Expr::col(Column::ParentNodeId).eq(node.0))
        .and_where(unfinished())
        .to_owned()
}

/// Lets whoever has the parent, or nobody yet, look at its children.
pub(super) fn wake(parent: RunId, at: DateTime<Utc>) -> UpdateStatement {
    Query::update()
        .table(Entity)
        .value(Column::WakeAt, at)
        .and_where(Expr::col(Column::Id).eq(parent.0))
        .and_where(unfinished())
        .to_owned()
}
