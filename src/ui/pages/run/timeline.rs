//! The steps of a run on an axis of time: one lane for each step, one bar for each attempt. Places are numbers in
//! custom properties that the style turns into lengths, so that while a run goes on only the axis is written anew.

mod axis;
mod bar;
mod folds;
mod grid;
pub(in crate::ui::pages) mod lanes;

pub(in crate::ui::pages) use lanes::{queue_ms, state_of};

use super::{
    choice::{Choice, href},
    live::Live,
};
use crate::{
    ui::{
        browser,
        components::{
            each::Each,
            icon::Icon,
            status::{StatusMark, look},
            time::{Countdown, Elapsed},
        },
    },
    workflow::catalog,
};
use bar::BarLink;
use folds::{Fold, folds, place};
use grid::{Grid, Legend};
use lanes::Lane;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use std::{collections::HashMap, time::Duration};
use uuid::Uuid;

type Lanes = Memo<(Vec<Uuid>, HashMap<Uuid, Lane>)>;

#[component]
pub(super) fn Timeline(chosen: Memo<Choice>) -> impl IntoView {
    let live = expect_context::<Live>();
    let lanes: Lanes = Memo::new(move |_| live.detail.with(lanes::lanes));
    let now = now_on_axis(live);
    let folded = Memo::new(move |_| {
        let open = !live.is_over();
        lanes.with(|(_, lanes)| folds(lanes.values().flat_map(|l| &l.bars), now.get(), open))
    });
    let span = Memo::new(move |_| folded.with(|f| place(f, now.get()).max(1.0)));
    let count = move || lanes.with(|(order, _)| order.len());
    let order = Memo::new(move |_| lanes.with(|(order, _)| order.clone()));
    let row = Callback::new(move |node| view! { <LaneRow node lanes folded chosen /> }.into_any());
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowDown" | "ArrowRight" => 1,
            "ArrowUp" | "ArrowLeft" => -1,
            _ => return,
        };
        event.prevent_default();
        browser::focus_next("tl-stop", by);
    };
    view! {
        <section
            class="card tl"
            aria-label="Timeline of the steps"
            data-testid="timeline"
            style=move || format!("--span:{:.2}", span.get())
            on:keydown=keys
        >
            <div class="card__head tl__head">
                <h2>"Steps"</h2>
                <span class="faint num">{count}</span>
                <span class="spacer"></span>
                <Legend lanes />
            </div>
            <div class="tl__plot">
                <Grid now span folded />
                <ol class="tl__lanes">
                    <RunLane chosen />
                    <Each ids=order show=row />
                </ol>
            </div>
        </section>
    }
    .into_any()
}

/// How far the axis reaches: to the end of the run, or to now.
fn now_on_axis(live: Live) -> Memo<i64> {
    let clock = RwSignal::new(0.0);
    Effect::new(move |_| {
        if live.is_over() {
            return;
        }
        clock.set(browser::now_ms());
        let tick = move || {
            clock.try_set(browser::now_ms());
        };
        if let Ok(handle) = set_interval_with_handle(tick, Duration::from_millis(120)) {
            on_cleanup(move || handle.clear());
        }
    });
    Memo::new(move |_| {
        let known = live.detail.with(lanes::reach);
        if live.is_over() {
            return known;
        }
        let passed = clock.get() as i64 - live.detail.with(lanes::origin);
        // The browser's clock may be behind the server's.
        if clock.get() > 0.0 { passed.max(known) } else { known }
    })
}

/// The run as a whole: the way to its input and output.
#[component]
fn RunLane(chosen: Memo<Choice>) -> impl IntoView {
    let live = expect_context::<Live>();
    let query = use_query_map();
    let summary = live.summary();
    let state = Signal::derive(move || summary.with(|s| s.status.as_str()));
    view! {
        <li class="lane lane--run">
            <a
                class="lane__label tl-stop"
                href=move || href(query, Choice::Run)
                data-noscroll=""
                aria-current=move || (chosen.get() == Choice::Run).then_some("true")
                data-testid="run-row"
                on:click=move |_| browser::reveal("inspector")
            >
                <span class="tile">
                    <Icon name="workflow" class="icon--sm" />
                </span>
                <span class="lane__name truncate">"Whole run"</span>
            </a>
            <div class="lane__track" aria-hidden="true">
                <span class=move || format!("bar bar--run {}", look(state.get()).0) style="--a:0;--b:var(--span)"></span>
            </div>
            <span class="lane__time">
                <Elapsed
                    started=Signal::derive(move || summary.with(|s| s.started_at))
                    ended=Signal::derive(move || summary.with(|s| s.completed_at))
                />
            </span>
            <StatusMark status=state />
        </li>
    }
    .into_any()
}

