//! Fields of numbers.

use super::Bound;
use leptos::prelude::*;
use serde_json::Value;

/// A number, or an expression that gives one.
#[component]
pub(super) fn Number(bound: Bound) -> impl IntoView {
    let shown = bound.clone();
    let write = move |event| {
        let text = event_target_value(&event);
        match number(&text) {
            Some(value) => bound.set(value),
            None => bound.set_text(text),
        }
    };
    view! {
        <input
            class="input num"
            id=shown.html_id.clone()
            inputmode="decimal"
            autocomplete="off"
            placeholder=shown.placeholder()
            aria-invalid=move || shown.invalid.get().to_string()
            prop:value={
                let shown = shown.clone();
                move || shown.text()
            }
            on:change=write
        />
    }
}

/// The number in a text: whole where it is whole.
fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::from(whole));
    }
    text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::from)
}

#[component]
pub(super) fn Slider(bound: Bound, min: f64, max: f64) -> impl IntoView {
    let default = bound.default.as_ref().and_then(Value::as_f64).unwrap_or(min);
    let value = bound.value;
    let now = move || value.with(Value::as_f64).unwrap_or(default);
    let at = move || format!("--at: {:.1}%", (now() - min) / (max - min).max(f64::EPSILON) * 100.0);
    let slide = {
        let bound = bound.clone();
        move |event| {
            if let Some(value) = number(&event_target_value(&event)) {
                bound.set(value);
            }
        }
    };
    view! {
        <div class="range-row">
            <input
                class="range"
                type="range"
                aria-label="Value"
                tabindex="-1"
                min=min
                max=max
                step="0.05"
                style=at
                prop:value=move || now().to_string()
                on:input=slide
            />
            <Number bound />
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::number;
    use serde_json::json;

    #[test]
    fn numbers_stay_whole_where_they_are() {
        assert_eq!(number("256"), Some(json!(256)));
        assert_eq!(number(" 0.7 "), Some(json!(0.7)));
        assert_eq!(number("{{ input.n }}"), None);
        assert_eq!(number("inf"), None);
    }
}
