//! What can be set: defaults, then `millrace.toml`, then `MILLRACE_*` variables (and `DATABASE_URL`).
//! One struct per concern; each field says which variable sets it. Nothing else in the program reads settings from the environment.

mod ingest;
mod load;
mod report;
mod values;

pub use ingest::IngestConfig;
pub use load::{ConfigError, load};
pub use report::{SettingRow, rows};
pub use values::{Listen, Networks, Registration, Switch};

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Everything that was set, read once at the start.
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub server: ServerConfig,
    pub storage: StorageConfig,
    pub models: ModelsConfig,
    pub accounts: AccountsConfig,
    pub outbound: OutboundConfig,
    pub limits: LimitsConfig,
    pub ingest: IngestConfig,
}

/// How it is reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServerConfig {
    /// `MILLRACE_LISTEN`: address and port; port 0 takes a free one.
    pub listen: Listen,
    /// `MILLRACE_PUBLIC_URL`: how browsers reach it through a proxy, such as `https://flows.example.org`.
    pub public_url: Option<String>,
    /// `MILLRACE_LOG`: a tracing filter, such as `info` or `millrace=debug,info`.
    pub log: String,
    /// `MILLRACE_REQUEST_TIMEOUT_SECONDS`: after this a request is 408; event streams and `?wait=` are not meant.
    pub request_timeout_seconds: u64,
    /// `MILLRACE_MAX_BODY_BYTES`: larger request bodies are 413.
    pub max_body_bytes: usize,
}

/// Where things are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StorageConfig {
    /// `MILLRACE_DATA_DIR`: the SQLite file, indexes and keys.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`: `postgres://…` or `sqlite://…`; unset: `millrace.db` in the data folder.
    pub database_url: Option<String>,
}

/// How quantised models compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// `Full` for small models, `Quantised` for the others.
    #[default]
    Auto,
    /// Weights widened to 32 bits: several times the memory, about a third of the speed, no rounding.
    Full,
    /// Weights as stored, activations rounded to 8 bits.
    Quantised,
}

mod device;
pub use device::ModelDevice;

/// The language models.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ModelsConfig {
    /// `MILLRACE_MODELS_DIR`: where model files are; unset: `models` in the data folder.
    pub models_dir: Option<PathBuf>,
    /// `MILLRACE_CHAT_MODEL`: answers where a step names no model; unset: the best installed.
    pub chat_model: Option<String>,
    /// `MILLRACE_MODEL_PRECISION`: `full` rounds activations to 15 bits before they meet quantised weights, `quantised`
    /// to 8 bits, which is faster on long prompts, `auto` chooses `full` for small models, which lose their answers to
    /// rounding.
    pub model_precision: Precision,
    /// `MILLRACE_MODEL_DEVICE`: `cpu`, or a GPU in builds that support one: `cuda`, `cuda:1` for the second.
    pub model_device: ModelDevice,
    /// `MILLRACE_MODEL_QUEUE`: requests that may wait for one model; more are refused.
    pub model_queue: usize,
    /// `MILLRACE_MODEL_PARALLEL`: answers that one model makes at the same time; the others wait.
    pub model_parallel: usize,
    /// `MILLRACE_MODEL_CACHE_BYTES`: memory for what a model has read before, so that a beginning that many requests share
    /// is read once; 0: none.
    pub model_cache_bytes: usize,
    /// `MILLRACE_MODEL_REST_SECONDS`: a chat model that nobody asks for so long leaves the memory; 0: it stays.
    pub model_rest_seconds: u64,
    /// `MILLRACE_MODEL_MEMORY_BYTES`: memory that a chat model may take; unset: what the machine has left.
    pub model_memory_bytes: Option<u64>,
    /// `MILLRACE_REMOTE_FIRST_SECONDS`: how long a model of another service may be silent before its answer begins.
    pub remote_first_seconds: u64,
    /// `MILLRACE_REMOTE_STALL_SECONDS`: how long it may be silent in the middle of its answer.
    pub remote_stall_seconds: u64,
}

/// Who may come in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountsConfig {
    /// `MILLRACE_REGISTRATION`: `open` or `closed`; unset: open while it listens on this machine only.
    pub registration: Option<Registration>,
    /// `MILLRACE_RATE_LIMITS`: `on`, or `off` for load tests.
    pub rate_limits: Switch,
    /// `MILLRACE_ACCESS_TOKEN_MINUTES`: how long an access token holds, 15 to 60.
    pub access_token_minutes: u64,
    /// `MILLRACE_SESSION_DAYS`: how long a browser stays signed in without being used.
    pub session_days: u64,
}

