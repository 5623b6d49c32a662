//! A field for a whole number.

use super::{super::config::problem_at, Bound};
use crate::ui::components::{field::Field, time::duration};
use leptos::prelude::*;

/// A whole number. What is none stays in the field with a word about it, and is not written.
#[component]
pub(super) fn Whole(
    bound: Bound,
    id: &'static str,
    label: &'static str,
    #[prop(optional)] hint: &'static str,
    /// Whose problems are shown.
    fields: &'static [&'static str],
    value: Signal<Option<u64>>,
    write: Callback<Option<u64>>,
    /// Milliseconds: said in words beside the label.
    is_time: bool,
) -> impl IntoView {
    let slip = RwSignal::new(false);
    let found = problem_at(bound.editing, bound.card.id, fields);
    let error = Signal::derive(move || {
        if slip.get() { "Write a whole number, such as 3 or 1500.".to_owned() } else { found.message.get() }
    });
    let is_mild = Signal::derive(move || !slip.get() && found.is_mild.get());
    let side = Signal::derive(move || {
        value
            .get()
            .filter(|_| is_time)
            .map_or_else(String::new, |ms| duration(ms.min(i64::MAX as u64) as i64))
    });
    let hint = (!hint.is_empty()).then(|| hint.to_owned());
    let change = move |event: leptos::ev::Event| {
        let text = event_target_value(&event);
        let number = text.trim().parse::<u64>();
        slip.set(number.is_err() && !text.trim().is_empty());
        match number {
            Ok(n) => write.run(Some(n)),
            Err(_) if text.trim().is_empty() => {
                write.run(None);
                // What takes the place of nothing may be what stood there before.
                show(&event, value.get_untracked());
            }
            Err(_) => {}
        }
    };
    view! {
        <Field id label error is_mild side hint=hint.unwrap_or_default()>
            <input
                class="input num"
                id=id
                inputmode="numeric"
                autocomplete="off"
                data-testid=id
                aria-invalid=move || (slip.get() || found.is_error.get()).to_string()
                prop:value=move || in_words(value.get())
                on:change=change
            />
        </Field>
    }
    .into_any()
}

fn in_words(number: Option<u64>) -> String {
    number.map(|n| n.to_string()).unwrap_or_default()
}

/// Writes a number into the field that an event came from.
fn show(event: &leptos::ev::Event, number: Option<u64>) {
    use leptos::wasm_bindgen::JsCast;
    let field = event.target().and_then(|t| t.dyn_into::<leptos::web_sys::HtmlInputElement>().ok());
    if let Some(field) = field {
        field.set_value(&in_words(number));
    }
}
