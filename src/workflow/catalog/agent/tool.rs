//! One tool of an agent: what it is, and what the agent may do with it.

use super::super::{FieldProblem, Method, answer_schema, header_mistake, is_set};
use crate::workflow::tables::filter_problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The word that stands in the place of a tool's name when the agent answers.
pub const FINAL: &str = "final";
/// Characters of a tool's name.
const NAME_CHARS: usize = 64;

/// A tool. Which fields it has goes by its type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentTool {
    /// `http_request` asks addresses of the web, `faiss_search` searches a collection, `db_query` reads a table, `workflow`
    /// runs one of your workflows.
    #[serde(rename = "type")]
    #[schemars(title = "Type", extend("x-order" = 1))]
    pub kind: ToolKind,
    /// What the model calls it. Empty: its type. Letters, digits, `_` and `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Name", extend("x-order" = 9))]
    pub name: Option<String>,
    /// When to use it and what it gives, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Description", extend("x-expression" = "data", "x-widget" = "textarea", "x-order" = 4))]
    pub description: Option<String>,
    /// Each use waits until a person has approved it.
    #[serde(default)]
    #[schemars(title = "Ask a person first", extend("x-order" = 5))]
    pub require_approval: bool,
    /// `http_request`: only addresses that begin with this one are asked. Empty: any address of the public web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Address", extend("x-expression" = "data", "x-order" = 2))]
    pub url: Option<String>,
    /// `http_request`: what it may do there. Empty: GET.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Methods", extend("x-widget" = "choices", "x-order" = 3))]
    pub methods: Vec<Method>,
    /// `http_request`: headers that each request has.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schemars(title = "Headers", extend("x-expression" = "data", "x-widget" = "pairs", "x-order" = 12))]
    pub headers: Map<String, Value>,
    /// `http_request`, `db_query`: name of a credential, which the model does not see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Credential", extend("x-widget" = "credential", "x-order" = 10))]
    pub credential: Option<String>,
    /// `faiss_search`: the collection to search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Collection", extend("x-widget" = "collection", "x-order" = 2))]
    pub collection_name: Option<String>,
    /// `faiss_search`: so many documents are given at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Results", range(min = 1, max = 100), extend("x-order" = 11))]
    pub top_k: Option<i64>,
    /// `faiss_search`: conditions on the metadata that always hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Filter", extend("x-expression" = "data", "x-widget" = "json", "x-order" = 12))]
    pub filter: Option<Map<String, Value>>,
    /// `db_query`: the table to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Table", extend("x-widget" = "table", "x-order" = 2))]
    pub table: Option<String>,
    /// `db_query`: conditions that always hold, whatever the model asks for.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Where", extend("x-expression" = "data", "x-widget" = "json", "x-order" = 12))]
    pub conditions: Option<Map<String, Value>>,
    /// `db_query`: so many rows are given at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "At most", range(min = 1, max = 1000), extend("x-order" = 11))]
    pub limit: Option<u64>,
    /// `workflow`: name or id of the workflow to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Workflow", extend("x-widget" = "workflow", "x-order" = 2))]
    pub workflow: Option<String>,
    /// `workflow`: JSON Schema of the input that the model gives it. Empty: a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Parameters", with = "Option<Map<String, Value>>", extend("x-widget" = "schema", "x-order" = 3))]
    pub parameters: Option<Value>,
}

// No documentation on the variants: with it the schema would not be a plain list of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolKind {
    HttpRequest,
    FaissSearch,
    DbQuery,
    Workflow,
}

impl ToolKind {
    /// Every type, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::HttpRequest, Self::FaissSearch, Self::DbQuery, Self::Workflow];

    /// Whether tools of this type have that field.
    #[must_use]
    pub fn has(self, field: &str) -> bool {
        FIELDS.iter().find(|(name, _)| *name == field).is_none_or(|(_, kinds)| kinds.contains(&self.as_str()))
    }

    /// Whether tools of this type cannot do without that field.
    #[must_use]
    pub fn needs(self, field: &str) -> bool {
        NEEDED.contains(&(self.as_str(), field))
    }

    /// The kinds of credential that tools of this type take.
    #[must_use]
    pub fn credential_kinds(self) -> &'static [&'static str] {
        match self {
            Self::DbQuery => &["postgres"],
            _ => &["bearer", "basic", "header", "query", "openai"],
        }
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HttpRequest => "http_request",
            Self::FaissSearch => "faiss_search",
            Self::DbQuery => "db_query",
            Self::Workflow => "workflow",
        }
    }
}