/// What requests of workflows may reach.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutboundConfig {
    /// `MILLRACE_OUTBOUND_ALLOW`: networks and addresses besides the public internet, such as `10.1.0.0/16, 192.168.1.7`.
    pub outbound_allow: Networks,
    /// `MILLRACE_MAX_REPLY_BYTES`: the body of a reply, unpacked.
    pub max_reply_bytes: usize,
}

/// What workflows and runs may use.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LimitsConfig {
    /// `MILLRACE_MAX_NODES`: nodes in a workflow.
    pub max_nodes: usize,
    /// `MILLRACE_MAX_INPUT_BYTES`: a run's input.
    pub max_input_bytes: usize,
    /// `MILLRACE_MAX_OUTPUT_BYTES`: a node's output.
    pub max_output_bytes: usize,
    /// `MILLRACE_MAX_RUN_SECONDS`: a run.
    pub max_run_seconds: u64,
    /// `MILLRACE_MAX_NODE_SECONDS`: one attempt of a node that sets no time itself.
    pub max_node_seconds: u64,
    /// `MILLRACE_PARALLEL_NODES`: nodes of one run at once.
    pub parallel_nodes: usize,
    /// `MILLRACE_PARALLEL_RUNS`: runs that go on at once; the others wait for their turn, owner by owner.
    pub parallel_runs: usize,
    /// `MILLRACE_PARALLEL_MODEL_CALLS`: steps that ask a model or wait in its queue at once.
    pub parallel_model_calls: usize,
    /// `MILLRACE_PARALLEL_HTTP_CALLS`: steps with an HTTP request under way at once.
    pub parallel_http_calls: usize,
    /// `MILLRACE_MAX_DEPTH`: runs above a child run.
    pub max_depth: usize,
    /// `MILLRACE_MAX_FOR_EACH_ITEMS`: items of the list of a `for_each`.
    pub max_for_each_items: usize,
    /// `MILLRACE_MAX_TABLES`: tables of an account.
    pub max_tables: usize,
    /// `MILLRACE_MAX_TABLE_COLUMNS`: columns of a table.
    pub max_table_columns: usize,
    /// `MILLRACE_MAX_TABLE_ROWS`: rows of a table.
    pub max_table_rows: u64,
    /// `MILLRACE_MAX_IMPORT_BYTES`: a CSV file that is imported into a table.
    pub max_import_bytes: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: Listen::default(),
            public_url: None,
            log: "info,sqlx=warn,sea_orm=warn,hyper=warn".to_owned(),
            request_timeout_seconds: 30,
            max_body_bytes: 1 << 20,
        }
    }
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { data_dir: PathBuf::from("data"), database_url: None }
    }
}

impl Default for ModelsConfig {
    fn default() -> Self {
        Self {
            models_dir: None,
            chat_model: None,
            model_precision: Precision::Auto,
            model_device: ModelDevice::Cpu,
            model_queue: 64,
            model_parallel: 4,
            model_cache_bytes: 512 << 20,
            model_rest_seconds: 600,
            model_memory_bytes: None,
            remote_first_seconds: 300,
            remote_stall_seconds: 60,
        }
    }
}

impl Default for AccountsConfig {
    fn default() -> Self {
        Self { registration: None, rate_limits: Switch::On, access_token_minutes: 30, session_days: 30 }
    }
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self { outbound_allow: Networks::default(), max_reply_bytes: 16 << 20 }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            max_nodes: 1000,
            max_input_bytes: 1 << 20,
            max_output_bytes: 4 << 20,
            max_run_seconds: 3600,
            max_node_seconds: 600,
            parallel_nodes: 8,
            parallel_runs: 256,
            parallel_model_calls: 8,
            parallel_http_calls: 32,
            max_depth: 16,
            max_for_each_items: 100_000,
            max_tables: 100,
            max_table_columns: 100,
            max_table_rows: 1_000_000,
            max_import_bytes: 8 << 20,
        }
    }
}

impl Config {
    /// The folder that holds models.
    #[must_use]
    pub fn models_dir(&self) -> PathBuf {
        self.models.models_dir.clone().unwrap_or_else(|| self.storage.data_dir.join("models"))
    }

    /// The database as a URL.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.storage
            .database_url
            .clone()
            .unwrap_or_else(|| sqlite_url(&self.storage.data_dir.join("millrace.db")))
    }

    /// Whether strangers may make an account.
    #[must_use]
    pub fn registration_open(&self) -> bool {
        match self.accounts.registration {
            Some(registration) => registration == Registration::Open,
            None => self.server.listen.is_loopback(),
        }
    }

    /// Whether browsers come over HTTPS, so that cookies may be marked `Secure`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.server.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// The URL of a SQLite file, which is made if it is not there.
fn sqlite_url(path: &Path) -> String {
    format!("sqlite://{}?mode=rwc", path.display())
}
