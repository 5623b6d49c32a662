//! `millrace serve`.

use super::Failure;
use crate::server::{clock::Clock, config, http, services::accounts, state::AppState, telemetry};
use std::{net::SocketAddr, time::Duration};

/// How long requests may take to finish after the end was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until the process is asked to end.
pub async fn serve() -> Result<(), Failure> {
    #[cfg(feature = "chaos")]
    let _faults = fail::FailScenario::setup();
    let config = config::load()?;
    telemetry::start_logging(&config.server.log);
    telemetry::metrics();
    let listen = config.server.listen;
    let state = AppState::open(config, Clock::system()).await.map_err(Failure::failed)?;
    if !listen.is_loopback() && accounts::none_exist(&state).await.map_err(Failure::failed)? {
        state.close().await;
        return Err(Failure::misused(format!(
            "{listen} can be reached from other machines, and nobody has an account yet. \
             Make one with `millrace user create NAME --email ADDRESS`, or set MILLRACE_LISTEN to 127.0.0.1:3000"
        )));
    }
    let listener = tokio::net::TcpListener::bind(listen.0).await.map_err(|error| {
        Failure::misused(format!(
            "cannot listen on {listen} ({error}); set MILLRACE_LISTEN to another address"
        ))
    })?;
    let address = listener.local_addr().map_err(Failure::failed)?;
    println!("Millrace is at http://{address}");
    let service = http::router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let stopping = state.stopping.clone();
    let ending = stopping.clone();
    let server = tokio::spawn(async move {
        axum::serve(listener, service).with_graceful_shutdown(ending.cancelled_owned()).await
    });
    tokio::select! {
        () = asked_to_end() => tracing::info!("asked to end; finishing what is under way"),
        () = stopping.cancelled() => {}
    }
    stopping.cancel();
    match tokio::time::timeout(GRACE, server).await {
        Ok(Ok(ended)) => ended.map_err(Failure::failed)?,
        Ok(Err(error)) => return Err(Failure::failed(error)),
        Err(_) => tracing::warn!("some requests did not finish in time"),
    }
    state.close().await;
    Ok(())
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
