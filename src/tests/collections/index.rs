//! What is in memory and in files is only a copy: restarts, damaged files, several processes, big collections.

use crate::{db_test, support::db::TestDatabase};
use chrono::Utc;
use millrace::{
    api::vectors::{CollectionBody, Metric},
    server::{
        clock::Clock,
        llm::LlmError,
        search::{Duplicates, EmbedFuture, Embedder, Embedders, NewDocument, Search, SearchError, Wanted},
        store::users,
    },
    workflow::ids::UserId,
};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokenizers::Tokenizer;
use tokio::sync::Semaphore;
use uuid::Uuid;

const DIMENSION: usize = 8;

/// Makes up a vector from the letters; waits for a permit where it is told to.
struct Letters {
    gated: AtomicBool,
    asked: Semaphore,
    gate: Semaphore,
}

impl Letters {
    fn new() -> Arc<Self> {
        let (asked, gate) = (Semaphore::new(0), Semaphore::new(0));
        Arc::new(Self { gated: AtomicBool::new(false), asked, gate })
    }
}

fn letters(text: &str) -> Vec<f32> {
    let mut vector = [0.1; DIMENSION];
    for (place, byte) in text.bytes().enumerate() {
        vector[(usize::from(byte) + place) % DIMENSION] += 1.0;
    }
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter().map(|x| x / norm).collect()
}

impl Embedder for Letters {
    fn model(&self) -> &str {
        "letters"
    }

    fn dimension(&self) -> u32 {
        DIMENSION as u32
    }

    fn embed(&self, texts: Vec<String>) -> EmbedFuture<'_> {
        Box::pin(async move {
            if self.gated.load(Ordering::SeqCst) {
                self.asked.add_permits(1);
                self.gate.acquire().await.expect("never closed").forget();
            }
            Ok(texts.iter().map(|text| letters(text)).collect())
        })
    }

    fn tokenizer(&self) -> Result<Arc<Tokenizer>, LlmError> {
        panic!("nobody asks for it here")
    }
}

struct Stage {
    owner: UserId,
    folder: tempfile::TempDir,
}

impl Stage {
    async fn new(db: &TestDatabase) -> Self {
        let write = db.store.write().await.expect("a transaction");
        let new = users::NewUser {
            username: "ada".to_owned(),
            email: "ada@example.org".to_owned(),
            hashed_password: String::new(),
        };
        let owner = users::create(&write, new, Utc::now()).await.expect("an account").id;
        write.commit().await.expect("it is kept");
        Self { owner, folder: tempfile::tempdir().expect("a folder") }
    }

    /// As another process would, with index files in that folder.
    fn process(&self, db: &TestDatabase, folder: &str) -> Search {
        self.process_with(db, folder, Letters::new())
    }

    fn process_with(&self, db: &TestDatabase, folder: &str, embedder: Arc<Letters>) -> Search {
        let folder = Some(self.folder.path().join(folder));
        Search::open(db.store.clone(), Clock::system(), Embedders::only(embedder), folder).expect("it starts")
    }

    async fn make(&self, search: &Search, name: &str) {
        let body = CollectionBody { name: name.to_owned(), ..CollectionBody::default() };
        search.create(self.owner, &body).await.expect("a collection");
    }

    async fn add(&self, search: &Search, name: &str, texts: impl IntoIterator<Item = String>) -> Vec<Uuid> {
        let document = |content| NewDocument { content, ..NewDocument::default() };
        let documents = texts.into_iter().map(document).collect();
        search.add(self.owner, name, documents, Duplicates::Keep).await.expect("they are added").ids
    }

    async fn find(&self, search: &Search, name: &str, text: &str, top_k: i64) -> Vec<String> {
        let wanted = Wanted { query: Some(text.to_owned()), top_k: Some(top_k), ..Wanted::default() };
        let hits = search.search(self.owner, name, wanted).await.expect("it is searched");
        hits.into_iter().map(|hit| hit.content).collect()
    }

