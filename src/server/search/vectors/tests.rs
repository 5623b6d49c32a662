//! Vectors against a plain comparison of all of them: parts, deletions, filters, clusters, files.

use super::*;
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

const DIMENSION: usize = 24;

/// Vectors around some centres, numbered from `first`.
fn rows(metric: Metric, first: i64, count: usize, seed: u64) -> Rows {
    let mut random = SmallRng::seed_from_u64(7);
    let centres: Vec<Vec<f32>> =
        (0..40).map(|_| (0..DIMENSION).map(|_| random.random_range(-1.0..1.0f32)).collect()).collect();
    let mut random = SmallRng::seed_from_u64(seed);
    let mut rows = Rows::default();
    for seq in first..first + count as i64 {
        let centre = &centres[random.random_range(0..centres.len())];
        let vector = centre.iter().map(|x| x + random.random_range(-0.3..0.3f32)).collect();
        rows.seqs.push(seq);
        rows.ids.push(Uuid::from_u64_pair(1, seq as u64));
        rows.numbers.extend(prepared(metric, vector).unwrap());
    }
    rows
}

fn query(metric: Metric, seed: u64) -> Vec<f32> {
    rows(metric, 0, 1, seed).numbers
}

fn joined(parts: &[Rows]) -> Rows {
    let mut all = Rows::default();
    for part in parts {
        all.seqs.extend(&part.seqs);
        all.ids.extend(&part.ids);
        all.numbers.extend(&part.numbers);
    }
    all
}

/// The definition: every vector compared, in double precision.
fn exact(
    metric: Metric,
    rows: &Rows,
    query: &[f32],
    count: usize,
    passes: impl Fn(i64) -> bool,
) -> Vec<(i64, f64)> {
    let mut all: Vec<(i64, f64)> = rows
        .seqs
        .iter()
        .zip(rows.numbers.chunks(DIMENSION))
        .filter(|(seq, _)| passes(**seq))
        .map(|(seq, vector)| {
            let pairs = || query.iter().zip(vector).map(|(a, b)| (f64::from(*a), f64::from(*b)));
            let score = match metric {
                Metric::Euclidean => {
                    1.0 / (1.0 + pairs().map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt())
                }
                _ => pairs().map(|(a, b)| a * b).sum(),
            };
            (*seq, score)
        })
        .collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(count);
    all
}

fn assert_same(found: &[Found], wanted: &[(i64, f64)]) {
    let seqs: Vec<i64> = found.iter().map(|found| found.seq).collect();
    assert_eq!(seqs, wanted.iter().map(|(seq, _)| *seq).collect::<Vec<_>>());
    for (found, (_, score)) in found.iter().zip(wanted) {
        assert!((f64::from(found.score) - score).abs() < 1e-4, "{} for {score}", found.score);
    }
}

#[test]
fn parts_deletions_and_filters_change_nothing_about_the_answer() {
    for metric in [Metric::Cosine, Metric::Dot, Metric::Euclidean] {
        let parts: Vec<Rows> = [300, 1, 1, 40, 7, 90, 2]
            .into_iter()
            .scan(1, |next, count| {
                let made = rows(metric, *next, count, *next as u64);
                *next += count as i64;
                Some(made)
            })
            .collect();
        let all = joined(&parts);
        let mut vectors = Vectors::empty(metric, DIMENSION);
        for part in &parts {
            vectors = vectors.with(part.clone()).unwrap();
        }
        assert!(vectors.recent.len() <= 4, "{} parts", vectors.recent.len());
        assert_eq!((vectors.count(), vectors.last_seq()), (441, 441));
        let query = query(metric, 99);
        assert_same(&vectors.search(&query, 10, None).unwrap(), &exact(metric, &all, &query, 10, |_| true));
        // Without the best thirty: more must be asked for than is wanted.
        let best: HashSet<i64> =
            exact(metric, &all, &query, 30, |_| true).iter().map(|(seq, _)| *seq).collect();
        let fewer = vectors.without(best.iter().copied());
        let wanted = exact(metric, &all, &query, 10, |seq| !best.contains(&seq));
        assert_same(&fewer.search(&query, 10, None).unwrap(), &wanted);
        assert_eq!(vectors.count() - fewer.count(), 30);
        // The change made a new value; searches on the old one see what they saw.
        assert_same(&vectors.search(&query, 3, None).unwrap(), &exact(metric, &all, &query, 3, |_| true));
        // A filter, and a big part made of everything so far.
        let only: Vec<i64> = (1..=441).filter(|seq| seq % 5 == 0).collect();
        let wanted = exact(metric, &all, &query, 10, |seq| seq % 5 == 0 && !best.contains(&seq));
        assert_same(&fewer.search(&query, 10, Some(&only)).unwrap(), &wanted);
        let rebased = fewer.on(Arc::new(absorb(&fewer).unwrap())).unwrap();
        assert_eq!((rebased.recent.len(), rebased.count()), (0, 411));
        assert_same(&rebased.search(&query, 10, Some(&only)).unwrap(), &wanted);
        assert!(rebased.search(&query, 10, Some(&[])).unwrap().is_empty());
        assert_eq!(rebased.search(&query, 1000, None).unwrap().len(), 411);
        let seqs: Vec<i64> = rebased.seqs().collect();
        assert_eq!(seqs.len(), 411);
        assert!(seqs.is_sorted());
    }
}

