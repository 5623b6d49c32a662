//! One control per field of a config, chosen by the schema: `x-widget`, `x-expression`, the type.

mod choices;
mod json;
mod names;
mod numbers;
mod others;
mod pairs;
mod tags;
mod text;
mod tools;

use super::{
    code::Place,
    config::{problem_at, problem_of},
    known::Kind,
    problems::{Fix, FixButton, fix},
};
use crate::{
    ui::{
        canvas::editing::{Card, Editing},
        components::field::Field,
    },
    workflow::{
        catalog::{self, FieldKind},
        document::Node,
        ids::NodeId,
    },
};
use choices::{Choice, Choices, ModelSelect, Toggle};
use json::{JsonArea, SchemaField};
use leptos::prelude::*;
use names::{CredentialSelect, NameField};
use numbers::{Number, Slider};
use others::{Moment, WorkflowSelect};
use pairs::{MapEditor, Pairs};
use serde_json::Value;
use std::sync::Arc;
use tags::Tags;
use text::{CodeText, Line, TextArea};
use tools::Tools;

/// What the controls of one field share.
#[derive(Clone)]
struct Bound {
    editing: Editing,
    node: NodeId,
    name: String,
    /// The field is one of the tool with this index in the list `tools`.
    tool: Option<usize>,
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
        let value = (!value.is_null()).then_some(value);
        match self.tool {
            None => self.editing.set_config(self.node, &self.name, value),
            Some(index) => tools::set(self.editing, self.node, index, &self.name, value),
        }
    }

    /// What another field beside this one holds.
    fn beside(&self, name: &str) -> Value {
        let card = self.editing.card(self.node);
        card.map(|card| card.node.with(|node| held(node, self.tool, name))).unwrap_or_default()
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

/// What a field of a step, or of one of its tools, holds.
fn held(node: &Node, tool: Option<usize>, name: &str) -> Value {
    let found = match tool {
        None => node.config.get(name),
        Some(index) => node.config.get("tools").and_then(|tools| tools.get(index)?.get(name)),
    };
    found.cloned().unwrap_or_default()
}

/// Label, control, help and problem of one field of a step, or of the tool with that index.
#[component]
pub fn ConfigField(
    field: catalog::Field,
    card: Card,
    #[prop(optional)] tool: Option<usize>,
) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let schema = &field.schema;
    let word = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let title = match word("title") {
        title if title.is_empty() => field.name.clone(),
        title => title,
    };
    let path = match tool {
        None => field.name.clone(),
        Some(index) => format!("tools.{index}.{}", field.name),
    };
    // Each tool tells what is wrong with it.
    let has_parts = schema.get("x-widget").is_some_and(|widget| widget == "tools");
    let wrong = match has_parts {
        true => problem_at(editing, card.id, &["config.tools"]),
        false => problem_of(editing, card.id, &format!("config.{path}")),
    };
    let html_id = format!("config-{}", path.replace('.', "-"));
    let name = field.name.clone();
    let node = card.node;
    let value = Memo::new(move |_| node.with(|n| held(n, tool, &name)));
    let bound = Bound {
        editing,
        node: card.id,
        name: field.name.clone(),
        tool,
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
    let mend = (!has_parts).then(|| first_fix(editing, card.id, format!("config.{path}")));
    view! {
        <Field id=html_id label=title hint error=wrong.message is_mild=wrong.is_mild side>
            {control}
        </Field>
        {mend.map(|mend| move || mend.get().map(|fix| view! { <FixButton fix /> }))}
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
        "tools" => view! { <Tools bound /> }.into_any(),
        "choices" => {
            let words = schema.pointer("/items/enum").and_then(Value::as_array).into_iter().flatten();
            let words = words.filter_map(|word| word.as_str().map(str::to_owned)).collect();
            view! { <Choices bound words /> }.into_any()
        }
        _ if options.is_some() => {
            let words = options.into_iter().flatten().filter_map(Value::as_str);
            let rows = words.map(|word| (word.to_owned(), word.to_owned())).collect();
            view! { <Choice bound rows /> }.into_any()
        }
        _ if types.contains(&"boolean") => view! { <Toggle bound /> }.into_any(),
        _ if types.contains(&"number") || types.contains(&"integer") => view! { <Number bound /> }.into_any(),
        _ if types.contains(&"object") || types.contains(&"array") => view! { <JsonArea bound /> }.into_any(),
        _ if bound.is_code() => view! { <CodeText bound rows=1 is_line=true /> }.into_any(),
        _ => view! { <Line bound /> }.into_any(),
    }
}

/// The kinds of credential that a field takes; empty: all.
fn kinds(schema: &Value) -> Vec<String> {
    let words = match schema.get("x-credential-kinds") {
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        _ => schema.get("x-credential").and_then(Value::as_str).into_iter().collect::<Vec<_>>(),
    };
    words.into_iter().map(str::to_owned).collect()
}
