//! SHA-256 of files.

use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::server::hex::hex;
use crate::server::llm::LlmError;

/// The checksum of `file` in lower-case hexadecimal and its size in bytes; computed off the runtime's threads.
pub async fn of(file: &Path) -> Result<(String, u64), LlmError> {
    let owned = file.to_owned();
    tokio::task::spawn_blocking(move || compute(&owned))
        .await
        .map_err(std::io::Error::other)
        .and_then(|result| result)
        .map_err(|error| LlmError::io("read", file, &error))
}

fn compute(file: &Path) -> std::io::Result<(String, u64)> {
    let mut opened = std::fs::File::open(file)?;
    let mut digest = Sha256::new();
    let mut size = 0;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = opened.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        digest.update(&buffer[..read]);
        size += read as u64;
    }
    Ok((hex(digest.finalize()), size))
}
