//! One value of a row, in the form of its column.

use crate::{api::tables::ColumnType, ui::components::icon::Icon};
use leptos::prelude::*;
use serde_json::Value;

/// Letters of a text that a cell holds; the record shows all of it.
const SHOWN: usize = 160;

/// The value in one line.
#[must_use]
pub(super) fn cell(value: &Value, kind: ColumnType) -> AnyView {
    match value {
        Value::Null => view! { <span class="value--none">"–"</span> }.into_any(),
        Value::Bool(flag) => {
            let (class, icon, word) = if *flag {
                ("value--flag is-true", "check", "true")
            } else {
                ("value--flag", "minus", "false")
            };
            view! {
                <span class=class>
                    <Icon name=icon class="icon--sm" />
                    {word}
                </span>
            }
            .into_any()
        }
        Value::String(text) if kind == ColumnType::Timestamp => {
            view! { <time title=text.clone()>{moment(text)}</time> }.into_any()
        }
        Value::String(text) if kind != ColumnType::Json => line(text).into_any(),
        Value::Number(number) if kind != ColumnType::Json => number.to_string().into_any(),
        other => view! { <span class="value--json">{line(&other.to_string())}</span> }.into_any(),
    }
}

/// `2026-11-23 00:31:07` of `2026-11-23T00:31:07.000Z`.
pub(super) fn moment(text: &str) -> String {
    let plain = text.strip_suffix('Z').unwrap_or(text);
    plain.strip_suffix(".000").unwrap_or(plain).replacen('T', " ", 1)
}

/// The beginning of a text, without breaks.
fn line(text: &str) -> String {
    let mut line: String =
        text.chars().take(SHOWN).map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_one_line() {
        assert_eq!(line("a\nb\tc"), "a b c");
        assert_eq!(line(&"ü".repeat(300)).chars().count(), SHOWN + 1);
        assert_eq!(moment("2026-11-23T00:31:07.000Z"), "2026-11-23 00:31:07");
        assert_eq!(moment("2026-11-23T00:31:07.250Z"), "2026-11-23 00:31:07.250");
    }
}
