//! `manifest.json` beside a fetched model: where the files came from and what they must look like.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// The name of the file in the model's folder.
const FILE_NAME: &str = "manifest.json";

/// Left by `pull` once every file has been checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub name: String,
    pub family: String,
    /// For people: the repository or the package.
    pub source: String,
    pub files: Vec<ManifestFile>,
}

/// One checked file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    pub name: String,
    pub size_bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// The manifest in `folder`; `None` if there is none that can be read.
    pub fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join(FILE_NAME)).ok()?).ok()
    }

    /// Writes beside and renames, so that a reader never sees half of it.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        let temporary = folder.join(".manifest.json.part");
        std::fs::write(&temporary, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(temporary, folder.join(FILE_NAME))
    }
}
