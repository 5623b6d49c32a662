//! Workflow files and JSON that commands take.

use super::Failure;
use crate::workflow::{document::Workflow, file::WorkflowFile};
use serde_json::Value;
use std::{io::Read as _, path::Path};

/// Larger files are refused before they are read.
const MAX_BYTES: u64 = 16 << 20;

/// Reads a workflow file.
///
/// # Errors
/// Exit code 2 with the file and the place in it.
pub fn workflow(path: &Path) -> Result<Workflow, Failure> {
    let shown = path.display();
    let metadata = std::fs::metadata(path).map_err(|error| Failure::misused(format!("{shown}: {error}")))?;
    if metadata.len() > MAX_BYTES {
        return Err(Failure::misused(format!("{shown}: is larger than {MAX_BYTES} bytes")));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::misused(format!("{shown}: {error}")))?;
    let file = WorkflowFile::parse(&text).map_err(|error| Failure::misused(format!("{shown}: {error}")))?;
    Ok(file.into_workflow())
}

/// A run's input: JSON, `@FILE` with JSON, or `-` for JSON on stdin.
///
/// # Errors
/// Exit code 2 when it is not JSON.
pub fn input(text: Option<&str>) -> Result<Value, Failure> {
    let Some(text) = text else { return Ok(Value::Null) };
    let json = if text == "-" {
        let mut read = String::new();
        std::io::stdin()
            .read_to_string(&mut read)
            .map_err(|error| Failure::misused(format!("--input -: {error}")))?;
        read
    } else if let Some(path) = text.strip_prefix('@') {
        std::fs::read_to_string(path).map_err(|error| Failure::misused(format!("--input {path}: {error}")))?
    } else {
        text.to_owned()
    };
    serde_json::from_str(&json).map_err(|error| {
        Failure::misused(format!("--input is not JSON: {error}; text goes in quotes, as in '\"hello\"'"))
    })
}
