//! What the bars are read against: ticks, folds and the legend.

use super::{
    Lanes,
    axis::ticks,
    folds::{Fold, place},
    lanes::Bar,
};
use crate::ui::components::time::duration;
use leptos::prelude::*;

/// Ticks up to the first fold, and the folds.
#[component]
pub(super) fn Grid(now: Memo<i64>, span: Memo<f64>, folded: Memo<Vec<Fold>>) -> impl IntoView {
    let marks = move || {
        let (span, folded) = (span.get(), folded.get());
        let end = folded.first().map_or(now.get_untracked(), |f| f.from);
        // A tick beside a fold would lie under its label.
        let is_free = |at: f64| folded.iter().all(|f| (place(&folded, f.from) - at).abs() > span * 0.09);
        let mut marks: Vec<(f64, String, &'static str)> = ticks(span.ceil() as i64, end)
            .into_iter()
            .filter(|tick| is_free(tick.at as f64))
            .map(|tick| {
                // A label at the very end would stick out.
                let class = if tick.at as f64 > span * 0.92 { "is-last" } else { "" };
                (tick.at as f64, tick.label, class)
            })
            .collect();
        marks.extend(folded.iter().map(|fold| {
            let long = fold.to.unwrap_or(now.get_untracked()) - fold.from;
            let from = place(&folded, fold.from);
            let label = if fold.to.is_some() { duration(long) } else { String::new() };
            (from + fold.width / 2.0, label, "is-fold")
        }));
        marks
    };
    view! {
        <div class="tl__grid" aria-hidden="true">
            {move || {
                marks()
                    .into_iter()
                    .map(|(at, label, class)| {
                        view! {
                            <span style=format!("--at:{at:.2}") class=class>
                                <i>{label}</i>
                            </span>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
    .into_any()
}

/// What the looks of the bars mean, for those that occur.
#[component]
pub(super) fn Legend(lanes: Lanes) -> impl IntoView {
    let has = move |test: fn(&Bar) -> bool| {
        Memo::new(move |_| lanes.with(|(_, lanes)| lanes.values().flat_map(|l| &l.bars).any(test)))
    };
    let queued = has(|bar| bar.queue > 0);
    let waited = has(|bar| bar.waits || bar.gap.is_some());
    view! {
        <ul class="tl__legend" aria-label="Legend">
            {move || {
                queued
                    .get()
                    .then(|| {
                        view! {
                            <li>
                                <i class="is-queue"></i>
                                "Queued"
                            </li>
                        }
                    })
            }}
            <li>
                <i></i>
                "Ran"
            </li>
            {move || {
                waited
                    .get()
                    .then(|| {
                        view! {
                            <li>
                                <i class="is-wait"></i>
                                "Waited"
                            </li>
                        }
                    })
            }}
        </ul>
    }
}
