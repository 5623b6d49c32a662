//! Runs made out of earlier ones: what there is to take over, and the new run with its copies in one go. Outputs are
//! copied inside the database.

use super::{
    Read, StoreError, Write, checkpoints,
    entities::{node_executions as executions, workflow_runs as runs},
    executions::parse_status,
    journal::rows,
    json,
    runs::{CreatedRun, NewRun, Origin, insert, parse_status as parse_run_status},
    workflows,
};
use crate::{
    api::{
        events::{EventKind, RunEvent},
        runs::{NodeStatus, RunStatus},
    },
    workflow::ids::{NodeId, RunId, UserId, VersionId, WorkflowId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Alias, Expr, ExprTrait, Func, Query},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// Rows of one statement: far from the number of parameters that the databases take.
const CHUNK: usize = 500;

/// The run that another one is made out of.
#[derive(Debug, Clone)]
pub struct Source {
    pub status: RunStatus,
    pub version_id: VersionId,
    pub input_data: Value,
    pub use_pinned: bool,
    /// The first run of its resume chain; itself where it is the first.
    pub effect_root: RunId,
}

/// An execution without its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastExecution {
    pub id: Uuid,
    pub node: NodeId,
    pub status: NodeStatus,
}

/// An execution that the new run takes over.
#[derive(Debug, Clone)]
pub struct Reused {
    pub execution: Uuid,
    pub node: NodeId,
    /// As the new run's version calls it.
    pub node_name: String,
}

/// An output that somebody gave in place of what a node would do.
#[derive(Debug, Clone)]
pub struct Given {
    pub node: NodeId,
    pub node_name: String,
    pub node_type: String,
    pub port: String,
    pub output: Value,
}

/// A run to make out of another one.
#[derive(Debug, Clone)]
pub struct NewAgain {
    pub run: NewRun,
    pub source: RunId,
    /// Only for a resume: its effects keep their keys.
    pub effect_root: Option<RunId>,
    /// What was asked for; tells requests under one idempotency key apart.
    pub request_digest: String,
    /// In the order in which they started.
    pub reused: Vec<Reused>,
    pub given: Vec<Given>,
}

/// The run to go out from.
///
/// # Errors
/// `NotFound`, also when the run is of another workflow or its workflow is deleted.
pub async fn source(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
) -> Result<Source, StoreError> {
    workflows::find(db, owner, workflow).await?;
    let row = runs::Entity::find_by_id(run.0)
        .filter(runs::Column::UserId.eq(owner.0))
        .filter(runs::Column::WorkflowId.eq(workflow.0))
        .one(db.connection())
        .await?
        .ok_or(StoreError::NotFound("run"))?;
    Ok(Source {
        status: parse_run_status(&row.status)?,
        version_id: VersionId(row.version_id),
        input_data: row.input_data,
        use_pinned: row.use_pinned,
        effect_root: RunId(row.effect_root.unwrap_or(row.id)),
    })
}

/// Every execution of a run whose owner was checked, in the order of their starting.
///
/// # Errors
/// `Damaged`, `Unavailable`.
pub async fn past(db: &impl Read, run: RunId) -> Result<Vec<PastExecution>, StoreError> {
    let rows: Vec<(Uuid, Uuid, String)> = executions::Entity::find()
        .select_only()
        .columns([executions::Column::Id, executions::Column::NodeId, executions::Column::Status])
        .filter(executions::Column::WorkflowRunId.eq(run.0))
        .order_by_asc(executions::Column::ExecutionOrder)
        .order_by_asc(executions::Column::Id)
        .into_tuple()
        .all(db.connection())
        .await?;
    rows.into_iter()
        .map(|(id, node, status)| {
            Ok(PastExecution { id, node: NodeId(node), status: parse_status(&status)? })
        })
        .collect()
}

/// Makes the run with what it takes over and the events that tell of it; submit it after the commit.
///
/// # Errors
/// As `runs::create`; `NotFound` when an execution to take over is gone.
pub async fn create(
    write: &Write,
    owner: UserId,
    new: &NewAgain,
    now: DateTime<Utc>,
) -> Result<CreatedRun, StoreError> {
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let origin = Origin {
        forked_from: Some(new.source),
        effect_root: new.effect_root,
        // Without a key nothing is ever compared.
        request_digest: new.run.idempotency_key.is_some().then(|| new.request_digest.clone()),
        events: count(new.reused.len() + new.given.len()),
    };
    let made = insert(write, owner, &new.run, &origin, now).await?;
    if !made.is_new {
        return Ok(made);
    }
    let mut order = 1;
    for chunk in new.reused.chunks(CHUNK) {
        copy(write, made.id, new.source, chunk, order, now).await?;
        order += i32::try_from(chunk.len()).unwrap_or(i32::MAX);
    }
    for chunk in new.given.chunks(CHUNK) {
        write_given(write, made.id, chunk, order, now).await?;
        order += i32::try_from(chunk.len()).unwrap_or(i32::MAX);
    }
    // A fork does its steps anew.
    if new.effect_root.is_some() {
        checkpoints::take_over(write, made.id, new.source).await?;
    }
    tell(write, made.id, new, now).await?;
    Ok(made)
}

