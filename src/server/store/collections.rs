//! Collections of documents with vectors; their documents are in `documents`. A deleted collection is hidden at once and
//! goes little by little.

use super::{Read, StoreError, Write, entities::vector_collections as collections, json, page::PageRequest};
use crate::{
    api::{page::Page, vectors::Metric},
    workflow::ids::UserId,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::Expr,
};
use uuid::Uuid;

/// A collection as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    pub id: Uuid,
    pub name: String,
    pub dimension: u32,
    pub metric: Metric,
    pub index_kind: String,
    pub document_count: u64,
    /// The model elsewhere that makes its vectors.
    pub embedding: Option<EmbeddingModel>,
    pub stamp: Stamp,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A model elsewhere, as a collection remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddingModel {
    /// What the owner calls it.
    pub name: String,
    /// What the service called it when the collection was made.
    pub source: String,
}

/// Which change of the documents was the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Raised by every change.
    pub generation: i64,
    /// The generation of the last deletion.
    pub deletion: i64,
    /// The number that the next document gets.
    pub next_seq: i64,
}

impl TryFrom<collections::Model> for Collection {
    type Error = StoreError;

    fn try_from(row: collections::Model) -> Result<Self, StoreError> {
        Ok(Self {
            metric: Metric::parse(&row.metric)
                .ok_or_else(|| StoreError::damaged(format!("metric {}", row.metric)))?,
            dimension: u32::try_from(row.dimension).map_err(StoreError::damaged)?,
            document_count: u64::try_from(row.document_count).unwrap_or(0),
            stamp: Stamp { generation: row.generation, deletion: row.deletion, next_seq: row.next_seq },
            embedding: row
                .embedding_model
                .zip(row.embedding_source)
                .map(|(name, source)| EmbeddingModel { name, source }),
            id: row.id,
            name: row.name,
            index_kind: row.index_kind,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn of(owner: UserId) -> sea_orm::Select<collections::Entity> {
    collections::Entity::find()
        .filter(collections::Column::UserId.eq(owner.0))
        .filter(collections::Column::DeletedAt.is_null())
}

/// Makes an empty collection.
///
/// # Errors
/// `Unique("name")`, `Invalid` for NUL, `Unavailable`.
pub async fn create(
    write: &Write,
    owner: UserId,
    name: &str,
    dimension: u32,
    embedding: Option<EmbeddingModel>,
    metric: Metric,
    now: DateTime<Utc>,
) -> Result<Collection, StoreError> {
    json::refuse_nul("name", name)?;
    let (embedding_model, embedding_source) = embedding.map(|model| (model.name, model.source)).unzip();
    let row = collections::ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(owner.0),
        name: Set(name.to_owned()),
        dimension: Set(i32::try_from(dimension).map_err(StoreError::damaged)?),
        metric: Set(metric.as_str().to_owned()),
        index_kind: Set("flat".to_owned()),
        index_path: Set(None),
        document_count: Set(0),
        generation: Set(0),
        deletion: Set(0),
        next_seq: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
        embedding_model: Set(embedding_model),
        embedding_source: Set(embedding_source),
    };
    row.insert(write.connection()).await?.try_into()
}

/// A page of the owner's collections, newest first.
///
/// # Errors
/// `Invalid` for a bad `after`, `Unavailable`.
pub async fn list(db: &impl Read, owner: UserId, page: &PageRequest) -> Result<Page<Collection>, StoreError> {
    let mut select = of(owner).order_by_desc(collections::Column::Id).limit(page.limit + 1);
    if let Some(after) = page.after_id()? {
        select = select.filter(collections::Column::Id.lt(after));
    }
    let rows = page.page(select.all(db.connection()).await?, |row| row.id);
    let items = rows.items.into_iter().map(Collection::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next: rows.next })
}

/// The names of all collections of the owner, for the checker.
///
/// # Errors
/// `Unavailable`.
pub async fn names(db: &impl Read, owner: UserId) -> Result<Vec<String>, StoreError> {
    let names = of(owner).select_only().column(collections::Column::Name);
    Ok(names.order_by_asc(collections::Column::Name).into_tuple().all(db.connection()).await?)
}

/// The owner's collection of that name.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn find(db: &impl Read, owner: UserId, name: &str) -> Result<Collection, StoreError> {
    // Postgres refuses the character, so no name has it.
    if name.contains('\0') {
        return Err(StoreError::NotFound("collection"));
    }
    let found = of(owner).filter(collections::Column::Name.eq(name)).one(db.connection()).await?;
    found.ok_or_else(StoreError::missing("collection"))?.try_into()
}

/// Locks the row and notes a change of so many documents. The stamp holds the number of the first new document in
/// `next_seq`; the deletion counts as one if documents go.
///
/// # Errors
/// `NotFound` when the collection is gone, `Unavailable`.
pub async fn change(
    write: &Write,
    id: Uuid,
    added: u64,
    removed: u64,
    now: DateTime<Utc>,
) -> Result<Stamp, StoreError> {
    use collections::Column as C;
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (added, removed) = (count(added), count(removed));
    let mut update = collections::Entity::update_many()
        .col_expr(C::Generation, Expr::col(C::Generation).add(1))
        .col_expr(C::NextSeq, Expr::col(C::NextSeq).add(added))
        .col_expr(C::DocumentCount, Expr::col(C::DocumentCount).add(added - removed))
        .col_expr(C::UpdatedAt, Expr::value(now));
    if removed > 0 {
        update = update.col_expr(C::Deletion, Expr::col(C::Generation).add(1));
    }
    let done = update.filter(C::Id.eq(id)).filter(C::DeletedAt.is_null()).exec(write.connection()).await?;
    if done.rows_affected == 0 {
        return Err(StoreError::NotFound("collection"));
    }
    let row = collections::Entity::find_by_id(id).one(write.connection()).await?;
    let row = row.ok_or_else(StoreError::missing("collection"))?;
    Ok(Stamp { generation: row.generation, deletion: row.deletion, next_seq: row.next_seq - added })
}

/// Keeps others from changing the collection until this transaction ends.
///
/// # Errors
/// `NotFound` when the collection is gone, `Unavailable`.
pub async fn lock(write: &Write, id: Uuid) -> Result<(), StoreError> {
    use collections::Column as C;
    let done = collections::Entity::update_many()
        .col_expr(C::Generation, Expr::col(C::Generation))
        .filter(C::Id.eq(id))
        .filter(C::DeletedAt.is_null())
        .exec(write.connection())
        .await?;
    if done.rows_affected == 0 { Err(StoreError::NotFound("collection")) } else { Ok(()) }
}

/// Notes which kind of index serves the collection now, and the name of its file if it has a new one. Not a change of
/// its documents.
///
/// # Errors
/// `Unavailable`.
pub async fn note_index(write: &Write, id: Uuid, kind: &str, file: Option<String>) -> Result<(), StoreError> {
    let mut update =
        collections::Entity::update_many().col_expr(collections::Column::IndexKind, Expr::value(kind));
    if let Some(file) = file {
        update = update.col_expr(collections::Column::IndexPath, Expr::value(file));
    }
    update.filter(collections::Column::Id.eq(id)).exec(write.connection()).await?;
    Ok(())
}

/// Hides a collection and frees its name; its id.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn hide(write: &Write, owner: UserId, name: &str, now: DateTime<Utc>) -> Result<Uuid, StoreError> {
    let found = find(write, owner, name).await?;
    collections::Entity::update_many()
        // No collection can be made with a colon in its name.
        .col_expr(collections::Column::Name, Expr::value(format!("deleted:{}", found.id)))
        .col_expr(collections::Column::DeletedAt, Expr::value(now))
        .filter(collections::Column::Id.eq(found.id))
        .exec(write.connection())
        .await?;
    Ok(found.id)
}

/// Collections that are hidden and not gone yet, whoever's they are.
///
/// # Errors
/// `Unavailable`.
pub async fn hidden(db: &impl Read) -> Result<Vec<Uuid>, StoreError> {
    let hidden = collections::Entity::find()
        .filter(collections::Column::DeletedAt.is_not_null())
        .select_only()
        .column(collections::Column::Id);
    Ok(hidden.into_tuple().all(db.connection()).await?)
}

/// Removes the row of a hidden collection that has no documents any more.
///
/// # Errors
/// `Unavailable`.
pub async fn remove(write: &Write, id: Uuid) -> Result<(), StoreError> {
    collections::Entity::delete_many()
        .filter(collections::Column::Id.eq(id))
        .filter(collections::Column::DeletedAt.is_not_null())
        .exec(write.connection())
        .await?;
    Ok(())
}
