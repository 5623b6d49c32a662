//! What is on disk: one folder per model under the models folder, named as the model.
//!
//! A folder counts as installed when it holds a `.gguf` file, or `config.json`, `tokenizer.json` and
//! `model.safetensors`. The manifest that `pull` leaves behind is a help, not a condition: a file that the user
//! dropped there is found as well.

pub mod manifest;

use std::path::{Path, PathBuf};

use self::manifest::Manifest;
use super::catalog::{self, Kind};

/// The files that hold a model's weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weights {
    /// One GGUF file with tokenizer and chat template inside.
    Gguf(PathBuf),
    /// A folder with `config.json`, `tokenizer.json` and `model.safetensors`.
    Safetensors(PathBuf),
}

/// A model found on disk.
#[derive(Debug, Clone)]
pub struct InstalledModel {
    pub name: String,
    pub kind: Kind,
    /// From the catalogue, the manifest or the file itself; `unknown` when none says it.
    pub family: String,
    pub weights: Weights,
    pub size_bytes: u64,
    /// Where `pull` or `import` has it from; `None` for files that were put there by hand.
    pub source: Option<String>,
}

impl InstalledModel {
    /// Another one for another file, as far as its size and the time of its last change tell: a whole file is not read
    /// for each answer.
    pub fn identity(&self) -> String {
        let file = match &self.weights {
            Weights::Gguf(file) => file.clone(),
            Weights::Safetensors(folder) => folder.join("model.safetensors"),
        };
        let changed = std::fs::metadata(&file).and_then(|meta| meta.modified()).ok();
        let age = changed.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok()).unwrap_or_default();
        format!("{} {}", self.size_bytes, age.as_nanos())
    }
}

/// Every model under `models_dir`, by name. A folder that does not exist yet is an empty one.
pub fn scan(models_dir: &Path) -> Vec<InstalledModel> {
    let Ok(entries) = std::fs::read_dir(models_dir) else { return Vec::new() };
    let mut found: Vec<_> = entries.flatten().filter_map(|entry| inspect(&entry.path())).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The model of exactly that name. Names come from users: only what the scan finds is ever opened.
pub fn find(models_dir: &Path, name: &str) -> Option<InstalledModel> {
    scan(models_dir).into_iter().find(|model| model.name == name)
}

fn inspect(folder: &Path) -> Option<InstalledModel> {
    let name = folder.file_name()?.to_str()?.to_owned();
    if name.starts_with('.') || !folder.is_dir() {
        return None;
    }
    let (weights, size_bytes) = weights_in(folder)?;
    let known = catalog::find(&name);
    let manifest = Manifest::read(folder);
    let (stated, source) = manifest.map(|manifest| (manifest.family, manifest.source)).unzip();
    let family = known
        .map(|entry| entry.family.to_owned())
        .or(stated)
        .or_else(|| family_from_file(&weights))
        .unwrap_or_else(|| "unknown".to_owned());
    let kind = match known {
        Some(entry) => entry.kind,
        None if family == "bert" => Kind::Embedding,
        None => Kind::Chat,
    };
    Some(InstalledModel { name, kind, family, weights, size_bytes, source })
}

fn weights_in(folder: &Path) -> Option<(Weights, u64)> {
    let mut ggufs: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("gguf")))
        .collect();
    ggufs.sort();
    let size = |path: &Path| std::fs::metadata(path).map(|meta| meta.len()).unwrap_or(0);
    if let Some(file) = ggufs.into_iter().next() {
        let bytes = size(&file);
        return Some((Weights::Gguf(file), bytes));
    }
    let parts = ["config.json", "tokenizer.json", "model.safetensors"].map(|part| folder.join(part));
    parts.iter().all(|part| part.is_file()).then(|| {
        let bytes = parts.iter().map(|part| size(part)).sum();
        (Weights::Safetensors(folder.to_owned()), bytes)
    })
}

fn family_from_file(weights: &Weights) -> Option<String> {
    match weights {
        Weights::Gguf(file) => gguf_architecture(file),
        Weights::Safetensors(folder) => {
            let text = std::fs::read(folder.join("config.json")).ok()?;
            let config: serde_json::Value = serde_json::from_slice(&text).ok()?;
            config.get("model_type")?.as_str().map(str::to_owned)
        }
    }
}

/// `general.architecture`, which every writer of GGUF puts first; a listing need not read a whole header of megabytes.
pub fn gguf_architecture(file: &Path) -> Option<String> {
    use std::io::Read;
    let mut head = Vec::with_capacity(4096);
    std::fs::File::open(file).ok()?.take(4096).read_to_end(&mut head).ok()?;
    let key = b"general.architecture";
    let at = head.windows(key.len()).position(|window| window == key)? + key.len();
    // Value type 8 (text), then the length as u64, then the text.
    let kind = u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?);
    let length = usize::try_from(u64::from_le_bytes(head.get(at + 4..at + 12)?.try_into().ok()?)).ok()?;
    let text = head.get(at + 12..at.checked_add(12)?.checked_add(length)?)?;
    (kind == 8).then(|| String::from_utf8(text.to_vec()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_dropped_files_and_ignores_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let mut gguf = b"GGUF\x03\0\0\0".to_vec();
        gguf.extend([0u8; 16]);
        gguf.extend(20u64.to_le_bytes());
        gguf.extend(b"general.architecture");
        gguf.extend(8u32.to_le_bytes());
        gguf.extend(5u64.to_le_bytes());
        gguf.extend(b"qwen2");
        for (path, bytes) in [
            ("mine/b.gguf", gguf.as_slice()),
            ("mine/notes.txt", b"x"),
            ("empty/readme.md", b"x"),
            (".lock/a.gguf", b"x"),
            ("half/config.json", b"{}"),
            ("whole/config.json", br#"{"model_type":"qwen3"}"#),
            ("whole/tokenizer.json", b"{}"),
            ("whole/model.safetensors", b"1234"),
        ] {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let found = scan(dir.path());
        let seen: Vec<_> = found.iter().map(|m| (m.name.as_str(), m.family.as_str())).collect();
        assert_eq!(seen, [("mine", "qwen2"), ("whole", "qwen3")]);
        assert_eq!(found[1].size_bytes, 22 + 2 + 4);
        assert!(find(dir.path(), "../mine").is_none());
        assert!(scan(&dir.path().join("nowhere")).is_empty());
    }
}
