//! The run on an axis of time, in small: a lane for each step, a bar for each attempt.

use super::super::running::Running;
use crate::{
    api::runs::RunDetail,
    ui::{
        canvas::editing::Editing,
        components::{
            status::{StatusMark, look},
            time::duration,
        },
        pages::run::timeline::lanes::{Lane, lanes, reach},
    },
    workflow::ids::NodeId,
};
use leptos::prelude::*;
use std::sync::Arc;

/// All lanes of the run that is shown.
#[component]
pub(super) fn RunLanes() -> impl IntoView {
    let running = expect_context::<Running>();
    move || running.known.get().map(|detail| view! { <Lanes detail /> })
}

#[component]
fn Lanes(detail: Arc<RunDetail>) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let chosen = editing.single_node();
    let whole = reach(&detail).max(1);
    let (order, mut all) = lanes(&detail);
    let rows = order.into_iter().filter_map(|node| all.remove(&node).map(|lane| (NodeId(node), lane)));
    let row = move |(node, lane): (NodeId, Lane)| {
        let took = match (lane.started_at, lane.completed_at) {
            (Some(from), Some(to)) => duration((to - from).num_milliseconds()),
            _ => String::new(),
        };
        let bars = lane
            .bars
            .iter()
            .map(|bar| {
                let at = |ms: i64| ms.clamp(0, whole) as f64 / whole as f64 * 100.0;
                let (from, to) = (at(bar.start), at(bar.end.unwrap_or(whole)));
                let tone = look(bar.state).0;
                let waits = if bar.waits { " is-waiting" } else { "" };
                view! {
                    <i
                        class=format!("dlane__bar {tone}{waits}")
                        style=format!("left: {from:.2}%; width: {:.2}%", (to - from).max(0.4))
                        title=bar.tip.replace('\t', " ")
                    ></i>
                }
            })
            .collect_view();
        view! {
            <li>
                <button
                    type="button"
                    class="dlane"
                    aria-current=move || (chosen.get() == Some(node)).then_some("true")
                    data-testid="dock-lane"
                    on:click=move |_| {
                        if editing.card(node).is_some() {
                            editing.choose(node);
                        }
                    }
                >
                    <StatusMark status=lane.state />
                    <span class="dlane__name truncate">{lane.name.clone()}</span>
                    <span class="dlane__track">{bars}</span>
                    <span class="dlane__time num">{took}</span>
                </button>
            </li>
        }
    };
    view! { <ol class="dlanes">{rows.map(row).collect_view()}</ol> }.into_any()
}