/// The columns of a row that stands for work that was not done in its run.
const COLUMNS: [executions::Column; 17] = [
    executions::Column::Id,
    executions::Column::WorkflowRunId,
    executions::Column::NodeId,
    executions::Column::NodeName,
    executions::Column::NodeType,
    executions::Column::Attempt,
    executions::Column::Status,
    executions::Column::Port,
    executions::Column::InputData,
    executions::Column::OutputData,
    executions::Column::Logs,
    executions::Column::Usage,
    executions::Column::ExecutionOrder,
    executions::Column::ReusedFrom,
    executions::Column::LeaseEpoch,
    executions::Column::StartedAt,
    executions::Column::CompletedAt,
];

async fn copy(
    write: &Write,
    run: RunId,
    source: RunId,
    reused: &[Reused],
    first_order: i32,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let backend = write.backend();
    // Both databases call the columns of a list of values so.
    let picked = |column: &'static str| Expr::col((Alias::new("picked"), Alias::new(column)));
    let past = |column: executions::Column| Expr::col((executions::Entity, column));
    let json = |text: &str| json::expr(backend, Some(text.to_owned()));
    let rows = reused
        .iter()
        .zip(first_order..)
        .map(|(one, order)| (one.execution, Uuid::now_v7(), one.node_name.clone(), order));
    let select = Query::select()
        .exprs([
            picked("column2"),
            Expr::val(run.0),
            past(executions::Column::NodeId),
            picked("column3"),
            past(executions::Column::NodeType),
            Expr::val(0),
            Expr::val(NodeStatus::Completed.as_str()),
            past(executions::Column::Port),
            past(executions::Column::InputData),
            past(executions::Column::OutputData),
            json("[]"),
            json("null"),
            picked("column4"),
            Func::coalesce([past(executions::Column::ReusedFrom), past(executions::Column::Id)]).into(),
            Expr::val(0_i64),
            Expr::val(now),
            Expr::val(now),
        ])
        .from_values(rows, Alias::new("picked"))
        .inner_join(executions::Entity, past(executions::Column::Id).eq(picked("column1")))
        .and_where(past(executions::Column::WorkflowRunId).eq(source.0))
        .and_where(past(executions::Column::Status).eq(NodeStatus::Completed.as_str()))
        .to_owned();
    let mut insert = Query::insert();
    insert
        .into_table(executions::Entity)
        .columns(COLUMNS)
        .select_from(select)
        .map_err(StoreError::damaged)?;
    let done = write.connection().execute(&insert).await?.rows_affected();
    if done == reused.len() as u64 { Ok(()) } else { Err(StoreError::NotFound("run")) }
}

async fn write_given(
    write: &Write,
    run: RunId,
    given: &[Given],
    first_order: i32,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let backend = write.backend();
    let json = |text: &str| json::expr(backend, Some(text.to_owned()));
    let mut insert = Query::insert();
    insert.into_table(executions::Entity).columns(COLUMNS);
    for (one, order) in given.iter().zip(first_order..) {
        insert.values_panic([
            Uuid::now_v7().into(),
            run.0.into(),
            one.node.0.into(),
            one.node_name.as_str().into(),
            one.node_type.as_str().into(),
            0.into(),
            NodeStatus::Completed.as_str().into(),
            one.port.as_str().into(),
            json("null"),
            json::value(backend, &one.output)?,
            json("[]"),
            json("null"),
            order.into(),
            Option::<Uuid>::None.into(),
            0_i64.into(),
            now.into(),
            now.into(),
        ]);
    }
    write.connection().execute(&insert).await?;
    Ok(())
}

/// The first events of the run: what it did not have to do.
async fn tell(write: &Write, run: RunId, new: &NewAgain, now: DateTime<Utc>) -> Result<(), StoreError> {
    let reused = new.reused.iter().map(|one| {
        let payload = json!({
            "node": one.node_name, "node_id": one.node, "attempt": 0, "from_run": new.source,
        });
        (EventKind::NodeReused, payload)
    });
    let given = new.given.iter().map(|one| {
        let payload = json!({
            "node": one.node_name, "node_id": one.node, "attempt": 0, "port": one.port, "duration_ms": 0,
        });
        (EventKind::NodeCompleted, payload)
    });
    let numbered = (1..).zip(reused.chain(given));
    let events: Vec<_> =
        numbered.map(|(seq, (kind, payload))| RunEvent { seq: Some(seq), at: now, kind, payload }).collect();
    for chunk in events.chunks(CHUNK) {
        let rows: Vec<_> = chunk.iter().map(|event| (run, event)).collect();
        write.connection().execute(&rows::events(write.backend(), &rows)?).await?;
    }
    Ok(())
}
