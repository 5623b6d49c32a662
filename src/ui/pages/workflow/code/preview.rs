//! What an expression gives on real data: computed in the browser by the same code as on the server, a moment after
//! each change, and never shown longer than a few lines.

use super::{
    Knowing, Place, kind_of,
    sample::{Data, Origin},
    text::{Part, parts},
};
use crate::{
    ui::components::{field::prose, icon::Icon},
    workflow::expression::{self, Form, Root, render_field},
};
use leptos::prelude::*;
use serde_json::Value;
use std::time::Duration;

/// Typing is followed after this pause; a change in between is part of the same look.
const PAUSE: Duration = Duration::from_millis(150);
/// Letters of a result that are shown.
const SHOWN: usize = 1_200;

/// What there is to say.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    /// Nothing to compute, or a mistake that the checker names already.
    Quiet,
    /// Nothing is known of what it reads.
    Awaits(String),
    Gives {
        text: String,
        is_cut: bool,
        kind: &'static str,
        from: Origin,
    },
    Fails(String),
}

#[component]
pub(super) fn Preview(id: String, place: Place, value: Signal<Value>) -> impl IntoView {
    let knowing = expect_context::<Knowing>();
    let outcome = RwSignal::new(Outcome::Quiet);
    let waiting = StoredValue::new(false);
    let first = StoredValue::new(true);
    let look = {
        let place = place.clone();
        move || {
            if waiting.try_set_value(false).is_some() {
                return;
            }
            let Some(value) = value.try_get_untracked() else { return };
            let Some(form) = place.form().filter(|form| has_expression(&value, *form)) else {
                return put(outcome, Outcome::Quiet);
            };
            let data = knowing.data(place.node);
            let found = match missing(&value, form, &data) {
                Err(()) => Outcome::Quiet,
                Ok(Some(words)) => Outcome::Awaits(words),
                Ok(None) => {
                    let from = data.from;
                    match render_field(&place.field, &value, &knowing.scope(data)) {
                        Ok(given) => {
                            let (text, is_cut) = printed(&given, SHOWN);
                            Outcome::Gives { text, is_cut, kind: kind_of(&given), from }
                        }
                        Err(error) => Outcome::Fails(error.error.message),
                    }
                }
            };
            put(outcome, found);
        }
    };
    Effect::new(move |_| {
        value.track();
        knowing.editing.version.track();
        knowing.sample.track();
        knowing.running.input.track();
        if waiting.get_value() {
            return;
        }
        waiting.set_value(true);
        let pause = if first.get_value() { Duration::ZERO } else { PAUSE };
        first.set_value(false);
        set_timeout(look.clone(), pause);
    });
    move || {
        let (tone, body) = match outcome.get() {
            Outcome::Quiet => return None,
            Outcome::Awaits(words) => (
                "is-waiting",
                view! {
                    <Icon name="clock" class="icon--sm" />
                    <span class="preview__words">{words}</span>
                }
                .into_any(),
            ),
            Outcome::Fails(words) => (
                "is-wrong",
                view! {
                    <Icon name="alert" class="icon--sm" />
                    <span class="preview__words">{prose(&words)}</span>
                }
                .into_any(),
            ),
            Outcome::Gives { text, is_cut, kind, from } => {
                let text = if text.is_empty() { "(empty)".to_owned() } else { text };
                (
                    "",
                    view! {
                        <span class="preview__sign" aria-hidden="true">"="</span>
                        // Scrolls where it is long, so that it must be reachable by keyboard.
                        <pre class="preview__value" tabindex=is_cut.then_some("0")>{text} {is_cut.then_some("…")}</pre>
                        <span class="preview__from">{kind} " · " {from.words()}</span>
                    }
                    .into_any(),
                )
            }
        };
        Some(view! {
            <div class=format!("preview {tone}") id=id.clone() data-testid="preview">
                {body}
            </div>
        })
    }
}

fn put(outcome: RwSignal<Outcome>, found: Outcome) {
    if outcome.try_with_untracked(|now| *now != found) == Some(true) {
        outcome.set(found);
    }
}

fn has_expression(value: &Value, form: Form) -> bool {
    match value {
        Value::String(text) if form == Form::Bare => !text.trim().is_empty(),
        Value::String(text) => {
            text.contains('{')
                && parts(text, form)
                    .iter()
                    .any(|(part, _)| matches!(part, Part::Expression | Part::Statement))
        }
        Value::Array(list) => list.iter().any(|v| has_expression(v, form)),
        Value::Object(map) => map.values().any(|v| has_expression(v, form)),
        _ => false,
    }
}

