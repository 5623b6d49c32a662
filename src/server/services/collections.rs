//! Collections of documents: what a request says, as `server::search` wants it.

use super::page_request;
use crate::{
    api::{
        page::Page,
        vectors::{
            CollectionBody, CollectionView, DocumentView, DocumentsAdded, DocumentsBody, SearchBody,
            SearchReply,
        },
    },
    server::{
        error::AppError,
        search::{Duplicates, NewDocument, Wanted},
        state::AppState,
    },
    workflow::ids::UserId,
};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A page of the owner's collections, newest first; `limit` from 1 to 200.
///
/// # Errors
/// 422 for a bad `limit` or `after`.
pub async fn list(
    state: &AppState,
    owner: UserId,
    after: Option<String>,
    limit: u64,
) -> Result<Page<CollectionView>, AppError> {
    Ok(state.search.list(owner, &page_request(after, limit)?).await?)
}

/// Makes an empty collection.
///
/// # Errors
/// 422 for a name or a dimension that cannot be, 409 when the name is taken.
pub async fn create(
    state: &AppState,
    owner: UserId,
    body: CollectionBody,
) -> Result<CollectionView, AppError> {
    Ok(state.search.create(owner, &body).await?)
}

/// A collection by its name.
///
/// # Errors
/// 404.
pub async fn get(state: &AppState, owner: UserId, name: &str) -> Result<CollectionView, AppError> {
    Ok(state.search.get(owner, name).await?)
}

/// Removes a collection with its documents.
///
/// # Errors
/// 404.
pub async fn delete(state: &AppState, owner: UserId, name: &str) -> Result<(), AppError> {
    Ok(state.search.delete(owner, name).await?)
}

/// A page of documents, newest first; `limit` from 1 to 200.
///
/// # Errors
/// 404, 422 for a bad `limit` or `after`.
pub async fn documents(
    state: &AppState,
    owner: UserId,
    name: &str,
    after: Option<String>,
    limit: u64,
) -> Result<Page<DocumentView>, AppError> {
    Ok(state.search.documents(owner, name, &page_request(after, limit)?).await?)
}

/// Adds documents, all or none.
///
/// # Errors
/// 404, 422 with the field, 503 when the embedding model has too much to do.
pub async fn add(
    state: &AppState,
    owner: UserId,
    name: &str,
    body: DocumentsBody,
) -> Result<DocumentsAdded, AppError> {
    let duplicates = if body.skip_duplicates { Duplicates::Skip } else { Duplicates::Keep };
    let documents = documents_of(body)?;
    Ok(state.search.add(owner, name, documents, duplicates).await?)
}

/// Removes a document.
///
/// # Errors
/// 404.
pub async fn remove(state: &AppState, owner: UserId, name: &str, document: Uuid) -> Result<(), AppError> {
    Ok(state.search.remove(owner, name, document).await?)
}

/// The documents that fit best, best first.
///
/// # Errors
/// 404, 422 with the field, 503 when too many searches wait.
pub async fn search(
    state: &AppState,
    owner: UserId,
    name: &str,
    body: SearchBody,
) -> Result<SearchReply, AppError> {
    let SearchBody { query, vector, top_k, min_score, filter, mode } = body;
    let vector = vector.map(single);
    let wanted = Wanted { query, vector, top_k, min_score, filter, mode };
    Ok(SearchReply { results: state.search.search(owner, name, wanted).await? })
}

/// Texts, metadata and vectors side by side; a text may be left out where there is a vector.
fn documents_of(body: DocumentsBody) -> Result<Vec<NewDocument>, AppError> {
    let DocumentsBody { texts, metadatas, vectors, skip_duplicates: _ } = body;
    let count = if texts.is_empty() { vectors.as_ref().map_or(0, Vec::len) } else { texts.len() };
    let same = |field: &str, length: usize| {
        if length == count {
            return Ok(());
        }
        Err(AppError::field(field, format!("has {length} items for {count} documents; give one for each")))
    };
    let metadatas = match metadatas {
        Some(metadatas) => {
            same("metadatas", metadatas.len())?;
            metadatas.into_iter().enumerate().map(object).collect::<Result<_, _>>()?
        }
        None => vec![Map::new(); count],
    };
    let vectors = match vectors {
        Some(vectors) => {
            same("vectors", vectors.len())?;
            vectors.into_iter().map(|vector| Some(single(vector))).collect()
        }
        None => vec![None; count],
    };
    let texts = if texts.is_empty() { vec![String::new(); count] } else { texts };
    let documents = texts.into_iter().zip(metadatas).zip(vectors);
    Ok(documents.map(|((content, metadata), vector)| NewDocument { content, metadata, vector }).collect())
}

/// In single precision; what is beyond it becomes infinite, and is refused as that.
fn single(vector: Vec<f64>) -> Vec<f32> {
    vector.into_iter().map(|number| number as f32).collect()
}

fn object((place, metadata): (usize, Value)) -> Result<Map<String, Value>, AppError> {
    match metadata {
        Value::Object(metadata) => Ok(metadata),
        Value::Null => Ok(Map::new()),
        _ => Err(AppError::field(format!("metadatas.{place}"), "must be an object, or null")),
    }
}
