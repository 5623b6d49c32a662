//! What every request handler can reach. Cheap to clone.

use super::{
    clock::Clock,
    config::Config,
    llm::{Models, ModelsOptions},
    services::accounts::Accounts,
    store::{Store, StoreError},
};
use axum::extract::FromRef;
use leptos::config::{Env, LeptosOptions};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The running application.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    pub clock: Clock,
    pub store: Store,
    pub models: Models,
    pub accounts: Accounts,
    pub leptos: LeptosOptions,
}

/// Why the application did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("the data folder {folder} cannot be used: {cause}")]
    DataFolder { folder: String, cause: std::io::Error },
}

impl AppState {
    /// Opens and migrates the database, makes what the data folder lacks and puts the parts together.
    ///
    /// # Errors
    /// When the database or the data folder cannot be used.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, StartError> {
        let folder = &config.storage.data_dir;
        let unusable = |cause| StartError::DataFolder { folder: folder.display().to_string(), cause };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let accounts = Accounts::open(folder, &config.accounts).map_err(unusable)?;
        let store = Store::open(&config.database_url()).await?;
        store.migrate().await?;
        let mut options = ModelsOptions::new(config.models_dir());
        options.default_chat.clone_from(&config.models.chat_model);
        options.queue_limit = config.models.model_queue;
        let models = Models::open(options);
        Ok(Self { config: Arc::new(config), clock, store, models, accounts, leptos: leptos_options() })
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
