//! The JSON Schema that an answer of a model has to follow: whether it is one that can be followed, and what is known of
//! such answers. No validator: what is cheap to see, so that a slip is named while it is written.

mod contradiction;
mod references;
mod shape;

use self::references::Reference;
use super::FieldProblem;
use serde_json::{Map, Value};

pub use shape::{closed_objects, for_each_part, inlined, mentions};

/// Levels of a schema.
const MAX_DEPTH: usize = 64;

/// Keywords of JSON Schema that a model cannot be kept on.
const UNSUPPORTED: &[&str] = &[
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "contains",
    "minContains",
    "maxContains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveRef",
    "$recursiveAnchor",
    "contentSchema",
];
/// The formats that texts can be kept on.
pub const FORMATS: &[&str] =
    &["date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"];
const TYPES: &[&str] = &["object", "array", "string", "number", "integer", "boolean", "null"];

/// Something wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Dotted path within the schema; empty for all of it.
    pub path: String,
    pub code: &'static str,
    pub message: String,
}

/// What keeps answers from following the schema, in its order.
#[must_use]
pub fn slips(schema: &Value) -> Vec<Slip> {
    let mut reader = Reader { root: schema, path: Vec::new(), slips: Vec::new() };
    if schema.is_object() {
        reader.schema(schema);
        if reader.slips.is_empty() && references::is_endless(schema) {
            reader.say("contradictory_schema", "No document is long enough for this schema: it contains itself. Let the part that repeats be optional, or a list that may be empty.");
        }
    } else {
        reader.say(
            "wrong_type",
            "A schema is a JSON object, such as {\"type\": \"object\", \"properties\": {…}}.",
        );
    }
    reader.slips
}

/// The slips of a schema that stands in a field, as problems of places in that.
pub(super) fn problems_of(field: &str, schema: &Value) -> Vec<FieldProblem> {
    let place = |path: &str| match path {
        "" => field.to_owned(),
        path => format!("{field}.{path}"),
    };
    let slips = slips(schema).into_iter();
    slips.map(|s| FieldProblem { field: place(&s.path), code: s.code, message: s.message }).collect()
}

struct Reader<'s> {
    root: &'s Value,
    path: Vec<String>,
    slips: Vec<Slip>,
}

impl Reader<'_> {
    fn say(&mut self, code: &'static str, message: impl Into<String>) {
        self.slips.push(Slip { path: self.path.join("."), code, message: message.into() });
    }

    fn at(&mut self, step: impl Into<String>, read: impl FnOnce(&mut Self)) {
        self.path.push(step.into());
        read(self);
        self.path.pop();
    }

    fn schema(&mut self, schema: &Value) {
        if self.path.len() > MAX_DEPTH {
            return self
                .say("too_deep", format!("The schema has more than {MAX_DEPTH} levels. Make it flatter."));
        }
        match schema {
            Value::Bool(_) => {}
            Value::Object(fields) => {
                fields.iter().for_each(|(key, value)| self.at(key, |reader| reader.keyword(key, value)));
                contradiction::find(fields, self);
            }
            other => self.say(
                "wrong_type",
                format!("A schema must be an object here, not {}.", super::schema::kind_word(other)),
            ),
        }
    }

    fn keyword(&mut self, key: &str, value: &Value) {
        match key {
            _ if UNSUPPORTED.contains(&key) => self.say(
                "unsupported_keyword",
                format!("Models cannot be kept on `{key}`. Remove it, and check for it in a later step."),
            ),
            "uniqueItems" if value == &Value::Bool(true) => self.say(
                "unsupported_keyword",
                "Models cannot be kept on `uniqueItems`. Remove it, and check for it in a later step.",
            ),
            "type" => self.types(value),
            "properties" | "patternProperties" | "$defs" | "definitions" => match value {
                Value::Object(parts) => parts.iter().for_each(|(name, part)| self.at(name, |r| r.schema(part))),
                _ => self.wrong(key, "an object of schemas"),
            },
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => match value {
                Value::Array(parts) if !parts.is_empty() => self.each(parts),
                _ => self.wrong(key, "a list of at least one schema"),
            },
            "items" if value.is_array() => value.as_array().into_iter().for_each(|parts| self.each(parts)),
            "items" | "additionalProperties" | "additionalItems" => self.schema(value),
            "enum" if value.as_array().is_none_or(Vec::is_empty) => {
                self.say("contradictory_schema", "`enum` must be a list of at least one value; no answer fits it.");
            }
            "required" => match value.as_array() {
                Some(names) if names.iter().all(Value::is_string) => {}
                _ => self.wrong(key, "a list of names"),
            },
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
                if value.as_u64().is_none() =>
            {
                self.wrong(key, "a whole number from 0");
            }
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" if !value.is_number() => {
                self.wrong(key, "a number");
            }
            "multipleOf" if value.as_f64().is_none_or(|n| n <= 0.0) => self.wrong(key, "a number above 0"),
            "pattern" => match value.as_str() {
                Some(pattern) if ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|look| pattern.contains(look)) => self
                    .say("unsupported_keyword", "Models cannot be kept on a pattern that looks ahead or behind."),
                Some(_) => {}
                None => self.wrong(key, "text"),
            },
            "format" if value.as_str().is_none_or(|format| !FORMATS.contains(&format)) => {
                let known = FORMATS.join(", ");
                self.say(
                    "unsupported_keyword",
                    format!("Models cannot be kept on the format {value}; they know {known}. Use `pattern`."),
                );
            }
            "$ref" => match Reference::of(value, self.root) {
                Reference::Found(_) => {}
                Reference::Elsewhere => self.say(
                    "remote_reference",
                    "A schema may refer to its own parts only, as in `#/$defs/name`. Copy what is meant into `$defs`.",
                ),
                Reference::Missing => {
                    self.say("unknown_reference", format!("The schema has no part {value}. Add it, or correct the name."));
                }
            },
            _ => {}
        }
    }

    fn each(&mut self, parts: &[Value]) {
        parts.iter().enumerate().for_each(|(at, part)| self.at(at.to_string(), |r| r.schema(part)));
    }

    fn wrong(&mut self, key: &str, wanted: &str) {
        self.say("wrong_type", format!("`{key}` must be {wanted}."));
    }

    fn types(&mut self, value: &Value) {
        let names: Vec<&Value> = match value {
            Value::Array(many) if !many.is_empty() => many.iter().collect(),
            Value::String(_) => vec![value],
            _ => return self.wrong("type", "the name of a type"),
        };
        for name in names {
            if name.as_str().is_none_or(|name| !TYPES.contains(&name)) {
                let known = TYPES.join(", ");
                self.say("not_allowed", format!("There is no type {name}; the types are {known}."));
            }
        }
    }
}

/// The types that a schema allows; none: all.
fn types_of(fields: &Map<String, Value>) -> Vec<&str> {
    match fields.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
