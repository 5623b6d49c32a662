//! Workflows: what is beside their graph (see `graph`) and their versions (see `versions`).

use super::{
    Read, StoreError, Write,
    entities::{nodes, workflow_runs, workflows},
    graph, json, notes,
    page::PageRequest,
};
use crate::{
    api::{
        page::Page,
        runs::RunStatus,
        workflows::{RecentRun, WorkflowBody, WorkflowDetail, WorkflowSummary},
    },
    workflow::ids::{UserId, WorkflowId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Alias, Expr, Query, UnionType},
};
use serde_json::{Map, Value};
use std::collections::HashMap;
use uuid::Uuid;

/// How many of the last runs a list shows for each workflow.
const RECENT: u64 = 20;

/// Makes an empty workflow.
///
/// # Errors
/// `Invalid` for NUL characters in the name or description, `Unavailable`.
pub async fn create(
    write: &Write,
    owner: UserId,
    body: &WorkflowBody,
    now: DateTime<Utc>,
) -> Result<WorkflowDetail, StoreError> {
    refuse_nul(body)?;
    let id = WorkflowId::new();
    let backend = write.backend();
    let empty = Map::new();
    let mut insert = Query::insert();
    insert
        .into_table(workflows::Entity)
        .columns([
            workflows::Column::Id,
            workflows::Column::UserId,
            workflows::Column::Name,
            workflows::Column::Description,
            workflows::Column::InputSchema,
            workflows::Column::Vars,
            workflows::Column::IsActive,
            workflows::Column::Revision,
            workflows::Column::CreatedAt,
            workflows::Column::UpdatedAt,
        ])
        .values_panic([
            id.0.into(),
            owner.0.into(),
            body.name.as_str().into(),
            body.description.as_str().into(),
            json::expr(backend, body.input_schema.as_ref().map(json::text).transpose()?),
            json::value(backend, body.vars.as_ref().unwrap_or(&empty))?,
            body.is_active.unwrap_or(true).into(),
            1_i64.into(),
            now.into(),
            now.into(),
        ]);
    write.connection().execute(&insert).await?;
    get(write, owner, id).await
}

