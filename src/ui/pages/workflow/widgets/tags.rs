//! Fields that hold a list of texts.

use super::Bound;
use crate::ui::components::icon::Icon;
use leptos::prelude::*;
use serde_json::Value;

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
