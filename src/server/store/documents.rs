//! The documents of collections. Whose collection it is, the caller has found out with `collections::find`.

use super::{Read, StoreError, Write, entities::vector_documents as documents, json, page::PageRequest};
use crate::api::{page::Page, vectors::DocumentView};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Query,
};
use serde_json::{Map, Value};
use std::collections::HashMap;
use uuid::Uuid;

/// Rows of one statement; databases limit the values in it.
const AT_ONCE: usize = 200;

/// A document to store.
#[derive(Debug, Clone)]
pub struct NewDocument {
    pub id: Uuid,
    pub content: String,
    /// What tells a duplicate.
    pub content_hash: String,
    pub metadata: Map<String, Value>,
    pub vector: Vec<f32>,
}

/// A document's number, id and vector.
#[derive(Debug, Clone)]
pub struct Embedded {
    pub seq: i64,
    pub id: Uuid,
    pub vector: Vec<f32>,
}

/// Stores documents with rising numbers from `first_seq`, which the change of the collection has set aside.
///
/// # Errors
/// `Invalid` for NUL, `Reference` when the collection is gone, `Unavailable`.
pub async fn insert(
    write: &Write,
    collection: Uuid,
    first_seq: i64,
    rows: &[NewDocument],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let backend = write.backend();
    let mut seq = first_seq;
    for rows in rows.chunks(AT_ONCE) {
        let mut insert = Query::insert();
        insert.into_table(documents::Entity).columns([
            documents::Column::Id,
            documents::Column::CollectionId,
            documents::Column::Seq,
            documents::Column::Content,
            documents::Column::ContentHash,
            documents::Column::Metadata,
            documents::Column::Embedding,
            documents::Column::CreatedAt,
        ]);
        for row in rows {
            insert.values_panic([
                row.id.into(),
                collection.into(),
                seq.into(),
                row.content.as_str().into(),
                row.content_hash.as_str().into(),
                json::value(backend, &row.metadata)?,
                bytes_of(&row.vector).into(),
                now.into(),
            ]);
            seq += 1;
        }
        write.connection().execute(&insert).await?;
    }
    Ok(())
}

