//! The panel on the right: name and config of the chosen step, its form made from the catalogue's schema.

use super::{
    panes::{Handle, Pane},
    settings::{self, SettingsSection},
    several::Several,
    widgets::ConfigField,
};
use crate::{
    ui::{
        canvas::{
            change,
            editing::{Card, Editing},
            gesture::Gesture,
        },
        components::{
            empty::Notice,
            field::{Field, prose},
            icon::Icon,
        },
    },
    workflow::{catalog, check::Severity, ids::NodeId},
};
use leptos::prelude::*;

#[component]
pub fn ConfigPanel() -> impl IntoView {
    let editing = expect_context::<Editing>();
    // Built anew for another node only, so that a field keeps the cursor while one types.
    let chosen = editing.single_node();
    let are_several = Memo::new(move |_| {
        editing.selection.with(|s| s.count() > 1)
            && editing.gesture.with(|g| !matches!(g, Gesture::Box { .. }))
    });
    let panel = move || match chosen.get().and_then(|id| editing.card(id)) {
        Some(card) => Some(view! { <Panel card /> }.into_any()),
        None => are_several.get().then(|| view! { <Several /> }.into_any()),
    };
    let is_open = Memo::new(move |_| chosen.get().is_some() || are_several.get());
    view! {
        {panel}
        {move || is_open.get().then(|| view! { <Handle pane=Pane::Panel /> })}
    }
}

#[component]
fn Panel(card: Card) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let id = card.id;
    let node_type = card.node.with_untracked(|n| n.node_type.clone());
    let known = catalog::find(&node_type);
    let (icon, category) = known.map_or(("info", "data"), |t| (t.icon, t.category.as_str()));
    let title = known.map_or(node_type.clone(), |t| t.title.to_owned());
    let fields = match known {
        Some(known) => {
            let form = known
                .fields
                .iter()
                .map(|field| view! { <ConfigField field=field.clone() card=card.clone() /> })
                .collect_view();
            view! {
                <p class="config__lead">{prose(known.description)}</p>
                {form}
            }
            .into_any()
        }
        None => view! {
            <Notice tone="tone-amber" icon="alert">
                {format!("This installation knows no step type “{node_type}”. The step is kept, but a workflow with it cannot run.")}
            </Notice>
        }
        .into_any(),
    };
    view! {
        <aside class="drawer config" aria-label="Settings of the step" data-testid="config-panel">
            <div class="drawer__head">
                <span class=format!("tile cat-{category}")>
                    <Icon name=icon />
                </span>
                <h2 class="truncate">{title}</h2>
                <span class="spacer"></span>
                <button
                    type="button"
                    class="btn btn--ghost btn--icon btn--sm"
                    title="Delete the step (Delete)"
                    aria-label="Delete the step"
                    data-testid="delete-node"
                    on:click=move |_| editing.delete_selected()
                >
                    <Icon name="trash" class="icon--sm" />
                </button>
                <button
                    type="button"
                    class="btn btn--ghost btn--icon btn--sm"
                    aria-label="Close"
                    on:click=move |_| editing.choose_nothing()
                >
                    <Icon name="x" class="icon--sm" />
                </button>
            </div>
            <div class="drawer__body">
                <NameField card=card.clone() />
                {fields}
                <OtherProblems id />
                <SettingsSection card />
            </div>
        </aside>
    }
    .into_any()
}

/// The name; references in other steps follow it.
#[component]
fn NameField(card: Card) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let id = card.id;
    let name = card.node.clone();
    let error = problem_of(editing, id, "name").message;
    let rename = move |event| {
        let wanted = event_target_value(&event).trim().to_owned();
        if wanted.is_empty() {
            card.node.notify();
        } else {
            editing.change(None, |document| change::rename_node(document, id, &wanted));
        }
    };
    view! {
        <Field id="node-name" label="Name" error>
            <input
                class="input"
                id="node-name"
                maxlength="200"
                autocomplete="off"
                data-testid="node-name"
                value=name.with_untracked(|n| n.name.clone())
                prop:value=move || name.with(|n| n.name.clone())
                on:change=rename
            />
        </Field>
    }
    .into_any()
}

/// What is wrong with a field.
#[derive(Clone, Copy)]
pub(super) struct Wrong {
    /// Empty: nothing.
    pub message: Signal<String>,
    /// The run may go well all the same.
    pub is_mild: Signal<bool>,
    /// The field keeps the workflow from running.
    pub is_error: Signal<bool>,
}

impl Wrong {
    /// The first problem of the step with a field that fits.
    fn first(editing: Editing, id: NodeId, fits: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        let found = Memo::new(move |_| {
            editing.problems.with(|all| {
                let mut mine =
                    all.iter().filter(|p| p.node_id == Some(id) && p.field.as_deref().is_some_and(&fits));
                mine.next().map(|p| (p.message.clone(), p.severity))
            })
        });
        let has = move |severity| {
            Signal::derive(move || found.with(|f| f.as_ref().is_some_and(|(_, s)| *s == severity)))
        };
        Self {
            message: Signal::derive(move || found.get().map(|(message, _)| message).unwrap_or_default()),
            is_mild: has(Severity::Warning),
            is_error: has(Severity::Error),
        }
    }
}

/// The first problem of a field or of something within it.
pub(super) fn problem_of(editing: Editing, id: NodeId, field: &str) -> Wrong {
    let field = field.to_owned();
    Wrong::first(editing, id, move |f| {
        f == field || f.strip_prefix(&field).is_some_and(|rest| rest.starts_with('.'))
    })
}

/// The first problem of exactly these fields.
pub(super) fn problem_at(editing: Editing, id: NodeId, fields: &'static [&'static str]) -> Wrong {
    Wrong::first(editing, id, move |f| fields.contains(&f))
}

/// Problems of the step that belong to no field of the form.
#[component]
fn OtherProblems(id: NodeId) -> impl IntoView {
    let editing = expect_context::<Editing>();
    move || {
        editing.problems.with(|all| {
            all.iter()
                .filter(|p| p.node_id == Some(id))
                .filter(|p| {
                    p.field.as_deref().is_none_or(|f| {
                        f != "name" && !f.starts_with("config.") && !settings::FIELDS.contains(&f)
                    })
                })
                .map(|p| {
                    let tone = if p.severity == Severity::Error { "tone-red" } else { "tone-amber" };
                    let message = p.message.clone();
                    view! {
                        <Notice tone icon="alert">
                            {message}
                        </Notice>
                    }
                })
                .collect_view()
        })
    }
}
