//! Collections: listing, making, reading, searching, deleting, and how far uploads are.

use super::{codec::Reply, error::UiError};
use crate::api::{
    page::Page,
    uploads::UploadView,
    vectors::{CollectionBody, CollectionView, DocumentView, SearchBody, SearchReply},
};
use leptos::prelude::*;
use server_fn::codec::Json;
use uuid::Uuid;

/// Newest first.
#[server(prefix = "/fn", endpoint = "collections/list", output = Reply)]
pub async fn list_collections(after: Option<String>) -> Result<Page<CollectionView>, UiError> {
    use super::session;
    use crate::server::services::collections;
    let (state, owner) = session::signed_in().await?;
    Ok(collections::list(&state, owner, after, 200).await?)
}

/// Makes an empty one.
#[server(prefix = "/fn", endpoint = "collections/create", input = Json, output = Reply)]
pub async fn create_collection(body: CollectionBody) -> Result<CollectionView, UiError> {
    use super::session;
    use crate::server::services::collections;
    let (state, owner) = session::signed_in().await?;
    Ok(collections::create(&state, owner, body).await?)
}

/// One by its name.
#[server(prefix = "/fn", endpoint = "collections/get", output = Reply)]
pub async fn get_collection(name: String) -> Result<CollectionView, UiError> {
    use super::session;
    use crate::server::services::collections;
    let (state, owner) = session::signed_in().await?;
    Ok(collections::get(&state, owner, &name).await?)
}

/// Deletes one with all its documents.
#[server(prefix = "/fn", endpoint = "collections/delete", output = Reply)]
pub async fn delete_collection(name: String) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::collections;
    let (state, owner) = session::signed_in().await?;
    Ok(collections::delete(&state, owner, &name).await?)
}

/// Newest first.
#[server(prefix = "/fn", endpoint = "collections/documents", output = Reply)]
pub async fn list_documents(
    name: String,
    after: Option<String>,
    limit: u32,
) -> Result<Page<DocumentView>, UiError> {
    use super::session;
    use crate::server::services::collections;
    let (state, owner) = session::signed_in().await?;
    Ok(collections::documents(&state, owner, &name, after, u64::from(limit)).await?)
}

/// Searches no longer find it.
#[server(prefix = "/fn", endpoint = "collections/delete-document", output = Reply)]
pub async fn delete_document(name: String, id: Uuid) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::collections;
    let (state, owner) = session::signed_in().await?;
    Ok(collections::remove(&state, owner, &name, id).await?)
}

/// Best first, with the reasons.
#[server(prefix = "/fn", endpoint = "collections/search", input = Json, output = Reply)]
pub async fn search_collection(name: String, body: SearchBody) -> Result<SearchReply, UiError> {
    use super::session;
    use crate::server::services::collections;
    let (state, owner) = session::signed_in().await?;
    Ok(collections::search(&state, owner, &name, body).await?)
}

/// How far the files of an upload are.
#[server(prefix = "/fn", endpoint = "collections/upload", output = Reply)]
pub async fn get_upload(collection: String, id: Uuid) -> Result<UploadView, UiError> {
    use super::session;
    use crate::server::services::uploads;
    let (state, owner) = session::signed_in().await?;
    Ok(uploads::get(&state, owner, &collection, id)?)
}

/// Stops an upload; what was added before stays.
#[server(prefix = "/fn", endpoint = "collections/cancel-upload", output = Reply)]
pub async fn cancel_upload(collection: String, id: Uuid) -> Result<UploadView, UiError> {
    use super::session;
    use crate::server::services::uploads;
    let (state, owner) = session::signed_in().await?;
    Ok(uploads::cancel(&state, owner, &collection, id)?)
}
