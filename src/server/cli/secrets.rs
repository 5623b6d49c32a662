//! `millrace secrets rotate`: works beside a running server, which takes up the new key by itself.

use super::Failure;
use crate::server::{clock::Clock, config, services::credentials, state::AppState};

/// Seals every credential and every secret of a webhook with a new key.
pub async fn rotate() -> Result<(), Failure> {
    let state = AppState::beside_a_server(config::load()?, Clock::system()).await.map_err(Failure::failed)?;
    #[cfg(feature = "chaos")]
    let _faults = fail::FailScenario::setup();
    let result = credentials::rotate(&state).await;
    state.close().await;
    let done = result.map_err(Failure::failed)?;
    println!("Sealed {} values with a new key; {} old keys are gone.", done.values, done.keys);
    println!(
        "The key before stays in secrets.keys until the next rotation, for a server that still runs with it. Keep a copy \
         of the file: without it no credential can be opened."
    );
    Ok(())
}
