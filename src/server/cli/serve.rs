//! `millrace serve`.

use super::Failure;
use crate::server::{clock::Clock, config, http, state::AppState, telemetry};
use std::net::SocketAddr;

/// Serves until the process is asked to end.
pub async fn serve() -> Result<(), Failure> {
    let config = config::load()?;
    telemetry::start_logging(&config.server.log);
    let listen = config.server.listen;
    let state = AppState::open(config, Clock::system()).await.map_err(Failure::failed)?;
    let listener = tokio::net::TcpListener::bind(listen.0).await.map_err(|error| {
        Failure::misused(format!(
            "cannot listen on {listen} ({error}); set MILLRACE_LISTEN to another address"
        ))
    })?;
    let address = listener.local_addr().map_err(Failure::failed)?;
    println!("Millrace is at http://{address}");
    let service = http::router(state).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(asked_to_end()).await.map_err(Failure::failed)
}

/// Waits for Ctrl+C or SIGTERM.
async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}
