//! How a document is asked for: services differ in what they understand.

use serde_json::{Value, json};

use crate::server::llm::ChatRequest;
use crate::workflow::catalog::answer_schema::closed_objects;

/// How it is put. Each is for services that refuse the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `json_schema`, as OpenAI has it.
    Schema,
    /// `json_object` with the schema beside it, as llama-cpp-python has it; and in words, for those that look at the
    /// first half only.
    Object,
    /// In words alone.
    Words,
}

/// A document that is asked for.
#[derive(Debug)]
pub struct Document {
    name: &'static str,
    schema: Value,
    form: Form,
}

impl Document {
    /// What a request wants, if it wants a document.
    pub fn of(request: &ChatRequest) -> Option<Self> {
        let (name, schema) = match (&request.choices, &request.schema) {
            (Some(choices), _) => ("choice", choice_schema(choices)),
            (None, Some(schema)) => ("answer", closed_objects(schema)),
            (None, None) => return None,
        };
        Some(Self { name, schema, form: Form::Schema })
    }

    /// The field of the request.
    pub fn response_format(&self) -> Option<Value> {
        match self.form {
            Form::Schema => Some(format_of(self.name, &self.schema)),
            Form::Object => Some(json!({ "type": "json_object", "schema": self.schema })),
            Form::Words => None,
        }
    }

    /// What is said at the end of the conversation.
    pub fn words(&self) -> Option<String> {
        (self.form != Form::Schema).then(|| {
            format!(
                "\n\nAnswer with one JSON document that follows this JSON Schema, and with nothing else:\n{}",
                self.schema
            )
        })
    }

    /// The next form, where the service did not like this one; `false` if there is none.
    pub fn otherwise(&mut self, said: &str) -> bool {
        let is_meant =
            ["response_format", "json_schema", "json_object"].iter().any(|word| said.contains(word));
        let next = match self.form {
            Form::Schema => Form::Object,
            Form::Object => Form::Words,
            Form::Words => return false,
        };
        if is_meant {
            self.form = next;
        }
        is_meant
    }
}

/// A document with the one field `choice`: services constrain documents, not texts.
fn choice_schema(choices: &[String]) -> Value {
    json!({
        "type": "object",
        "properties": { "choice": { "type": "string", "enum": choices } },
        "required": ["choice"],
        "additionalProperties": false,
    })
}

fn format_of(name: &str, schema: &Value) -> Value {
    let strict = is_strict(schema);
    json!({ "type": "json_schema", "json_schema": { "name": name, "schema": schema, "strict": strict } })
}

/// Whether OpenAI's strict mode takes the schema: every object states all its fields, and requires each of them.
fn is_strict(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => {
            let closed = || fields.get("additionalProperties") == Some(&Value::Bool(false));
            let required = |name: &String| {
                let required = fields.get("required").and_then(Value::as_array);
                required.is_some_and(|names| names.iter().any(|n| n.as_str() == Some(name)))
            };
            let all_required = || {
                let properties = fields.get("properties").and_then(Value::as_object);
                properties.is_some_and(|properties| properties.keys().all(required))
            };
            let is_object = fields.get("type").is_some_and(|kind| kind == "object")
                || fields.get("properties").is_some_and(Value::is_object);
            (!is_object || (closed() && all_required())) && fields.values().all(is_strict)
        }
        Value::Array(items) => items.iter().all(is_strict),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::llm::ChatMessage;

    fn of(schema: Value) -> Document {
        let request = ChatRequest { schema: Some(schema), ..ChatRequest::of(vec![ChatMessage::user("x")]) };
        Document::of(&request).unwrap()
    }

    #[test]
    fn schemas_are_strict_where_they_can_be() {
        let format = |schema: Value| of(schema).response_format().unwrap()["json_schema"].clone();
        let all =
            json!({ "type": "object", "properties": { "a": { "type": "integer" } }, "required": ["a"] });
        assert_eq!(format(all.clone())["strict"], true);
        assert_eq!(format(all)["schema"]["additionalProperties"], false);
        let some = json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
        assert_eq!(format(some)["strict"], false);
        let open = json!({ "type": "object", "additionalProperties": { "type": "string" } });
        assert_eq!(format(open)["strict"], false);
    }

    #[test]
    fn choices_are_the_field_of_a_document() {
        let choices = Some(vec!["yes".to_owned(), "no".to_owned()]);
        let request = ChatRequest { choices, ..ChatRequest::of(vec![ChatMessage::user("x")]) };
        let format = Document::of(&request).unwrap().response_format().unwrap()["json_schema"].clone();
        assert_eq!(format["schema"]["properties"]["choice"]["enum"], json!(["yes", "no"]));
        assert_eq!(format["strict"], true);
    }

    #[test]
    fn whoever_does_not_know_a_form_is_asked_in_another() {
        let mut document = of(json!({ "type": "integer" }));
        assert!(document.words().is_none());
        assert!(!document.otherwise("out of memory"));
        let refused = "[{'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text' or 'json_object'\"}]";
        assert!(document.otherwise(refused));
        assert_eq!(
            document.response_format().unwrap(),
            json!({ "type": "json_object", "schema": { "type": "integer" } })
        );
        assert!(document.words().unwrap().ends_with("{\"type\":\"integer\"}"));
        assert!(document.otherwise("Unknown parameter: 'response_format.schema'."));
        assert!(document.response_format().is_none() && document.words().is_some());
        assert!(!document.otherwise("response_format"));
    }
}
