//! One field of a node type's config: how its strings are read. Taken from the schema's `x-expression`, so that the
//! config struct is the only place that says it.

use serde_json::{Map, Value};

/// What the strings of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Each string is an expression without braces.
    Bare,
    /// A template that always gives text.
    Text,
    /// JSON with templates in its strings; a string of one `{{ expression }}` keeps the type of its value.
    Data,
    /// As `Data`, but evaluated once for each item of a list, with `item` and `index` as names.
    PerItem,
    /// Taken as it stands.
    Literal,
    /// The name of a credential; taken as it stands.
    Credential,
}

/// One field of a config.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub kind: FieldKind,
    pub required: bool,
    /// A bare expression that must give `true` or `false`.
    pub boolean: bool,
    /// JSON Schema of the field.
    pub schema: Value,
}

impl Field {
    /// The fields of a config schema, ordered by `x-order`.
    #[must_use]
    pub fn of(schema: &Value) -> Vec<Self> {
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let required = schema.get("required").and_then(Value::as_array);
        let mut fields: Vec<_> = properties
            .iter()
            .map(|(name, schema)| Self {
                name: name.clone(),
                kind: kind_of(schema),
                required: required.is_some_and(|r| r.iter().any(|n| n == name)),
                boolean: schema.get("x-result").is_some_and(|r| r == "boolean"),
                schema: schema.clone(),
            })
            .collect();
        fields.sort_by_key(|f| f.schema.get("x-order").and_then(Value::as_u64).unwrap_or(u64::MAX));
        fields
    }
}

fn kind_of(schema: &Value) -> FieldKind {
    match schema.get("x-expression").and_then(Value::as_str) {
        Some("bare") => FieldKind::Bare,
        Some("text") => FieldKind::Text,
        Some("data") => FieldKind::Data,
        Some("item") => FieldKind::PerItem,
        _ if schema.get("x-widget").is_some_and(|w| w == "credential") => FieldKind::Credential,
        _ => FieldKind::Literal,
    }
}