/// A page of the owner's workflows with the number of their nodes and their last runs.
///
/// # Errors
/// `Invalid` for a bad `after`, `Unavailable`.
pub async fn list(
    db: &impl Read,
    owner: UserId,
    page: &PageRequest,
) -> Result<Page<WorkflowSummary>, StoreError> {
    let mut select = live(owner).order_by_desc(workflows::Column::Id).limit(page.limit + 1);
    if let Some(after) = page.after_id()? {
        select = select.filter(workflows::Column::Id.lt(after));
    }
    let rows = page.page(select.all(db.connection()).await?, |row| row.id);
    let ids: Vec<Uuid> = rows.items.iter().map(|row| row.id).collect();
    let counts = node_counts(db, &ids).await?;
    let mut runs = recent_runs(db, &ids).await?;
    let items = rows
        .items
        .into_iter()
        .map(|row| WorkflowSummary {
            node_count: counts.get(&row.id).copied().unwrap_or_default(),
            recent_runs: runs.remove(&row.id).unwrap_or_default(),
            id: row.id,
            name: row.name,
            description: row.description,
            is_active: row.is_active,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
        .collect();
    Ok(Page { items, next: rows.next })
}

/// A workflow with its nodes and edges.
///
/// # Errors
/// `NotFound`, also for a deleted one; `Unavailable`.
pub async fn get(db: &impl Read, owner: UserId, id: WorkflowId) -> Result<WorkflowDetail, StoreError> {
    let row = find(db, owner, id).await?;
    let (nodes, edges) = graph::load(db, id).await?;
    Ok(WorkflowDetail {
        id: row.id,
        name: row.name,
        description: row.description,
        input_schema: row.input_schema,
        vars: object(row.vars)?,
        is_active: row.is_active,
        revision: row.revision,
        created_at: row.created_at,
        updated_at: row.updated_at,
        nodes,
        edges,
        notes: notes::read(row.notes)?,
    })
}

/// What changes when a draft does: its revision, and when it was changed last.
pub type DraftHead = (i64, DateTime<Utc>);

/// Tells whether the owner has it, too.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn head(db: &impl Read, owner: UserId, id: WorkflowId) -> Result<DraftHead, StoreError> {
    live(owner)
        .filter(workflows::Column::Id.eq(id.0))
        .select_only()
        .columns([workflows::Column::Revision, workflows::Column::UpdatedAt])
        .into_tuple()
        .one(db.connection())
        .await?
        .ok_or_else(StoreError::missing("workflow"))
}

/// The ids of the owner's workflows of that name, newest first; a name may be used more than once.
///
/// # Errors
/// `Unavailable`.
pub async fn find_by_name(db: &impl Read, owner: UserId, name: &str) -> Result<Vec<WorkflowId>, StoreError> {
    if name.contains('\0') {
        return Ok(Vec::new());
    }
    let rows = live(owner)
        .filter(workflows::Column::Name.eq(name))
        .order_by_desc(workflows::Column::Id)
        .all(db.connection())
        .await?;
    Ok(rows.into_iter().map(|row| WorkflowId(row.id)).collect())
}

/// Replaces name, description and input schema, and what else the body holds; the graph stays. `expected` is the
/// revision that the edit started from, if the caller cares.
///
/// # Errors
/// `NotFound`, `Stale`, `Invalid` for NUL characters, `Unavailable`.
pub async fn update(
    write: &Write,
    owner: UserId,
    id: WorkflowId,
    body: &WorkflowBody,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<WorkflowDetail, StoreError> {
    refuse_nul(body)?;
    let row = lock(write, owner, id, expected).await?;
    let backend = write.backend();
    let vars = match &body.vars {
        Some(vars) => Value::Object(vars.clone()),
        None => row.vars.clone(),
    };
    // Both are part of a version, so a change of them is a change of what runs.
    let changed = row.vars != vars || row.input_schema != body.input_schema;
    let update = Query::update()
        .table(workflows::Entity)
        .value(workflows::Column::Name, body.name.as_str())
        .value(workflows::Column::Description, body.description.as_str())
        .value(
            workflows::Column::InputSchema,
            json::expr(backend, body.input_schema.as_ref().map(json::text).transpose()?),
        )
        .value(workflows::Column::Vars, json::value(backend, &vars)?)
        .value(workflows::Column::IsActive, body.is_active.unwrap_or(row.is_active))
        .value(workflows::Column::Revision, row.revision + i64::from(changed))
        .value(workflows::Column::UpdatedAt, now)
        .and_where(workflows::Column::Id.eq(id.0))
        .to_owned();
    write.connection().execute(&update).await?;
    get(write, owner, id).await
}

/// Switches the triggers of a workflow on or off. When they are due is the service's to say.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn set_active(
    write: &Write,
    owner: UserId,
    id: WorkflowId,
    is_active: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let done = workflows::Entity::update_many()
        .col_expr(workflows::Column::IsActive, Expr::value(is_active))
        .col_expr(workflows::Column::UpdatedAt, Expr::value(now))
        .filter(workflows::Column::Id.eq(id.0))
        .filter(workflows::Column::UserId.eq(owner.0))
        .exec(write.connection())
        .await?;
    if done.rows_affected == 0 { Err(StoreError::NotFound("workflow")) } else { Ok(()) }
}

/// Hides a workflow; it can be purged or restored later. Its live runs are the service's to cancel.
///
/// # Errors
/// `NotFound`, `Stale`, `Unavailable`.
pub async fn delete(
    write: &Write,
    owner: UserId,
    id: WorkflowId,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    lock(write, owner, id, expected).await?;
    workflows::Entity::update_many()
        .col_expr(workflows::Column::DeletedAt, Expr::value(now))
        .filter(workflows::Column::Id.eq(id.0))
        .exec(write.connection())
        .await?;
    Ok(())
}

/// The row of a live workflow of that owner.
pub(super) async fn find(
    db: &impl Read,
    owner: UserId,
    id: WorkflowId,
) -> Result<workflows::Model, StoreError> {
    let row = live(owner).filter(workflows::Column::Id.eq(id.0)).one(db.connection()).await?;
    row.ok_or_else(StoreError::missing("workflow"))
}

/// The same, locked against other writers until the transaction ends, and of the expected revision.
pub(super) async fn lock(
    write: &Write,
    owner: UserId,
    id: WorkflowId,
    expected: Option<i64>,
) -> Result<workflows::Model, StoreError> {
    let row = live(owner)
        .filter(workflows::Column::Id.eq(id.0))
        .lock_exclusive()
        .one(write.connection())
        .await?
        .ok_or_else(StoreError::missing("workflow"))?;
    match expected {
        Some(revision) if revision != row.revision => Err(StoreError::Stale { revision: row.revision }),
        _ => Ok(row),
    }
}

/// Notes a change to the graph of a locked workflow.
pub(super) async fn raise(
    write: &Write,
    row: &workflows::Model,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    workflows::Entity::update_many()
        .col_expr(workflows::Column::Revision, Expr::value(row.revision + 1))
        .col_expr(workflows::Column::UpdatedAt, Expr::value(now))
        .filter(workflows::Column::Id.eq(row.id))
        .exec(write.connection())
        .await?;
    Ok(())
}

pub(super) fn object(value: Value) -> Result<Map<String, Value>, StoreError> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(StoreError::damaged(format!("expected a JSON object, found {other}"))),
    }
}

