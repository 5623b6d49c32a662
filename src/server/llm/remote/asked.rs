//! A request in the words of the wire, and in other words where a service does not know the first ones.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::refusal::{Failure, Place};
use super::wire::{Message, Question, StreamOptions};
use super::{ANSWER_BYTES, RemoteModel};
use crate::server::llm::{ChatRequest, LlmError};
use crate::server::outbound::{Attached, Limits, Request};
use crate::workflow::catalog::answer_schema::closed_objects;

/// What is asked, and how it is put.
pub struct Asked<'a> {
    model: &'a RemoteModel,
    request: &'a ChatRequest,
    response_format: Option<Value>,
    /// The service calls the limit `max_completion_tokens`.
    new_limit: bool,
}

impl<'a> Asked<'a> {
    pub fn of(model: &'a RemoteModel, request: &'a ChatRequest) -> Self {
        let response_format = match (&request.choices, &request.schema) {
            (Some(choices), _) => Some(format_of("choice", &choice_schema(choices))),
            (None, Some(schema)) => Some(format_of("answer", &closed_objects(schema))),
            (None, None) => None,
        };
        Self { model, request, response_format, new_limit: false }
    }

    /// The request as it is sent.
    pub fn request(
        &self,
        place: &Place,
        credential: Option<Attached>,
        timeout: Duration,
    ) -> Result<Request, LlmError> {
        let body = serde_json::to_vec(&self.question()).map_err(LlmError::generation)?;
        let limits = Limits { timeout, reply_bytes: ANSWER_BYTES };
        let headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (ACCEPT, HeaderValue::from_static("text/event-stream, application/json")),
        ]);
        let request = Request::new(Method::POST, place.endpoint.clone(), limits);
        Ok(Request { headers, body: Some(body.into()), credential, ..request })
    }

    /// Puts it in the other words if that is what the service asks for; `false` if nothing is left to change.
    pub fn adapt(&mut self, failure: &Failure) -> bool {
        !failure.passing
            && failure.said.contains("max_completion_tokens")
            && !std::mem::replace(&mut self.new_limit, true)
    }

    fn question(&self) -> Question<'_> {
        let ChatRequest { messages, temperature, top_p, max_tokens, seed, stop, .. } = self.request;
        Question {
            model: &self.model.model,
            messages: messages
                .iter()
                .map(|message| Message { role: message.role.as_str(), content: &message.content })
                .collect(),
            temperature: *temperature,
            top_p: *top_p,
            max_tokens: (!self.new_limit).then_some(*max_tokens),
            max_completion_tokens: self.new_limit.then_some(*max_tokens),
            seed: *seed,
            // A stop text would cut a document.
            stop: if self.response_format.is_some() { &[] } else { stop },
            response_format: self.response_format.clone(),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
        }
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

    fn model() -> RemoteModel {
        RemoteModel {
            name: "big".to_owned(),
            base_url: "https://models.example.com/v1".to_owned(),
            model: "big-1".to_owned(),
            credential: None,
        }
    }

    fn sent(request: &ChatRequest) -> Value {
        serde_json::to_value(Asked::of(&model(), request).question()).unwrap()
    }

    #[test]
    fn says_what_was_asked_and_nothing_else() {
        let mut request = ChatRequest::of(vec![ChatMessage::system("Be brief."), ChatMessage::user("Hello")]);
        request.stop = vec!["\n".to_owned()];
        request.seed = Some(7);
        assert_eq!(
            sent(&request),
            json!({
                "model": "big-1",
                "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hello" }],
                "temperature": 0.0, "max_tokens": 256, "seed": 7, "stop": ["\n"],
                "stream": true, "stream_options": { "include_usage": true }
            })
        );
    }

    #[test]
    fn schemas_are_strict_where_they_can_be() {
        let mut request = ChatRequest::of(vec![ChatMessage::user("x")]);
        request.schema = Some(
            json!({ "type": "object", "properties": { "a": { "type": "integer" } }, "required": ["a"] }),
        );
        let format = |request: &ChatRequest| sent(request)["response_format"]["json_schema"].clone();
        assert_eq!(format(&request)["strict"], true);
        assert_eq!(format(&request)["schema"]["additionalProperties"], false);
        request.schema = Some(json!({ "type": "object", "properties": { "a": { "type": "integer" } } }));
        assert_eq!(format(&request)["strict"], false);
        request.choices = Some(vec!["yes".to_owned(), "no".to_owned()]);
        assert_eq!(format(&request)["schema"]["properties"]["choice"]["enum"], json!(["yes", "no"]));
        assert_eq!(format(&request)["strict"], true);
    }

    #[test]
    fn other_words_are_tried_once() {
        let (model, request) = (model(), ChatRequest::of(vec![ChatMessage::user("x")]));
        let mut asked = Asked::of(&model, &request);
        let place = Place::of(&model);
        let said = r#"{"error": {"message": "Use 'max_completion_tokens' instead."}}"#;
        assert!(!asked.adapt(&place.refused(400, "no", None)));
        assert!(asked.adapt(&place.refused(400, said, None)));
        let sent = serde_json::to_value(asked.question()).unwrap();
        assert_eq!((&sent["max_completion_tokens"], sent.get("max_tokens")), (&json!(256), None));
        assert!(!asked.adapt(&place.refused(400, said, None)));
    }
}
