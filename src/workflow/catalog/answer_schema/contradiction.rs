//! Schemas that no document fits, where that is cheap to see.

use super::{Reader, types_of};
use crate::workflow::catalog::schema::{kind_word, type_word};
use serde_json::{Map, Value};

const CODE: &str = "contradictory_schema";

/// Says what in this schema contradicts itself; its parts are looked at by themselves.
pub(super) fn find(fields: &Map<String, Value>, reader: &mut Reader<'_>) {
    bounds(fields, reader);
    values(fields, reader);
    required(fields, reader);
    items(fields, reader);
}

fn bounds(fields: &Map<String, Value>, reader: &mut Reader<'_>) {
    let number = |key: &str| fields.get(key).and_then(Value::as_f64);
    for (least, most) in
        [("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties")]
    {
        if let (Some(low), Some(high)) = (number(least), number(most))
            && low > high
        {
            reader.at(least, |r| {
                r.say(CODE, format!("`{least}` is {low} and `{most}` is {high}: nothing fits both."))
            });
        }
    }
    for least in ["minimum", "exclusiveMinimum"] {
        for most in ["maximum", "exclusiveMaximum"] {
            let (Some(low), Some(high)) = (number(least), number(most)) else { continue };
            let open = least != "minimum" || most != "maximum";
            if low > high || (open && low == high) {
                reader.at(least, |r| {
                    r.say(CODE, format!("`{least}` is {low} and `{most}` is {high}: no number fits both."));
                });
            } else if types_of(fields) == ["integer"] && !has_whole_number(fields, low, high) {
                reader.at(least, |r| r.say(CODE, format!("No whole number lies between {low} and {high}.")));
            }
        }
    }
}

fn has_whole_number(fields: &Map<String, Value>, low: f64, high: f64) -> bool {
    let lowest = if fields.contains_key("exclusiveMinimum") { low.floor() + 1.0 } else { low.ceil() };
    let highest = if fields.contains_key("exclusiveMaximum") { high.ceil() - 1.0 } else { high.floor() };
    lowest <= highest
}

fn values(fields: &Map<String, Value>, reader: &mut Reader<'_>) {
    let types = types_of(fields);
    let fits = |value: &Value| types.is_empty() || types.iter().any(|kind| is_a(value, kind));
    if let Some(listed) = fields.get("enum").and_then(Value::as_array)
        && !listed.is_empty()
    {
        if !listed.iter().any(fits) {
            let wanted: Vec<_> = types.iter().map(|kind| type_word(kind)).collect();
            let message = format!("None of the values is {}, which `type` wants.", wanted.join(" or "));
            reader.at("enum", |r| r.say(CODE, message));
        }
        if fields.get("const").is_some_and(|only| !listed.contains(only)) {
            reader.at("const", |r| r.say(CODE, "The value of `const` is not among those of `enum`."));
        }
    }
    if let Some(only) = fields.get("const").filter(|only| !fits(only)) {
        let message = format!("`const` is {}, which `type` does not allow.", kind_word(only));
        reader.at("const", |r| r.say(CODE, message));
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

fn required(fields: &Map<String, Value>, reader: &mut Reader<'_>) {
    let names = fields.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    let known = fields.get("properties").and_then(Value::as_object);
    let is_closed = fields.get("additionalProperties") == Some(&Value::Bool(false))
        && !fields.contains_key("patternProperties");
    for name in &names {
        let message = match known.and_then(|known| known.get(*name)) {
            Some(Value::Bool(false)) => format!("`{name}` is required, and its schema allows nothing."),
            None if is_closed => format!(
                "`{name}` is required, and `additionalProperties` forbids it. Add it to `properties`, or do not require it."
            ),
            _ => continue,
        };
        reader.at("required", |r| r.say(CODE, message));
    }
    let least = fields.get("minProperties").and_then(Value::as_u64).unwrap_or(0);
    if least > (names.len() as u64).max(1) {
        let message = "Models cannot be kept on more fields than are required, for they may give one twice. Require them by name, or use a list.";
        reader.at("minProperties", |r| r.say("unsupported_keyword", message));
    }
    let most = fields.get("maxProperties").and_then(Value::as_u64);
    if let Some(most) = most.filter(|most| (names.len() as u64) > *most) {
        let message = format!("{} fields are required, and `maxProperties` is {most}.", names.len());
        reader.at("maxProperties", |r| r.say(CODE, message));
    }
}

fn items(fields: &Map<String, Value>, reader: &mut Reader<'_>) {
    let Some(least) = fields.get("minItems").and_then(Value::as_u64) else { return };
    let prefix = fields.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len) as u64;
    if fields.get("items") == Some(&Value::Bool(false)) && least > prefix {
        let message = format!("`minItems` is {least}, and `items` allows only {prefix}.");
        reader.at("minItems", |r| r.say(CODE, message));
    }
}