impl AgentTool {
    /// What the model calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(self.kind.as_str())
    }
}

/// What belongs to one type and no other, with the types that it belongs to.
const FIELDS: &[(&str, &[&str])] = &[
    ("url", &["http_request"]),
    ("methods", &["http_request"]),
    ("headers", &["http_request"]),
    ("credential", &["http_request", "db_query"]),
    ("collection_name", &["faiss_search"]),
    ("top_k", &["faiss_search"]),
    ("filter", &["faiss_search"]),
    ("table", &["db_query"]),
    ("where", &["db_query"]),
    ("limit", &["db_query"]),
    ("workflow", &["workflow"]),
    ("parameters", &["workflow"]),
];
/// What a type cannot do without.
const NEEDED: &[(&str, &str)] =
    &[("faiss_search", "collection_name"), ("db_query", "table"), ("workflow", "workflow")];
/// What names something of the owner's. No expression chooses it: the agent shall have what is written here.
const NAMES: &[&str] = &["credential", "collection_name", "table", "workflow"];

/// What the schema cannot say about tools.
pub(super) fn check(tools: &[Value], problems: &mut Vec<FieldProblem>) {
    let mut names: Vec<&str> = Vec::new();
    for (index, tool) in tools.iter().enumerate() {
        let Value::Object(tool) = tool else { continue };
        let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
        let mut report = |field: &str, code, message: String| {
            problems.push(FieldProblem { field: format!("tools.{index}.{field}"), code, message });
        };
        let name = text(tool, "name").filter(|name| !name.is_empty()).unwrap_or(kind);
        if let Some(mistake) = name_mistake(name) {
            report("name", "bad_name", mistake);
        } else if names.contains(&name) {
            let message =
                format!("Another tool is called `{name}` already. Give this one a `name` of its own.");
            report("name", "duplicate", message);
        }
        names.push(name);
        fields(kind, tool, &mut report);
        if let Some(schema @ Value::Object(_)) = tool.get("parameters") {
            problems.extend(answer_schema::problems_of(&format!("tools.{index}.parameters"), schema));
        }
    }
}

fn fields(kind: &str, tool: &Map<String, Value>, report: &mut impl FnMut(&str, &'static str, String)) {
    for (field, kinds) in FIELDS {
        if is_set(tool, field)
            && !kinds.contains(&kind)
            && FIELDS.iter().any(|(_, known)| known.contains(&kind))
        {
            let whose = kinds.join(" or ");
            report(
                field,
                "not_allowed",
                format!("`{field}` belongs to a tool of the type {whose}. Remove it."),
            );
        }
    }
    for (_, field) in NEEDED.iter().filter(|(of, _)| *of == kind) {
        if text(tool, field).is_none_or(|text| text.trim().is_empty()) {
            report(field, "missing_field", format!("`{field}` is missing; fill it in."));
        }
    }
    for field in NAMES {
        if text(tool, field).is_some_and(|text| text.contains('{')) {
            let message =
                "Expressions are not evaluated here: write a name, so that the agent has this and no other.";
            report(field, "not_allowed", message.to_owned());
        }
    }
    let address = text(tool, "url").unwrap_or_default().trim().to_ascii_lowercase();
    let begins = |scheme: &str| address.starts_with(scheme) && address.len() > scheme.len();
    if !address.is_empty() && !address.starts_with('{') && !begins("https://") && !begins("http://") {
        report("url", "invalid_url", "The address must begin with https:// or http://.".to_owned());
    }
    for name in tool.get("headers").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        if let Some(mistake) = header_mistake(name) {
            report(&format!("headers.{name}"), "not_allowed", mistake);
        }
    }
    if let Some(filter @ Value::Object(_)) = tool.get("where")
        && let Some((column, mistake)) = filter_problem(filter)
    {
        report(&format!("where.{column}"), "bad_filter", format!("The condition {mistake}."));
    }
}

fn text<'t>(tool: &'t Map<String, Value>, field: &str) -> Option<&'t str> {
    tool.get(field).and_then(Value::as_str)
}

fn name_mistake(name: &str) -> Option<String> {
    let may_be = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name == FINAL {
        return Some(format!("`{FINAL}` is what the agent writes when it answers. Choose another name."));
    }
    if name.chars().all(may_be) && name.len() <= NAME_CHARS {
        return None;
    }
    Some(format!(
        "The name of a tool has letters, digits, `_` and `-`, and at most {NAME_CHARS} of them. Choose another."
    ))
}
