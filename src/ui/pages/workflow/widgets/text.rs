//! Fields of text: plain, of several lines, with expressions.

use super::{super::code::CodeField, Bound};
use leptos::prelude::*;

/// A text with expressions.
#[component]
pub(super) fn CodeText(bound: Bound, rows: u32, #[prop(optional)] is_line: bool) -> impl IntoView {
    let shown = bound.clone();
    let place = bound.place();
    view! {
        <CodeField
            id=bound.html_id.clone()
            text=Signal::derive(move || shown.text())
            value=bound.value
            invalid=bound.invalid
            placeholder=bound.placeholder()
            write=Callback::new(move |text| bound.set_text(text))
            place
            rows
            is_line
        />
    }
    .into_any()
}

#[component]
pub(super) fn Line(bound: Bound) -> impl IntoView {
    let shown = bound.clone();
    view! {
        <input
            class="input"
            id=bound.html_id.clone()
            autocomplete="off"
            placeholder=bound.placeholder()
            aria-invalid=move || bound.invalid.get().to_string()
            prop:value=move || shown.text()
            on:input=move |event| bound.set_text(event_target_value(&event))
        />
    }
}

#[component]
pub(super) fn TextArea(bound: Bound, rows: u32) -> impl IntoView {
    let shown = bound.clone();
    view! {
        <textarea
            class="input"
            id=bound.html_id.clone()
            rows=rows
            placeholder=bound.placeholder()
            aria-invalid=move || bound.invalid.get().to_string()
            prop:value=move || shown.text()
            on:input=move |event| bound.set_text(event_target_value(&event))
        ></textarea>
    }
}
