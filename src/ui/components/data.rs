//! Any value that a step took or gave: text as text, everything else as a tree.

use super::{button::CopyButton, json::JsonTree};
use leptos::prelude::*;
use serde_json::Value;

/// A value in a box with a button that copies it.
#[component]
pub fn DataBox(value: Value, #[prop(optional)] testid: &'static str) -> impl IntoView {
    let copied = match &value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    let body = match value {
        Value::String(text) => view! { <div class="data-box__text">{text}</div> }.into_any(),
        other => view! { <JsonTree value=other /> }.into_any(),
    };
    view! {
        <div class="data-box" data-testid=testid>
            <span class="data-box__copy">
                <CopyButton text=move |()| copied.clone() />
            </span>
            {body}
        </div>
    }
    .into_any()
}
