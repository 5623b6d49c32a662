//! Fields that hold pairs: names with a value or an expression each.

use super::{super::code::CodeField, Bound};
use crate::ui::components::icon::Icon;
use leptos::prelude::*;
use serde_json::{Map, Value};

/// How the rows of a list of pairs are spoken of.
struct Words {
    name: &'static str,
    name_example: &'static str,
    value: &'static str,
    value_example: &'static str,
    add: &'static str,
}

/// Names with an expression each.
#[component]
pub(super) fn MapEditor(bound: Bound) -> impl IntoView {
    const WORDS: Words = Words {
        name: "Name of the field",
        name_example: "name",
        value: "Expression",
        value_example: "input.name",
        add: "Add a field",
    };
    view! { <PairRows bound words=&WORDS /> }
}

/// Names with a text each, or one expression that gives them all.
#[component]
pub(super) fn Pairs(bound: Bound) -> impl IntoView {
    const HEADERS: Words = Words {
        name: "Name of the header",
        name_example: "Accept",
        value: "Value of the header",
        value_example: "application/json",
        add: "Add a header",
    };
    const QUERY: Words = Words {
        name: "Name of the parameter",
        name_example: "page",
        value: "Value of the parameter",
        value_example: "{{ input.page }}",
        add: "Add a parameter",
    };
    const FIELDS: Words = Words {
        name: "Name of the field",
        name_example: "name",
        value: "Value of the field",
        value_example: "{{ input.name }}",
        add: "Add a field",
    };
    let words = match bound.name.as_str() {
        "headers" => &HEADERS,
        "query" => &QUERY,
        _ => &FIELDS,
    };
    let value = bound.value;
    let is_whole = Memo::new(move |_| value.with(|v| !matches!(v, Value::Null | Value::Object(_))));
    move || {
        let bound = bound.clone();
        if is_whole.get() {
            view! { <WholeValue bound /> }.into_any()
        } else {
            view! { <PairRows bound words /> }.into_any()
        }
    }
}

/// All pairs by one expression; emptied, it becomes rows again.
#[component]
fn WholeValue(bound: Bound) -> impl IntoView {
    let shown = bound.clone();
    let place = bound.place();
    let write = {
        let bound = bound.clone();
        Callback::new(move |text: String| {
            bound.set(if text.trim().is_empty() { Value::Null } else { Value::from(text) });
        })
    };
    view! {
        <CodeField
            id=bound.html_id.clone()
            text=Signal::derive(move || shown.text())
            value=bound.value
            invalid=bound.invalid
            write
            place
            is_line=true
        />
    }
    .into_any()
}

/// A value as a row shows it: text as it is, everything else as JSON.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What was typed in the place of a value: what was a number or any other JSON stays one.
fn typed(text: &str, before: &Value) -> Value {
    match before {
        Value::Null | Value::String(_) => Value::from(text),
        _ => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
    }
}

/// Rows are local, so that a name may be empty or doubled while it is typed.
#[component]
fn PairRows(bound: Bound, words: &'static Words) -> impl IntoView {
    type Row = (u32, RwSignal<String>, RwSignal<Value>);
    let row = |index: u32, name: &str, value: Value| -> Row {
        (index, RwSignal::new(name.to_owned()), RwSignal::new(value))
    };
    let first: Vec<Row> = match bound.value.get_untracked() {
        Value::Object(map) => {
            map.iter().zip(0..).map(|((name, value), i)| row(i, name, value.clone())).collect()
        }
        _ => Vec::new(),
    };
    let rows = RwSignal::new(first);
    let current = move || -> Map<String, Value> {
        rows.with_untracked(|rows| {
            rows.iter()
                .map(|(_, name, value)| (name.get_untracked(), value.get_untracked()))
                .filter(|(name, _)| !name.is_empty())
                .collect()
        })
    };
    // Undo and quick fixes change the document; then the rows are those of the document again.
    let stored = bound.value;
    Effect::new(move |_| {
        let there = match stored.get() {
            Value::Object(map) => map,
            Value::Null => Map::new(),
            _ => return,
        };
        if there != current() {
            let next = rows.with_untracked(|r| r.iter().map(|(i, ..)| i + 1).max().unwrap_or(0));
            rows.set(there.into_iter().zip(next..).map(|((name, value), i)| row(i, &name, value)).collect());
        }
    });
    let (id, map_id) = (bound.html_id.clone(), bound.html_id.clone());
    let place = bound.place();
    let write = Callback::new(move |()| {
        let map = current();
        bound.set(if map.is_empty() { Value::Null } else { Value::Object(map) });
    });
    let add = move |_| {
        let next = rows.with_untracked(|r| r.iter().map(|(i, ..)| i + 1).max().unwrap_or(0));
        rows.update(|r| r.push(row(next, "", Value::from(""))));
    };
    view! {
        <div class="map" id=map_id>
            <For each=move || rows.get() key=|(i, ..)| *i let((index, name, value))>
                <div class="map__row" data-field=move || name.get()>
                    <input
                        class="input"
                        aria-label=words.name
                        placeholder=words.name_example
                        autocomplete="off"
                        prop:value=move || name.get()
                        on:input=move |event| {
                            name.set(event_target_value(&event));
                            write.run(());
                        }
                    />
                    <div class="map__value">
                        <CodeField
                            id=format!("{id}-{index}")
                            label=words.value
                            placeholder=words.value_example
                            text=Signal::derive(move || value.with(shown))
                            value
                            write=Callback::new(move |text: String| {
                                value.update(|value| *value = typed(&text, value));
                                write.run(());
                            })
                            place=place.clone()
                            is_line=true
                        />
                    </div>
                    <button
                        type="button"
                        class="btn btn--ghost btn--icon btn--sm"
                        aria-label="Remove the row"
                        on:click=move |_| {
                            rows.update(|r| r.retain(|(i, ..)| *i != index));
                            write.run(());
                        }
                    >
                        <Icon name="x" class="icon--sm" />
                    </button>
                </div>
            </For>
            <button type="button" class="btn btn--sm" on:click=add>
                <Icon name="plus" class="icon--sm" />
                {words.add}
            </button>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_of_pairs_keep_their_kind() {
        assert_eq!(typed("5", &json!("4")), json!("5"));
        assert_eq!(typed("5", &json!(4)), json!(5));
        assert_eq!(typed("{{ n }}", &json!(4)), json!("{{ n }}"));
        assert_eq!(shown(&json!({"a": 1})), r#"{"a":1}"#);
    }
}
