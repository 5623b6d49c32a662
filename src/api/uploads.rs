//! Files on their way into a collection, and how far they are.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    Running,
    /// Every file has ended, some perhaps with an error of their own.
    Completed,
    /// What was added before stays.
    Cancelled,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    Waiting,
    /// Its text is read and split.
    Reading,
    /// Its parts are embedded and stored, batch by batch.
    Adding,
    Done,
    Failed,
    Cancelled,
}

impl FileState {
    /// Nothing will change any more.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// Why a file was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FileError {
    /// For programs: `empty_file`, `unsupported_format`, `wrong_extension`, `not_text`, `damaged_file`, `encrypted_file`,
    /// `no_text`, `too_complex`, `took_too_long`, `too_many_records`, `too_many_parts` and others.
    pub code: String,
    /// What happened and what to do next.
    pub message: String,
}

/// A file of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UploadFile {
    pub name: String,
    pub size_bytes: u64,
    pub state: FileState,
    /// Parts that are stored, new ones and those that were there already.
    pub parts_done: u64,
    /// Known once the file has been read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts_total: Option<u64>,
    /// Parts that became documents.
    pub added: u64,
    /// Parts whose text the collection had already.
    pub skipped: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FileError>,
    /// What was left out, such as pages that cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Files that were sent together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UploadView {
    pub id: Uuid,
    /// The collection's name.
    pub collection: String,
    pub state: UploadState,
    pub files: Vec<UploadFile>,
    pub created_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<DateTime<Utc>>,
}
