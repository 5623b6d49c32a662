//! Reads the settings from their sources and checks them.

use super::{
    AccountsConfig, Config, IngestConfig, LimitsConfig, ModelsConfig, OutboundConfig, ServerConfig,
    StorageConfig,
};
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use thiserror::Error;
use tracing_subscriber::EnvFilter;

/// The file beside the working directory that may hold settings; `MILLRACE_CONFIG` names another.
const FILE: &str = "millrace.toml";

/// A setting that cannot be used, with the variable to correct.
#[derive(Debug, Error)]
#[error("{variable}: {message}")]
pub struct ConfigError {
    pub variable: String,
    pub message: String,
}

impl ConfigError {
    fn new(key: &str, message: impl Into<String>) -> Self {
        Self { variable: variable(key), message: message.into() }
    }
}

/// The variable that sets a key.
pub(super) fn variable(key: &str) -> String {
    match key {
        "database_url" => "DATABASE_URL".to_owned(),
        _ => format!("MILLRACE_{}", key.to_ascii_uppercase()),
    }
}

/// All sources, the later ones winning.
///
/// # Errors
/// When the file that `MILLRACE_CONFIG` names is not there, or a file has a key that does not exist.
pub(super) fn sources() -> Result<Figment, ConfigError> {
    let defaults = defaults();
    let file = match std::env::var_os("MILLRACE_CONFIG") {
        Some(path) => Some(PathBuf::from(path)),
        None => Path::new(FILE).is_file().then(|| PathBuf::from(FILE)),
    };
    let mut all = defaults.clone();
    if let Some(path) = file {
        if !path.is_file() {
            return Err(ConfigError::new("config", format!("there is no file {}", path.display())));
        }
        let from_file = Figment::from(Toml::file_exact(&path));
        let value: figment::value::Dict = from_file
            .extract()
            .map_err(|e| ConfigError { variable: path.display().to_string(), message: e.to_string() })?;
        if let Some(key) = value.keys().find(|key| defaults.find_value(key).is_err()) {
            return Err(ConfigError {
                variable: path.display().to_string(),
                message: format!("there is no setting \"{key}\"; `millrace config` lists all"),
            });
        }
        all = all.merge(from_file);
    }
    Ok(all.merge(Env::prefixed("MILLRACE_")).merge(Env::raw().only(&["DATABASE_URL"])))
}

pub(super) fn defaults() -> Figment {
    let config = Config::default();
    Figment::new()
        .merge(Serialized::defaults(config.server))
        .merge(Serialized::defaults(config.storage))
        .merge(Serialized::defaults(config.models))
        .merge(Serialized::defaults(config.accounts))
        .merge(Serialized::defaults(config.outbound))
        .merge(Serialized::defaults(config.limits))
        .merge(Serialized::defaults(config.ingest))
}

/// Reads and checks every setting.
///
/// # Errors
/// The first setting that cannot be used.
pub fn load() -> Result<Config, ConfigError> {
    let sources = sources()?;
    let config = Config {
        server: section::<ServerConfig>(&sources)?,
        storage: section::<StorageConfig>(&sources)?,
        models: section::<ModelsConfig>(&sources)?,
        accounts: section::<AccountsConfig>(&sources)?,
        outbound: section::<OutboundConfig>(&sources)?,
        limits: section::<LimitsConfig>(&sources)?,
        ingest: section::<IngestConfig>(&sources)?,
    };
    check(&config)?;
    Ok(config)
}

fn section<T: DeserializeOwned>(sources: &Figment) -> Result<T, ConfigError> {
    sources.extract().map_err(|error| {
        let key = error.path.last().cloned().unwrap_or_default();
        ConfigError::new(&key, error.kind.to_string())
    })
}

fn check(config: &Config) -> Result<(), ConfigError> {
    if !(15..=60).contains(&config.accounts.access_token_minutes) {
        return Err(ConfigError::new("access_token_minutes", "must be from 15 to 60"));
    }
    if !(1..=365).contains(&config.accounts.session_days) {
        return Err(ConfigError::new("session_days", "must be from 1 to 365"));
    }
    EnvFilter::try_new(&config.server.log)
        .map_err(|e| ConfigError::new("log", format!("is not a log filter ({e}); try `info`")))?;
    if let Some(url) = &config.server.public_url
        && !(url.starts_with("http://") || url.starts_with("https://"))
    {
        return Err(ConfigError::new("public_url", "must start with http:// or https://"));
    }
    if let Some(url) = &config.storage.database_url
        && !["postgres://", "postgresql://", "sqlite:"].iter().any(|scheme| url.starts_with(scheme))
    {
        return Err(ConfigError::new("database_url", "must start with postgres:// or sqlite://"));
    }
    for (key, value) in [
        ("request_timeout_seconds", config.server.request_timeout_seconds),
        ("max_body_bytes", config.server.max_body_bytes as u64),
        ("model_queue", config.models.model_queue as u64),
        ("model_parallel", config.models.model_parallel as u64),
        ("max_reply_bytes", config.outbound.max_reply_bytes as u64),
        ("max_nodes", config.limits.max_nodes as u64),
        ("max_input_bytes", config.limits.max_input_bytes as u64),
        ("max_output_bytes", config.limits.max_output_bytes as u64),
        ("max_run_seconds", config.limits.max_run_seconds),
        ("max_node_seconds", config.limits.max_node_seconds),
        ("parallel_nodes", config.limits.parallel_nodes as u64),
        ("parallel_runs", config.limits.parallel_runs as u64),
        ("parallel_model_calls", config.limits.parallel_model_calls as u64),
        ("parallel_http_calls", config.limits.parallel_http_calls as u64),
        ("max_depth", config.limits.max_depth as u64),
        ("max_for_each_items", config.limits.max_for_each_items as u64),
        ("max_upload_bytes", config.ingest.max_upload_bytes),
        ("max_upload_files", config.ingest.max_upload_files as u64),
        ("max_file_parts", config.ingest.max_file_parts as u64),
        ("extract_seconds", config.ingest.extract_seconds),
        ("extract_memory_bytes", config.ingest.extract_memory_bytes),
        ("parallel_extractions", config.ingest.parallel_extractions as u64),
        ("max_tables", config.limits.max_tables as u64),
        ("max_table_columns", config.limits.max_table_columns as u64),
        ("max_table_rows", config.limits.max_table_rows),
        ("max_import_bytes", config.limits.max_import_bytes as u64),
    ] {
        if value == 0 {
            return Err(ConfigError::new(key, "must be at least 1"));
        }
    }
    Ok(())
}
