//! A schema on its way to the sampler, the check of what came out, and why a schema is refused.

use serde_json::{Map, Value, json};

use crate::server::llm::LlmError;
use crate::workflow::catalog::answer_schema::{closed_objects, for_each_part, mentions};

/// Whole numbers up to here are exact wherever JSON is read.
const EXACT: i64 = 9_007_199_254_740_991;
/// Numbers without bounds stay within this.
const LARGE: f64 = 1e15;

/// The name of the part that stands for any JSON.
const ANY: &str = "millrace-any";

/// The schema as the grammar gets it: objects have the fields they state and no others, numbers have bounds, and nothing
/// stands between the signs of the JSON, or a small model would fill pages with it.
pub fn for_sampling(schema: &Value) -> Value {
    let mut schema = closed_objects(schema);
    // Where schemas are added to each other, what one leaves open is for the other to say.
    let fills = !mentions(&schema, "allOf");
    bound_numbers(&mut schema, fills);
    if let Value::Object(fields) = &mut schema {
        let parts = fields.entry("$defs").or_insert_with(|| json!({}));
        if let (Value::Object(parts), true) = (parts, fills) {
            parts.insert(ANY.to_owned(), any());
        }
        let settings = json!({ "whitespace_flexible": false, "coerce_one_of": true });
        fields.insert("x-guidance".to_owned(), settings);
    }
    schema
}

/// Any JSON whose numbers can be read.
fn any() -> Value {
    json!({ "anyOf": [
        { "type": ["null", "boolean", "string"] },
        { "type": "number", "minimum": -LARGE, "maximum": LARGE },
        { "type": "array", "items": any_part() },
        { "type": "object", "additionalProperties": any_part() },
    ] })
}

fn any_part() -> Value {
    json!({ "$ref": format!("#/$defs/{ANY}") })
}

/// Without bounds a model may write a thousand digits, which no program reads as a number. With `fills`, what may be
/// anything gets the bounds as well.
fn bound_numbers(schema: &mut Value, fills: bool) {
    const SAYS_WHAT: [&str; 7] = ["type", "enum", "const", "anyOf", "oneOf", "$ref", "properties"];
    if fills && *schema == Value::Bool(true) {
        *schema = any_part();
    }
    let Some(fields) = schema.as_object_mut() else { return };
    for_each_part(fields, |_, part| bound_numbers(part, fills));
    narrow_format(fields);
    let of = |kind: &str| match fields.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(many)) => many.iter().any(|one| one == kind),
        _ => false,
    };
    let is_given = fields.contains_key("enum") || fields.contains_key("const");
    let (list, object) = (of("array"), of("object"));
    if of("integer") && !of("number") {
        bound(fields, json!(-EXACT), json!(EXACT));
    } else if of("number") {
        bound(fields, json!(-LARGE), json!(LARGE));
    }
    if !fills || is_given {
        return;
    }
    if list && !fields.contains_key("items") {
        fields.insert("items".to_owned(), any_part());
    }
    if object && !fields.contains_key("additionalProperties") && !fields.contains_key("patternProperties") {
        fields.insert("additionalProperties".to_owned(), any_part());
    }
    if !SAYS_WHAT.iter().any(|key| fields.contains_key(*key)) && is_annotation(fields) {
        fields.insert("$ref".to_owned(), json!(format!("#/$defs/{ANY}")));
    }
}

