//! What every request handler can reach. Cheap to clone.

use super::{
    clock::Clock,
    config::Config,
    engine::{Engine, EngineError, EngineLimits},
    llm::{ChatModels, Models, ModelsOptions, Patience, Remotes},
    nodes::{NodeRegistry, Parts, Tables},
    outbound::Outbound,
    search::{Embedders, MiniLm, Search},
    secrets::Secrets,
    services::{
        accounts::Accounts,
        failure_notices,
        models::remote::StoredBook,
        runs::PreparedDrafts,
        tables,
        triggers::{self, Alarm},
        uploads::Uploads,
    },
    store::{
        FolderLock, Store, StoreError,
        files::Files,
        llm_cache::{Answers, Room},
    },
};
use axum::extract::FromRef;
use leptos::config::{Env, LeptosOptions};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The running application.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    pub clock: Clock,
    pub store: Store,
    pub models: Models,
    /// The chat models of this machine and those elsewhere.
    pub chat: ChatModels,
    pub search: Search,
    pub engine: Engine,
    pub accounts: Accounts,
    pub secrets: Secrets,
    /// Requests to the world outside.
    pub outbound: Outbound,
    /// Drafts that were started last.
    pub prepared: PreparedDrafts,
    /// Wakes the scheduler.
    pub alarm: Alarm,
    /// Files on their way into collections.
    pub uploads: Uploads,
    pub leptos: LeptosOptions,
    /// Cancelled when the server is about to end: streams close, so that it can.
    pub stopping: CancellationToken,
    /// What goes on beside requests and runs until then.
    background: TaskTracker,
    /// Keeps a second server off the data folder.
    _lock: Option<Arc<FolderLock>>,
}

/// Why the application did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Engine(#[from] EngineError),
    #[error("the threads for searching did not start: {0}")]
    Threads(String),
    #[error("the data folder {folder} cannot be used: {cause}")]
    DataFolder { folder: String, cause: std::io::Error },
}

impl AppState {
    /// Opens and migrates the database, makes what the data folder lacks, takes the folder's lock, goes on with
    /// unfinished runs and watches over schedules: the state of a server.
    ///
    /// # Errors
    /// When the database or the data folder cannot be used, or another server uses the folder.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, StartError> {
        let folder = &config.storage.data_dir;
        std::fs::create_dir_all(folder).map_err(|cause| unusable(&config, cause))?;
        let lock = FolderLock::take(folder)?;
        let store = Store::open(&config.database_url()).await?;
        store.at_start(|| store.migrate()).await?;
        let secrets = open_secrets(&config, &store)?;
        let state = Self::with_engine_on(config, clock, store.clone(), store, secrets, Some(lock)).await?;
        state.background.spawn(triggers::watch(state.clone()));
        state.background.spawn(failure_notices::watch(state.clone()));
        Ok(state)
    }

    /// The state of a command that works on the data folder, beside a server or without one. Runs are left alone.
    ///
    /// # Errors
    /// When the database or the data folder cannot be used.
    pub async fn beside_a_server(config: Config, clock: Clock) -> Result<Self, StartError> {
        std::fs::create_dir_all(&config.storage.data_dir).map_err(|cause| unusable(&config, cause))?;
        let store = Store::open(&config.database_url()).await?;
        store.migrate().await?;
        let secrets = open_secrets(&config, &store)?;
        Self::with_engine_on(config, clock, store, Store::temporary().await?, secrets, None).await
    }

    /// A state whose database and keys are gone with the process; for `millrace run`.
    ///
    /// # Errors
    /// When no temporary files can be made.
    pub async fn temporary(config: Config, clock: Clock) -> Result<Self, StartError> {
        let store = Store::temporary().await?;
        let secrets = Secrets::temporary(store.clone());
        Self::with_engine_on(config, clock, store.clone(), store, secrets, None).await
    }

    async fn with_engine_on(
        config: Config,
        clock: Clock,
        store: Store,
        runs: Store,
        secrets: Secrets,
        lock: Option<FolderLock>,
    ) -> Result<Self, StartError> {
        let accounts = match lock {
            Some(_) => Accounts::open(&config.storage.data_dir, &config.accounts)
                .map_err(|cause| unusable(&config, cause))?,
            None => Accounts::temporary(&config.accounts),
        };
        let models = Models::open(models_options(&config));
        let tables = Tables::new(
            store.clone(),
            tables::limits(&config),
            config.limits.max_output_bytes,
            runs.is_same(&store),
        );
        let outbound =
            Outbound::new(config.outbound.outbound_allow.0.clone(), config.outbound.max_reply_bytes);
        let patience = Patience {
            first: Duration::from_secs(config.models.remote_first_seconds),
            between: Duration::from_secs(config.models.remote_stall_seconds),
        };
        let book = Arc::new(StoredBook(store.clone()));
        let remotes = Remotes::new(book, outbound.clone(), secrets.clone(), patience);
        let embedder = MiniLm::start(models.clone()).map_err(|error| StartError::Threads(error.message))?;
        let embedders = Embedders::new(Arc::new(embedder), remotes.clone());
        let search = open_search(&config, &clock, &store, embedders, lock.is_some())?;
        let chat = ChatModels::new(models.clone(), remotes);
        let parts = Parts {
            chat: chat.clone(),
            answers: Answers::of(store.clone(), Room::USUAL),
            tables: Some(tables),
            search: Some(search.clone()),
            outbound: outbound.clone(),
            secrets: secrets.clone(),
            files: Files::of(store.clone()),
        };
        let nodes = NodeRegistry::standard(parts).with_max_items(config.limits.max_for_each_items);
        let instance = match lock {
            Some(_) => instance_of(&config.storage.data_dir).map_err(|cause| unusable(&config, cause))?,
            None => uuid::Uuid::now_v7().to_string(),
        };
        let engine = Engine::start(runs, nodes, engine_limits(&config), clock.clone(), instance).await?;
        let uploads = Uploads::new(&config.ingest);
        Ok(Self {
            config: Arc::new(config),
            clock,
            store,
            models,
            chat,
            search,
            engine,
            accounts,
            secrets,
            outbound,
            prepared: PreparedDrafts::default(),
            alarm: Alarm::default(),
            background: TaskTracker::new(),
            uploads,
            leptos: leptos_options(),
            stopping: CancellationToken::new(),
            _lock: lock.map(Arc::new),
        })
    }

    /// Ends streams, stops the engine and closes the database; unfinished runs go on at the next start.
    pub async fn close(&self) {
        self.stopping.cancel();
        self.background.close();
        self.background.wait().await;
        self.engine.shutdown().await;
        if let Err(error) = self.store.close().await {
            tracing::warn!(%error, "the database was not closed properly");
        }
    }
}

