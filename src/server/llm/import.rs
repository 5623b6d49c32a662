//! Taking a GGUF file that is on this machine into the models folder: looked at as it would be for an answer, copied
//! beside, landed by rename with its manifest.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::catalog;
use super::library::{self, Weights, manifest::Manifest, manifest::ManifestFile};
use super::local::{self, LoadOptions};
use super::pull::place::Place;
use super::{LlmError, PullProgress};
use crate::server::hex::hex;

/// How every GGUF file begins.
const MAGIC: [u8; 4] = *b"GGUF";
const MOST_CHARACTERS: usize = 64;
const BLOCK: usize = 1 << 20;

/// A model that was taken in.
#[derive(Debug)]
pub struct Imported {
    pub name: String,
    pub folder: PathBuf,
    /// It is whole, but would not fit into the memory that is free now: what was said about that.
    pub too_large: Option<String>,
}

/// Copies `file` into `models_dir` under `name`, or under one made of the file's own.
///
/// # Errors
/// `model_name_invalid`, `model_exists`, `model_file_unreadable`; what loading says of a file that is damaged, cut short,
/// of another kind, or that has no tokenizer or chat template. Nothing is left behind then.
pub async fn import(
    models_dir: &Path,
    file: &Path,
    name: Option<&str>,
    options: LoadOptions,
    progress: &dyn PullProgress,
) -> Result<Imported, LlmError> {
    let name = match name {
        Some(name) => checked(name)?,
        None => name_of(file)?,
    };
    let size = begins_well(file)?;
    is_free(models_dir, &name, size)?;
    progress.message(&format!("Checking {}", file.display()));
    let owned = file.to_owned();
    let loaded = tokio::task::spawn_blocking(move || local::load(&Weights::Gguf(owned), options).map(drop));
    let loaded = loaded.await.unwrap_or_else(|error| Err(LlmError::generation(error)));
    let too_large = match loaded {
        Ok(()) => None,
        // Told before anything of the network is read, but after all else was found to be in order.
        Err(error) if error.code == "model_too_large" => Some(error.message),
        Err(error) => return Err(unfit(file, error)),
    };
    let place = Place::of(models_dir, &name);
    let _lock = place.lock(progress).await?;
    // Another import may have landed while this one waited.
    let landed = is_free(models_dir, &name, size).and_then(|()| {
        progress.message(&format!("Copying {}", file.display()));
        let copied = copy(file, &place.staging, &name, progress)?;
        let family = library::gguf_architecture(&place.staging.join(&copied.name)).unwrap_or_default();
        // Its folder is nobody's business who looks at the list.
        let own = file.file_name().unwrap_or_default().to_string_lossy();
        let source = format!("imported from {own}");
        place.land(&Manifest { name: name.clone(), family, source, files: vec![copied] })
    });
    if landed.is_err() {
        let _ = std::fs::remove_dir_all(&place.staging);
    }
    landed?;
    progress.message(&format!("{name} is installed."));
    Ok(Imported { name, folder: place.folder, too_large })
}

/// A name that is a folder on every system and needs no quotes anywhere.
fn checked(name: &str) -> Result<String, LlmError> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins && name.len() <= MOST_CHARACTERS && name.chars().all(is_fine) {
        return Ok(name.to_owned());
    }
    Err(LlmError::new(
        "model_name_invalid",
        format!(
            "\"{name}\" cannot be the name of a model. Use letters, digits, dots, dashes and underscores, a letter or digit \
             first, {MOST_CHARACTERS} at most, as in `--name mistral-7b`."
        ),
    ))
}

/// `Qwen3 0.6B Q8_0.gguf` is `qwen3-0.6b-q8_0`.
fn name_of(file: &Path) -> Result<String, LlmError> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let plain: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let plain = plain.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    checked(plain.get(..MOST_CHARACTERS).unwrap_or(plain)).map_err(|_| {
        LlmError::new(
            "model_name_invalid",
            format!("No name can be made of {}. Say one: `--name NAME`.", file.display()),
        )
    })
}