fn live(owner: UserId) -> sea_orm::Select<workflows::Entity> {
    workflows::Entity::find()
        .filter(workflows::Column::UserId.eq(owner.0))
        .filter(workflows::Column::DeletedAt.is_null())
}

fn refuse_nul(body: &WorkflowBody) -> Result<(), StoreError> {
    json::refuse_nul("name", &body.name)?;
    json::refuse_nul("description", &body.description)
}

async fn node_counts(db: &impl Read, ids: &[Uuid]) -> Result<HashMap<Uuid, u32>, StoreError> {
    let rows: Vec<(Uuid, i64)> = nodes::Entity::find()
        .select_only()
        .column(nodes::Column::WorkflowId)
        .column_as(nodes::Column::Id.count(), "nodes")
        .filter(nodes::Column::WorkflowId.is_in(ids.iter().copied()))
        .group_by(nodes::Column::WorkflowId)
        .into_tuple()
        .all(db.connection())
        .await?;
    Ok(rows.into_iter().map(|(id, count)| (id, u32::try_from(count).unwrap_or(u32::MAX))).collect())
}

#[derive(FromQueryResult)]
struct RecentRow {
    id: Uuid,
    workflow_id: Uuid,
    status: String,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
}

/// The last runs of each workflow, newest first: one statement, one step along an index per workflow.
async fn recent_runs(db: &impl Read, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<RecentRun>>, StoreError> {
    let mut all = HashMap::<Uuid, Vec<RecentRun>>::new();
    let newest_of = |id: Uuid| {
        let newest = Query::select()
            .columns([
                workflow_runs::Column::Id,
                workflow_runs::Column::WorkflowId,
                workflow_runs::Column::Status,
                workflow_runs::Column::CreatedAt,
                workflow_runs::Column::StartedAt,
                workflow_runs::Column::CompletedAt,
            ])
            .from(workflow_runs::Entity)
            .and_where(workflow_runs::Column::WorkflowId.eq(id))
            .order_by(workflow_runs::Column::Id, sea_orm::Order::Desc)
            .limit(RECENT)
            .to_owned();
        // SQLite takes ORDER BY and LIMIT in a part of a union only inside a sub-query.
        Query::select().expr(Expr::cust("*")).from_subquery(newest, Alias::new("newest")).to_owned()
    };
    let mut parts = ids.iter().copied().map(newest_of);
    let Some(mut query) = parts.next() else { return Ok(all) };
    for part in parts {
        query.union(UnionType::All, part);
    }
    for row in db.connection().query_all(&query).await? {
        let row = RecentRow::from_query_result(&row, "")?;
        all.entry(row.workflow_id).or_default().push(RecentRun {
            id: row.id,
            status: RunStatus::parse(&row.status).ok_or_else(|| StoreError::damaged(&row.status))?,
            created_at: row.created_at,
            duration_ms: row
                .started_at
                .zip(row.completed_at)
                .map(|(from, to)| (to - from).num_milliseconds()),
        });
    }
    for runs in all.values_mut() {
        runs.sort_by_key(|run| std::cmp::Reverse(run.id));
    }
    Ok(all)
}