fn open_secrets(config: &Config, store: &Store) -> Result<Secrets, StartError> {
    Secrets::open(&config.storage.data_dir, store.clone()).map_err(|cause| unusable(config, cause))
}

fn unusable(config: &Config, cause: std::io::Error) -> StartError {
    StartError::DataFolder { folder: config.storage.data_dir.display().to_string(), cause }
}

/// The collections; only a server keeps index files, and goes on with removing what was deleted.
fn open_search(
    config: &Config,
    clock: &Clock,
    store: &Store,
    embedders: Embedders,
    is_server: bool,
) -> Result<Search, StartError> {
    let folder = is_server.then(|| config.storage.data_dir.join("vectors"));
    let search = Search::open(store.clone(), clock.clone(), embedders, folder)
        .map_err(|error| StartError::Threads(error.to_string()))?;
    if is_server {
        let sweeping = search.clone();
        tokio::spawn(async move { sweeping.sweep().await });
    }
    Ok(search)
}

/// The name of the data folder: whoever holds its lock takes back the runs that were left under this name.
fn instance_of(folder: &Path) -> std::io::Result<String> {
    let file = folder.join("instance-id");
    match std::fs::read_to_string(&file) {
        Ok(text) if uuid::Uuid::try_parse(text.trim()).is_ok() => Ok(text.trim().to_owned()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        // Absent, or cut short by a crash: then the runs under the lost name are free when their leases end.
        _ => {
            let name = uuid::Uuid::now_v7().to_string();
            std::fs::write(&file, &name)?;
            Ok(name)
        }
    }
}

/// How the configuration wants the models.
pub fn models_options(config: &Config) -> ModelsOptions {
    ModelsOptions {
        default_chat: config.models.chat_model.clone(),
        queue_limit: config.models.model_queue,
        at_once: config.models.model_parallel,
        kept_bytes: config.models.model_cache_bytes,
        precision: config.models.model_precision,
        device: config.models.model_device,
        rest_after: match config.models.model_rest_seconds {
            0 => None,
            seconds => Some(Duration::from_secs(seconds)),
        },
        memory_limit: config.models.model_memory_bytes,
        ..ModelsOptions::new(config.models_dir())
    }
}

fn engine_limits(config: &Config) -> EngineLimits {
    EngineLimits {
        parallel_nodes: config.limits.parallel_nodes,
        parallel_runs: config.limits.parallel_runs,
        model_calls: config.limits.parallel_model_calls,
        http_calls: config.limits.parallel_http_calls,
        depth: i32::try_from(config.limits.max_depth).unwrap_or(i32::MAX),
        output_bytes: config.limits.max_output_bytes,
        node_timeout: Duration::from_secs(config.limits.max_node_seconds),
        run_timeout: Duration::from_secs(config.limits.max_run_seconds),
        ..EngineLimits::default()
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

/// What Leptos needs to know, without a `Cargo.toml` at hand. The build tool's watch mode sets `LEPTOS_WATCH`.
fn leptos_options() -> LeptosOptions {
    let env = match std::env::var("LEPTOS_ENV") {
        Ok(word) if word.eq_ignore_ascii_case("dev") || word.eq_ignore_ascii_case("development") => Env::DEV,
        Err(_) if std::env::var_os("LEPTOS_WATCH").is_some() => Env::DEV,
        _ => Env::PROD,
    };
    LeptosOptions::builder()
        .output_name("millrace")
        .site_pkg_dir("pkg")
        .site_root(site_root().display().to_string())
        .env(env)
        .build()
}

/// Where the browser's files are: `LEPTOS_SITE_ROOT`, else `target/site`, else `site` beside the program.
fn site_root() -> PathBuf {
    if let Some(path) = std::env::var_os("LEPTOS_SITE_ROOT") {
        return PathBuf::from(path);
    }
    let built = Path::new("target/site");
    if built.is_dir() {
        return built.to_path_buf();
    }
    std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(|folder| folder.join("site")))
        .filter(|site| site.is_dir())
        .unwrap_or_else(|| built.to_path_buf())
}
