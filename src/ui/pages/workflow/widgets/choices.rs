//! Fields that are one of a few values.

use super::Bound;
use crate::{api::models::ModelView, ui::components::field::Select};
use leptos::prelude::*;
use serde_json::Value;

#[component]
pub(super) fn Toggle(bound: Bound) -> impl IntoView {
    let default = bound.default.as_ref().and_then(Value::as_bool).unwrap_or(false);
    let value = bound.value;
    let id = bound.html_id.clone();
    view! {
        <span class="check">
            <input
                type="checkbox"
                id=id
                prop:checked=move || value.with(Value::as_bool).unwrap_or(default)
                on:change=move |event| bound.set(Value::from(event_target_checked(&event)))
            />
        </span>
    }
}

/// An option for each value with its label; chosen is the one that the field has.
pub(super) fn options(bound: &Bound, rows: Vec<(String, String)>) -> impl IntoView + use<> {
    let bound = bound.clone();
    rows.into_iter()
        .map(move |(value, label)| {
            let bound = bound.clone();
            let mine = value.clone();
            view! {
                <option value=value prop:selected=move || bound.text() == mine>
                    {label}
                </option>
            }
        })
        .collect_view()
}

/// One of these values, with their labels.
#[component]
pub(super) fn Choice(bound: Bound, rows: Vec<(String, String)>) -> impl IntoView {
    let options = options(&bound, rows);
    let id = bound.html_id.clone();
    view! {
        <Select id on_change=Callback::new(move |word: String| bound.set_text(word))>
            {options}
        </Select>
    }
}

/// Some of these words, in their order; none takes the field out.
#[component]
pub(super) fn Choices(bound: Bound, words: Vec<String>) -> impl IntoView {
    let value = bound.value;
    let has = move |word: &str| {
        value.with(|v| v.as_array().is_some_and(|chosen| chosen.iter().any(|chosen| chosen == word)))
    };
    let id = bound.html_id.clone();
    let all = StoredValue::new(words.clone());
    view! {
        <div class="picks" id=id>
            {words
                .into_iter()
                .map(|word| {
                    let (bound, mine, shown) = (bound.clone(), word.clone(), word.clone());
                    let pick = move |event| {
                        let is_on = event_target_checked(&event);
                        let chosen = all.with_value(|all| {
                            let keeps = |word: &&String| if **word == mine { is_on } else { has(word) };
                            all.iter().filter(keeps).cloned().map(Value::from).collect::<Vec<_>>()
                        });
                        bound.set(if chosen.is_empty() { Value::Null } else { Value::Array(chosen) });
                    };
                    view! {
                        <label class="check">
                            <input type="checkbox" prop:checked=move || has(&shown) on:change=pick />
                            {word}
                        </label>
                    }
                })
                .collect_view()}
        </div>
    }
    .into_any()
}

#[component]
pub(super) fn ModelSelect(bound: Bound) -> impl IntoView {
    let models = expect_context::<StoredValue<Vec<ModelView>>>();
    let current = bound.value.with_untracked(|v| v.as_str().unwrap_or_default().to_owned());
    let mut rows = vec![(String::new(), "Default model".to_owned())];
    models.with_value(|models| {
        for model in models.iter().filter(|m| m.kind == "chat") {
            let note = if model.installed { "" } else { " (not installed)" };
            rows.push((model.name.clone(), format!("{}{note}", model.name)));
        }
    });
    if !rows.iter().any(|(name, _)| *name == current) {
        rows.push((current.clone(), current));
    }
    view! { <Choice bound rows /> }
}
