//! A JSON value as a tree that opens and closes without a script.

use leptos::prelude::*;
use serde_json::Value;

/// Entries of one object or list that are drawn; the rest is counted.
const SHOWN: usize = 200;

/// The tree; its first two levels are open.
#[component]
pub fn JsonTree(value: Value) -> impl IntoView {
    view! { <div class="json">{node(None, &value, 0)}</div> }
}

fn node(key: Option<String>, value: &Value, depth: u32) -> AnyView {
    let label = key.map(|key| view! { <span class="json__key">{key}": "</span> });
    let (count, entries): (usize, Vec<AnyView>) = match value {
        Value::Object(map) if !map.is_empty() => {
            (map.len(), map.iter().take(SHOWN).map(|(k, v)| item(Some(k.clone()), v, depth)).collect())
        }
        Value::Array(list) if !list.is_empty() => {
            let entries = list.iter().take(SHOWN).enumerate();
            (list.len(), entries.map(|(i, v)| item(Some(i.to_string()), v, depth)).collect())
        }
        _ => {
            let (class, text) = leaf(value);
            return view! {
                <div class="leaf">
                    {label}
                    <span class=class>{text}</span>
                </div>
            }
            .into_any();
        }
    };
    let rest =
        (count > SHOWN).then(|| view! { <li class="json__meta">{format!("… {} more", count - SHOWN)}</li> });
    let what = if value.is_array() { format!("[{count}]") } else { format!("{{{count}}}") };
    view! {
        <details open=depth < 2>
            <summary>
                {label}
                <span class="json__meta">{what}</span>
            </summary>
            <ul>{entries}{rest}</ul>
        </details>
    }
    .into_any()
}

fn item(key: Option<String>, value: &Value, depth: u32) -> AnyView {
    view! { <li>{node(key, value, depth + 1)}</li> }.into_any()
}

fn leaf(value: &Value) -> (&'static str, String) {
    match value {
        Value::String(text) => ("json__string", format!("\"{text}\"")),
        Value::Number(number) => ("json__number", number.to_string()),
        Value::Object(_) => ("json__meta", "{}".to_owned()),
        Value::Array(_) => ("json__meta", "[]".to_owned()),
        other => ("json__word", other.to_string()),
    }
}
