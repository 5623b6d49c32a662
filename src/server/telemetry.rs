//! Logs and metrics. Logs are JSON where stderr is not a terminal; metrics are Prometheus text.

use super::{error::AppError, services::runs, state::AppState};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::{io::IsTerminal, sync::OnceLock};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Seconds; from a cached read to a long model answer.
const DURATION_BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Starts logging to stderr. `filter` was checked by the configuration; a second call does nothing.
pub fn start_logging(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let stderr_is_terminal = std::io::stderr().is_terminal();
    let started = if stderr_is_terminal {
        registry.with(fmt::layer().with_writer(std::io::stderr).compact()).try_init()
    } else {
        registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(false)
                    .with_writer(std::io::stderr),
            )
            .try_init()
    };
    if started.is_err() {
        tracing::debug!("logging had been started before");
    }
}

/// The process's metrics, registered on first use.
pub fn metrics() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), DURATION_BUCKETS)
                .ok()?
                .install_recorder()
                .inspect_err(|error| tracing::warn!(%error, "metrics are off"))
                .ok()
        })
        .as_ref()
}

/// Everything as Prometheus text, the number of runs by state included.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn render(state: &AppState) -> Result<String, AppError> {
    for (status, count) in runs::count_by_status(state).await? {
        metrics::gauge!("millrace_runs", "status" => status.as_str()).set(count as f64);
    }
    for model in super::services::models::list(state).await?.items {
        let name = model.name;
        if let Some(speed) = model.tokens_per_second {
            metrics::gauge!("millrace_model_tokens_per_second", "model" => name.clone()).set(speed);
        }
        if model.loaded {
            metrics::gauge!("millrace_model_queue_length", "model" => name)
                .set(f64::from(model.queue_length));
        }
    }
    let connections = state.store.connections();
    metrics::gauge!("millrace_database_connections", "state" => "open").set(f64::from(connections.open));
    metrics::gauge!("millrace_database_connections", "state" => "idle").set(f64::from(connections.idle));
    Ok(metrics().map(PrometheusHandle::render).unwrap_or_default())
}
