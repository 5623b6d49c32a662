//! A changed field: what it is called, and its value before and after.

use super::lines::{Line, lines};
use crate::ui::components::icon::Icon;
use leptos::prelude::*;
use serde_json::Value;

/// A field's name to read: the path without what is clear from where it stands.
pub(super) fn title(field: &str) -> String {
    let known = match field {
        "node_type" => "Kind of step",
        "settings.retry" => "Retries",
        "settings.retry.max_attempts" => "Attempts",
        "settings.timeout_ms" => "Time limit, ms",
        "settings.join" => "Starts when",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let path = field.strip_prefix("config.").or_else(|| field.strip_prefix("settings.")).unwrap_or(field);
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let words = first.replace('_', " ");
    let mut letters = words.chars();
    let capital = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let name = format!("{capital}{}", letters.as_str());
    rest.map_or_else(|| name.clone(), |rest| format!("{name}: {rest}"))
}

/// Old and new, side by side where both are short, else line by line.
#[component]
pub(super) fn Values(old: Option<Value>, new: Option<Value>) -> impl IntoView {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    let is_short = |value: &Option<Value>| {
        value.as_ref().is_none_or(|v| {
            let text = text(v);
            text.len() <= 60 && !text.contains('\n')
        })
    };
    if is_short(&old) && is_short(&new) {
        let side = |value: Option<Value>, class: &'static str, none: &'static str| match value {
            Some(value) => view! { <code class=class>{text(&value)}</code> }.into_any(),
            None => view! { <span class="faint">{none}</span> }.into_any(),
        };
        return view! {
            <span class="change__pair">
                {side(old, "is-old", "not set")} <Icon name="arrow-right" class="icon--sm" />
                {side(new, "is-new", "not set")}
            </span>
        }
        .into_any();
    }
    let whole = |value: Option<Value>| value.as_ref().map(text).unwrap_or_default();
    view! {
        <div class="change__lines">
            {lines(&whole(old), &whole(new))
                .into_iter()
                .map(|line| {
                    let (class, sign, text) = match line {
                        Line::Same(text) => ("", " ", text),
                        Line::Old(text) => ("is-old", "−", text),
                        Line::New(text) => ("is-new", "+", text),
                    };
                    view! {
                        <div class=class>
                            <span class="change__sign">{sign}</span>
                            {text}
                        </div>
                    }
                })
                .collect_view()}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn fields_are_called_by_words() {
        assert_eq!(title("config.prompt_template"), "Prompt template");
        assert_eq!(title("config.choices.1"), "Choices: 1");
        assert_eq!(title("settings.pinned_output"), "Pinned output");
        assert_eq!(title("vars.rate"), "Vars: rate");
    }
}
