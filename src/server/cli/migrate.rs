//! `millrace migrate`.

use super::Failure;
use crate::server::{
    config,
    store::{FolderLock, Store},
};

/// Brings the database up to date and says what was done.
pub async fn migrate() -> Result<(), Failure> {
    let config = config::load()?;
    std::fs::create_dir_all(&config.storage.data_dir)
        .map_err(|error| Failure::failed(format!("{}: {error}", config.storage.data_dir.display())))?;
    let _lock = FolderLock::take(&config.storage.data_dir).map_err(Failure::failed)?;
    let store = Store::open(&config.database_url()).await.map_err(Failure::failed)?;
    let pending = store.pending_migrations().await.map_err(Failure::failed)?;
    store.migrate().await.map_err(Failure::failed)?;
    match pending {
        0 => println!("The database is up to date."),
        1 => println!("The database is up to date; 1 migration was applied."),
        n => println!("The database is up to date; {n} migrations were applied."),
    }
    store.close().await.map_err(Failure::failed)
}
