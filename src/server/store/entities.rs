//! The tables as SeaORM sees them, one file each. Nothing here leaves the store. Rows with columns of type `json` are
//! written with plain statements (see `json`), not with active models.

pub mod api_keys;
pub mod credentials;
pub mod data_tables;
pub mod edges;
pub mod failure_notices;
pub mod files;
pub mod llm_cache;
pub mod node_checkpoints;
pub mod node_executions;
pub mod nodes;
pub mod refresh_tokens;
pub mod remote_models;
pub mod run_events;
pub mod triggers;
pub mod users;
pub mod vector_collections;
pub mod vector_documents;
pub mod workflow_runs;
pub mod workflow_versions;
pub mod workflows;
