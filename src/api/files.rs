//! Files that steps kept: replies that are not text.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a step gives in place of the bytes; also what another step takes to send them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FileReference {
    /// Read it with `GET /api/files/{file}`.
    pub file: Uuid,
    pub content_type: String,
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
}

/// A file in the list of its owner's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FileView {
    #[serde(flatten)]
    pub reference: FileReference,
    /// The run that kept it.
    pub run_id: Uuid,
    pub created_at: DateTime<Utc>,
}
