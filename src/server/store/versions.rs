//! Immutable snapshots of workflows. One is made when a run, a publish or a restore needs it, not at each save.

use super::{
    Read, StoreError, Write, entities::workflow_versions as versions, graph, json, notes, page::PageRequest,
    workflows,
};
use crate::server::hex::hex;
use crate::{
    api::{
        page::Page,
        workflows::{VersionDetail, VersionSummary, WorkflowBody, WorkflowDetail},
    },
    workflow::{
        digest::canonical_bytes,
        document::Workflow,
        ids::{UserId, VersionId, WorkflowId},
    },
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Query,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The digest of a document, in hexadecimal: over everything but positions and notes.
#[must_use]
pub fn digest(document: &Workflow) -> String {
    hex(Sha256::digest(canonical_bytes(document)))
}

/// The version of that content, made with the next number if this workflow has none yet.
///
/// # Errors
/// `NotFound` for the workflow, `Unavailable`.
pub async fn find_or_create(
    write: &Write,
    owner: UserId,
    workflow: WorkflowId,
    document: &Workflow,
    now: DateTime<Utc>,
) -> Result<VersionSummary, StoreError> {
    workflows::lock(write, owner, workflow, None).await?;
    let digest = digest(document);
    let of_workflow = || versions::Entity::find().filter(versions::Column::WorkflowId.eq(workflow.0));
    let same = of_workflow().filter(versions::Column::Digest.eq(&digest)).one(write.connection()).await?;
    if let Some(row) = same {
        return Ok(summary(&row));
    }
    let last: Option<i32> = of_workflow()
        .select_only()
        .column(versions::Column::Number)
        .order_by_desc(versions::Column::Number)
        .limit(1)
        .into_tuple()
        .one(write.connection())
        .await?;
    let made =
        VersionSummary { id: VersionId::new().0, number: last.unwrap_or(0) + 1, digest, created_at: now };
    let mut insert = Query::insert();
    insert
        .into_table(versions::Entity)
        .columns([
            versions::Column::Id,
            versions::Column::WorkflowId,
            versions::Column::Number,
            versions::Column::Document,
            versions::Column::Digest,
            versions::Column::CreatedAt,
        ])
        .values_panic([
            made.id.into(),
            workflow.0.into(),
            made.number.into(),
            json::value(write.backend(), document)?,
            made.digest.as_str().into(),
            now.into(),
        ]);
    write.connection().execute(&insert).await?;
    Ok(made)
}

/// A page of the versions of a workflow, newest first.
///
/// # Errors
/// `NotFound` for the workflow, `Invalid` for a bad `after`.
pub async fn list(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    page: &PageRequest,
) -> Result<Page<VersionSummary>, StoreError> {
    workflows::find(db, owner, workflow).await?;
    let mut select = versions::Entity::find()
        .select_only()
        .columns([
            versions::Column::Id,
            versions::Column::Number,
            versions::Column::Digest,
            versions::Column::CreatedAt,
        ])
        .filter(versions::Column::WorkflowId.eq(workflow.0))
        .order_by_desc(versions::Column::Id)
        .limit(page.limit + 1);
    if let Some(after) = page.after_id()? {
        select = select.filter(versions::Column::Id.lt(after));
    }
    let rows: Vec<(Uuid, i32, String, DateTime<Utc>)> = select.into_tuple().all(db.connection()).await?;
    let items = rows
        .into_iter()
        .map(|(id, number, digest, created_at)| VersionSummary { id, number, digest, created_at })
        .collect();
    Ok(page.page(items, |version: &VersionSummary| version.id))
}

/// One version with its document.
///
/// # Errors
/// `NotFound` for the workflow or the number.
pub async fn get(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    number: i32,
) -> Result<VersionDetail, StoreError> {
    workflows::find(db, owner, workflow).await?;
    let row = versions::Entity::find()
        .filter(versions::Column::WorkflowId.eq(workflow.0))
        .filter(versions::Column::Number.eq(number))
        .one(db.connection())
        .await?
        .ok_or_else(StoreError::missing("version"))?;
    let VersionSummary { id, number, digest, created_at } = summary(&row);
    let document = serde_json::from_value(row.document).map_err(StoreError::damaged)?;
    Ok(VersionDetail { id, number, digest, created_at, document })
}

/// What [`restore`] did.
#[derive(Debug, Clone)]
pub struct Restored {
    pub workflow: WorkflowDetail,
    /// Number of the version that keeps the draft as it was; none where that was empty.
    pub kept: Option<i32>,
}

/// Puts a version's graph, notes, input schema and variables back into the draft; the draft's own state becomes a version
/// first, so that nothing is lost; its number comes along. Name and description of the workflow stay.
///
/// # Errors
/// `NotFound`, `Stale`, `Unavailable`.
pub async fn restore(
    write: &Write,
    owner: UserId,
    workflow: WorkflowId,
    number: i32,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Restored, StoreError> {
    workflows::lock(write, owner, workflow, expected).await?;
    let version = get(write, owner, workflow, number).await?;
    let draft = workflows::get(write, owner, workflow).await?;
    let mut kept = None;
    if !draft.nodes.is_empty() {
        let same = find_or_create(write, owner, workflow, &Workflow::from(&draft), now).await?.number;
        let stored = get(write, owner, workflow, same).await?;
        notes::keep(write, stored.id, stored.document, &draft.notes).await?;
        kept = Some(same);
    }
    let body = WorkflowBody {
        name: draft.name,
        description: draft.description,
        input_schema: version.document.input_schema,
        vars: Some(version.document.vars),
        is_active: None,
    };
    workflows::update(write, owner, workflow, &body, None, now).await?;
    let nodes: Vec<_> = version.document.nodes.into_iter().map(Into::into).collect();
    let edges: Vec<_> = version.document.edges.into_iter().map(Into::into).collect();
    let row = workflows::lock(write, owner, workflow, None).await?;
    let has_new_notes = notes::replace(write, &row, &version.document.notes).await?;
    if graph::replace(write, workflow, &nodes, &edges).await? || has_new_notes {
        workflows::raise(write, &row, now).await?;
    }
    Ok(Restored { workflow: workflows::get(write, owner, workflow).await?, kept })
}

fn summary(row: &versions::Model) -> VersionSummary {
    VersionSummary { id: row.id, number: row.number, digest: row.digest.clone(), created_at: row.created_at }
}
