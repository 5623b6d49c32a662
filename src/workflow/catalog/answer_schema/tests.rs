//! What is named in a schema, and where.

use super::*;
use serde_json::json;

fn found(schema: Value) -> Vec<(String, &'static str)> {
    slips(&schema).into_iter().map(|slip| (slip.path, slip.code)).collect()
}

fn one(path: &str, code: &'static str) -> Vec<(String, &'static str)> {
    vec![(path.to_owned(), code)]
}

#[test]
fn what_can_be_followed_is_left_alone() {
    for schema in [
        json!({}),
        json!({"type": "object", "properties": {"a": {"type": "string", "format": "date"}}, "required": ["a"]}),
        json!({"type": ["string", "null"], "maxLength": 3, "description": "not one of ours"}),
        json!({"enum": ["a", 1, null], "uniqueItems": false}),
        json!({"type": "integer", "minimum": 1, "maximum": 1}),
        json!({"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "required": ["children"],
            "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}}}),
        json!({"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}, "required": ["next"]}),
        json!({"type": "array", "prefixItems": [{"type": "string"}], "items": false, "minItems": 1}),
        // Values are no schemas.
        json!({"const": {"type": "nonsense", "not": {}}}),
    ] {
        assert_eq!(found(schema.clone()), [], "{schema}");
    }
}

#[test]
fn contradictions_are_named_with_their_place() {
    let inside = |schema: Value| json!({"type": "object", "properties": {"a": schema}});
    for (schema, path) in [
        (json!({"enum": []}), "enum"),
        (json!({"type": "array", "minItems": 3, "maxItems": 2}), "minItems"),
        (json!({"type": "string", "minLength": 3, "maxLength": 2}), "minLength"),
        (json!({"type": "number", "minimum": 3, "maximum": 2}), "minimum"),
        (json!({"type": "number", "exclusiveMinimum": 2, "maximum": 2}), "exclusiveMinimum"),
        (json!({"type": "integer", "minimum": 0.1, "maximum": 0.9}), "minimum"),
        (json!({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2}), "exclusiveMinimum"),
        (json!({"type": "string", "enum": [1, 2]}), "enum"),
        (json!({"enum": ["a"], "const": "b"}), "const"),
        (json!({"type": "string", "const": 1}), "const"),
        (
            json!({"type": "object", "properties": {}, "required": ["b"], "additionalProperties": false}),
            "required",
        ),
        (json!({"type": "object", "properties": {"b": false}, "required": ["b"]}), "required"),
        (json!({"type": "object", "required": ["b", "c"], "maxProperties": 1}), "maxProperties"),
        (json!({"type": "array", "items": false, "minItems": 1}), "minItems"),
    ] {
        assert_eq!(found(schema.clone()), one(path, "contradictory_schema"), "{schema}");
        let within = format!("properties.a.{path}");
        assert_eq!(found(inside(schema)), one(&within, "contradictory_schema"));
    }
}

#[test]
fn a_schema_that_must_contain_itself_has_no_end() {
    for schema in [
        json!({"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}}),
        json!({"type": "array", "minItems": 1, "items": {"$ref": "#"}}),
    ] {
        assert_eq!(found(schema.clone()), one("", "contradictory_schema"), "{schema}");
    }
}

#[test]
fn keywords_references_and_types_that_are_not_known() {
    for (schema, path, code) in [
        (json!({"not": {}}), "not", "unsupported_keyword"),
        (json!({"minProperties": 2}), "minProperties", "unsupported_keyword"),
        (json!({"uniqueItems": true}), "uniqueItems", "unsupported_keyword"),
        (json!({"format": "phone"}), "format", "unsupported_keyword"),
        (json!({"pattern": "^(?=a)"}), "pattern", "unsupported_keyword"),
        (json!({"$ref": "https://example.org/s.json"}), "$ref", "remote_reference"),
        (json!({"$ref": "other.json#/a"}), "$ref", "remote_reference"),
        (json!({"items": {"$ref": "#/$defs/no"}}), "items.$ref", "unknown_reference"),
        (json!({"type": "text"}), "type", "not_allowed"),
        (json!({"type": 5}), "type", "wrong_type"),
        (json!({"properties": []}), "properties", "wrong_type"),
        (json!({"properties": {"a": "string"}}), "properties.a", "wrong_type"),
        (json!({"required": true}), "required", "wrong_type"),
        (json!({"minItems": -1}), "minItems", "wrong_type"),
        (json!({"anyOf": []}), "anyOf", "wrong_type"),
        (json!({"exclusiveMinimum": true}), "exclusiveMinimum", "wrong_type"),
        (json!([]), "", "wrong_type"),
    ] {
        assert_eq!(found(schema.clone()), one(path, code), "{schema}");
    }
}

#[test]
fn depth_has_a_limit() {
    let deep = (0..200).fold(json!({}), |schema, _| json!({"items": schema}));
    assert!(found(deep).iter().any(|(_, code)| *code == "too_deep"));
}

#[test]
fn stated_fields_are_all_fields() {
    let object = json!({"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {}}}}});
    let closed = closed_objects(&object);
    assert_eq!(closed["additionalProperties"], false);
    assert_eq!(closed["properties"]["a"]["additionalProperties"], false);
    for open in [
        json!({"type": "object"}),
        json!({"properties": {}, "additionalProperties": true}),
        json!({"properties": {"a": {}}, "required": ["b"]}),
        json!({"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}),
        json!({"properties": {"a": {}}, "anyOf": [{"properties": {"b": {}}}, {"required": ["a"]}]}),
    ] {
        assert_eq!(closed_objects(&open), open);
    }
    let either = closed_objects(&json!({"anyOf": [{"properties": {"a": {}}}, {"type": "null"}]}));
    assert_eq!(either["anyOf"][0]["additionalProperties"], false);
}

#[test]
fn references_are_replaced_by_what_they_mean() {
    let schema = json!({
        "properties": {"home": {"$ref": "#/$defs/place", "title": "Home"}},
        "$defs": {"place": {"type": "object", "properties": {"city": {"type": "string"}, "near": {"$ref": "#/$defs/place"}}}},
    });
    let inlined = inlined(&schema);
    let home = &inlined["properties"]["home"];
    assert_eq!((&home["type"], &home["title"]), (&json!("object"), &json!("Home")));
    assert_eq!(home["properties"]["near"]["properties"]["city"]["type"], "string");
    assert!(inlined.get("$defs").is_none());
}
