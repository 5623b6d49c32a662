//! How fast documents are embedded and found, side by side with the Python packages that others use.
//!
//! `millrace-bench-data SCENE…`: `flat`, `clusters`, `embed`, `real FOLDER`, `api PROGRAM`. `PYTHON` names an interpreter that
//! has faiss-cpu and sentence-transformers (`python3 -m venv X && X/bin/pip install faiss-cpu sentence-transformers`);
//! without it only our own figures are given. `MILLRACE_MODELS_DIR` names the folder with the embedding model.

mod api;
mod embed;
mod index;
mod python;
#[path = "../runs/server.rs"]
#[expect(dead_code, reason = "written for the other bench, which uses all of it")]
mod server;

use anyhow::{Result, bail};
use millrace::server::{
    llm::{Models, ModelsOptions},
    search::MiniLm,
};
use std::{path::PathBuf, time::Duration};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.peek().is_none() {
        bail!("usage: millrace-bench-data SCENE…; scenes: flat, clusters, embed, real FOLDER, api PROGRAM");
    }
    while let Some(scene) = arguments.next() {
        match scene.as_str() {
            "flat" => index::flat()?,
            "clusters" => index::clusters()?,
            "embed" => embed::compare(&model()?).await?,
            "real" => index::real(&model()?, &path(arguments.next(), "a folder of texts")?).await?,
            "api" => api::searches(&path(arguments.next(), "a program")?).await?,
            other => bail!("there is no scene `{other}`"),
        }
    }
    Ok(())
}

fn path(argument: Option<String>, what: &str) -> Result<PathBuf> {
    match argument {
        Some(path) => Ok(path.into()),
        None => bail!("this scene needs {what}"),
    }
}

fn models_dir() -> PathBuf {
    std::env::var_os("MILLRACE_MODELS_DIR").map_or_else(|| "data/models".into(), PathBuf::from)
}

fn model() -> Result<MiniLm> {
    Ok(MiniLm::start(Models::open(ModelsOptions::new(models_dir())))?)
}

/// The value below which that share of the measurements lies.
fn percentile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let place = (times.len() as f64 * share) as usize;
    times.get(place.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn tell(scene: &str, name: &str, value: f64, unit: &str) {
    println!("{scene:<9} {name:<46} {value:>10.3} {unit}");
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
