//! Uploads: files that become documents of a collection. An upload lives in the memory of the process that took it; its
//! documents land batch by batch, so that a crash leaves whole batches, and sending the files again adds what is missing.

mod jobs;
mod work;

pub use jobs::{Room, Uploads};

use crate::{
    api::{
        uploads::{FileState, UploadFile, UploadState, UploadView},
        vectors::CollectionView,
    },
    server::{
        error::AppError,
        search::ingest::{ChunkOptions, Rows, file_name},
        state::AppState,
    },
    workflow::ids::UserId,
};
use axum::http::StatusCode;
use std::time::Duration;
use uuid::Uuid;

/// A file as it was sent.
#[derive(Debug)]
pub struct SentFile {
    /// As the sender calls it.
    pub name: String,
    pub content_type: Option<String>,
    pub bytes: Vec<u8>,
}

/// Files that were sent together, and the memory set aside for them.
pub struct Sent {
    pub files: Vec<SentFile>,
    pub room: Room,
}

/// How files are taken apart.
#[derive(Debug, Clone, Copy, Default)]
pub struct UploadOptions {
    pub rows: Rows,
    pub chunks: ChunkOptions,
}

impl UploadOptions {
    /// What is given, and the defaults for the rest.
    ///
    /// # Errors
    /// 422 for sizes that are out of range.
    pub fn of(grouped: bool, size: Option<usize>, overlap: Option<usize>) -> Result<Self, AppError> {
        let rows = if grouped { Rows::Grouped } else { Rows::Each };
        let chunks = ChunkOptions::of(size, overlap)
            .map_err(|error| AppError::field(error.code.into_owned(), error.message))?;
        Ok(Self { rows, chunks })
    }
}

/// Takes the files in, one after the other, while the caller goes on.
///
/// # Errors
/// 422 without files, or where the collection does not embed texts; 429 when too many uploads are under way.
pub fn start(
    state: &AppState,
    owner: UserId,
    collection: CollectionView,
    sent: Sent,
    options: UploadOptions,
) -> Result<UploadView, AppError> {
    if !collection.embeds_text {
        return Err(AppError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "no_text_embedding",
            format!(
                "The collection takes vectors of {} numbers, which no model here makes from text. Upload files into a \
                 collection with the usual dimension, or add documents with their vectors.",
                collection.dimension
            ),
        ));
    }
    if sent.files.is_empty() {
        return Err(AppError::field("files", "there is no file in the request"));
    }
    let Sent { files, room } = sent;
    let view = UploadView {
        id: Uuid::now_v7(),
        collection: collection.name,
        state: UploadState::Running,
        files: files.iter().map(waiting).collect(),
        created_at: state.clock.now(),
        completed_at: None,
    };
    // The end of the server ends it too.
    let job = state.uploads.begin(owner, view, state.stopping.child_token())?;
    let view = job.view();
    tokio::spawn(work::work(state.clone(), job, files, options, room));
    Ok(view)
}

fn waiting(file: &SentFile) -> UploadFile {
    UploadFile {
        name: file_name(&file.name),
        size_bytes: file.bytes.len() as u64,
        state: FileState::Waiting,
        parts_done: 0,
        parts_total: None,
        added: 0,
        skipped: 0,
        error: None,
        warnings: Vec::new(),
    }
}

/// The owner's uploads into a collection that are under way or ended within the last hour, the newest first.
#[must_use]
pub fn list(state: &AppState, owner: UserId, collection: &str) -> Vec<UploadView> {
    state.uploads.list(owner, collection)
}

/// How far an upload is.
///
/// # Errors
/// 404, also an hour after its end and after a restart.
pub fn get(state: &AppState, owner: UserId, collection: &str, id: Uuid) -> Result<UploadView, AppError> {
    Ok(state.uploads.find(owner, collection, id)?.view())
}

/// How far an upload is once it has ended, or after that time.
///
/// # Errors
/// 404.
pub async fn wait(
    state: &AppState,
    owner: UserId,
    collection: &str,
    id: Uuid,
    at_most: Duration,
) -> Result<UploadView, AppError> {
    let job = state.uploads.find(owner, collection, id)?;
    tokio::select! {
        () = job.ended() => {}
        () = tokio::time::sleep(at_most) => {}
        () = state.stopping.cancelled() => {}
    }
    Ok(job.view())
}

/// Ends an upload after the batch that is being stored; what was added stays.
///
/// # Errors
/// 404; 409 when it has ended already.
pub fn cancel(state: &AppState, owner: UserId, collection: &str, id: Uuid) -> Result<UploadView, AppError> {
    let job = state.uploads.find(owner, collection, id)?;
    if job.view().state != UploadState::Running {
        return Err(AppError::new(
            StatusCode::CONFLICT,
            "upload_ended",
            "The upload has ended already; there is nothing to cancel. Delete its documents if you do not want them.",
        ));
    }
    job.cancel.cancel();
    Ok(job.view())
}
