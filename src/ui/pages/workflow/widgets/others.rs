//! Controls for fields that mean something beyond their text: a workflow, a point in time.

use super::{Bound, choices::options};
use crate::{
    ui::{
        browser,
        components::{field::Select, icon::Icon},
    },
    workflow::check::KnownWorkflow,
};
use leptos::prelude::*;

/// One of the owner's workflows, written by its name; by its id where several share the name.
#[component]
pub(super) fn WorkflowSelect(bound: Bound) -> impl IntoView {
    let known = expect_context::<StoredValue<Vec<KnownWorkflow>>>();
    let mut rows: Vec<(String, String)> = known.with_value(|known| {
        let is_shared = |name: &str| known.iter().filter(|w| w.name == name).count() > 1;
        known
            .iter()
            .map(|w| {
                let id = w.id.to_string();
                if is_shared(&w.name) {
                    let end = id.chars().skip(id.len().saturating_sub(7)).collect::<String>();
                    (id, format!("{} ({end})", w.name))
                } else {
                    (w.name.clone(), w.name.clone())
                }
            })
            .collect()
    });
    rows.sort_by_key(|(_, label)| label.to_lowercase());
    // An id names a workflow too, and what names none stays to be seen.
    let current = bound.value.with_untracked(|v| v.as_str().unwrap_or_default().to_owned());
    if !current.is_empty() && !rows.iter().any(|(value, _)| *value == current) {
        let name = known
            .with_value(|known| known.iter().find(|w| w.id.to_string() == current).map(|w| w.name.clone()));
        rows.push((current.clone(), name.unwrap_or(current)));
    }
    let shown = bound.clone();
    let chosen = {
        let bound = bound.clone();
        move || {
            let text = bound.text();
            known.with_value(|known| {
                known.iter().find(|w| w.name == text || w.id.to_string() == text).map(|w| w.id)
            })
        }
    };
    let options = options(&bound, rows);
    let id = bound.html_id.clone();
    view! {
        <div class="with-link">
            <Select id on_change=Callback::new(move |word: String| bound.set_text(word))>
                <option value="" prop:selected=move || shown.text().is_empty()>
                    "Choose a workflow"
                </option>
                {options}
            </Select>
            {move || {
                chosen()
                    .map(|id| {
                        view! {
                            <a
                                class="btn btn--ghost btn--icon"
                                href=format!("/workflows/{id}")
                                target="_blank"
                                title="Open this workflow in a new tab"
                                aria-label="Open this workflow in a new tab"
                            >
                                <Icon name="external" class="icon--sm" />
                            </a>
                        }
                    })
            }}
        </div>
    }
    .into_any()
}

/// A point in time with its zone, or an expression that gives one. The second field picks one from a calendar.
#[component]
pub(super) fn Moment(bound: Bound) -> impl IntoView {
    let shown = bound.clone();
    let typed = bound.clone();
    let id = bound.html_id.clone();
    view! {
        <input
            class="input"
            id=id.clone()
            autocomplete="off"
            placeholder="2030-01-31T09:00:00Z"
            aria-invalid=move || bound.invalid.get().to_string()
            prop:value=move || shown.text()
            on:input=move |event| typed.set_text(event_target_value(&event))
        />
        <label class="pick">
            "Pick a time"
            <input
                class="input"
                type="datetime-local"
                data-testid=format!("{id}-pick")
                on:change=move |event| {
                    if let Some(time) = browser::to_utc(&event_target_value(&event)) {
                        bound.set_text(time);
                    }
                }
            />
        </label>
    }
    .into_any()
}
