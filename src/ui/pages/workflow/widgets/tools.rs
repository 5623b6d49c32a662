//! The tools of an agent: a list where one picks a type and fills in what that type needs.

use super::{Bound, ConfigField, json::JsonArea};
use crate::{
    ui::{canvas::editing::Editing, components::icon::Icon},
    workflow::{
        catalog::{Field, FieldKind, ToolKind},
        ids::NodeId,
    },
};
use leptos::prelude::*;
use serde_json::{Map, Value, json};

/// Fields that stand open; the others are one click away.
const OPEN: &[&str] = &[
    "url",
    "methods",
    "collection_name",
    "table",
    "workflow",
    "parameters",
    "description",
    "require_approval",
];

/// How a type is shown: icon, title.
fn look(kind: ToolKind) -> (&'static str, &'static str) {
    match kind {
        ToolKind::HttpRequest => ("globe", "Web request"),
        ToolKind::FaissSearch => ("collection", "Collection"),
        ToolKind::DbQuery => ("table", "Table"),
        ToolKind::Workflow => ("workflow", "Workflow"),
    }
}

fn kind_of(tool: &Value) -> Option<ToolKind> {
    let word = tool.get("type").and_then(Value::as_str)?;
    ToolKind::ALL.into_iter().find(|kind| kind.as_str() == word)
}

/// The tools of a value that is a list of them; `None` for a value that only JSON can show.
fn list(value: &Value) -> Option<Vec<ToolKind>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Array(tools) => tools.iter().map(kind_of).collect(),
        _ => None,
    }
}

/// Changes the list of a step.
fn change(editing: Editing, node: NodeId, edit: impl FnOnce(&mut Vec<Value>)) {
    let Some(card) = editing.card(node) else { return };
    let mut tools = match card.node.with_untracked(|n| n.config.get("tools").cloned()) {
        Some(Value::Array(tools)) => tools,
        _ => Vec::new(),
    };
    edit(&mut tools);
    editing.set_config(node, "tools", (!tools.is_empty()).then_some(Value::Array(tools)));
}

/// Writes a field of one tool; nothing takes it out.
pub(super) fn set(editing: Editing, node: NodeId, index: usize, name: &str, value: Option<Value>) {
    change(editing, node, |tools| {
        let Some(tool) = tools.get_mut(index).and_then(Value::as_object_mut) else { return };
        match value {
            Some(value) => {
                tool.insert(name.to_owned(), value);
            }
            None => {
                tool.shift_remove(name);
            }
        }
    });
}

/// A new tool of a type, with a name of its own where another one has the usual one.
fn new(kind: ToolKind, tools: &[Value]) -> Value {
    let mut tool = Map::from_iter([("type".to_owned(), json!(kind.as_str()))]);
    let name_of = |tool: &Value| {
        let own = tool.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        own.or(tool.get("type").and_then(Value::as_str)).unwrap_or_default().to_owned()
    };
    let taken: Vec<String> = tools.iter().map(name_of).collect();
    if taken.iter().any(|name| name == kind.as_str()) {
        let free = (2..).map(|n| format!("{}_{n}", kind.as_str())).find(|name| !taken.contains(name));
        tool.extend(free.map(|name| ("name".to_owned(), json!(name))));
    }
    Value::Object(tool)
}

/// The fields of a type, as its schema has them.
fn fields(schema: &Value, kind: ToolKind) -> Vec<Field> {
    let all = Field::of(schema.get("items").unwrap_or(&Value::Null)).into_iter();
    let mut fields: Vec<Field> = all.filter(|field| field.name != "type" && kind.has(&field.name)).collect();
    for field in &mut fields {
        field.required = kind.needs(&field.name);
        let said = field.schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let words = json!(about(said));
        if let Some(schema) = field.schema.as_object_mut() {
            schema.insert("description".to_owned(), words);
            if field.kind == FieldKind::Credential {
                schema.insert("x-credential-kinds".to_owned(), json!(kind.credential_kinds()));
            }
        }
    }
    fields
}