/// Formats whose own grammar lets through what is none of them: a mailbox of a hundred letters, 29 February of any year.
fn narrow_format(fields: &mut Map<String, Value>) {
    const DATE: &str = "[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)\
        |02-(0[1-9]|1[0-9]|2[0-8]))";
    const TIME: &str = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?\
        (Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
    const HOST: &str = "([A-Za-z0-9]{1,20}(-[A-Za-z0-9]{1,20})?[.]){1,4}[A-Za-z]{2,12}";
    const MAILBOX: &str = "[A-Za-z0-9]{1,20}([._+-][A-Za-z0-9]{1,20}){0,2}";
    if ["pattern", "enum", "const"].iter().any(|key| fields.contains_key(*key)) {
        return;
    }
    let pattern = match fields.get("format").and_then(Value::as_str) {
        Some("date") => format!("^{DATE}$"),
        Some("time") => format!("^{TIME}$"),
        Some("date-time") => format!("^{DATE}T{TIME}$"),
        Some("hostname") => format!("^{HOST}$"),
        Some("email") => format!("^{MAILBOX}@{HOST}$"),
        _ => return,
    };
    fields.remove("format");
    fields.insert("pattern".to_owned(), Value::String(pattern));
}

/// Whether nothing in the schema restricts anything.
fn is_annotation(fields: &Map<String, Value>) -> bool {
    const SAY_NOTHING: [&str; 7] =
        ["$defs", "definitions", "title", "description", "default", "examples", "$schema"];
    fields.keys().all(|key| SAY_NOTHING.contains(&key.as_str()))
}

fn bound(fields: &mut Map<String, Value>, lowest: Value, highest: Value) {
    let above = fields.get("exclusiveMinimum").or_else(|| fields.get("minimum")).and_then(Value::as_f64);
    let below = fields.get("exclusiveMaximum").or_else(|| fields.get("maximum")).and_then(Value::as_f64);
    if above.is_none() && below.is_none_or(|below| Some(below) > lowest.as_f64()) {
        fields.insert("minimum".to_owned(), lowest);
    }
    if below.is_none() && above.is_none_or(|above| Some(above) < highest.as_f64()) {
        fields.insert("maximum".to_owned(), highest);
    }
}

/// The documents of a schema, for checking one that somebody wrote.
pub struct Answers(jsonschema::Validator);

impl Answers {
    /// # Errors
    /// `schema_not_supported`, also for a reference to somewhere else.
    pub fn of(schema: &Value) -> Result<Self, LlmError> {
        jsonschema::options()
            .should_validate_formats(true)
            // Takes time that grows with the text only, whatever the pattern.
            .with_pattern_options(jsonschema::PatternOptions::regex())
            .build(schema)
            .map(Self)
            .map_err(|error| not_supported(&error.to_string()))
    }

    /// The value of an answer.
    ///
    /// # Errors
    /// `output_not_valid`, which another attempt may not meet.
    pub fn read(&self, text: &str) -> Result<Value, LlmError> {
        let wrong = |why: String| {
            LlmError::retryable(
                "output_not_valid",
                format!(
                    "The model's answer does not follow output_schema: {why}. Try again, or simplify the schema."
                ),
            )
        };
        let value: Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        match self.fault(&value) {
            Some(fault) => Err(wrong(fault)),
            None => Ok(value),
        }
    }

    /// What is wrong with a value, and where.
    pub fn fault(&self, value: &Value) -> Option<String> {
        let error = self.0.iter_errors(value).next()?;
        let place = error.instance_path().as_str().replace('/', ".");
        let what = super::super::error::first_line(&error.masked_with("the value"));
        Some(if place.is_empty() { what } else { format!("at {}: {what}", &place[1..]) })
    }
}

fn not_supported(why: &str) -> LlmError {
    LlmError::new(
        "schema_not_supported",
        format!(
            "output_schema cannot be followed: {why}. Change the schema; the step's help names what it may say."
        ),
    )
}

/// Why a grammar could not be made of a schema.
pub fn refused(error: &anyhow::Error) -> LlmError {
    let why = super::super::error::first_line(error);
    let has = |word: &str| error.chain().any(|cause| cause.to_string().contains(word));
    if has("Unsatisfiable") || has("nsatisfiable schema") {
        let why = why.trim_start_matches("Unsatisfiable schema: ");
        return LlmError::new(
            "schema_contradictory",
            format!("Nothing can follow output_schema: {why}. Correct the schema."),
        );
    }
    if ["too large", "too big", "fuel", "limit"].iter().any(|word| has(word)) {
        return LlmError::new(
            "schema_too_complex",
            format!("output_schema is too complex: {why}. Make it smaller, or its patterns simpler."),
        );
    }
    not_supported(&why.replace("Unimplemented keys: ", "unsupported keywords "))
}

/// Why an answer could not go on.
pub fn stopped(error: &anyhow::Error) -> LlmError {
    LlmError::new(
        "schema_too_complex",
        format!(
            "The answer could not be kept on output_schema: {}. Make the schema smaller, or its patterns simpler.",
            super::super::error::first_line(error)
        ),
    )
}
