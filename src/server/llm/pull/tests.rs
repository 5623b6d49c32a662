//! Pulls from a small hub of our own, with the habits of the real one.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::response::Redirect;
use axum::routing::get;
use futures::StreamExt;

use super::*;
use crate::server::llm::catalog::{HubFile, HubSource};

const CONTENT: &[u8] = b"0123456789 the weights of a model";

/// What the store saw and how it behaves.
struct Store {
    ranges: Mutex<Vec<Option<String>>>,
    /// Closes the connection after so many bytes, once.
    cut_after: Mutex<Option<usize>>,
    heads: AtomicU32,
    checksum: String,
}

async fn resolve(
    State(store): State<Arc<Store>>,
    UrlPath((owner, repository, file)): UrlPath<(String, String, String)>,
    method: Method,
) -> Response<Body> {
    if (owner.as_str(), repository.as_str(), file.as_str()) != ("org", "repo", "model.gguf") {
        return Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap();
    }
    if method == Method::HEAD {
        store.heads.fetch_add(1, Ordering::SeqCst);
    }
    // As the real hub: the checksum is stated on the way to the store, not by the store.
    let mut reply = axum::response::IntoResponse::into_response(Redirect::temporary("/store/model.gguf"));
    reply.headers_mut().insert("x-linked-etag", format!("\"{}\"", store.checksum).parse().unwrap());
    reply.headers_mut().insert("x-linked-size", CONTENT.len().into());
    reply
}

async fn content(State(store): State<Arc<Store>>, headers: HeaderMap) -> Response<Body> {
    let range = headers.get("range").map(|range| range.to_str().unwrap().to_owned());
    let from = range.as_ref().map_or(0, |range| {
        range.trim_start_matches("bytes=").trim_end_matches('-').parse::<usize>().unwrap()
    });
    store.ranges.lock().unwrap().push(range.clone());
    let rest = CONTENT[from..].to_vec();
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let body = match store.cut_after.lock().unwrap().take() {
        Some(length) => {
            let pieces = [Ok(rest[..length].to_vec()), Err(std::io::Error::other("the connection broke"))];
            Body::from_stream(futures::stream::iter(pieces).then(async |piece| {
                if piece.is_err() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                piece
            }))
        }
        None => Body::from(rest),
    };
    Response::builder().status(status).body(body).unwrap()
}

async fn hub(checksum: &str) -> (String, Arc<Store>) {
    let store = Arc::new(Store {
        ranges: Mutex::default(),
        cut_after: Mutex::default(),
        heads: AtomicU32::new(0),
        checksum: checksum.to_owned(),
    });
    let router = Router::new()
        .route("/{owner}/{repository}/resolve/main/{file}", get(resolve))
        .route("/store/model.gguf", get(content))
        .with_state(store.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, store)
}

async fn checksum_of_content() -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), CONTENT).unwrap();
    checksum::of(file.path()).await.unwrap().0
}

fn entry() -> CatalogEntry {
    CatalogEntry {
        name: "little",
        kind: Kind::Chat,
        family: "qwen3",
        description: "",
        size_bytes: 0,
        hub: Some(HubSource {
            repository: "org/repo",
            files: &[HubFile { path: "model.gguf", sha256: None }],
        }),
        package: None,
    }
}

#[derive(Default)]
struct Told(Mutex<Vec<String>>, AtomicU32);

impl PullProgress for Told {
    fn message(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
    fn bytes(&self, done: u64, total: Option<u64>) {
        assert_eq!(total, Some(CONTENT.len() as u64));
        self.1.store(u32::try_from(done).unwrap(), Ordering::SeqCst);
    }
}

#[tokio::test]
async fn fetches_checks_lands_and_then_rests() {
    let dir = tempfile::tempdir().unwrap();
    let (address, store) = hub(&checksum_of_content().await).await;
    let told = Told::default();
    let folder = pull_entry(dir.path(), &address, &entry(), &told).await.unwrap();
    assert_eq!(std::fs::read(folder.join("model.gguf")).unwrap(), CONTENT);
    assert_eq!(told.1.load(Ordering::SeqCst) as usize, CONTENT.len());
    let manifest = Manifest::read(&folder).unwrap();
    assert_eq!((manifest.source.as_str(), manifest.files.len()), ("org/repo", 1));
    assert!(!dir.path().join(".little.pull").exists(), "nothing is left behind");
    // Again: nothing is asked for.
    pull_entry(dir.path(), &address, &entry(), &told).await.unwrap();
    assert_eq!((store.heads.load(Ordering::SeqCst), store.ranges.lock().unwrap().len()), (1, 1));
    // Damaged on disk: fetched again.
    std::fs::write(folder.join("model.gguf"), &CONTENT[1..]).unwrap();
    pull_entry(dir.path(), &address, &entry(), &told).await.unwrap();
    assert_eq!(std::fs::read(folder.join("model.gguf")).unwrap(), CONTENT);
}

#[tokio::test]
async fn goes_on_where_it_was_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let (address, store) = hub(&checksum_of_content().await).await;
    *store.cut_after.lock().unwrap() = Some(7);
    let error = pull_entry(dir.path(), &address, &entry(), &SilentProgress).await.unwrap_err();
    assert!(error.retryable, "{error}");
    assert!(!dir.path().join("little/model.gguf").exists());
    let folder = pull_entry(dir.path(), &address, &entry(), &SilentProgress).await.unwrap();
    assert_eq!(std::fs::read(folder.join("model.gguf")).unwrap(), CONTENT);
    assert_eq!(*store.ranges.lock().unwrap(), [None, Some("bytes=7-".to_owned())]);
}