/// The size of a file that says of itself that it is GGUF.
fn begins_well(file: &Path) -> Result<u64, LlmError> {
    let unreadable = |error: std::io::Error| {
        LlmError::new(
            "model_file_unreadable",
            format!("{} cannot be read: {error}. Check the path.", file.display()),
        )
    };
    let mut opened = File::open(file).map_err(unreadable)?;
    let about = opened.metadata().map_err(unreadable)?;
    if !about.is_file() {
        return Err(LlmError::new(
            "model_file_unreadable",
            format!("{} is no file. Name the .gguf file itself.", file.display()),
        ));
    }
    let mut first = [0; MAGIC.len()];
    let is_gguf = opened.read_exact(&mut first).is_ok() && first == MAGIC;
    if !is_gguf {
        return Err(LlmError::new(
            "model_file_foreign",
            format!(
                "{} is no GGUF file: it does not begin with \"GGUF\". Import the GGUF variant of the model, which most \
                 repositories offer beside the others.",
                file.display()
            ),
        ));
    }
    Ok(about.len())
}

/// Refuses to take the place of another model. A name of the catalogue belongs to the file that is meant there.
fn is_free(models_dir: &Path, name: &str, size: u64) -> Result<(), LlmError> {
    let is_other = catalog::find(name).is_some_and(|entry| entry.size_bytes != size);
    if library::find(models_dir, name).is_some() || models_dir.join(name).exists() {
        return Err(LlmError::new(
            "model_exists",
            format!(
                "There is a model \"{name}\" already. Choose another name with `--name`, or remove {} first.",
                models_dir.join(name).display()
            ),
        ));
    }
    if is_other {
        return Err(LlmError::new(
            "model_exists",
            format!(
                "\"{name}\" is what `millrace models pull` calls another file. Choose another name with `--name`."
            ),
        ));
    }
    Ok(())
}

/// What loading says, for somebody whose file is not in the models folder.
fn unfit(file: &Path, error: LlmError) -> LlmError {
    if error.code != "model_file_damaged" {
        return error;
    }
    let why = error.message.split_once("incomplete: ").map_or(error.message.as_str(), |(_, why)| why);
    let why = why.split(". Remove it").next().unwrap_or(why);
    LlmError::new(
        error.code,
        format!(
            "{} is damaged or incomplete: {why}. Fetch the file again, and compare its size and checksum with what its \
             source says.",
            file.display()
        ),
    )
}

