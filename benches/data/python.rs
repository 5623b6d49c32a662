//! The other side: `other.py` with the Python packages.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::process::{Command, Stdio};

/// What the script says to these arguments; `None` where no interpreter is named.
pub fn ask(arguments: &[&str]) -> Result<Option<Value>> {
    let Some(python) = std::env::var_os("PYTHON") else { return Ok(None) };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/data/other.py");
    let output = Command::new(python)
        .arg(script)
        .args(arguments)
        .env("OMP_NUM_THREADS", "2")
        .env("TOKENIZERS_PARALLELISM", "true")
        .stderr(Stdio::inherit())
        .output()
        .context("the interpreter that PYTHON names does not start")?;
    if !output.status.success() {
        bail!("other.py failed");
    }
    let text = String::from_utf8(output.stdout)?;
    Ok(Some(serde_json::from_str(text.lines().last().unwrap_or_default())?))
}
