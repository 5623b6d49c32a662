//! A schema as answers really follow it, and as other steps look at it.

use super::references;
use serde_json::{Map, Value};

/// Levels down to which references are replaced by what they mean.
const LEVELS: usize = 12;
/// Parts of a schema with its references replaced, at most.
const PARTS: usize = 2000;
/// Keywords beside which an object's own list of fields is not all of it.
const BESIDE: &[&str] = &["$ref", "allOf", "anyOf", "oneOf", "patternProperties", "additionalProperties"];

/// The schema with `additionalProperties: false` on objects that state their fields and do not say what else there may
/// be: whoever lists the fields of an answer wants these fields, and a model would invent others.
#[must_use]
pub fn closed_objects(schema: &Value) -> Value {
    let mut schema = schema.clone();
    // Where schemas are added to each other, the fields of one are the others of another.
    if !mentions(&schema, "allOf") {
        close(&mut schema, false);
    }
    schema
}

/// Whether the keyword stands anywhere in the schema, with a list.
#[must_use]
pub fn mentions(schema: &Value, keyword: &str) -> bool {
    match schema {
        Value::Object(fields) => {
            fields.get(keyword).is_some_and(Value::is_array)
                || fields.values().any(|part| mentions(part, keyword))
        }
        Value::Array(items) => items.iter().any(|part| mentions(part, keyword)),
        _ => false,
    }
}

/// `beside`: the schema is one of several that hold for the same object.
fn close(schema: &mut Value, beside: bool) {
    let Some(fields) = schema.as_object_mut() else { return };
    let has_fields = fields.contains_key("properties");
    for_each_part(fields, |key, part| {
        close(part, (beside || has_fields) && ["anyOf", "oneOf"].contains(&key))
    });
    if !beside && states_all_fields(fields) {
        fields.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
}

/// Visits the schemas within a schema, each with the keyword that it stands under.
pub fn for_each_part(fields: &mut Map<String, Value>, mut visit: impl FnMut(&str, &mut Value)) {
    for (key, value) in fields.iter_mut() {
        match (key.as_str(), value) {
            ("properties" | "patternProperties" | "$defs" | "definitions", Value::Object(parts)) => {
                parts.iter_mut().for_each(|(_, part)| visit(key, part));
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems" | "items", Value::Array(parts)) => {
                parts.iter_mut().for_each(|part| visit(key, part));
            }
            ("items" | "additionalProperties" | "additionalItems", part) => visit(key, part),
            _ => {}
        }
    }
}

fn states_all_fields(fields: &Map<String, Value>) -> bool {
    let Some(known) = fields.get("properties").and_then(Value::as_object) else { return false };
    let required = fields.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    !BESIDE.iter().any(|key| fields.contains_key(*key))
        && required.iter().all(|name| name.as_str().is_some_and(|name| known.contains_key(name)))
}

/// The schema with the parts it refers to in the place of the references, as deep as anybody reads; `{}` below.
#[must_use]
pub fn inlined(schema: &Value) -> Value {
    let mut left = PARTS;
    inline(schema, schema, LEVELS, &mut left)
}

fn inline(part: &Value, root: &Value, levels: usize, left: &mut usize) -> Value {
    if levels == 0 || *left == 0 {
        return Value::Object(Map::new());
    }
    *left -= 1;
    match part {
        Value::Object(fields) => {
            let mut all = match references::target(fields, root) {
                Some(meant) => match inline(meant, root, levels - 1, left) {
                    Value::Object(meant) => meant,
                    other => return other,
                },
                None => Map::new(),
            };
            for (key, value) in fields {
                match key.as_str() {
                    "$ref" | "$defs" | "definitions" => {}
                    // Values, not schemas.
                    "enum" | "const" | "default" | "examples" | "required" => {
                        all.insert(key.clone(), value.clone());
                    }
                    _ => {
                        all.insert(key.clone(), inline(value, root, levels, left));
                    }
                }
            }
            Value::Object(all)
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| inline(item, root, levels, left)).collect())
        }
        other => other.clone(),
    }
}
