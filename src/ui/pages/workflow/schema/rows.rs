//! A JSON Schema of an object as rows of fields, and back. What rows cannot show is kept and written back as it was. Pure.

use serde_json::{Map, Value, json};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    Text,
    /// One of some texts.
    Choice,
    Number,
    Whole,
    Boolean,
    Object,
    TextList,
    NumberList,
    ObjectList,
    Any,
}

impl Kind {
    pub const ALL: [(Self, &'static str, &'static str); 10] = [
        (Self::Text, "text", "Text"),
        (Self::Choice, "choice", "One of some texts"),
        (Self::Number, "number", "Number"),
        (Self::Whole, "whole", "Whole number"),
        (Self::Boolean, "boolean", "True or false"),
        (Self::Object, "object", "Object"),
        (Self::TextList, "text-list", "List of texts"),
        (Self::NumberList, "number-list", "List of numbers"),
        (Self::ObjectList, "object-list", "List of objects"),
        (Self::Any, "any", "Anything"),
    ];

    #[cfg(test)]
    pub fn key(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, key, _)| key)
    }

    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, k, _)| *k == key).map(|(kind, ..)| *kind)
    }

    /// Whether the field has fields of its own.
    pub fn is_nested(self) -> bool {
        matches!(self, Self::Object | Self::ObjectList)
    }
}

/// One field.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Row {
    pub name: String,
    pub kind: Kind,
    pub required: bool,
    pub description: String,
    /// Of `Kind::Choice`.
    pub choices: Vec<String>,
    pub children: Vec<Row>,
    /// What else stands in its schema.
    pub rest: Map<String, Value>,
}

impl Row {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::Text,
            required: true,
            description: String::new(),
            choices: Vec::new(),
            children: Vec::new(),
            rest: Map::new(),
        }
    }
}

/// Levels of objects that rows show.
const MAX_DEPTH: usize = 6;

/// The rows of a schema.
///
/// # Errors
/// In words, why rows cannot show it.
pub(in super::super) fn rows_of(schema: &Value) -> Result<Vec<Row>, &'static str> {
    match schema {
        Value::Null => Ok(Vec::new()),
        Value::Object(map) if map.is_empty() => Ok(Vec::new()),
        Value::Object(map)
            if map.get("type").is_some_and(|t| t == "object") || map.contains_key("properties") =>
        {
            fields(map, 0)
        }
        Value::Object(_) => {
            Err("This schema is not that of an object with fields; it can be changed as JSON.")
        }
        _ => Err("A schema is a JSON object, such as {\"type\": \"object\"}."),
    }
}

fn fields(map: &Map<String, Value>, depth: usize) -> Result<Vec<Row>, &'static str> {
    if depth > MAX_DEPTH {
        return Err("This schema is nested too deeply to be shown as rows; it can be changed as JSON.");
    }
    let empty = Map::new();
    let properties = match map.get("properties") {
        None => &empty,
        Some(Value::Object(properties)) => properties,
        Some(_) => return Err("`properties` must be an object; mend it as JSON."),
    };
    let required = map.get("required").and_then(Value::as_array);
    properties
        .iter()
        .map(|(name, schema)| {
            let is_required = required.is_some_and(|list| list.iter().any(|n| n == name));
            row(name, schema, is_required, depth)
        })
        .collect()
}

fn row(name: &str, schema: &Value, required: bool, depth: usize) -> Result<Row, &'static str> {
    let Value::Object(map) = schema else {
        return Err("A field's schema is not an object; it can be changed as JSON.");
    };
    let mut rest = map.clone();
    let description = match rest.shift_remove("description") {
        Some(Value::String(text)) => text,
        Some(_) => return Err("A description is not text; mend it as JSON."),
        None => String::new(),
    };
    let word = |map: &Map<String, Value>| map.get("type").and_then(Value::as_str).map(str::to_owned);
    let texts = |value: Option<&Value>| -> Option<Vec<String>> {
        value?.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect()
    };
    let items = map.get("items").and_then(Value::as_object);
    // Only what a kind writes by itself; everything else of a list's entries would be lost.
    let plain_items =
        |kind: &str| items.is_some_and(|i| i.len() == 1 && i.get("type").is_some_and(|t| t == kind));
    let mut children = Vec::new();
    let mut choices = Vec::new();
    let kind = match word(map).as_deref() {
        Some("string") => match texts(map.get("enum")) {
            Some(list) => {
                choices = list;
                rest.shift_remove("enum");
                Kind::Choice
            }
            None => Kind::Text,
        },
        Some("number") => Kind::Number,
        Some("integer") => Kind::Whole,
        Some("boolean") => Kind::Boolean,
        Some("object") => {
            children = fields(map, depth + 1)?;
            rest.shift_remove("properties");
            rest.shift_remove("required");
            Kind::Object
        }
        Some("array") if plain_items("string") => Kind::TextList,
        Some("array") if plain_items("number") => Kind::NumberList,
        Some("array")
            if items.is_some_and(|i| {
                i.contains_key("properties")
                    && i.keys().all(|k| matches!(k.as_str(), "type" | "properties" | "required"))
            }) =>
        {
            children = fields(items.unwrap_or(&Map::new()), depth + 1)?;
            Kind::ObjectList
        }
        None if !["type", "enum", "anyOf", "oneOf"].iter().any(|word| map.contains_key(*word)) => Kind::Any,
        _ => {
            return Err(
                "A field of this schema is of a kind that rows cannot show; it can be changed as JSON.",
            );
        }
    };
    rest.shift_remove("type");
    if matches!(kind, Kind::TextList | Kind::NumberList | Kind::ObjectList) {
        rest.shift_remove("items");
    }
    Ok(Row { name: name.to_owned(), kind, required, description, choices, children, rest })
}

