//! Makes the JSON Schemas of the configs and checks configs against them. It reads the part of JSON Schema that
//! `schemars` writes for our structs; a full validator would bring a regex engine into the browser.

use crate::workflow::expression;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value};

/// One thing that is wrong with a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// Dotted path within the config, such as `stop.0`; empty for the config as a whole.
    pub field: String,
    pub code: &'static str,
    pub message: String,
}

/// Whether expressions still stand in the config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Written,
    Rendered,
}

/// The schema of a config struct, nested types inlined.
#[must_use]
pub(super) fn of<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Every place where the config departs from the schema, in the order of the config, missing fields last.
#[must_use]
pub fn check(schema: &Value, config: &Map<String, Value>, stage: Stage) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let mut checker = Checker { stage, problems: &mut problems };
    checker.object(schema, config, &mut Vec::new());
    problems
}

struct Checker<'p> {
    stage: Stage,
    problems: &'p mut Vec<FieldProblem>,
}

impl Checker<'_> {
    fn report(&mut self, path: &[String], code: &'static str, message: String) {
        self.problems.push(FieldProblem { field: path.join("."), code, message });
    }

    fn object(&mut self, schema: &Value, object: &Map<String, Value>, path: &mut Vec<String>) {
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        for (name, value) in object {
            path.push(name.clone());
            match (properties.get(name), schema.get("additionalProperties")) {
                (Some(property), _) => self.value(property, value, path),
                (None, Some(Value::Bool(false))) => {
                    let message = match expression::nearest(name, properties.keys().map(String::as_str)) {
                        Some(near) => format!("There is no field `{name}`. Did you mean `{near}`?"),
                        None => format!("There is no field `{name}`; remove it."),
                    };
                    self.report(path, "unknown_field", message);
                }
                (None, Some(other @ Value::Object(_))) => self.value(other, value, path),
                (None, _) => {}
            }
            path.pop();
        }
        for name in
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            if !object.contains_key(name) {
                path.push(name.to_owned());
                self.report(path, "missing_field", format!("`{name}` is missing; fill it in."));
                path.pop();
            }
        }
    }

    fn value(&mut self, schema: &Value, value: &Value, path: &mut Vec<String>) {
        let bare = schema.get("x-expression").is_some_and(|x| x == "bare");
        if bare && self.stage == Stage::Rendered {
            return;
        }
        if let Some(options) = schema.get("anyOf").or(schema.get("oneOf")).and_then(Value::as_array) {
            return self.any_of(options, value, path);
        }
        if self.stage == Stage::Written
            && value.as_str().is_some_and(expression::is_single_expression)
            && !wants(schema, "string")
        {
            return; // typed at run time
        }
        let name = path.last().cloned().unwrap_or_default();
        if !has_type(schema, value) {
            let message = format!("`{name}` must be {}, not {}.", wanted(schema), kind_word(value));
            return self.report(path, "wrong_type", message);
        }
        match value {
            Value::Number(number) => self.number(schema, number.as_f64().unwrap_or_default(), &name, path),
            Value::String(text) => self.string(schema, text, &name, path),
            Value::Array(items) => self.array(schema, items, &name, path),
            Value::Object(object) => self.object(schema, object, path),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn any_of(&mut self, options: &[Value], value: &Value, path: &mut Vec<String>) {
        let mut first = None;
        for option in options {
            let mut found = Vec::new();
            Checker { stage: self.stage, problems: &mut found }.value(option, value, path);
            if found.is_empty() {
                return;
            }
            // The option of the right type tells most about what is wrong.
            if first.is_none() || has_type(option, value) {
                first = Some(found);
            }
        }
        self.problems.extend(first.unwrap_or_default());
    }

    fn number(&mut self, schema: &Value, number: f64, name: &str, path: &[String]) {
        let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
        if let Some(minimum) = limit("minimum").filter(|m| number < *m) {
            self.report(
                path,
                "out_of_range",
                format!("`{name}` must be at least {minimum}; it is {number}."),
            );
        }
        if let Some(maximum) = limit("maximum").filter(|m| number > *m) {
            self.report(path, "out_of_range", format!("`{name}` must be at most {maximum}; it is {number}."));
        }
        if let Some(above) = limit("exclusiveMinimum").filter(|m| number <= *m) {
            self.report(
                path,
                "out_of_range",
                format!("`{name}` must be greater than {above}; it is {number}."),
            );
        }
    }

    fn string(&mut self, schema: &Value, text: &str, name: &str, path: &[String]) {
        if schema.get("minLength").and_then(Value::as_u64).is_some_and(|m| m > 0) && text.trim().is_empty() {
            self.report(path, "missing_field", format!("`{name}` is empty; fill it in."));
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.iter().any(|a| a == text)
            && !(self.stage == Stage::Written && expression::is_single_expression(text))
        {
            let words: Vec<_> = allowed.iter().filter_map(Value::as_str).map(|w| format!("`{w}`")).collect();
            self.report(
                path,
                "not_allowed",
                format!("`{name}` must be one of {}; it is `{text}`.", words.join(", ")),
            );
        }
    }

    fn array(&mut self, schema: &Value, items: &[Value], name: &str, path: &mut Vec<String>) {
        let length = items.len() as u64;
        if let Some(minimum) = schema.get("minItems").and_then(Value::as_u64).filter(|m| length < *m) {
            self.report(
                path,
                "out_of_range",
                format!("`{name}` needs at least {minimum} entries; it has {length}."),
            );
        }
        if let Some(maximum) = schema.get("maxItems").and_then(Value::as_u64).filter(|m| length > *m) {
            self.report(
                path,
                "out_of_range",
                format!("`{name}` takes at most {maximum} entries; it has {length}."),
            );
        }
        if let Some(item_schema) = schema.get("items") {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                self.value(item_schema, item, path);
                path.pop();
            }
        }
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a value of that JSON type is what the schema wants (it says so, and does not take everything).
pub(crate) fn wants(schema: &Value, kind: &str) -> bool {
    types(schema).contains(&kind)
}

fn has_type(schema: &Value, value: &Value) -> bool {
    let types = types(schema);
    types.is_empty()
        || types.iter().any(|t| match *t {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "number" => value.is_number(),
            "integer" => {
                value.as_i64().is_some()
                    || value.as_u64().is_some()
                    || value.as_f64().is_some_and(|f| f.fract() == 0.0)
            }
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => true,
        })
}

fn wanted(schema: &Value) -> String {
    let words: Vec<_> = types(schema).into_iter().filter(|t| *t != "null").map(type_word).collect();
    words.join(" or ")
}

/// A JSON type in the words of messages.
pub(crate) fn type_word(word: &str) -> &str {
    match word {
        "boolean" => "true or false",
        "number" => "a number",
        "integer" => "a whole number",
        "string" => "text",
        "array" => "a list",
        "object" => "an object",
        other => other,
    }
}

/// What a value is, in the words of messages.
#[must_use]
pub fn kind_word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