/// Copies into the staging folder; the checksum is made on the way.
fn copy(
    file: &Path,
    staging: &Path,
    name: &str,
    progress: &dyn PullProgress,
) -> Result<ManifestFile, LlmError> {
    let target = staging.join(format!("{name}.gguf"));
    let reading = |error: std::io::Error| LlmError::io("read", file, &error);
    let writing = |error: std::io::Error| LlmError::io("write", &target, &error);
    let mut from = File::open(file).map_err(reading)?;
    let total = from.metadata().map_err(reading)?.len();
    let mut to = File::create(&target).map_err(writing)?;
    let mut digest = Sha256::new();
    let mut done = 0;
    let mut block = vec![0; BLOCK];
    loop {
        let read = from.read(&mut block).map_err(reading)?;
        if read == 0 {
            break;
        }
        to.write_all(&block[..read]).map_err(writing)?;
        digest.update(&block[..read]);
        done += read as u64;
        progress.bytes(done, Some(total));
    }
    to.sync_all().map_err(writing)?;
    let sha256 = hex(digest.finalize());
    Ok(ManifestFile { name: format!("{name}.gguf"), size_bytes: done, sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::llm::SilentProgress;

    const TINY: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/fixtures/llm/tiny_qwen3_gguf/model.gguf");

    async fn imported(models: &Path, file: &Path, name: Option<&str>) -> Result<Imported, LlmError> {
        let options =
            LoadOptions { context_limit: 64, full_precision: false, memory_limit: None, kept_bytes: 0 };
        import(models, file, name, options, &SilentProgress).await
    }

    #[test]
    fn names_are_made_of_files() {
        let name = |file: &str| name_of(Path::new(file)).map_err(|error| error.code);
        assert_eq!(name("/a/Qwen3 0.6B (Q8_0).gguf").as_deref(), Ok("qwen3-0.6b--q8_0"));
        assert_eq!(name("model.GGUF").as_deref(), Ok("model"));
        assert_eq!(name("模型.gguf"), Err("model_name_invalid"));
        for wrong in ["", "../up", ".hidden", "a b", "ä", &"x".repeat(65)] {
            assert_eq!(checked(wrong).map_err(|error| error.code), Err("model_name_invalid"), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_whole_file_lands_with_its_manifest_and_is_never_overwritten() {
        let models = tempfile::tempdir().unwrap();
        let done = imported(models.path(), Path::new(TINY), Some("tiny")).await.unwrap();
        assert_eq!((done.name.as_str(), done.too_large), ("tiny", None));
        let manifest = Manifest::read(&done.folder).unwrap();
        assert_eq!((manifest.family.as_str(), manifest.files[0].name.as_str()), ("qwen3", "tiny.gguf"));
        assert_eq!(std::fs::read(done.folder.join("tiny.gguf")).unwrap(), std::fs::read(TINY).unwrap());
        let found = library::find(models.path(), "tiny").unwrap();
        assert_eq!((found.family.as_str(), found.size_bytes), ("qwen3", manifest.files[0].size_bytes));
        let names = || {
            let entries = std::fs::read_dir(models.path()).unwrap();
            entries.map(|entry| entry.unwrap().file_name()).filter(|name| *name != ".tiny.lock").count()
        };
        assert_eq!(names(), 1, "nothing else is left");
        let again = imported(models.path(), Path::new(TINY), Some("tiny")).await.unwrap_err();
        assert_eq!(again.code, "model_exists");
        let taken = imported(models.path(), Path::new(TINY), Some("qwen3-0.6b")).await.unwrap_err();
        assert!(taken.code == "model_exists" && taken.message.contains("--name"), "{taken}");
        assert_eq!(names(), 1);
    }

    /// The bytes with other words of the same length in place of some.
    fn renamed(bytes: &[u8], words: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for (from, to) in words {
            assert_eq!(from.len(), to.len());
            let places: Vec<usize> = bytes
                .windows(from.len())
                .enumerate()
                .filter(|(_, w)| *w == from.as_bytes())
                .map(|(at, _)| at)
                .collect();
            assert!(!places.is_empty(), "{from}");
            places.iter().for_each(|at| bytes[*at..*at + to.len()].copy_from_slice(to.as_bytes()));
        }
        bytes
    }

    #[tokio::test]
    async fn what_is_no_whole_model_is_refused_and_leaves_nothing() {
        let models = tempfile::tempdir().unwrap();
        let files = tempfile::tempdir().unwrap();
        let whole = std::fs::read(TINY).unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = files.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        for (path, code, remedy) in [
            (write("cut.gguf", &whole[..whole.len() - 100]), "model_file_damaged", "Fetch the file again"),
            (write("header.gguf", &whole[..200]), "model_file_damaged", "Fetch the file again"),
            (
                write("mute.gguf", &renamed(&whole, &[("tokenizer.ggml.tokens", "tokenizer.ggml.tokenz")])),
                "tokenizer_missing",
                "instruct or chat variant",
            ),
            (
                write(
                    "base.gguf",
                    &renamed(
                        &whole,
                        &[
                            ("tokenizer.chat_template", "tokenizer.chat_templatz"),
                            ("<|im_start|>", "<|xx_start|>"),
                        ],
                    ),
                ),
                "chat_template_missing",
                "instruct or chat variant",
            ),
            (
                write("family.gguf", &renamed(&whole, &[("qwen3", "mamba")])),
                "model_family_unknown",
                "Use a llama",
            ),
            (write("empty.gguf", b""), "model_file_foreign", "GGUF variant"),
            (write("photo.gguf", b"\x89PNG\r\n"), "model_file_foreign", "GGUF variant"),
            (files.path().to_owned(), "model_file_unreadable", "Name the .gguf file"),
            (files.path().join("none.gguf"), "model_file_unreadable", "Check the path"),
        ] {
            let error = imported(models.path(), &path, Some("mine")).await.unwrap_err();
            assert!(error.code == code && error.message.contains(remedy), "{}: {error}", path.display());
            assert!(error.message.contains(&path.display().to_string()), "{error}");
        }
        assert_eq!(std::fs::read_dir(models.path()).unwrap().count(), 0);
    }
}