#[tokio::test]
async fn a_wrong_rest_is_thrown_away_and_fetched_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (address, _) = hub(&checksum_of_content().await).await;
    std::fs::create_dir_all(dir.path().join(".little.pull")).unwrap();
    std::fs::write(dir.path().join(".little.pull/model.gguf.part"), b"rubbish").unwrap();
    let folder = pull_entry(dir.path(), &address, &entry(), &SilentProgress).await.unwrap();
    assert_eq!(std::fs::read(folder.join("model.gguf")).unwrap(), CONTENT);
}

#[tokio::test]
async fn a_wrong_checksum_never_lands() {
    let dir = tempfile::tempdir().unwrap();
    let (address, _) = hub(&"0".repeat(64)).await;
    let error = pull_entry(dir.path(), &address, &entry(), &SilentProgress).await.unwrap_err();
    assert_eq!(error.code, "checksum_mismatch");
    assert!(!dir.path().join("little").exists());
}

#[tokio::test]
async fn two_pulls_at_once_fetch_once() {
    let dir = tempfile::tempdir().unwrap();
    let (address, store) = hub(&checksum_of_content().await).await;
    let one = entry();
    let (first, second) = tokio::join!(
        pull_entry(dir.path(), &address, &one, &SilentProgress),
        pull_entry(dir.path(), &address, &one, &SilentProgress),
    );
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(store.ranges.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn says_what_to_do_when_the_hub_is_away_or_has_no_such_file() {
    let dir = tempfile::tempdir().unwrap();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let error = pull_entry(dir.path(), &closed, &entry(), &SilentProgress).await.unwrap_err();
    assert_eq!((error.code, error.retryable), ("hub_unreachable", true));
    assert!(error.message.contains("little") && error.message.contains(&closed), "{error}");

    let (address, _) = hub("").await;
    let source = HubSource { repository: "org/other", files: &[HubFile { path: "x.gguf", sha256: None }] };
    let missing = CatalogEntry { hub: Some(source), ..entry() };
    let error = pull_entry(dir.path(), &address, &missing, &SilentProgress).await.unwrap_err();
    assert!(error.message.contains("404"), "{error}");

    let unknown = pull(dir.path(), &address, Some("gpt"), &SilentProgress).await.unwrap_err();
    assert_eq!(unknown.code, "model_unknown");
    assert!(unknown.message.contains("qwen3-0.6b"));
}

#[tokio::test]
async fn a_file_put_there_by_hand_counts_when_its_checksum_is_right() {
    let dir = tempfile::tempdir().unwrap();
    let real = catalog::find("smollm2-135m").unwrap();
    let place = Place::of(dir.path(), real.name);
    std::fs::create_dir_all(&place.folder).unwrap();
    std::fs::write(place.folder.join("SmolLM2-135M-Instruct.Q4_1.gguf"), b"not it").unwrap();
    assert!(!intact(&place, real, &SilentProgress).await);
    assert!(Manifest::read(&place.folder).is_none());
}

/// The real thing: `cargo test --features ssr --lib fetches_the_real -- --ignored`. Takes the hub where it answers.
#[tokio::test]
#[ignore = "fetches 90 MB from the network"]
async fn fetches_the_real_default_model() {
    struct Printed;
    impl PullProgress for Printed {
        fn message(&self, text: &str) {
            println!("{text}");
        }
        fn bytes(&self, done: u64, total: Option<u64>) {
            println!("{done} of {total:?}");
        }
    }
    let dir = match std::env::var_os("MILLRACE_MODELS_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => tempfile::tempdir().unwrap().keep(),
    };
    let models = crate::server::llm::Models::open(crate::server::llm::ModelsOptions::new(&dir));
    let folder = models.pull(None, &Printed).await.unwrap();
    assert!(folder.starts_with(&dir));
    assert_eq!(models.default_chat().as_deref(), folder.file_name().and_then(|name| name.to_str()));
    models.pull(None, &Printed).await.unwrap();
}
