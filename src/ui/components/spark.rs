//! The last runs of a workflow as small bars: height by duration, colour by result.

use super::status::look;
use crate::api::workflows::RecentRun;
use leptos::prelude::*;

const BARS: usize = 20;

/// Oldest left. Places without a run are drawn faintly, so that all rows line up.
#[component]
pub fn Sparkline(
    /// Newest first, as lists give them.
    runs: Vec<RecentRun>,
) -> impl IntoView {
    let longest = runs.iter().filter_map(|r| r.duration_ms).max().unwrap_or(0).max(1) as f64;
    let failed = runs.iter().filter(|r| r.status.as_str() == "failed").count();
    let label = match (runs.len(), failed) {
        (0, _) => "No runs yet".to_owned(),
        (n, 0) => format!("Last {n} runs, none failed"),
        (n, f) => format!("Last {n} runs, {f} failed"),
    };
    let missing = BARS.saturating_sub(runs.len());
    let bars: Vec<_> = runs
        .iter()
        .take(BARS)
        .rev()
        .map(|run| {
            let share = (run.duration_ms.unwrap_or(0) as f64 / longest).sqrt();
            (look(run.status.as_str()).0, format!("--h: {}%", (22.0 + 78.0 * share).round() as u8))
        })
        .collect();
    view! {
        <div class="spark" role="img" aria-label=label.clone() title=label>
            {(0..missing).map(|_| view! { <i class="is-none"></i> }).collect_view()}
            {bars.into_iter().map(|(tone, height)| view! { <i class=tone style=height></i> }).collect_view()}
        </div>
    }
}
