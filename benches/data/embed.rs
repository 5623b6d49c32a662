//! Embedding, against sentence-transformers on the same texts and two threads.

use crate::{milliseconds, models_dir, percentile, python, tell};
use anyhow::Result;
use millrace::server::search::{Embedder, MiniLm};
use serde_json::json;
use std::time::Instant;

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/fixtures/search/minilm_texts.json");

/// Throughput over a thousand texts of many lengths, and the time of one short query.
pub async fn compare(model: &MiniLm) -> Result<()> {
    let texts: Vec<String> = serde_json::from_slice(&std::fs::read(RECORDED)?)?;
    let many: Vec<String> =
        (0..5).flat_map(|turn| texts.iter().map(move |text| format!("{turn} {text}"))).collect();
    let queries: Vec<String> =
        (0..200).map(|i| format!("how do I change setting {i} of my account?")).collect();
    model.embed(many[..64].to_vec()).await?;
    let mut seconds = Vec::new();
    for _ in 0..3 {
        let begun = Instant::now();
        model.embed(many.clone()).await?;
        seconds.push(begun.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    let mut times = Vec::new();
    for query in &queries {
        let begun = Instant::now();
        model.embed(vec![query.clone()]).await?;
        times.push(begun.elapsed());
    }
    let single = milliseconds(percentile(&mut times, 0.5));
    tell("embed", "1,000 texts of many lengths", 1000.0 / seconds[1], "texts/s");
    tell("embed", "tokens in the last batch", model.state().tokens_per_second.unwrap_or(0.0), "tokens/s");
    tell("embed", "one query, p50", single, "ms");
    let file = std::env::temp_dir().join(format!("millrace-bench-{}.json", uuid::Uuid::now_v7()));
    std::fs::write(&file, json!({ "many": many, "queries": queries }).to_string())?;
    let folder = models_dir().join("all-minilm-l6-v2");
    if let Some(theirs) = python::ask(&["embed", &folder.to_string_lossy(), &file.to_string_lossy()])? {
        let their_seconds = theirs["seconds"].as_f64().unwrap_or(f64::NAN);
        tell("embed", "sentence-transformers, the same texts", 1000.0 / their_seconds, "texts/s");
        tell("embed", "throughput, ratio", their_seconds / seconds[1], "x");
        tell(
            "embed",
            "sentence-transformers, one query, p50",
            theirs["p50_ms"].as_f64().unwrap_or(f64::NAN),
            "ms",
        );
    }
    std::fs::remove_file(&file)?;
    Ok(())
}
