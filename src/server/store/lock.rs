//! The exclusive lock on a data folder: two servers on one SQLite file would each think it was theirs.

use super::StoreError;
use fs4::FileExt;
use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

/// Holds the folder until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock of `folder`, which is made if absent. Waits up to 3 seconds for it: a process that was killed
    /// holds it until the kernel has taken its memory apart. Blocks the thread.
    ///
    /// # Errors
    /// `Unavailable`, naming the folder, when another process holds it or it cannot be written.
    pub fn take(folder: &Path) -> Result<Self, StoreError> {
        Self::take_within(folder, Duration::from_secs(3))
    }

    fn take_within(folder: &Path, patience: Duration) -> Result<Self, StoreError> {
        let failed = |e: std::io::Error| {
            StoreError::Unavailable(format!("cannot use the data folder {}: {e}", folder.display()))
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let path = folder.join("millrace.lock");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(failed)?;
        let since = Instant::now();
        loop {
            match FileExt::try_lock(&file) {
                Ok(()) => break,
                Err(fs4::TryLockError::WouldBlock) if since.elapsed() < patience => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                Err(fs4::TryLockError::WouldBlock) => {
                    return Err(StoreError::Unavailable(format!(
                        "another Millrace uses the data folder {}; stop it, or choose another folder with MILLRACE_DATA_DIR",
                        folder.display()
                    )));
                }
                Err(fs4::TryLockError::Error(e)) => return Err(failed(e)),
            }
        }
        // Only for people who look into the file; the lock itself is the kernel's.
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = FolderLock::take(folder.path()).expect("the first takes it");
        let refusal = FolderLock::take_within(folder.path(), Duration::ZERO)
            .expect_err("the second is refused")
            .to_string();
        assert!(refusal.contains("another Millrace"), "{refusal}");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(200));
                drop(first);
            });
            FolderLock::take(folder.path()).expect("it waits for one that is about to end");
        });
    }
}
