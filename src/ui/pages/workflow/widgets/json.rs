//! Fields of JSON: any value, or a schema.

use super::{
    super::{
        code::CodeField,
        schema::{SchemaEditor, Shaping, slip},
    },
    Bound,
};
use leptos::prelude::*;
use serde_json::Value;

/// Any JSON; what cannot be read is kept as text until it can.
#[component]
pub(super) fn JsonArea(bound: Bound) -> impl IntoView {
    let shown = |value: Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => serde_json::to_string_pretty(&other).unwrap_or_default(),
    };
    let read = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    let text = RwSignal::new(shown(bound.value.get_untracked()));
    // What was changed elsewhere, as by undo, is written anew; what is typed keeps its form.
    let value = bound.value;
    Effect::new(move |_| {
        let value = value.get();
        let typed = text.with_untracked(|t| read(t));
        if typed != value && !(value.is_null() && text.with_untracked(String::is_empty)) {
            text.set(shown(value));
        }
    });
    let id = bound.html_id.clone();
    let placeholder = bound.placeholder();
    let invalid = bound.invalid;
    let slip = move || {
        let found = text.with(|t| json_slip(t));
        (!found.is_empty()).then(|| view! { <p class="field__hint" data-testid="json-slip">{found}</p> })
    };
    let write = {
        let bound = bound.clone();
        Callback::new(move |typed: String| {
            text.set(typed.clone());
            match serde_json::from_str::<Value>(&typed) {
                Ok(value) => bound.set(value),
                Err(_) => bound.set_text(typed),
            }
        })
    };
    if bound.is_code() {
        let place = bound.place();
        return view! {
            <CodeField id text value=bound.value invalid placeholder write place rows=3 />
            {slip}
        }
        .into_any();
    }
    view! {
        <textarea
            class="input input--code"
            id=id
            rows="5"
            spellcheck="false"
            aria-invalid=move || invalid.get().to_string()
            placeholder=placeholder
            prop:value=move || text.get()
            on:input=move |event| write.run(event_target_value(&event))
        ></textarea>
        {slip}
    }
    .into_any()
}

/// Where a text that begins like JSON stops being JSON; it is kept as text meanwhile.
fn json_slip(text: &str) -> String {
    let begins = text.trim_start();
    if !begins.starts_with(['{', '[']) || begins.starts_with("{{") || begins.starts_with("{%") {
        return String::new();
    }
    match serde_json::from_str::<Value>(text) {
        Ok(_) => String::new(),
        Err(e) => format!("No JSON yet, kept as text. {}", slip(&e)),
    }
}

/// A JSON Schema. What is no JSON yet is kept as text, which the checker tells of.
#[component]
pub(super) fn SchemaField(bound: Bound) -> impl IntoView {
    let shaping = Shaping::new(&bound.value.get_untracked());
    let write = {
        let bound = bound.clone();
        Callback::new(move |()| match shaping.value() {
            Ok(value) => bound.set(value),
            Err(_) => bound.set_text(shaping.typed()),
        })
    };
    // What was changed elsewhere, as by undo, is shown anew.
    let value = bound.value;
    Effect::new(move |_| {
        let value = value.get();
        let mine = shaping.value().unwrap_or_else(|_| Value::from(shaping.typed()));
        if mine != value {
            shaping.take(&value);
        }
    });
    view! { <SchemaEditor id=bound.html_id.clone() shaping changed=write /> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::json_slip;

    #[test]
    fn the_place_of_a_slip_is_told() {
        assert_eq!(json_slip("{\"a\": }"), "No JSON yet, kept as text. Line 1, column 7: expected value.");
        assert!(json_slip("[1,").ends_with("the text ends too early."));
        assert_eq!(
            json_slip("{\"a\": \"{{ input }}\"}") + &json_slip("{{ input }}") + &json_slip("text"),
            ""
        );
    }
}
