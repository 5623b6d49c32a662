//! Controls for fields that hold several values: lists of texts, names with expressions.

use super::Bound;
use crate::ui::components::icon::Icon;
use leptos::prelude::*;
use serde_json::{Map, Value};

/// A list of texts; Enter adds one, Backspace in the empty field takes the last.
#[component]
pub(super) fn Tags(bound: Bound) -> impl IntoView {
    let value = bound.value;
    let list = move || match value.get() {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        other => vec![other],
    };
    let write = {
        let bound = bound.clone();
        Callback::new(move |items: Vec<Value>| {
            bound.set(if items.is_empty() { Value::Null } else { Value::Array(items) });
        })
    };
    let add = move |text: String| {
        if !text.is_empty() {
            let mut items = list();
            items.push(Value::from(text));
            write.run(items);
        }
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let text = event_target_value(&event);
        if event.key() == "Enter" {
            event.prevent_default();
            add(text);
            clear(&event);
        } else if event.key() == "Backspace" && text.is_empty() {
            let mut items = list();
            items.pop();
            write.run(items);
        }
    };
    view! {
        <div class="tags">
            {move || {
                list()
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| {
                        let text = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
                        view! {
                            <span class="tag">
                                <span class="truncate">{text.clone()}</span>
                                <button
                                    type="button"
                                    aria-label=format!("Remove {text}")
                                    on:click=move |_| {
                                        let mut items = list();
                                        items.remove(index);
                                        write.run(items);
                                    }
                                >
                                    <Icon name="x" class="icon--sm" />
                                </button>
                            </span>
                        }
                    })
                    .collect_view()
            }}
            <input
                id=bound.html_id.clone()
                autocomplete="off"
                placeholder="Add, then Enter"
                on:keydown=keys
                on:blur=move |event| {
                    add(event_target_value(&event));
                    clear(&event);
                }
            />
        </div>
    }
}

fn clear(event: &leptos::web_sys::Event) {
    if let Some(field) = event
        .target()
        .and_then(|t| leptos::wasm_bindgen::JsCast::dyn_into::<leptos::web_sys::HtmlInputElement>(t).ok())
    {
        field.set_value("");
    }
}

/// Names with an expression each. Rows are local, so that a name may be empty or doubled while it is typed.
#[component]
pub(super) fn MapEditor(bound: Bound) -> impl IntoView {
    type Row = (u32, RwSignal<String>, RwSignal<String>);
    let row = |index: u32, name: &str, text: &str| -> Row {
        (index, RwSignal::new(name.to_owned()), RwSignal::new(text.to_owned()))
    };
    let first: Vec<Row> = match bound.value.get_untracked() {
        Value::Object(map) => map
            .iter()
            .zip(0..)
            .map(|((name, value), i)| row(i, name, value.as_str().unwrap_or_default()))
            .collect(),
        _ => Vec::new(),
    };
    let rows = RwSignal::new(first);
    let id = bound.html_id.clone();
    let write = Callback::new(move |()| {
        let map: Map<String, Value> = rows.with_untracked(|rows| {
            rows.iter()
                .map(|(_, name, text)| (name.get_untracked(), Value::from(text.get_untracked())))
                .filter(|(name, _)| !name.is_empty())
                .collect()
        });
        bound.set(if map.is_empty() { Value::Null } else { Value::Object(map) });
    });
    let add = move |_| {
        let next = rows.with_untracked(|r| r.iter().map(|(i, ..)| i + 1).max().unwrap_or(0));
        rows.update(|r| r.push(row(next, "", "")));
    };
    view! {
        <div class="map" id=id>
            <For each=move || rows.get() key=|(i, ..)| *i let((index, name, text))>
                <div class="map__row">
                    <input
                        class="input"
                        aria-label="Name of the field"
                        placeholder="name"
                        autocomplete="off"
                        prop:value=move || name.get()
                        on:input=move |event| {
                            name.set(event_target_value(&event));
                            write.run(());
                        }
                    />
                    <input
                        class="input input--code"
                        aria-label="Expression"
                        placeholder="input.name"
                        spellcheck="false"
                        autocomplete="off"
                        prop:value=move || text.get()
                        on:input=move |event| {
                            text.set(event_target_value(&event));
                            write.run(());
                        }
                    />
                    <button
                        type="button"
                        class="btn btn--ghost btn--icon btn--sm"
                        aria-label="Remove the field"
                        on:click=move |_| {
                            rows.update(|r| r.retain(|(i, ..)| *i != index));
                            write.run(());
                        }
                    >
                        <Icon name="x" class="icon--sm" />
                    </button>
                </div>
            </For>
            <button type="button" class="btn btn--sm" on:click=add>
                <Icon name="plus" class="icon--sm" />
                "Add a field"
            </button>
        </div>
    }
}
