//! What happens to the files of an upload, one after the other: read, split, embedded and stored in batches.

use super::{
    SentFile, UploadOptions,
    jobs::{Job, Room},
};
use crate::{
    api::uploads::{FileError, FileState, UploadState},
    server::{
        error::AppError,
        search::{
            Duplicates, NewDocument,
            ingest::{Extracted, IngestError, Section, Splitter, file_name},
        },
        state::AppState,
    },
};
use futures::FutureExt as _;
use serde_json::{Map, Value};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

/// Parts that are embedded and stored together.
const BATCH: usize = 32;
/// A batch is tried so often while the model or the database is busy,
const TRIES: u32 = 8;
/// first after this, then after twice as long each time: a minute in all.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// A part on its way into the collection.
struct Part {
    content: String,
    metadata: Map<String, Value>,
}

/// Takes in every file; an error of one leaves the others alone.
pub async fn work(state: AppState, job: Arc<Job>, files: Vec<SentFile>, options: UploadOptions, room: Room) {
    for (index, file) in files.into_iter().enumerate() {
        let name = file_name(&file.name);
        let one = AssertUnwindSafe(take_in(&state, &job, index, file, options)).catch_unwind();
        let result = one.await.unwrap_or_else(|_| Err(broken()));
        if result.is_err() && job.cancel.is_cancelled() {
            break;
        }
        job.file(index, |view| match result {
            Ok(()) => view.state = FileState::Done,
            Err(error) => {
                tracing::info!(file = name, code = %error.code, "a file was not taken in: {error}");
                view.state = FileState::Failed;
                view.error = Some(FileError { code: error.code.into_owned(), message: error.message });
            }
        });
    }
    drop(room);
    job.end(|view| {
        view.completed_at = Some(state.clock.now());
        view.state = UploadState::Completed;
        for file in view.files.iter_mut().filter(|file| !file.state.has_ended()) {
            file.state = FileState::Cancelled;
            view.state = UploadState::Cancelled;
        }
    });
}

async fn take_in(
    state: &AppState,
    job: &Job,
    index: usize,
    file: SentFile,
    options: UploadOptions,
) -> Result<(), IngestError> {
    job.file(index, |view| view.state = FileState::Reading);
    let SentFile { name, content_type, bytes } = file;
    let extractor = state.uploads.extractor();
    let Extracted { sections, warnings } = tokio::select! {
        extracted = extractor.extract(&name, content_type.as_deref(), bytes, options.rows) => extracted?,
        () = job.cancel.cancelled() => return Err(cancelled()),
    };
    let search = state.search.clone();
    let most = state.uploads.limits().max_file_parts;
    let parts = tokio::task::spawn_blocking(move || {
        let splitter = Splitter::new(search.embedder().tokenizer().map_err(|e| refused(&e.into()))?);
        parts(&splitter, &file_name(&name), sections, options, most)
    })
    .await
    .map_err(|_| broken())??;
    job.file(index, |view| {
        view.state = FileState::Adding;
        view.warnings = warnings;
        view.parts_total = Some(parts.len() as u64);
    });
    let collection = job.view().collection;
    let mut parts = parts.into_iter().peekable();
    while parts.peek().is_some() {
        // Between batches, so that none is left half stored.
        if job.cancel.is_cancelled() {
            return Err(cancelled());
        }
        let batch: Vec<Part> = parts.by_ref().take(BATCH).collect();
        let sent = batch.len() as u64;
        let added = add(state, job, &collection, batch).await?;
        job.file(index, |view| {
            view.parts_done += sent;
            view.added += added;
            view.skipped += sent - added.min(sent);
        });
    }
    Ok(())
}

/// Every section in parts that the embedding model reads as a whole.
fn parts(
    splitter: &Splitter,
    source: &str,
    sections: Vec<Section>,
    options: UploadOptions,
    most: usize,
) -> Result<Vec<Part>, IngestError> {
    let mut parts = Vec::new();
    for section in sections {
        let texts = if section.markdown {
            splitter.split_markdown(&section.text, &options.chunks)
        } else {
            splitter.split(&section.text, &options.chunks)
        };
        for content in texts {
            if parts.len() == most {
                return Err(IngestError::new(
                    "too_many_parts",
                    format!(
                        "The file has more than {most} parts (MILLRACE_MAX_FILE_PARTS). Split it into several files, or \
                         choose larger parts."
                    ),
                ));
            }
            let mut metadata = Map::new();
            metadata.insert("source".to_owned(), source.into());
            metadata.insert("part".to_owned(), (parts.len() + 1).into());
            metadata.extend(section.metadata.clone());
            parts.push(Part { content, metadata });
        }
    }
    if parts.is_empty() { Err(IngestError::empty()) } else { Ok(parts) }
}

/// Stores a batch as one transaction; gives how many of it were new.
async fn add(state: &AppState, job: &Job, collection: &str, batch: Vec<Part>) -> Result<u64, IngestError> {
    let documents: Vec<_> = batch
        .into_iter()
        .map(|Part { content, metadata }| NewDocument { content, metadata, vector: None })
        .collect();
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        match state.search.add(job.owner, collection, documents.clone(), Duplicates::SkipText).await {
            Err(error) if error.retryable() => {
                tracing::debug!(code = error.code(), "a batch of an upload waits: {error}");
                tokio::select! {
                    () = tokio::time::sleep(wait) => wait *= 2,
                    () = job.cancel.cancelled() => return Err(cancelled()),
                }
            }
            result => return result.map(|done| done.added).map_err(|error| refused(&error.into())),
        }
    }
    let last = state.search.add(job.owner, collection, documents, Duplicates::SkipText).await;
    last.map(|done| done.added).map_err(|error| refused(&error.into()))
}

fn refused(error: &AppError) -> IngestError {
    IngestError { code: error.code().into(), message: error.to_string() }
}

fn cancelled() -> IngestError {
    IngestError::new("cancelled", "The upload was cancelled.")
}

fn broken() -> IngestError {
    IngestError::new(
        "internal",
        "The file could not be taken in because of a mistake in Millrace. The log has the details.",
    )
}
