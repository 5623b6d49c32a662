//! One control per field of a config, chosen by the schema: `x-widget`, `x-expression`, the type.

mod lists;
mod names;
mod others;

use super::{
    code::{CodeField, Place},
    config::problem_of,
    known::Kind,
    problems::{Fix, FixButton, fix},
    schema::{SchemaEditor, Shaping, slip},
};
use crate::{
    api::models::ModelView,
    ui::{
        canvas::editing::{Card, Editing},
        components::field::{Field, Select},
    },
    workflow::{
        catalog::{self, FieldKind},
        ids::NodeId,
    },
};
use leptos::prelude::*;
use lists::{MapEditor, Pairs, Tags};
use names::{CredentialSelect, NameField};
use others::{Moment, WorkflowSelect};
use serde_json::Value;
use std::sync::Arc;

/// What the controls of one field share.
#[derive(Clone)]
struct Bound {
    editing: Editing,
    node: NodeId,
    name: String,
    html_id: String,
    required: bool,
    default: Option<Value>,
    value: Memo<Value>,
    invalid: Signal<bool>,
    field: Arc<catalog::Field>,
}

impl Bound {
    /// Writes the value; null takes the field out.
    fn set(&self, value: Value) {
        self.editing.set_config(self.node, &self.name, (!value.is_null()).then_some(value));
    }