/// What is said of a field, without the types that have it.
fn about(said: &str) -> String {
    let Some((_, rest)) = said.split_once(": ").filter(|_| said.starts_with('`')) else {
        return said.to_owned();
    };
    let mut letters = rest.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[component]
pub(super) fn Tools(bound: Bound) -> impl IntoView {
    let (editing, node, value) = (bound.editing, bound.node, bound.value);
    let rows =
        Memo::new(move |_| value.with(list).map(|kinds| kinds.into_iter().enumerate().collect::<Vec<_>>()));
    let can_be_form = Memo::new(move |_| rows.with(Option::is_some));
    let as_json = RwSignal::new(false);
    let schema = StoredValue::new(bound.field.schema.clone());
    let bound = StoredValue::new(bound);
    let add = move |kind: ToolKind| change(editing, node, |tools| tools.push(new(kind, tools)));
    let form = move || {
        view! {
            <For
                each=move || rows.get().unwrap_or_default()
                key=|(index, kind)| format!("{index} {}", kind.as_str())
                let((index, kind))
            >
                <OneTool editing node index kind fields=schema.with_value(|s| fields(s, kind)) />
            </For>
            <div class="toolset__add" role="group" aria-label="Add a tool">
                {ToolKind::ALL
                    .map(|kind| {
                        let (_, title) = look(kind);
                        view! {
                            <button
                                type="button"
                                class="btn btn--sm"
                                data-testid=format!("add-{}", kind.as_str())
                                on:click=move |_| add(kind)
                            >
                                <Icon name="plus" class="icon--sm" />
                                {title}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
        }
    };
    view! {
        <div class="toolset" id=bound.with_value(|b| b.html_id.clone()) data-testid="tools">
            {move || {
                if as_json.get() || !can_be_form.get() {
                    view! { <JsonArea bound=bound.get_value() /> }.into_any()
                } else {
                    form().into_any()
                }
            }}
            {move || {
                can_be_form
                    .get()
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="btn btn--ghost btn--sm"
                                on:click=move |_| as_json.update(|on| *on = !*on)
                            >
                                {move || if as_json.get() { "Show the form" } else { "Show as JSON" }}
                            </button>
                        }
                    })
            }}
        </div>
    }
    .into_any()
}

/// One tool: its type and the fields of that.
#[component]
fn OneTool(
    editing: Editing,
    node: NodeId,
    index: usize,
    kind: ToolKind,
    fields: Vec<Field>,
) -> impl IntoView {
    let Some(card) = editing.card(node) else { return ().into_any() };
    let (icon, title) = look(kind);
    let (open, more): (Vec<Field>, Vec<Field>) =
        fields.into_iter().partition(|field| OPEN.contains(&field.name.as_str()));
    let of = card.clone();
    let shown = move |fields: Vec<Field>| {
        let field = |field| view! { <ConfigField field card=of.clone() tool=index /> };
        fields.into_iter().map(field).collect_view()
    };
    let name = move || {
        card.node.with(|n| {
            let tool = n.config.get("tools").and_then(|tools| tools.get(index));
            let own = tool.and_then(|tool| tool.get("name")?.as_str()).filter(|name| !name.is_empty());
            own.unwrap_or(kind.as_str()).to_owned()
        })
    };
    let remove = move |_| {
        change(editing, node, |tools| {
            if index < tools.len() {
                tools.remove(index);
            }
        });
    };
    view! {
        <section class="tool-card" data-testid="tool">
            <header class="tool-card__head">
                <Icon name=icon class="icon--sm" />
                <span>{title}</span>
                <code class="truncate faint">{name}</code>
                <button
                    type="button"
                    class="btn btn--ghost btn--icon btn--sm"
                    aria-label=format!("Remove the tool {}", index + 1)
                    on:click=remove
                >
                    <Icon name="trash" class="icon--sm" />
                </button>
            </header>
            {shown(open)}
            <details class="tool-card__more">
                <summary>
                    <Icon name="chevron-right" class="icon--sm" />
                    "More"
                </summary>
                <div class="tool-card__rest">{shown(more)}</div>
            </details>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::catalog;

    #[test]
    fn each_type_has_its_fields_and_words_of_its_own() {
        let agent = catalog::find("agent").unwrap();
        let schema = &agent.fields.iter().find(|field| field.name == "tools").unwrap().schema;
        let names = |kind| fields(schema, kind).into_iter().map(|field| field.name).collect::<Vec<_>>();
        assert_eq!(
            names(ToolKind::Workflow),
            ["workflow", "parameters", "description", "require_approval", "name"]
        );
        assert_eq!(names(ToolKind::DbQuery)[..2], ["table", "description"]);
        let http = fields(schema, ToolKind::HttpRequest);
        let methods = http.iter().find(|field| field.name == "methods").unwrap();
        assert!(
            methods.schema.pointer("/items/enum").is_some_and(|words| words.is_array()),
            "{}",
            methods.schema
        );
        for field in &http {
            let said = field.schema["description"].as_str().unwrap();
            assert!(!said.is_empty() && !said.starts_with('`'), "{}: {said}", field.name);
        }
        let needed: Vec<_> =
            fields(schema, ToolKind::FaissSearch).into_iter().filter(|f| f.required).collect();
        assert_eq!(needed.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["collection_name"]);
    }

    #[test]
    fn a_second_tool_of_a_type_gets_a_name() {
        let first = new(ToolKind::DbQuery, &[]);
        assert_eq!(first, json!({ "type": "db_query" }));
        let second = new(ToolKind::DbQuery, std::slice::from_ref(&first));
        assert_eq!(second, json!({ "type": "db_query", "name": "db_query_2" }));
        assert_eq!(new(ToolKind::DbQuery, &[first, second])["name"], "db_query_3");
    }

    #[test]
    fn only_a_list_of_known_tools_is_a_form() {
        assert_eq!(list(&json!([{ "type": "workflow" }])), Some(vec![ToolKind::Workflow]));
        assert_eq!(list(&Value::Null), Some(Vec::new()));
        for other in [json!("{{ input }}"), json!([{ "type": "shell" }]), json!([1])] {
            assert_eq!(list(&other), None, "{other}");
        }
    }
}
