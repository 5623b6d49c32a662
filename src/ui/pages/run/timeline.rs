//! The steps of a run on an axis of time: one lane for each step, one bar for each attempt. Places are numbers in
//! custom properties that the style turns into lengths, so that while a run goes on only the axis is written anew.

mod axis;
mod folds;
mod lanes;

pub(super) use lanes::{queue_ms, state_of};

use super::{
    choice::{Choice, href},
    live::Live,
};
use crate::{
    ui::{
        browser,
        components::{
            icon::Icon,
            status::{StatusMark, look},
            time::{Countdown, Elapsed, duration},
        },
    },
    workflow::catalog,
};
use axis::ticks;
use folds::{Fold, folds, place};
use lanes::{Bar, Lane};
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
                    <For each=move || lanes.with(|(order, _)| order.clone()) key=|node| *node let:node>
                        <LaneRow node lanes folded chosen />
                    </For>
                </ol>
            </div>
        </section>
    }
    .into_any()
}

/// Ticks up to the first fold, and the folds.
#[component]
fn Grid(now: Memo<i64>, span: Memo<f64>, folded: Memo<Vec<Fold>>) -> impl IntoView {
    let marks = move || {
        let (span, folded) = (span.get(), folded.get());
        let end = folded.first().map_or(now.get_untracked(), |f| f.from);
        let mut marks: Vec<(f64, String, &'static str)> = ticks(span.ceil() as i64, end)
            .into_iter()
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

/// What the looks of the bars mean, for those that occur.
#[component]
fn Legend(lanes: Lanes) -> impl IntoView {
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
                <For each=move || lane.with(|l| l.bars.iter().map(|b| b.id).collect::<Vec<_>>()) key=|id| *id let:id>
                    <BarLink id lane folded name=name.clone() chosen />
                </For>
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

#[component]
fn BarLink(
    id: Uuid,
    lane: Memo<Lane>,
    folded: Memo<Vec<Fold>>,
    name: String,
    chosen: Memo<Choice>,
) -> impl IntoView {
    let query = use_query_map();
    let live = expect_context::<Live>();
    let bar = Memo::new(move |before: Option<&Option<Bar>>| {
        let found = lane.with(|l| l.bars.iter().find(|b| b.id == id).cloned());
        found.or_else(|| before.cloned().flatten())
    });
    let look_of = move || bar.with(|b| b.as_ref().map_or("", |b| b.state));
    let style = move || {
        bar.with(|b| {
            let b = b.as_ref()?;
            let at = |ms| folded.with(|f| format!("{:.2}", place(f, ms)));
            let end = b.end.map_or_else(|| "var(--span)".to_owned(), at);
            Some(format!("--a:{};--b:{end};--q:{}", at(b.start), b.queue))
        })
    };
    let tip = move || bar.with(|b| b.as_ref().map(|b| b.tip.clone())).unwrap_or_default();
    let label = move || {
        let said = tip().replace('\n', ", ").replace('\t', " ");
        format!("{name}, {}. {said}", look(look_of()).2)
    };
    let class = move || {
        let reach = live.detail.with(lanes::reach);
        let middle = folded.with(|f| place(f, reach)) / 2.0;
        bar.with(|b| {
            let word = |is: bool, word: &'static str| if is { word } else { "" };
            let (waits, open) = b.as_ref().map_or((false, false), |b| (b.waits, b.end.is_none()));
            // Bars that begin late have no room for the times on their right.
            let late = b.as_ref().is_some_and(|b| folded.with(|f| place(f, b.start)) > middle);
            format!(
                "bar tl-stop {}{}{}{}",
                look(look_of()).0,
                word(waits, " is-waiting"),
                word(open, " is-open"),
                word(late, " is-late")
            )
        })
    };
    view! {
        {move || {
            let gap = bar.with(|b| b.as_ref().and_then(|b| b.gap.map(|from| (from, b.start))));
            gap.map(|(from, to)| {
                view! {
                    <span
                        class="bar__gap"
                        style=move || folded.with(|f| format!("--a:{:.2};--b:{:.2}", place(f, from), place(f, to)))
                        title=format!("{} until the next attempt", duration(to - from))
                    ></span>
                }
            })
        }}
        <a
            class=class
            style=style
            href=move || href(query, Choice::Step(id))
            data-noscroll=""
            aria-label=label
            aria-current=move || (chosen.get() == Choice::Step(id)).then_some("true")
            data-tip=tip
            data-testid="bar"
            data-attempt=move || bar.with(|b| b.as_ref().map(|b| b.attempt))
            data-state=look_of
            on:click=move |_| browser::reveal("inspector")
        >
            {move || {
                bar.with(|b| b.as_ref().is_some_and(|b| b.queue > 0)).then(|| view! { <i class="bar__queue"></i> })
            }}
        </a>
    }
    .into_any()
}