/// What would have to run before the value can be computed, in words. `Err`: it cannot be parsed.
fn missing(value: &Value, form: Form, data: &Data) -> Result<Option<String>, ()> {
    match value {
        Value::String(text) => {
            for reference in expression::references(text, form).map_err(drop)? {
                if reference.guarded {
                    continue;
                }
                if let Some(words) = missing_name(&reference.root, reference.name.as_deref(), data) {
                    return Ok(Some(words));
                }
            }
            Ok(None)
        }
        Value::Array(list) => first_missing(list.iter(), form, data),
        Value::Object(map) => first_missing(map.values(), form, data),
        _ => Ok(None),
    }
}

fn first_missing<'v>(
    values: impl Iterator<Item = &'v Value>,
    form: Form,
    data: &Data,
) -> Result<Option<String>, ()> {
    for value in values {
        if let Some(words) = missing(value, form, data)? {
            return Ok(Some(words));
        }
    }
    Ok(None)
}

fn missing_name(root: &Root, name: Option<&str>, data: &Data) -> Option<String> {
    let unknown =
        |list: &[(String, Option<_>)], name: &str| list.iter().any(|(n, value)| n == name && value.is_none());
    let run = |who: &str| {
        Some(format!("Run the workflow or pin an output of {who}: then the result is shown here."))
    };
    match (root, name) {
        (Root::Input, _) if data.input.is_none() => match data.awaited.as_slice() {
            [one] => run(one),
            _ => run("a step before this one"),
        },
        (Root::Nodes, Some(name)) if unknown(&data.nodes, name) => run(name),
        (Root::Inputs, Some(name)) if unknown(&data.inputs, name) => run(name),
        (Root::Item | Root::Index, _) if data.item.is_none() => {
            Some("The result is shown here for the first item, once the list is known.".to_owned())
        }
        _ => None,
    }
}

/// A value as text that is read, cut at so many letters; whether it was cut. Never looks at more than it shows.
fn printed(value: &Value, limit: usize) -> (String, bool) {
    let mut out = String::new();
    match value {
        Value::String(text) => out.extend(text.chars().take(limit + 1)),
        other => write(other, 0, limit, &mut out),
    }
    match out.char_indices().nth(limit) {
        Some((end, _)) => {
            out.truncate(end);
            (out, true)
        }
        None => (out, false),
    }
}

fn write(value: &Value, depth: usize, limit: usize, out: &mut String) {
    if out.len() > limit * 4 {
        return;
    }
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    match value {
        Value::Array(list) if !list.is_empty() => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                if out.len() > limit * 4 {
                    return;
                }
                if index > 0 {
                    out.push(',');
                }
                line(out, depth + 1);
                write(item, depth + 1, limit, out);
            }
            line(out, depth);
            out.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            out.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                if out.len() > limit * 4 {
                    return;
                }
                if index > 0 {
                    out.push(',');
                }
                line(out, depth + 1);
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push_str(": ");
                write(item, depth + 1, limit, out);
            }
            line(out, depth);
            out.push('}');
        }
        Value::String(text) => {
            let start: String = text.chars().take(limit + 1).collect();
            out.push_str(&Value::from(start).to_string());
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, json};
    use std::sync::Arc;

    fn data() -> Data {
        Data {
            input: None,
            inputs: vec![("Ask".to_owned(), None)],
            nodes: vec![("Ask".to_owned(), None), ("Fetch".to_owned(), Some(Arc::new(json!(1))))],
            vars: Map::new(),
            run: Value::Null,
            item: None,
            from: Origin::Example,
            awaited: vec!["Ask".to_owned()],
        }
    }

    #[test]
    fn what_would_have_to_run_is_named() {
        let say = |text: &str| missing(&json!(text), Form::Template, &data());
        assert!(say("{input.x}").unwrap().unwrap().contains("of Ask:"));
        assert!(say("{{ nodes.Ask }}").unwrap().unwrap().contains("Ask"));
        assert_eq!(say("{{ nodes.Fetch }} {{ vars.x }}"), Ok(None));
        assert_eq!(say("{{ nodes.Ask | default(1) }}"), Ok(None), "it is prepared for that");
        assert_eq!(say("{{ ("), Err(()));
        assert!(missing(&json!({"a": ["{{ item }}"]}), Form::ItemTemplate, &data()).unwrap().is_some());
    }

    #[test]
    fn only_expressions_are_computed() {
        assert!(has_expression(&json!("input"), Form::Bare));
        assert!(!has_expression(&json!("plain {word} {\"a\": 1}"), Form::Template));
        assert!(has_expression(&json!({"a": [1, "{{ x }}"]}), Form::Template));
    }

    #[test]
    fn results_are_cut_without_being_written_out() {
        assert_eq!(printed(&json!("abc"), 2), ("ab".to_owned(), true));
        assert_eq!(
            printed(&json!({"a": [1, {}], "b": "x"}), 99).0,
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"x\"\n}"
        );
        let large: Vec<String> = (0..200_000).map(|i| format!("entry {i}")).collect();
        let (text, is_cut) = printed(&json!(large), SHOWN);
        assert!(is_cut && text.chars().count() == SHOWN);
    }
}
