//! What uploaded files may take.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Uploads into collections.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IngestConfig {
    /// `MILLRACE_MAX_UPLOAD_BYTES`: all files of an upload together. Four times as much may be under way at once.
    pub max_upload_bytes: u64,
    /// `MILLRACE_MAX_UPLOAD_FILES`: files of an upload.
    pub max_upload_files: usize,
    /// `MILLRACE_MAX_FILE_PARTS`: documents that one file may become.
    pub max_file_parts: usize,
    /// `MILLRACE_EXTRACT_SECONDS`: processor time for reading one file.
    pub extract_seconds: u64,
    /// `MILLRACE_EXTRACT_MEMORY_BYTES`: memory for reading one file.
    pub extract_memory_bytes: u64,
    /// `MILLRACE_PARALLEL_EXTRACTIONS`: files that are read at once.
    pub parallel_extractions: usize,
    /// The program that reads files; not a setting. `None`: this program. Tests are another.
    #[serde(skip)]
    pub program: Option<PathBuf>,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            max_upload_bytes: 64 << 20,
            max_upload_files: 100,
            max_file_parts: 20_000,
            extract_seconds: 30,
            extract_memory_bytes: 1 << 30,
            parallel_extractions: 2,
            program: None,
        }
    }
}
