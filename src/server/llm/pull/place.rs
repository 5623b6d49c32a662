//! Where a pull puts things: a hidden folder to fetch into, the model's folder to land in, a lock between pulls.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::PullProgress;
use crate::server::llm::LlmError;
use crate::server::llm::library::manifest::Manifest;

/// How often a waiting pull looks whether the other is done.
const LOCK_POLL: Duration = Duration::from_millis(200);

/// The paths of one model's pull, all on one file system, so that a rename is enough to land.
pub struct Place {
    /// `<models_dir>/<name>`: whole files only.
    pub folder: PathBuf,
    /// `<models_dir>/.<name>.pull`: kept when a pull fails, to go on from there.
    pub staging: PathBuf,
    lock_file: PathBuf,
}

impl Place {
    pub fn of(models_dir: &Path, name: &str) -> Self {
        Self {
            folder: models_dir.join(name),
            staging: models_dir.join(format!(".{name}.pull")),
            lock_file: models_dir.join(format!(".{name}.lock")),
        }
    }

    /// Waits until no other pull of this model is under way, in this process or another. Held until dropped.
    pub async fn lock(&self, progress: &dyn PullProgress) -> Result<File, LlmError> {
        let failed = |error: &std::io::Error| LlmError::io("write into", &self.staging, error);
        std::fs::create_dir_all(&self.staging).map_err(|error| failed(&error))?;
        let file = File::create(&self.lock_file).map_err(|error| failed(&error))?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => {
                    // The pull before may have removed it on landing.
                    std::fs::create_dir_all(&self.staging).map_err(|error| failed(&error))?;
                    return Ok(file);
                }
                Err(TryLockError::WouldBlock) => {
                    if !told {
                        progress.message("Waiting for another pull of this model.");
                        told = true;
                    }
                    tokio::time::sleep(LOCK_POLL).await;
                }
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
            }
        }
    }

    /// Moves the checked files of `manifest` from the staging folder into the model's folder, the manifest last.
    pub fn land(&self, manifest: &Manifest) -> Result<(), LlmError> {
        let failed = |error: std::io::Error| LlmError::io("move the model into", &self.folder, &error);
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        for file in &manifest.files {
            std::fs::rename(self.staging.join(&file.name), self.folder.join(&file.name)).map_err(failed)?;
        }
        manifest.write(&self.folder).map_err(failed)?;
        std::fs::remove_dir_all(&self.staging).map_err(failed)
    }
}

/// The name of a file on disk: the last part of its path in the repository or package.
pub fn last_part(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}
