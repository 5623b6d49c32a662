//! The migrations: one file per change, never edited after it landed; the same on SQLite and Postgres.

mod columns;
mod m0001_users;
mod m0002_refresh_tokens;
mod m0003_api_keys;
mod m0004_workflows;
mod m0005_nodes;
mod m0006_edges;
mod m0007_workflow_versions;
mod m0008_workflow_runs;
mod m0009_node_executions;
mod m0010_node_checkpoints;
mod m0011_run_events;
mod m0012_waiting_runs;
mod m0013_request_digest;
mod m0014_credentials;
mod m0015_data_tables;
mod m0016_vector_collections;
mod m0017_triggers;
mod m0018_files;
mod m0019_notes;
mod m0020_remote_models;
mod m0021_llm_cache;
mod m0022_embedding_models;

use sea_orm_migration::prelude::*;

pub use sea_orm_migration::MigratorTrait;

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_users::Migration),
            Box::new(m0002_refresh_tokens::Migration),
            Box::new(m0003_api_keys::Migration),
            Box::new(m0004_workflows::Migration),
            Box::new(m0005_nodes::Migration),
            Box::new(m0006_edges::Migration),
            Box::new(m0007_workflow_versions::Migration),
            Box::new(m0008_workflow_runs::Migration),
            Box::new(m0009_node_executions::Migration),
            Box::new(m0010_node_checkpoints::Migration),
            Box::new(m0011_run_events::Migration),
            Box::new(m0012_waiting_runs::Migration),
            Box::new(m0013_request_digest::Migration),
            Box::new(m0014_credentials::Migration),
            Box::new(m0015_data_tables::Migration),
            Box::new(m0016_vector_collections::Migration),
            Box::new(m0017_triggers::Migration),
            Box::new(m0018_files::Migration),
            Box::new(m0019_notes::Migration),
            Box::new(m0020_remote_models::Migration),
            Box::new(m0021_llm_cache::Migration),
            Box::new(m0022_embedding_models::Migration),
        ]
    }
}