#[test]
fn clusters_find_nearly_everything_and_filters_are_exact() {
    let all = rows(Metric::Cosine, 1, FLAT_LIMIT + 1000, 3);
    let base = Arc::new(build(Metric::Cosine, DIMENSION, all.clone()).unwrap());
    let Base::Ivf(ivf) = base.as_ref() else { panic!("not clustered") };
    assert!(ivf.probes() < 200, "{} probes are as good as none", ivf.probes());
    let vectors = Vectors::empty(Metric::Cosine, DIMENSION).on(base).unwrap();
    let (mut right, mut wanted) = (0, 0);
    for seed in 0..100 {
        let query = query(Metric::Cosine, 1000 + seed);
        let exact = exact(Metric::Cosine, &all, &query, 10, |_| true);
        let found = vectors.search(&query, 10, None).unwrap();
        assert_eq!(found.len(), 10);
        wanted += exact.len();
        right += found.iter().filter(|found| exact.iter().any(|(seq, _)| *seq == found.seq)).count();
    }
    assert!(right * 100 >= wanted * 95, "recall {right} of {wanted}");
    // Few that pass: all of them are found, again and again with the same parameters.
    let query = query(Metric::Cosine, 5);
    for step in [700, 1000, 3000] {
        let only: Vec<i64> = all.seqs.iter().copied().filter(|seq| seq % step == 0).collect();
        let found = vectors.search(&query, 7, Some(&only)).unwrap();
        assert_same(&found, &exact(Metric::Cosine, &all, &query, 7, |seq| seq % step == 0));
    }
    assert_eq!(vectors.search(&query, 1000, None).unwrap().len(), 1000);
    // What comes later lies in small parts, then in the clusters.
    let more = rows(Metric::Cosine, 30_000, 3, 77);
    let grown = vectors.with(more.clone()).unwrap();
    let near = more.numbers[..DIMENSION].to_vec();
    assert_eq!(grown.search(&near, 1, None).unwrap()[0].seq, 30_000);
    let absorbed = grown.on(Arc::new(absorb(&grown).unwrap())).unwrap();
    assert_eq!((absorbed.recent.len(), absorbed.kind()), (0, "ivf"));
    assert_eq!(absorbed.search(&near, 1, None).unwrap()[0].seq, 30_000);
}

#[test]
fn a_big_part_is_made_when_it_pays() {
    let metric = Metric::Cosine;
    let of = |count: usize| Vectors::empty(metric, DIMENSION).with(rows(metric, 1, count, 1)).unwrap();
    assert_eq!(wanted(&of(SMALL_ENOUGH)), None);
    assert_eq!(wanted(&of(SMALL_ENOUGH + 1)), Some(Work::Absorb));
    assert_eq!(wanted(&of(FLAT_LIMIT + 1)), Some(Work::Rebuild));
    let flat = of(5000);
    let flat = flat.on(Arc::new(absorb(&flat).unwrap())).unwrap();
    assert_eq!(wanted(&flat), None);
    assert_eq!(wanted(&flat.without(1..=1000)), Some(Work::Rebuild));
}

const SMALL_ENOUGH: usize = 1000;

fn file(folder: &std::path::Path) -> IndexFile {
    IndexFile {
        folder: folder.to_owned(),
        collection: Uuid::from_u128(5),
        metric: Metric::Cosine,
        dimension: DIMENSION,
    }
}

#[test]
fn a_file_gives_the_part_back() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(dir.path());
    assert!(matches!(file.read(), Err(Unusable::Absent)));
    for count in [500, FLAT_LIMIT + 1] {
        let all = rows(Metric::Cosine, 10, count, 3);
        let base = build(Metric::Cosine, DIMENSION, all).unwrap();
        file.write(&base, 42).unwrap();
        let (read, generation) = file.read().unwrap();
        assert_eq!((generation, read.seqs(), read.ids()), (42, base.seqs(), base.ids()));
        let query = query(Metric::Cosine, 8);
        assert_eq!(read.search(&query, 10, None).unwrap(), base.search(&query, 10, None).unwrap());
    }
    let left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [std::ffi::OsString::from(file.name())]);
}

#[test]
fn no_damaged_file_is_believed() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(dir.path());
    let base = build(Metric::Cosine, DIMENSION, rows(Metric::Cosine, 1, 50, 3)).unwrap();
    file.write(&base, 1).unwrap();
    let path = dir.path().join(file.name());
    let good = std::fs::read(&path).unwrap();
    for at in (0..good.len()).step_by(37).chain([good.len() - 1]) {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        std::fs::write(&path, bad).unwrap();
        assert!(matches!(file.read(), Err(Unusable::Damaged(_))), "byte {at}");
    }
    for length in [0, 1, 127, 128, 200, good.len() - 1] {
        std::fs::write(&path, &good[..length]).unwrap();
        assert!(matches!(file.read(), Err(Unusable::Damaged(_))), "length {length}");
    }
    std::fs::write(&path, [good.as_slice(), b"x"].concat()).unwrap();
    assert!(matches!(file.read(), Err(Unusable::Damaged(_))));
    // Somebody else's, under this one's name.
    std::fs::write(&path, &good).unwrap();
    let others = IndexFile { collection: Uuid::from_u128(6), ..file.clone() };
    std::fs::rename(&path, dir.path().join(others.name())).unwrap();
    assert!(matches!(others.read(), Err(Unusable::Damaged(_))));
    assert!(matches!(file.read(), Err(Unusable::Absent)));
}