#[component]
fn LaneRow(node: Uuid, lanes: Lanes, folded: Memo<Vec<Fold>>, chosen: Memo<Choice>) -> impl IntoView {
    let query = use_query_map();
    let lane = Memo::new(move |_| lanes.with(|(_, l)| l.get(&node).cloned().unwrap_or_default()));
    let (name, node_type) = lane.with_untracked(|l| (l.name.clone(), l.node_type.clone()));
    let known = catalog::sketch(&node_type);
    let (icon, category) = known.map_or(("info", "data"), |t| (t.icon, t.category.as_str()));
    let state = Signal::derive(move || lane.with(|l| l.state));
    let is_chosen = Memo::new(move |_| match chosen.get() {
        Choice::Run => false,
        Choice::Step(id) => lane.with(|l| l.latest == id || l.bars.iter().any(|b| b.id == id)),
    });
    let bars = Memo::new(move |_| lane.with(|l| l.bars.iter().map(|b| b.id).collect::<Vec<_>>()));
    let bar = {
        let name = name.clone();
        Callback::new(move |id| view! { <BarLink id lane folded name=name.clone() chosen /> }.into_any())
    };
    // A step whose only bar says the same needs one stop of the Tab key, not two.
    let has_bar = Memo::new(move |_| lane.with(|l| !l.bars.is_empty()));
    view! {
        <li class="lane" class:is-chosen=is_chosen>
            <a
                class="lane__label"
                class:tl-stop=move || !has_bar.get()
                href=move || href(query, Choice::Step(lane.with(|l| l.latest)))
                data-noscroll=""
                tabindex=move || has_bar.get().then_some("-1")
                aria-current=move || is_chosen.get().then_some("true")
                data-testid="step-row"
                data-node-name=name.clone()
                data-state=move || state.get()
                on:click=move |_| browser::reveal("inspector")
            >
                <span class=format!("tile cat-{category}")>
                    <Icon name=icon class="icon--sm" />
                </span>
                <span class="lane__name truncate" title=name.clone()>
                    {name.clone()}
                </span>
                {move || {
                    let attempts = lane.with(|l| l.attempts);
                    (attempts > 1)
                        .then(|| view! { <small class="lane__attempts num" title=format!("{attempts} attempts")>"×" {attempts}</small> })
                }}
            </a>
            <div class="lane__track">
                {move || {
                    let note = match state.get() {
                        "reused" => "Taken from the earlier run",
                        "skipped" => "No path led here",
                        _ => return None,
                    };
                    Some(view! { <span class=format!("lane__note {}", look(state.get()).0)>{note}</span> })
                }}
                <Each ids=bars show=bar />
            </div>
            <LaneTime lane />
            <StatusMark status=state />
        </li>
    }
    .into_any()
}

/// How long the step took, or what it waits for.
#[component]
fn LaneTime(lane: Memo<Lane>) -> impl IntoView {
    let due = Memo::new(move |_| lane.with(|l| l.due_at));
    let has_times = Memo::new(move |_| lane.with(|l| l.started_at.is_some()));
    view! {
        <span class="lane__time">
            {move || match due.get() {
                Some(at) => view! { <Countdown at /> }.into_any(),
                None => {
                    has_times
                        .get()
                        .then(|| {
                            view! {
                                <Elapsed
                                    started=Signal::derive(move || lane.with(|l| l.started_at))
                                    ended=Signal::derive(move || lane.with(|l| l.completed_at))
                                />
                            }
                        })
                        .into_any()
                }
            }}
        </span>
    }
}
