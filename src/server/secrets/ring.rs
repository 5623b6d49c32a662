//! The ring of keys: a file in the data folder, readable by its owner only. The first key seals, all of them open.

use super::SecretText;
use crate::server::hex::hex;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions},
    io::{Error, ErrorKind, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};
use zeroize::Zeroizing;

/// Name of the file.
pub const FILE: &str = "secrets.keys";
pub const KEY_BYTES: usize = 32;
/// Bytes of the id of a key; on paper twice as many hexadecimal digits.
pub const ID_BYTES: usize = 8;

/// One key.
#[derive(Clone)]
pub struct Key {
    /// Random; says nothing about the key.
    pub id: [u8; ID_BYTES],
    pub bytes: Zeroizing<[u8; KEY_BYTES]>,
}

/// The keys, newest first; never empty.
#[derive(Clone)]
pub struct Ring {
    newest: Key,
    older: Vec<Key>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// Of this file's form.
    version: u32,
    keys: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    id: String,
    key: SecretText,
}

impl Key {
    fn random() -> Self {
        Self { id: rand::random(), bytes: Zeroizing::new(rand::random()) }
    }

    /// The id in hexadecimal digits.
    pub fn name(&self) -> String {
        hex(self.id)
    }
}

impl Ring {
    /// A ring of one new key.
    pub fn new() -> Self {
        Self { newest: Key::random(), older: Vec::new() }
    }

    /// The key that seals.
    pub fn newest(&self) -> &Key {
        &self.newest
    }

    pub fn find(&self, id: &[u8; ID_BYTES]) -> Option<&Key> {
        std::iter::once(&self.newest).chain(&self.older).find(|key| key.id == *id)
    }

    /// Puts a new key at the head; gives its name.
    pub fn add(&mut self) -> String {
        let before = std::mem::replace(&mut self.newest, Key::random());
        self.older.insert(0, before);
        self.newest.name()
    }

    /// Takes out the older keys that are not named; gives how many went.
    pub fn keep(&mut self, names: &[String]) -> usize {
        let before = self.older.len();
        self.older.retain(|key| names.contains(&key.name()));
        before - self.older.len()
    }

    /// Reads the file, or makes it with one key.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        match Self::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            other => return other,
        }
        let ring = Self::new();
        let draft = ring.draft(path)?;
        // A link does not replace a ring that another process has made meanwhile.
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        match linked {
            Ok(()) => sync_folder(path)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Self::read(path),
            Err(error) => return Err(error),
        }
        Ok(ring)
    }

    /// Reads the file, and takes it away from others than its owner.
    pub fn read(path: &Path) -> std::io::Result<Self> {
        let text = Zeroizing::new(fs::read(path)?);
        if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        }
        parse(&text).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidData,
                format!(
                    "{} is damaged; bring it back from a backup (without it no credential can be opened)",
                    path.display()
                ),
            )
        })
    }

    /// Replaces the file: after a crash it is the old one or this one.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let draft = self.draft(path)?;
        fs::rename(&draft, path)?;
        sync_folder(path)
    }

    fn draft(&self, path: &Path) -> std::io::Result<std::path::PathBuf> {
        let keys = std::iter::once(&self.newest).chain(&self.older);
        let stored = Stored {
            version: 1,
            keys: keys
                .map(|key| StoredKey { id: key.name(), key: STANDARD.encode(*key.bytes).into() })
                .collect(),
        };
        let text = Zeroizing::new(serde_json::to_vec_pretty(&stored)?);
        let draft = path.with_extension(format!("{}.draft", std::process::id()));
        // What a killed process left under this name may have other permissions.
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(&text)?;
        file.sync_all()?;
        Ok(draft)
    }
}

/// Keeps others from changing the ring while the file it gives is open.
pub fn lock(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path.with_extension("lock"))?;
    match fs4::FileExt::try_lock(&file) {
        Ok(()) => Ok(file),
        Err(fs4::TryLockError::WouldBlock) => {
            Err(Error::new(ErrorKind::WouldBlock, "another change of the key is under way; wait for its end"))
        }
        Err(fs4::TryLockError::Error(error)) => Err(error),
    }
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn parse(text: &[u8]) -> Option<Ring> {
    let stored: Stored = serde_json::from_slice(text).ok().filter(|stored: &Stored| stored.version == 1)?;
    let mut keys = stored.keys.iter().map(|stored| {
        let bytes = Zeroizing::new(STANDARD.decode(stored.key.as_bytes()).ok()?);
        Some(Key { id: parse_id(&stored.id)?, bytes: Zeroizing::new(bytes.as_slice().try_into().ok()?) })
    });
    let newest = keys.next()??;
    Some(Ring { newest, older: keys.collect::<Option<_>>()? })
}

fn parse_id(text: &str) -> Option<[u8; ID_BYTES]> {
    if !text.is_ascii() || text.len() != ID_BYTES * 2 {
        return None;
    }
    let mut id = [0; ID_BYTES];
    for (index, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_once_for_its_owner_only_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut ring = Ring::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Ring::open(&path).unwrap().newest().name(), ring.newest().name());
        let first = ring.newest().clone();
        let added = ring.add();
        ring.write(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let again = Ring::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(again.newest().name(), added);
        assert_eq!(*again.find(&first.id).unwrap().bytes, *first.bytes);
        let mut fewer = again.clone();
        assert_eq!(fewer.keep(&[]), 1);
        assert!(fewer.find(&first.id).is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn one_change_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let first = lock(&path).unwrap();
        assert!(lock(&path).unwrap_err().to_string().contains("under way"));
        drop(first);
        lock(&path).unwrap();
    }

    #[test]
    fn a_damaged_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for text in
            ["", "{}", r#"{"version":1,"keys":[]}"#, r#"{"version":1,"keys":[{"id":"00","key":"AA=="}]}"#]
        {
            fs::write(&path, text).unwrap();
            let error = Ring::open(&path).err().unwrap();
            assert!(error.to_string().contains("damaged"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
