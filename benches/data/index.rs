//! The vector index by itself, in the process.

use crate::{milliseconds, percentile, python, tell};
use anyhow::{Result, bail};
use millrace::{
    api::vectors::Metric,
    server::search::{
        Embedder, MiniLm,
        vectors::{Base, Rows, Vectors, build, prepared},
    },
};
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use std::{
    collections::HashSet,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

const DIMENSION: usize = 384;
const NEAREST: usize = 10;

/// A normally distributed number, from two evenly distributed ones.
fn normal(random: &mut SmallRng) -> f32 {
    let (u, v): (f32, f32) = (random.random_range(f32::EPSILON..1.0), random.random_range(0.0..1.0));
    (-2.0 * u.ln()).sqrt() * (std::f32::consts::TAU * v).cos()
}

/// Points of Gaussian clusters, made as long as 1.
fn gaussian(clusters: usize, spread: f32, count: usize, centres: u64, points: u64) -> Vec<f32> {
    let mut random = SmallRng::seed_from_u64(centres);
    let centres: Vec<f32> = (0..clusters * DIMENSION).map(|_| normal(&mut random)).collect();
    let mut random = SmallRng::seed_from_u64(points);
    let mut numbers = Vec::with_capacity(count * DIMENSION);
    for _ in 0..count {
        let centre = random.random_range(0..clusters) * DIMENSION;
        let point = centres[centre..centre + DIMENSION].iter().map(|x| x + spread * normal(&mut random));
        numbers.extend(prepared(Metric::Cosine, point.collect()).unwrap_or_default());
    }
    numbers
}

fn rows(numbers: Vec<f32>) -> Rows {
    let count = numbers.len() / DIMENSION;
    let seqs: Vec<i64> = (1..).take(count).collect();
    let ids = seqs.iter().map(|seq| Uuid::from_u64_pair(0, seq.cast_unsigned())).collect();
    Rows { seqs, ids, numbers }
}

/// The median time of a search, and what each found.
fn measure(vectors: &Vectors, queries: &[f32]) -> Result<(Vec<Duration>, Vec<Vec<i64>>)> {
    for query in queries.chunks(DIMENSION).take(50) {
        vectors.search(query, NEAREST, None)?;
    }
    let (mut times, mut found) = (Vec::new(), Vec::new());
    for query in queries.chunks(DIMENSION) {
        let begun = Instant::now();
        let hits = vectors.search(query, NEAREST, None)?;
        times.push(begun.elapsed());
        found.push(hits.iter().map(|hit| hit.seq).collect());
    }
    Ok((times, found))
}

/// 20,000 vectors, every one compared, turn by turn with the wheel.
pub fn flat() -> Result<()> {
    let numbers = gaussian(1_000, 0.5, 20_000, 1, 2);
    let queries = gaussian(1_000, 0.5, 1_000, 1, 3);
    let folder = std::env::temp_dir().join(format!("millrace-bench-{}", Uuid::now_v7()));
    std::fs::create_dir_all(&folder)?;
    let (base, asked) = (folder.join("base.f32"), folder.join("queries.f32"));
    let bytes = |numbers: &[f32]| numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    std::fs::write(&base, bytes(&numbers))?;
    std::fs::write(&asked, bytes(&queries))?;
    let vectors = Vectors::empty(Metric::Cosine, DIMENSION).with(rows(numbers))?;
    let mut pairs = Vec::new();
    for _ in 0..3 {
        let (mut times, found) = measure(&vectors, &queries)?;
        let ours = milliseconds(percentile(&mut times, 0.5));
        let arguments = ["flat", &base.to_string_lossy(), &asked.to_string_lossy(), "384"];
        let theirs = match python::ask(&arguments)? {
            Some(answer) => {
                let same = answer["first"].as_array().into_iter().flatten().zip(&found);
                let same =
                    same.filter(|(label, found)| label.as_i64().map(|l| l + 1) == found.first().copied());
                if same.count() < 995 {
                    bail!("the wheel finds other vectors");
                }
                answer["p50_ms"].as_f64()
            }
            None => None,
        };
        pairs.push((ours, theirs));
    }
    std::fs::remove_dir_all(&folder)?;
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    tell("flat", "20,000 x 384, one query, p50", pairs[1].0, "ms");
    let mut theirs: Vec<f64> = pairs.iter().filter_map(|pair| pair.1).collect();
    theirs.sort_by(f64::total_cmp);
    if let Some(median) = theirs.get(1) {
        tell("flat", "faiss-cpu wheel, the same", *median, "ms");
        tell("flat", "ratio", pairs[1].0 / median, "x");
    }
    Ok(())
}

/// 100,000 vectors of 1,000 Gaussian clusters.
pub fn clusters() -> Result<()> {
    let numbers = gaussian(1_000, 0.5, 100_000, 1, 2);
    let queries = gaussian(1_000, 0.5, 1_000, 1, 3);
    recall("clusters", numbers, &queries)
}

fn recall(scene: &str, numbers: Vec<f32>, queries: &[f32]) -> Result<()> {
    let count = numbers.len() / DIMENSION;
    let exact = Vectors::empty(Metric::Cosine, DIMENSION).with(rows(numbers.clone()))?;
    let (mut times, wanted) = measure(&exact, queries)?;
    tell(
        scene,
        &format!("{count} x 384, all compared, p50"),
        milliseconds(percentile(&mut times, 0.5)),
        "ms",
    );
    let begun = Instant::now();
    let base = build(Metric::Cosine, DIMENSION, rows(numbers))?;
    tell(scene, "making the index", begun.elapsed().as_secs_f64(), "s");
    if let Base::Ivf(ivf) = &base {
        tell(scene, "clusters that a search looks into", f64::from(ivf.probes()), "");
    }
    let vectors = Vectors::empty(Metric::Cosine, DIMENSION).on(Arc::new(base))?;
    let (mut times, found) = measure(&vectors, queries)?;
    let right: usize = found
        .iter()
        .zip(&wanted)
        .map(|(found, wanted)| {
            let wanted: HashSet<&i64> = wanted.iter().collect();
            found.iter().filter(|seq| wanted.contains(seq)).count()
        })
        .sum();
    tell(scene, "recall@10", right as f64 / wanted.iter().map(Vec::len).sum::<usize>() as f64, "");
    tell(scene, "one query, p50", milliseconds(percentile(&mut times, 0.5)), "ms");
    tell(scene, "one query, p99", milliseconds(percentile(&mut times, 0.99)), "ms");
    Ok(())
}

/// The beginnings of the paragraphs of a folder of texts; every 25th is a query.
pub async fn real(model: &MiniLm, folder: &Path) -> Result<()> {
    let mut texts = Vec::new();
    collect(folder, &mut texts)?;
    texts.sort_unstable();
    texts.dedup();
    texts.truncate(25_000);
    let (queries, documents): (Vec<_>, Vec<_>) =
        texts.into_iter().enumerate().partition(|(place, _)| place % 25 == 0);
    let plain = |texts: Vec<(usize, String)>| texts.into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    let begun = Instant::now();
    let documents = model.embed(plain(documents)).await?.concat();
    let queries = model.embed(plain(queries)).await?.concat();
    tell("real", "texts embedded", begun.elapsed().as_secs_f64(), "s");
    recall("real", documents, &queries)
}

fn collect(folder: &Path, texts: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, texts)?;
        } else if path.extension().is_some_and(|e| e == "md" || e == "txt")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            let paragraphs = text.split("\n\n").map(str::trim).filter(|p| p.len() > 60);
            texts.extend(paragraphs.map(|p| p.chars().take(160).collect()));
        }
    }
    Ok(())
}