    /// What a text control shows: text as it is, everything else as JSON, nothing for nothing.
    fn text(&self) -> String {
        match self.value.get() {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// Writes a text; an empty optional one is taken out.
    fn set_text(&self, text: String) {
        self.set(if text.is_empty() && !self.required { Value::Null } else { Value::from(text) });
    }

    /// Whether texts in it are expressions or templates.
    fn is_code(&self) -> bool {
        !matches!(self.field.kind, FieldKind::Literal | FieldKind::Credential)
    }

    fn place(&self) -> Place {
        Place { node: self.node, field: Arc::clone(&self.field) }
    }

    fn placeholder(&self) -> String {
        match &self.default {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }
}

/// Label, control, help and problem of one field.
#[component]
pub fn ConfigField(field: catalog::Field, card: Card) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let schema = &field.schema;
    let word = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let title = match word("title") {
        title if title.is_empty() => field.name.clone(),
        title => title,
    };
    let wrong = problem_of(editing, card.id, &format!("config.{}", field.name));
    let html_id = format!("config-{}", field.name);
    let name = field.name.clone();
    let node = card.node;
    let value = Memo::new(move |_| node.with(|n| n.config.get(&name).cloned().unwrap_or_default()));
    let bound = Bound {
        editing,
        node: card.id,
        name: field.name.clone(),
        html_id: html_id.clone(),
        required: field.required,
        default: schema.get("default").cloned(),
        value,
        invalid: wrong.is_error,
        field: Arc::new(field.clone()),
    };
    let side = if field.required { "" } else { "optional" };
    let hint = word("description");
    let control = control(&field, bound);
    let mend = first_fix(editing, card.id, format!("config.{}", field.name));
    view! {
        <Field id=html_id label=title hint error=wrong.message is_mild=wrong.is_mild side>
            {control}
        </Field>
        {move || mend.get().map(|fix| view! { <FixButton fix /> })}
    }
    .into_any()
}

/// What mends the first problem of a field or of something within it.
fn first_fix(editing: Editing, node: NodeId, field: String) -> Memo<Option<Fix>> {
    Memo::new(move |_| {
        editing.problems.with(|all| {
            let fits =
                |f: &str| f == field || f.strip_prefix(&field).is_some_and(|rest| rest.starts_with('.'));
            let first =
                all.iter().find(|p| p.node_id == Some(node) && p.field.as_deref().is_some_and(fits))?;
            editing.read(|document| fix(first, document))
        })
    })
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn control(field: &catalog::Field, bound: Bound) -> AnyView {
    let schema = &field.schema;
    let types = types(schema);
    let widget = schema.get("x-widget").and_then(Value::as_str).unwrap_or_default();
    let options = schema.get("enum").and_then(Value::as_array);
    match widget {
        _ if types.contains(&"object") && field.kind == FieldKind::Bare => {
            view! { <MapEditor bound /> }.into_any()
        }
        "textarea" if bound.is_code() => view! { <CodeText bound rows=4 /> }.into_any(),
        "code" if bound.is_code() => view! { <CodeText bound rows=2 /> }.into_any(),
        "textarea" | "code" => view! { <TextArea bound rows=5 /> }.into_any(),
        "model" => view! { <ModelSelect bound /> }.into_any(),
        "collection" => view! { <NameField bound kind=Kind::Collection /> }.into_any(),
        "table" => view! { <NameField bound kind=Kind::Table /> }.into_any(),
        "credential" => view! { <CredentialSelect bound kinds=kinds(schema) /> }.into_any(),
        "pairs" => view! { <Pairs bound /> }.into_any(),
        "workflow" => view! { <WorkflowSelect bound /> }.into_any(),
        "time" => view! { <Moment bound /> }.into_any(),
        "tags" => view! { <Tags bound /> }.into_any(),
        "slider" => {
            let limit = |key: &str, otherwise| schema.get(key).and_then(Value::as_f64).unwrap_or(otherwise);
            view! { <Slider bound min=limit("minimum", 0.0) max=limit("maximum", 1.0) /> }.into_any()
        }
        "json" => view! { <JsonArea bound /> }.into_any(),
        "schema" => view! { <SchemaField bound /> }.into_any(),
        _ if options.is_some() => {
            let words = options.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            view! { <Choice bound words /> }.into_any()
        }
        _ if types.contains(&"boolean") => view! { <Toggle bound /> }.into_any(),
        _ if types.contains(&"number") || types.contains(&"integer") => view! { <Number bound /> }.into_any(),
        _ if types.contains(&"object") || types.contains(&"array") => view! { <JsonArea bound /> }.into_any(),
        _ if bound.is_code() => view! { <CodeText bound rows=1 is_line=true /> }.into_any(),
        _ => view! { <Line bound /> }.into_any(),
    }
}

/// A text with expressions.
#[component]
fn CodeText(bound: Bound, rows: u32, #[prop(optional)] is_line: bool) -> impl IntoView {
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

/// The kinds of credential that a field takes; empty: all.
fn kinds(schema: &Value) -> Vec<String> {
    let words = match schema.get("x-credential-kinds") {
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        _ => schema.get("x-credential").and_then(Value::as_str).into_iter().collect::<Vec<_>>(),
    };
    words.into_iter().map(str::to_owned).collect()
}

#[component]
fn Line(bound: Bound) -> impl IntoView {
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
fn TextArea(bound: Bound, rows: u32) -> impl IntoView {
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

/// A number, or an expression that gives one.
#[component]
fn Number(bound: Bound) -> impl IntoView {
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
fn Slider(bound: Bound, min: f64, max: f64) -> impl IntoView {
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

#[component]
fn Toggle(bound: Bound) -> impl IntoView {
    let default = bound.default.as_ref().and_then(Value::as_bool).unwrap_or(false);
    let value = bound.value;
    let id = bound.html_id.clone();
    view! {
        <span class="check">
            <input
                type="checkbox"
                id=id
                prop:checked=move || value.with(Value::as_bool).unwrap_or(default)
                on:change=move |event| bound.set(Value::from(event_target_checked(&event)))
            />
        </span>
    }
}

#[component]
fn Choice(bound: Bound, words: Vec<String>) -> impl IntoView {
    let shown = bound.clone();
    let id = bound.html_id.clone();
    view! {
        <Select id on_change=Callback::new(move |word: String| bound.set_text(word))>
            {words
                .into_iter()
                .map(|word| {
                    let shown = shown.clone();
                    let value = word.clone();
                    view! {
                        <option value=word.clone() prop:selected=move || shown.text() == value>
                            {word.clone()}
                        </option>
                    }
                })
                .collect_view()}
        </Select>
    }
}

#[component]
fn ModelSelect(bound: Bound) -> impl IntoView {
    let models = expect_context::<StoredValue<Vec<ModelView>>>();
    let shown = bound.clone();
    let id = bound.html_id.clone();
    let current = bound.value.with_untracked(|v| v.as_str().unwrap_or_default().to_owned());
    let mut rows = vec![(String::new(), "Default model".to_owned())];
    models.with_value(|models| {
        for model in models.iter().filter(|m| m.kind == "chat") {
            let note = if model.installed { "" } else { " (not installed)" };
            rows.push((model.name.clone(), format!("{}{note}", model.name)));
        }
    });
    if !rows.iter().any(|(name, _)| *name == current) {
        rows.push((current.clone(), current));
    }
    view! {
        <Select id on_change=Callback::new(move |word: String| bound.set_text(word))>
            {rows
                .into_iter()
                .map(|(name, label)| {
                    let shown = shown.clone();
                    let value = name.clone();
                    view! {
                        <option value=name prop:selected=move || shown.text() == value>
                            {label}
                        </option>
                    }
                })
                .collect_view()}
        </Select>
    }
}

/// Any JSON; what cannot be read is kept as text until it can.
#[component]
fn JsonArea(bound: Bound) -> impl IntoView {
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
pub(super) fn json_slip(text: &str) -> String {
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
fn SchemaField(bound: Bound) -> impl IntoView {
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
    use super::{json_slip, number};
    use serde_json::json;

    #[test]
    fn the_place_of_a_slip_is_told() {
        assert_eq!(json_slip("{\"a\": }"), "No JSON yet, kept as text. Line 1, column 7: expected value.");
        assert!(json_slip("[1,").ends_with("the text ends too early."));
        assert_eq!(
            json_slip("{\"a\": \"{{ input }}\"}") + &json_slip("{{ input }}") + &json_slip("text"),
            ""
        );
    }

    #[test]
    fn numbers_stay_whole_where_they_are() {
        assert_eq!(number("256"), Some(json!(256)));
        assert_eq!(number(" 0.7 "), Some(json!(0.7)));
        assert_eq!(number("{{ input.n }}"), None);
        assert_eq!(number("inf"), None);
    }
}