    /// The index files, once there are any.
    async fn files(&self, folder: &str) -> Vec<PathBuf> {
        for _ in 0..3000 {
            let files = listed(&self.folder.path().join(folder));
            if !files.is_empty() && files.iter().all(|file| file.extension().is_some_and(|e| e == "index")) {
                return files;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("no index file was written");
    }
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

fn words(range: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    range.map(|i| format!("{:x} {}", i * 7919 % 65_521, i))
}

db_test! {
    async fn an_index_file_saves_work_and_is_never_needed(db) {
        let stage = Stage::new(db).await;
        let first = stage.process(db, "index");
        stage.make(&first, "docs").await;
        let ids = stage.add(&first, "docs", words(0..1500)).await;
        let wanted = stage.find(&first, "docs", "4d2 700", 10).await;
        assert_eq!(wanted.len(), 10);
        let [file] = stage.files("index").await.try_into().expect("one file");
        let good = std::fs::read(&file).expect("it can be read");
        drop(first);
        // After a restart, with documents added and deleted since the file was written.
        let second = stage.process(db, "index");
        assert_eq!(stage.find(&second, "docs", "4d2 700", 10).await, wanted);
        stage.add(&second, "docs", ["4d2 700".to_owned()]).await;
        second.remove(stage.owner, "docs", ids[3]).await.expect("it is deleted");
        let gone = words(3..4).next().expect("a text");
        drop(second);
        let after_restart = async |what: &str| {
            let search = stage.process(db, "index");
            assert_eq!(stage.find(&search, "docs", "4d2 700", 1).await, ["4d2 700"], "{what}");
            assert!(!stage.find(&search, "docs", &gone, 1000).await.contains(&gone), "{what}");
            assert_eq!(stage.find(&search, "docs", "4d2 700", 1000).await.len(), 1000, "{what}");
        };
        after_restart("as it was").await;
        // Whatever is in the file, the answers are those of the database.
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        for (what, content) in [
            ("one bit", bad.as_slice()),
            ("half of it", &good[..good.len() / 2]),
            ("nothing", b""),
            ("something else", b"MLRVIDX1 is how these files begin, but this is none of them, however long it may be and so on and on and on"),
        ] {
            std::fs::write(&file, content).expect("it can be written");
            after_restart(what).await;
        }
        std::fs::remove_file(&file).expect("it can be removed");
        std::fs::create_dir(&file).expect("a folder in its place");
        after_restart("a folder in its place").await;
    }

    async fn several_processes_see_each_others_changes(db) {
        let stage = Stage::new(db).await;
        let (one, other) = (stage.process(db, "one"), stage.process(db, "other"));
        stage.make(&one, "docs").await;
        let ids = stage.add(&one, "docs", words(0..50)).await;
        assert_eq!(stage.find(&other, "docs", "x", 1000).await.len(), 50);
        stage.add(&other, "docs", ["added by the other".to_owned()]).await;
        assert_eq!(stage.find(&one, "docs", "added by the other", 1).await, ["added by the other"]);
        let first = words(0..1).next().expect("a text");
        assert_eq!(stage.find(&other, "docs", &first, 1).await, [first.as_str()]);
        one.remove(stage.owner, "docs", ids[0]).await.expect("it is deleted");
        assert!(!stage.find(&other, "docs", &first, 1000).await.contains(&first));
        assert!(!stage.find(&one, "docs", &first, 1000).await.contains(&first));
        // Words and metadata too.
        let lexical = async |search: &Search, text: &str| {
            let wanted = Wanted { query: Some(text.to_owned()), mode: millrace::api::vectors::SearchMode::Lexical, ..Wanted::default() };
            search.search(stage.owner, "docs", wanted).await.expect("it is searched").len()
        };
        assert_eq!((lexical(&one, "other").await, lexical(&other, "other").await), (1, 1));
        stage.add(&one, "docs", ["another other".to_owned()]).await;
        assert_eq!((lexical(&other, "other").await, lexical(&one, "other").await), (2, 2));
        // The same added by both at once is there once.
        let document = || vec![NewDocument { content: "once".to_owned(), ..NewDocument::default() }];
        let adding = (0..8).map(|i| {
            let (search, owner) = (if i % 2 == 0 { one.clone() } else { other.clone() }, stage.owner);
            tokio::spawn(async move { search.add(owner, "docs", document(), Duplicates::Skip).await.expect("it is added") })
        });
        let mut added = 0;
        for task in adding.collect::<Vec<_>>() {
            added += task.await.expect("no panic").added;
        }
        assert_eq!(added, 1);
        // A collection that is made anew under the same name is another one.
        one.delete(stage.owner, "docs").await.expect("it is deleted");
        stage.make(&one, "docs").await;
        stage.add(&one, "docs", ["new".to_owned()]).await;
        assert_eq!(stage.find(&other, "docs", "x", 1000).await, ["new"]);
    }

    async fn a_collection_that_goes_during_a_search_is_an_error(db) {
        let stage = Stage::new(db).await;
        let embedder = Letters::new();
        let search = stage.process_with(db, "index", Arc::clone(&embedder));
        stage.make(&search, "docs").await;
        stage.make(&search, "others").await;
        stage.add(&search, "docs", words(0..5)).await;
        stage.add(&search, "others", words(0..5)).await;
        assert_eq!(stage.find(&search, "docs", "x", 10).await.len(), 5);
        embedder.gated.store(true, Ordering::SeqCst);
        let searching = {
            let (search, owner) = (search.clone(), stage.owner);
            let wanted = Wanted { query: Some("x".to_owned()), ..Wanted::default() };
            tokio::spawn(async move { search.search(owner, "docs", wanted).await })
        };
        embedder.asked.acquire().await.expect("never closed").forget();
        search.delete(stage.owner, "docs").await.expect("it is deleted");
        embedder.gated.store(false, Ordering::SeqCst);
        embedder.gate.add_permits(1);
        let error = searching.await.expect("no panic").expect_err("the collection is gone");
        assert!(matches!(error, SearchError::UnknownCollection(_)), "{error}");
        assert_eq!(stage.find(&search, "others", "x", 10).await.len(), 5);
    }
}

/// Twenty thousand and more: clusters, made in the background while searches go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_big_collection_gets_clusters() {
    let db = &TestDatabase::sqlite().await;
    let stage = Stage::new(db).await;
    let search = stage.process(db, "index");
    let body = CollectionBody {
        name: "big".to_owned(),
        dimension: Some(4),
        metric: Some(Metric::Euclidean),
        ..CollectionBody::default()
    };
    search.create(stage.owner, &body).await.expect("a collection");
    let vector = |i: usize| vec![(i % 100) as f32, (i / 100 % 100) as f32, (i / 10_000) as f32, 0.0];
    for part in 0..3 {
        let documents = (part * 7000..(part + 1) * 7000).map(|i| NewDocument {
            content: i.to_string(),
            vector: Some(vector(i)),
            ..NewDocument::default()
        });
        search.add(stage.owner, "big", documents.collect(), Duplicates::Keep).await.expect("they are added");
    }
    let nearest = async |search: &Search, i: usize| {
        let wanted = Wanted { vector: Some(vector(i)), top_k: Some(1), ..Wanted::default() };
        let hits = search.search(stage.owner, "big", wanted).await.expect("it is searched");
        hits[0].content.parse::<usize>().expect("a number")
    };
    assert_eq!(nearest(&search, 12_345).await, 12_345);
    stage.files("index").await;
    let kind = async |search: &Search| search.get(stage.owner, "big").await.expect("it is there").index_kind;
    for _ in 0..3000 {
        if kind(&search).await == "ivf" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(kind(&search).await, "ivf");
    for i in (0..21_000).step_by(1501) {
        assert_eq!(nearest(&search, i).await, i);
    }
    // And from the file after a restart.
    drop(search);
    let search = stage.process(db, "index");
    for i in (7..21_000).step_by(1501) {
        assert_eq!(nearest(&search, i).await, i);
    }
}
