//! Runs as their owner sees them. What the engine reads and writes is in `engine_runs` and `journal`.

mod create;
mod rows;

pub use create::{CreatedRun, NewRun, create, existing, made_before};
pub(super) use create::{Origin, insert};
use rows::{Row, summaries};

use super::{
    Read, StoreError, entities::workflow_runs as runs, executions, json, page::PageRequest,
    workflows as workflow_queries,
};
use crate::{
    api::{
        page::Page,
        runs::{RunDetail, RunStatus, RunSummary, RunView},
    },
    workflow::ids::{NodeId, RunId, UserId, WorkflowId},
};
use sea_orm::{
    ConnectionTrait, FromQueryResult, Order,
    sea_query::{Expr, ExprTrait, Query},
};

/// Which runs [`list_all`] gives.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    pub status: Option<RunStatus>,
    pub workflow: Option<WorkflowId>,
    pub trigger: Option<String>,
    /// Only the children of that run.
    pub parent: Option<RunId>,
    /// Only the children that this step of the parent started.
    pub parent_node: Option<NodeId>,
    /// No children of other runs.
    pub top_level: bool,
}

/// A run with the attempts of its nodes.
///
/// # Errors
/// `NotFound`, also when the run is of another workflow or its workflow is deleted.
pub async fn get(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
) -> Result<RunDetail, StoreError> {
    // First the run and then its steps: one that has ended is never shown with steps that have not.
    let view = view(db, owner, workflow, run).await?;
    Ok(RunDetail { run: view, node_executions: executions::of_run(db, run).await? })
}

/// The same of a run that is known to have ended. Nothing of it changes any more, so that run and steps are read at once:
/// who waits for a run waits for this too.
///
/// # Errors
/// As [`get`].
pub async fn get_ended(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
) -> Result<RunDetail, StoreError> {
    let (view, steps) = futures::join!(view(db, owner, workflow, run), executions::of_run(db, run));
    Ok(RunDetail { run: view?, node_executions: steps? })
}

async fn view(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
) -> Result<RunView, StoreError> {
    let mut select = summaries(owner);
    select
        .columns([
            (runs::Entity, runs::Column::InputData),
            (runs::Entity, runs::Column::OutputData),
            (runs::Entity, runs::Column::UsePinned),
        ])
        .and_where(Expr::col((runs::Entity, runs::Column::Id)).eq(run.0))
        .and_where(Expr::col((runs::Entity, runs::Column::WorkflowId)).eq(workflow.0));
    let row = db.connection().query_one(&select).await?.ok_or(StoreError::NotFound("run"))?;
    Ok(RunView {
        summary: Row::from_query_result(&row, "")?.summary()?,
        input_data: row.try_get("", "input_data")?,
        output_data: row.try_get("", "output_data")?,
        use_pinned: row.try_get("", "use_pinned")?,
        blocked_reason: None,
    })
}

/// The state of a run, without its data.
///
/// # Errors
/// `NotFound`, also when the run is of another workflow or its workflow is deleted.
pub async fn summary(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
) -> Result<RunSummary, StoreError> {
    let mut select = summaries(owner);
    select
        .and_where(Expr::col((runs::Entity, runs::Column::Id)).eq(run.0))
        .and_where(Expr::col((runs::Entity, runs::Column::WorkflowId)).eq(workflow.0));
    let row = db.connection().query_one(&select).await?.ok_or(StoreError::NotFound("run"))?;
    Row::from_query_result(&row, "")?.summary()
}

/// A page of the runs of one workflow.
///
/// # Errors
/// `NotFound` for the workflow, `Invalid` for a bad `after`.
pub async fn list(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    page: &PageRequest,
) -> Result<Page<RunSummary>, StoreError> {
    workflow_queries::find(db, owner, workflow).await?;
    list_all(db, owner, &RunFilter { workflow: Some(workflow), ..RunFilter::default() }, page).await
}

/// A page of the owner's runs across workflows.
///
/// # Errors
/// `Invalid` for a bad `after`, `Unavailable`.
pub async fn list_all(
    db: &impl Read,
    owner: UserId,
    filter: &RunFilter,
    page: &PageRequest,
) -> Result<Page<RunSummary>, StoreError> {
    let mut select = summaries(owner);
    select.order_by((runs::Entity, runs::Column::Id), Order::Desc).limit(page.limit + 1);
    if let Some(after) = page.after_id()? {
        select.and_where(Expr::col((runs::Entity, runs::Column::Id)).lt(after));
    }
    if let Some(status) = filter.status {
        select.and_where(Expr::col((runs::Entity, runs::Column::Status)).eq(status.as_str()));
    }
    if let Some(workflow) = filter.workflow {
        select.and_where(Expr::col((runs::Entity, runs::Column::WorkflowId)).eq(workflow.0));
    }
    if let Some(trigger) = &filter.trigger {
        json::refuse_nul("trigger", trigger)?;
        select.and_where(Expr::col((runs::Entity, runs::Column::Trigger)).eq(trigger.as_str()));
    }
    if let Some(parent) = filter.parent {
        select.and_where(Expr::col((runs::Entity, runs::Column::ParentRunId)).eq(parent.0));
    }
    if let Some(node) = filter.parent_node {
        select.and_where(Expr::col((runs::Entity, runs::Column::ParentNodeId)).eq(node.0));
    }
    if filter.top_level {
        select.and_where(Expr::col((runs::Entity, runs::Column::ParentRunId)).is_null());
    }
    let rows = db.connection().query_all(&select).await?;
    let items = rows
        .iter()
        .map(|row| Row::from_query_result(row, "")?.summary())
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(page.page(items, |run: &RunSummary| run.id))
}

/// The unfinished runs of a workflow, deleted or not: what a deletion has to cancel.
///
/// # Errors
/// `Unavailable`.
pub async fn unfinished_of(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
) -> Result<Vec<RunId>, StoreError> {
    let select = Query::select()
        .column(runs::Column::Id)
        .from(runs::Entity)
        .and_where(Expr::col(runs::Column::UserId).eq(owner.0))
        .and_where(Expr::col(runs::Column::WorkflowId).eq(workflow.0))
        .and_where(unfinished())
        .to_owned();
    let rows = db.connection().query_all(&select).await?;
    rows.iter().map(|row| Ok(RunId(row.try_get("", "id")?))).collect()
}

/// How many runs are in each state, whoever's they are.
///
/// # Errors
/// `Unavailable`.
pub async fn count_by_status(db: &impl Read) -> Result<Vec<(RunStatus, u64)>, StoreError> {
    let select = Query::select()
        .column(runs::Column::Status)
        .expr_as(Expr::col(runs::Column::Id).count(), "number")
        .from(runs::Entity)
        .group_by_col(runs::Column::Status)
        .to_owned();
    let rows = db.connection().query_all(&select).await?;
    rows.iter()
        .map(|row| {
            let word: String = row.try_get("", "status")?;
            let number: i64 = row.try_get("", "number")?;
            Ok((parse_status(&word)?, u64::try_from(number).unwrap_or(0)))
        })
        .collect()
}

/// The condition of the partial index over unfinished runs, in the words of that index.
pub(super) fn unfinished() -> Expr {
    Expr::cust("status IN ('pending', 'running', 'waiting')")
}

pub(super) fn parse_status(word: &str) -> Result<RunStatus, StoreError> {
    RunStatus::parse(word).ok_or_else(|| StoreError::damaged(format!("run status {word}")))
}
