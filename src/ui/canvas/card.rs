//! One node as a card: header, two lines, ports; and over it what a run is doing there.

use super::{
    editing::{Card, Editing, looking::card_id},
    geometry::{self, Point},
    gesture::Gesture,
    marks::StepMarks,
    scene::Scene,
    summary::summary,
    surface::Surface,
};
use crate::{
    ui::components::{
        icon::Icon,
        run_feed::{RunFeed, StepFeed},
        time::duration,
    },
    workflow::{catalog, ids::NodeId},
};
use leptos::{ev::PointerEvent, prelude::*};

/// The card; redrawn by changes to its own node only.
#[component]
pub fn NodeCard(card: Card) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let surface = expect_context::<Surface>();
    let scene = expect_context::<Scene>();
    let Card { id, node, chosen, is_stop, .. } = card.clone();
    let step = expect_context::<RunFeed>().step(id.0);
    let node_type = node.with_untracked(|n| n.node_type.clone());
    let known = catalog::sketch(&node_type);
    let (icon, category) = known.map_or(("info", "data"), |t| (t.icon, t.category.as_str()));
    let height = geometry::node_rect(Point::default(), &node_type).height;

    let marked = node.clone();
    let node = ArcMemo::new(move |_| node.get());
    let name_of = node.clone();
    let summary_of = node.clone();
    let (label_of, hook_of) = (node.clone(), node.clone());
    let worst = Memo::new(move |_| scene.worst.with(|w| w.get(&id).copied()));
    // While an edge is drawn: can it end here, and is it here now?
    let invites = Memo::new(move |_| scene.targets.with(|t| t.as_ref().is_some_and(|t| t.contains(&id))));
    let is_end = Memo::new(move |_| editing.loose_end.get().is_some_and(|(_, target)| target == Some(id)));

    let settings_of = node.clone();
    let is_off = Memo::new(move |_| settings_of.with(|n| n.settings.disabled));
    let style = move || card.place(height);
    let data_state = step.state.clone();
    let press = move |event: PointerEvent| surface.press_card(&event, id);
    let outputs: Vec<_> = geometry::named_outputs(&node_type).collect();
    let has_out = geometry::outputs(&node_type).contains(&"out");
    let has_input = known.is_none_or(|t| !t.inputs.is_empty());
    view! {
        <div
            class=format!("node cat-{category}")
            class:is-selected=move || chosen.get()
            class:is-invited=invites
            class:is-end=is_end
            class:has-error=move || worst.get() == Some(true)
            class:is-off=is_off
            style=style
            id=card_id(id)
            tabindex=move || if is_stop.get() { "0" } else { "-1" }
            role="group"
            aria-label=move || format!("Step {}", label_of.with(|n| n.name.clone()))
            data-testid="node-card"
            data-node-id=id.to_string()
            data-node-name=move || hook_of.with(|n| n.name.clone())
            data-state=move || data_state.get()
            on:pointerdown=press
            on:keydown=move |event| surface.card_key(&event, id)
            on:focus=move |_| {
                editing.tab_stop.set(Some(id));
                // A press chooses by itself, and one of many that are chosen may take the focus.
                let is_chosen = editing.selection.with_untracked(|s| s.has_node(id));
                if !is_chosen && editing.gesture.with_untracked(|g| *g == Gesture::None) {
                    editing.choose(id);
                }
            }
        >
            <div class="node__head">
                <span class="tile">
                    <Icon name=icon />
                </span>
                <span class="node__name truncate">{move || name_of.with(|n| n.name.clone())}</span>
                <StepMarks node=marked step=step.clone() worst />
            </div>
            <Body step summary=Signal::derive(move || summary_of.with(summary)) />
            <div class="node__ports">
                {outputs
                    .into_iter()
                    .map(|port| {
                        view! {
                            <div class="node__port" class:is-error=port == "error">
                                <span>{port}</span>
                                <Port node=id port />
                            </div>
                        }
                    })
                    .collect_view()}
            </div>
            {has_input.then(|| view! { <span class="port port--in" aria-hidden="true" title="in"></span> })}
            {has_out
                .then(|| {
                    view! {
                        <span class="node__out">
                            <Port node=id port="out" />
                        </span>
                    }
                })}
        </div>
    }
    .into_any()
}

/// What the node does; while a model writes, its last two lines; afterwards how long it took.
#[component]
fn Body(step: StepFeed, summary: Signal<(Option<String>, String)>) -> impl IntoView {
    let StepFeed { state, text, duration_ms, message, .. } = step;
    let streaming = {
        let (state, text) = (state.clone(), text.clone());
        ArcMemo::new(move |_| state.get() == "running" && text.with(|t| !t.is_empty()))
    };
    view! {
        <div class="node__body">
            {move || {
                let text = text.clone();
                if streaming.get() {
                    return view! {
                        <p class="node__stream caret" data-testid="stream-text">
                            <span>{move || text.with(|t| tail(t))}</span>
                        </p>
                    }
                        .into_any();
                }
                if let Some(message) = message.get() {
                    return view! { <p class="node__failure">{message}</p> }.into_any();
                }
                let took = duration_ms.get().filter(|_| state.get() == "completed").map(duration);
                let (details, main) = summary.get();
                view! {
                    <p class="node__details">
                        <span class="truncate">{details.clone()}</span>
                        {took.map(|took| view! { <span class="node__took num">{took}</span> })}
                    </p>
                    <p class=if details.is_some() { "node__main truncate" } else { "node__main node__main--code" }>
                        {main}
                    </p>
                }
                    .into_any()
            }}
        </div>
    }
    .into_any()
}

/// The end of a text, about as much as two lines hold.
fn tail(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(76);
    let end: String = text.chars().skip(skip).collect();
    if skip > 0 { format!("…{end}") } else { end }
}

/// A dot that an edge can be drawn from.
#[component]
fn Port(node: NodeId, port: &'static str) -> impl IntoView {
    let surface = expect_context::<Surface>();
    view! {
        <button
            type="button"
            class="port port--out"
            tabindex="-1"
            title=port
            aria-label=format!("Connect from {port}")
            data-testid="port"
            data-port=port
            on:pointerdown=move |event| surface.press_port(&event, node, port)
        ></button>
    }
}
