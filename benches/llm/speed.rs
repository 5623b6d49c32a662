//! How fast a model's network reads and writes: only its passes are timed, as llama.py times those of llama.cpp.

use anyhow::{Context, Result, bail};
use millrace::server::llm::bench::{Passes, Speeds};
use std::path::PathBuf;

/// Prints a JSON document like llama.py's, for a GGUF file or a folder. `PRECISION=full` rounds activations to 15 bits.
pub fn measure(file: Option<String>) -> Result<()> {
    let Some(file) = file.map(PathBuf::from) else { bail!("name a GGUF file or a folder of safetensors") };
    let full = std::env::var("PRECISION").is_ok_and(|precision| precision == "full");
    let mut passes = Passes::open(&file, full)
        .map_err(|error| anyhow::anyhow!("{error}"))
        .context("the model does not load")?;
    let speeds: Speeds = passes.measure().map_err(|error| anyhow::anyhow!("{error}"))?;
    println!("{}", serde_json::to_string(&speeds)?);
    Ok(())
}