/// The schema of rows; `before` brings what stood beside the fields. Rows without a name are left out.
pub(in super::super) fn schema_of(rows: &[Row], before: &Value) -> Value {
    let mut whole = before.as_object().cloned().unwrap_or_default();
    whole.shift_remove("properties");
    whole.shift_remove("required");
    whole.shift_remove("type");
    let mut made = object(rows);
    made.extend(whole);
    Value::Object(made)
}

fn object(rows: &[Row]) -> Map<String, Value> {
    let named = || rows.iter().filter(|row| !row.name.is_empty());
    let properties: Map<String, Value> = named().map(|row| (row.name.clone(), field(row))).collect();
    let required: Vec<&str> = named().filter(|row| row.required).map(|row| row.name.as_str()).collect();
    let mut made = Map::new();
    made.insert("type".to_owned(), json!("object"));
    made.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        made.insert("required".to_owned(), json!(required));
    }
    made
}

fn field(row: &Row) -> Value {
    let mut made = Map::new();
    let mut set = |key: &str, value: Value| {
        made.insert(key.to_owned(), value);
    };
    match row.kind {
        Kind::Text => set("type", json!("string")),
        Kind::Choice => {
            set("type", json!("string"));
            set("enum", json!(row.choices));
        }
        Kind::Number => set("type", json!("number")),
        Kind::Whole => set("type", json!("integer")),
        Kind::Boolean => set("type", json!("boolean")),
        Kind::TextList => {
            set("type", json!("array"));
            set("items", json!({"type": "string"}));
        }
        Kind::NumberList => {
            set("type", json!("array"));
            set("items", json!({"type": "number"}));
        }
        Kind::ObjectList => {
            set("type", json!("array"));
            set("items", Value::Object(object(&row.children)));
        }
        Kind::Object => object(&row.children).into_iter().for_each(|(key, value)| set(&key, value)),
        Kind::Any => {}
    }
    if !row.description.is_empty() {
        set("description", json!(row.description));
    }
    for (key, value) in &row.rest {
        // A default or limit of another kind of value would contradict the new one.
        let fits = match key.as_str() {
            "default" => fits_kind(value, row.kind),
            "minimum" | "maximum" => matches!(row.kind, Kind::Number | Kind::Whole),
            "minLength" | "maxLength" | "pattern" | "format" => row.kind == Kind::Text,
            _ => true,
        };
        if fits {
            set(key, value.clone());
        }
    }
    Value::Object(made)
}

fn fits_kind(value: &Value, kind: Kind) -> bool {
    match kind {
        Kind::Text | Kind::Choice => value.is_string(),
        Kind::Number => value.is_number(),
        Kind::Whole => value.is_i64() || value.is_u64(),
        Kind::Boolean => value.is_boolean(),
        Kind::Object => value.is_object(),
        Kind::TextList | Kind::NumberList | Kind::ObjectList => value.is_array(),
        Kind::Any => true,
    }
}

/// What is wrong with the names among some rows: the first word about it.
pub(in super::super) fn name_slip(names: &[String], index: usize) -> Option<&'static str> {
    let name = names.get(index)?;
    if name.is_empty() {
        return names.iter().any(|n| !n.is_empty()).then_some("Give it a name; without one it is left out.");
    }
    (names[..index].contains(name)).then_some("Another field has this name; only the last one counts.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_becomes_rows_and_the_same_schema_again() {
        let schema = json!({
            "type": "object",
            "properties": {
                "message": {"type": "string", "description": "What was written", "title": "Message", "default": "x", "maxLength": 90},
                "urgency": {"type": "string", "enum": ["low", "high"]},
                "n": {"type": "integer", "minimum": 1},
                "ok": {"type": "boolean"},
                "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
                "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}},
                "who": {"type": "object", "properties": {"age": {"type": "number"}}},
                "free": {},
            },
            "required": ["message", "n"],
            "additionalProperties": false,
        });
        let rows = rows_of(&schema).unwrap();
        let kinds: Vec<_> = rows.iter().map(|r| r.kind.key()).collect();
        assert_eq!(
            kinds,
            ["text", "choice", "whole", "boolean", "text-list", "object-list", "object", "any"]
        );
        assert_eq!(rows.iter().filter(|r| r.required).count(), 2);
        assert_eq!(schema_of(&rows, &schema), schema);
    }

    #[test]
    fn a_change_of_kind_leaves_what_no_longer_fits() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string", "title": "A", "default": "x", "maxLength": 9}}});
        let mut rows = rows_of(&schema).unwrap();
        rows[0].kind = Kind::Number;
        let made = schema_of(&rows, &schema);
        assert_eq!(made["properties"]["a"], json!({"type": "number", "title": "A"}));
    }

    #[test]
    fn what_rows_cannot_show_is_left_to_json() {
        for schema in [
            json!({"type": "string"}),
            json!({"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}]}}}),
            json!({"type": "object", "properties": {"a": {"type": ["string", "null"]}}}),
            json!({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string", "maxLength": 2}}}}),
            json!({"type": "object", "properties": 3}),
            json!([1]),
        ] {
            assert!(rows_of(&schema).is_err(), "{schema}");
        }
        assert_eq!(rows_of(&Value::Null), Ok(Vec::new()));
    }

    #[test]
    fn names_that_are_missing_or_doubled_are_told() {
        let names = ["a".to_owned(), String::new(), "a".to_owned()];
        assert_eq!(name_slip(&names, 0), None);
        assert!(name_slip(&names, 1).unwrap().contains("Give it a name"));
        assert!(name_slip(&names, 2).unwrap().contains("Another field"));
        let rows = [Row::new(""), Row::new("b")];
        assert_eq!(schema_of(&rows, &Value::Null)["properties"], json!({"b": {"type": "string"}}));
    }
}