/// The ids of the documents that have one of these hashes.
///
/// # Errors
/// `Unavailable`.
pub async fn with_hashes(
    db: &impl Read,
    collection: Uuid,
    hashes: &[String],
) -> Result<HashMap<String, Uuid>, StoreError> {
    let mut found = HashMap::new();
    for hashes in hashes.chunks(AT_ONCE) {
        let rows: Vec<(String, Uuid)> = of(collection)
            .select_only()
            .columns([documents::Column::ContentHash, documents::Column::Id])
            .filter(documents::Column::ContentHash.is_in(hashes))
            .into_tuple()
            .all(db.connection())
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// A page of documents, newest first.
///
/// # Errors
/// `Invalid` for a bad `after`, `Unavailable`.
pub async fn list(
    db: &impl Read,
    collection: Uuid,
    page: &PageRequest,
) -> Result<Page<DocumentView>, StoreError> {
    let mut select = views(collection).order_by_desc(documents::Column::Seq).limit(page.limit + 1);
    // The place in the list is the document's number, dressed as an id.
    if let Some(after) = page.after_id()? {
        select = select.filter(documents::Column::Seq.lt(after.as_u64_pair().1.cast_signed()));
    }
    let rows: Vec<ViewRow> = select.into_tuple().all(db.connection()).await?;
    let rows = page.page(rows, |row| Uuid::from_u64_pair(0, row.0.cast_unsigned()));
    let items = rows.items.into_iter().map(|row| Ok(view(row)?.1)).collect::<Result<_, StoreError>>()?;
    Ok(Page { items, next: rows.next })
}

/// The documents of these numbers that are there.
///
/// # Errors
/// `Unavailable`.
pub async fn by_seqs(
    db: &impl Read,
    collection: Uuid,
    seqs: &[i64],
) -> Result<HashMap<i64, DocumentView>, StoreError> {
    let mut found = HashMap::with_capacity(seqs.len());
    for seqs in seqs.chunks(AT_ONCE) {
        let select = views(collection).filter(documents::Column::Seq.is_in(seqs.iter().copied()));
        let rows: Vec<ViewRow> = select.into_tuple().all(db.connection()).await?;
        for row in rows {
            let (seq, view) = view(row)?;
            found.insert(seq, view);
        }
    }
    Ok(found)
}

/// Up to `limit` documents after number `seq` with their vectors, in order.
///
/// # Errors
/// `Damaged` for a vector that is not `dimension` numbers long, `Unavailable`.
pub async fn vectors_after(
    db: &impl Read,
    collection: Uuid,
    seq: i64,
    dimension: usize,
    limit: u64,
) -> Result<Vec<Embedded>, StoreError> {
    let rows: Vec<(i64, Uuid, Vec<u8>)> = after(collection, seq, limit)
        .columns([documents::Column::Seq, documents::Column::Id, documents::Column::Embedding])
        .into_tuple()
        .all(db.connection())
        .await?;
    rows.into_iter()
        .map(|(seq, id, bytes)| {
            let (numbers, rest) = bytes.as_chunks::<4>();
            if numbers.len() != dimension || !rest.is_empty() {
                return Err(StoreError::damaged(format!("the vector of document {id}")));
            }
            let vector = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
            Ok(Embedded { seq, id, vector })
        })
        .collect()
}

/// Up to `limit` documents after number `seq` with their texts, in order.
///
/// # Errors
/// `Unavailable`.
pub async fn texts_after(
    db: &impl Read,
    collection: Uuid,
    seq: i64,
    limit: u64,
) -> Result<Vec<(i64, String)>, StoreError> {
    let select = after(collection, seq, limit).columns([documents::Column::Seq, documents::Column::Content]);
    Ok(select.into_tuple().all(db.connection()).await?)
}

/// Up to `limit` documents after number `seq` with their metadata, in order.
///
/// # Errors
/// `Damaged` for metadata that is no object, `Unavailable`.
pub async fn metadata_after(
    db: &impl Read,
    collection: Uuid,
    seq: i64,
    limit: u64,
) -> Result<Vec<(i64, Map<String, Value>)>, StoreError> {
    let select = after(collection, seq, limit).columns([documents::Column::Seq, documents::Column::Metadata]);
    let rows: Vec<(i64, Value)> = select.into_tuple().all(db.connection()).await?;
    rows.into_iter().map(|(seq, metadata)| Ok((seq, object(metadata)?))).collect()
}

/// The numbers of all documents, rising.
///
/// # Errors
/// `Unavailable`.
pub async fn seqs(db: &impl Read, collection: Uuid) -> Result<Vec<i64>, StoreError> {
    let select = of(collection).select_only().column(documents::Column::Seq);
    Ok(select.order_by_asc(documents::Column::Seq).into_tuple().all(db.connection()).await?)
}

/// The id of the document of that number.
///
/// # Errors
/// `Unavailable`.
pub async fn id_at(db: &impl Read, collection: Uuid, seq: i64) -> Result<Option<Uuid>, StoreError> {
    let select = of(collection).select_only().column(documents::Column::Id);
    let select = select.filter(documents::Column::Seq.eq(seq));
    Ok(select.into_tuple().one(db.connection()).await?)
}

/// Removes a document; its number.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn delete(write: &Write, collection: Uuid, id: Uuid) -> Result<i64, StoreError> {
    let select = of(collection).select_only().column(documents::Column::Seq);
    let seq: Option<i64> =
        select.filter(documents::Column::Id.eq(id)).into_tuple().one(write.connection()).await?;
    let seq = seq.ok_or_else(StoreError::missing("document"))?;
    documents::Entity::delete_by_id(id).exec(write.connection()).await?;
    Ok(seq)
}

/// Removes up to `limit` documents of a hidden collection; how many.
///
/// # Errors
/// `Unavailable`.
pub async fn delete_some(write: &Write, collection: Uuid, limit: u64) -> Result<u64, StoreError> {
    let some = of(collection).select_only().column(documents::Column::Id).limit(limit);
    let ids: Vec<Uuid> = some.into_tuple().all(write.connection()).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let done = documents::Entity::delete_many()
        .filter(documents::Column::Id.is_in(ids))
        .exec(write.connection())
        .await?;
    Ok(done.rows_affected)
}

/// A vector as it is stored: f32, little-endian.
fn bytes_of(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn of(collection: Uuid) -> sea_orm::Select<documents::Entity> {
    documents::Entity::find().filter(documents::Column::CollectionId.eq(collection))
}

fn after(collection: Uuid, seq: i64, limit: u64) -> sea_orm::Select<documents::Entity> {
    of(collection)
        .select_only()
        .filter(documents::Column::Seq.gt(seq))
        .order_by_asc(documents::Column::Seq)
        .limit(limit)
}

type ViewRow = (i64, Uuid, String, Value, DateTime<Utc>);

/// Everything but the vector.
fn views(collection: Uuid) -> sea_orm::Select<documents::Entity> {
    of(collection).select_only().columns([
        documents::Column::Seq,
        documents::Column::Id,
        documents::Column::Content,
        documents::Column::Metadata,
        documents::Column::CreatedAt,
    ])
}

fn view((seq, id, content, metadata, created_at): ViewRow) -> Result<(i64, DocumentView), StoreError> {
    Ok((seq, DocumentView { id, content, metadata: object(metadata)?, created_at }))
}

fn object(metadata: Value) -> Result<Map<String, Value>, StoreError> {
    match metadata {
        Value::Object(metadata) => Ok(metadata),
        other => Err(StoreError::damaged(format!("metadata {other}"))),
    }
}
