//! The uploads that this process has taken, and the memory that their files may take.

use crate::{
    api::uploads::{UploadFile, UploadState, UploadView},
    server::{
        config::IngestConfig,
        error::AppError,
        search::ingest::{Extractor, ExtractorOptions},
    },
    workflow::ids::UserId,
};
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Uploads of one account that may be under way at once.
const RUNNING_PER_OWNER: usize = 8;
/// Ended uploads can be looked at for so long,
const KEPT: TimeDelta = TimeDelta::hours(1);
/// and so many of them.
const KEPT_AT_MOST: usize = 1000;
/// Uploads of that size may be in memory at once.
const ROOMS: u64 = 4;

/// One upload.
pub struct Job {
    pub owner: UserId,
    pub cancel: CancellationToken,
    view: watch::Sender<UploadView>,
}

impl Job {
    /// How far it is now.
    pub fn view(&self) -> UploadView {
        self.view.borrow().clone()
    }

    /// Changes one of its files.
    pub fn file(&self, index: usize, change: impl FnOnce(&mut UploadFile)) {
        self.view.send_modify(|view| {
            if let Some(file) = view.files.get_mut(index) {
                change(file);
            }
        });
    }

    /// Nothing will change any more.
    pub fn end(&self, change: impl FnOnce(&mut UploadView)) {
        self.view.send_modify(change);
    }

    /// Waits for its end.
    pub async fn ended(&self) {
        // The sender is in this very job.
        let _ = self.view.subscribe().wait_for(|view| view.state != UploadState::Running).await;
    }
}

/// The uploads of this process; cheap to clone.
#[derive(Clone)]
pub struct Uploads(Arc<Inner>);

struct Inner {
    jobs: Mutex<Vec<Arc<Job>>>,
    extractor: Extractor,
    limits: IngestConfig,
    held: Arc<AtomicU64>,
}

impl Uploads {
    #[must_use]
    pub fn new(limits: &IngestConfig) -> Self {
        let extractor = Extractor::new(ExtractorOptions {
            program: limits.program.clone(),
            memory_bytes: limits.extract_memory_bytes,
            time: Duration::from_secs(limits.extract_seconds),
            text_bytes: limits.max_upload_bytes.saturating_mul(2),
            max_sections: limits.max_file_parts,
            parallel: limits.parallel_extractions,
        });
        Self(Arc::new(Inner {
            jobs: Mutex::default(),
            extractor,
            limits: limits.clone(),
            held: Arc::default(),
        }))
    }

    pub fn extractor(&self) -> &Extractor {
        &self.0.extractor
    }

    pub fn limits(&self) -> &IngestConfig {
        &self.0.limits
    }

    /// Memory for an upload, none of it taken yet.
    #[must_use]
    pub fn room(&self) -> Room {
        Room {
            taken: 0,
            most: self.0.limits.max_upload_bytes,
            held: Arc::clone(&self.0.held),
            most_held: self.0.limits.max_upload_bytes.saturating_mul(ROOMS),
        }
    }

    /// Remembers an upload that begins; `cancel` ends it.
    ///
    /// # Errors
    /// 429 when the owner has too many under way.
    pub fn begin(
        &self,
        owner: UserId,
        view: UploadView,
        cancel: CancellationToken,
    ) -> Result<Arc<Job>, AppError> {
        let now = view.created_at;
        let mut jobs = self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let running = |job: &Arc<Job>| job.owner == owner && job.view.borrow().state == UploadState::Running;
        if jobs.iter().filter(|job| running(job)).count() >= RUNNING_PER_OWNER {
            return Err(AppError::too_many_uploads(format!(
                "{RUNNING_PER_OWNER} uploads are under way. Wait until one has ended, or cancel one."
            )));
        }
        forget_old(&mut jobs, now);
        let job = Arc::new(Job { owner, cancel, view: watch::Sender::new(view) });
        jobs.push(Arc::clone(&job));
        Ok(job)
    }

    /// The owner's uploads into a collection, the newest first.
    pub fn list(&self, owner: UserId, collection: &str) -> Vec<UploadView> {
        let jobs = self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = jobs.iter().rev().filter(|job| job.owner == owner).map(|job| job.view());
        theirs.filter(|view| view.collection == collection).collect()
    }

    /// An upload of the owner into that collection.
    ///
    /// # Errors
    /// 404.
    pub fn find(&self, owner: UserId, collection: &str, id: Uuid) -> Result<Arc<Job>, AppError> {
        let jobs = self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |job: &&Arc<Job>| {
            let view = job.view.borrow();
            job.owner == owner && view.id == id && view.collection == collection
        };
        jobs.iter().find(is_it).cloned().ok_or_else(|| AppError::not_found("upload"))
    }
}

fn forget_old(jobs: &mut Vec<Arc<Job>>, now: DateTime<Utc>) {
    let old = |job: &Arc<Job>| job.view.borrow().completed_at.is_some_and(|at| at + KEPT < now);
    jobs.retain(|job| !old(job));
    let mut too_many = jobs.len().saturating_sub(KEPT_AT_MOST);
    jobs.retain(|job| {
        let goes = too_many > 0 && job.view.borrow().state != UploadState::Running;
        too_many -= usize::from(goes);
        !goes
    });
}

/// Memory set aside for the files of an upload; given back when dropped.
pub struct Room {
    taken: u64,
    most: u64,
    held: Arc<AtomicU64>,
    most_held: u64,
}

impl Room {
    /// Sets aside more.
    ///
    /// # Errors
    /// 413 when the upload is too large, 429 when all uploads together are.
    pub fn grow(&mut self, bytes: u64) -> Result<(), AppError> {
        if self.taken + bytes > self.most {
            return Err(AppError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "upload_too_large",
                format!(
                    "The files are larger than {} MB together (MILLRACE_MAX_UPLOAD_BYTES). Send them in several uploads.",
                    self.most >> 20
                ),
            ));
        }
        let before = self.held.fetch_add(bytes, Ordering::Relaxed);
        self.taken += bytes;
        if before + bytes > self.most_held {
            return Err(AppError::too_many_uploads(
                "Too many files are being taken in at the moment. Try again in a minute.",
            ));
        }
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.held.fetch_sub(self.taken, Ordering::Relaxed);
    }
}
