//! `$ref`: what is referred to, and schemas that no finite document fits because they contain themselves.

use serde_json::{Map, Value};

/// What a `$ref` leads to.
pub(super) enum Reference<'s> {
    Found(&'s Value),
    /// Another document.
    Elsewhere,
    Missing,
}

impl<'s> Reference<'s> {
    pub fn of(reference: &Value, root: &'s Value) -> Self {
        let Some(text) = reference.as_str() else { return Self::Missing };
        let Some(pointer) = text.strip_prefix('#') else { return Self::Elsewhere };
        match root.pointer(pointer) {
            Some(part) if part.is_object() || part.is_boolean() => Self::Found(part),
            _ => Self::Missing,
        }
    }
}

/// The part of `root` that this schema refers to, if it does and there is one.
pub(super) fn target<'s>(fields: &Map<String, Value>, root: &'s Value) -> Option<&'s Value> {
    match Reference::of(fields.get("$ref")?, root) {
        Reference::Found(part) => Some(part),
        Reference::Elsewhere | Reference::Missing => None,
    }
}

/// Whether every document of the schema would contain another one of it.
pub(super) fn is_endless(root: &Value) -> bool {
    endless(root, root, &mut Vec::new())
}

/// Follows what must be there. `open` are the references that lead here; coming back to one, there is no end.
fn endless<'s>(schema: &'s Value, root: &'s Value, open: &mut Vec<&'s str>) -> bool {
    let Some(fields) = schema.as_object() else { return false };
    if let (Some(name), Some(part)) = (fields.get("$ref").and_then(Value::as_str), target(fields, root)) {
        if open.contains(&name) {
            return true;
        }
        open.push(name);
        let found = endless(part, root, open);
        open.pop();
        if found {
            return true;
        }
    }
    let list = |key: &str| fields.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let properties = fields.get("properties").and_then(Value::as_object);
    let mut required = list("required").iter().filter_map(|name| properties?.get(name.as_str()?));
    if required.any(|part| endless(part, root, open)) || list("allOf").iter().any(|p| endless(p, root, open))
    {
        return true;
    }
    if ["anyOf", "oneOf"].iter().any(|key| {
        let options = list(key);
        !options.is_empty() && options.iter().all(|part| endless(part, root, open))
    }) {
        return true;
    }
    let least = fields.get("minItems").and_then(Value::as_u64).unwrap_or(0);
    let prefix = list("prefixItems").len() as u64;
    least > prefix && fields.get("items").is_some_and(|part| endless(part, root, open))
}
