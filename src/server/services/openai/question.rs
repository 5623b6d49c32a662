//! A request of OpenAI's interface as a question to a model.

use crate::{
    api::openai::{ChatBody, ChatTurn},
    server::{
        error::AppError,
        llm::{ChatMessage, ChatRequest, Role},
        services::Fields,
    },
    workflow::catalog::answer_schema,
};
use serde_json::{Value, json};

/// Tokens of an answer where nothing is said.
const TOKENS: u32 = 1024;
/// As `llm_call` has them.
const TEMPERATURE: f64 = 0.7;
const MOST_TOKENS: u32 = 32_768;
const MOST_STOPS: usize = 16;
const MOST_MESSAGES: usize = 1_000;

/// The question of a request.
///
/// # Errors
/// 422 with the fields that break a rule.
pub fn of(body: &ChatBody) -> Result<ChatRequest, AppError> {
    let mut fields = Fields::default();
    if body.n.is_some_and(|n| n != 1) {
        fields.refuse("n", "must be 1: one answer is made for a request; send it again for another");
    }
    if is_set(body.tools.as_ref()) {
        fields.refuse("tools", "are not used here; leave them out, or ask a workflow whose steps use some");
    }
    if body.temperature.is_some_and(|t| !(0.0..=2.0).contains(&t)) {
        fields.refuse("temperature", "must be from 0 to 2");
    }
    if body.top_p.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
        fields.refuse("top_p", "must be from 0 to 1");
    }
    let (name, limit) = match body.max_completion_tokens {
        Some(limit) => ("max_completion_tokens", Some(limit)),
        None => ("max_tokens", body.max_tokens),
    };
    if limit.is_some_and(|limit| !(1..=MOST_TOKENS).contains(&limit)) {
        fields.refuse(name, format!("must be from 1 to {MOST_TOKENS}"));
    }
    let messages = messages(&body.messages, &mut fields);
    let stop = stop(body.stop.as_ref(), &mut fields);
    let schema = schema(body.response_format.as_ref(), &mut fields);
    fields.check()?;
    Ok(ChatRequest {
        model: Some(body.model.clone()),
        temperature: body.temperature.unwrap_or(TEMPERATURE),
        top_p: body.top_p,
        max_tokens: limit.unwrap_or(TOKENS),
        seed: body.seed.map(i64::cast_unsigned),
        stop,
        schema,
        ..ChatRequest::of(messages)
    })
}

fn is_set(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()))
}

fn messages(turns: &[ChatTurn], fields: &mut Fields) -> Vec<ChatMessage> {
    if turns.is_empty() {
        fields.refuse("messages", "are missing; send at least one");
    }
    if turns.len() > MOST_MESSAGES {
        fields.refuse("messages", format!("are more than {MOST_MESSAGES}"));
        return Vec::new();
    }
    let mut messages = Vec::with_capacity(turns.len());
    for (index, turn) in turns.iter().enumerate() {
        let role = match turn.role.as_str() {
            "system" | "developer" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "" => {
                fields.refuse(format!("messages.{index}.role"), "is missing");
                continue;
            }
            _ => {
                fields.refuse(format!("messages.{index}.role"), "must be `system`, `user` or `assistant`");
                continue;
            }
        };
        match text(&turn.content) {
            Ok(content) => messages.push(ChatMessage { role, content }),
            Err(what) => fields.refuse(format!("messages.{index}.content"), what),
        }
    }
    messages
}

/// A text, or texts in parts.
///
/// # Errors
/// What else it is.
pub fn text(content: &Value) -> Result<String, String> {
    match content {
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) => parts
            .iter()
            .map(|part| match (part.get("type").and_then(Value::as_str), part.get("text")) {
                (Some("text"), Some(Value::String(text))) => Ok(text.as_str()),
                (Some(kind), _) if kind != "text" => {
                    Err(format!("has a part of the type `{kind}`; only `text` is read"))
                }
                _ => Err("has a part that is no `{\"type\": \"text\", \"text\": …}`".to_owned()),
            })
            .collect(),
        Value::Null => Err("is missing".to_owned()),
        _ => Err("must be a text, or a list of parts".to_owned()),
    }
}

fn stop(given: Option<&Value>, fields: &mut Fields) -> Vec<String> {
    let wrong = format!("must be a text, or a list of at most {MOST_STOPS} texts, none of them empty");
    let texts = match given {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => {
            let texts: Option<Vec<_>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            let Some(texts) = texts else {
                fields.refuse("stop", wrong);
                return Vec::new();
            };
            texts
        }
        Some(_) => {
            fields.refuse("stop", wrong);
            return Vec::new();
        }
    };
    if texts.len() > MOST_STOPS || texts.iter().any(String::is_empty) {
        fields.refuse("stop", wrong);
    }
    texts
}

fn schema(format: Option<&Value>, fields: &mut Fields) -> Option<Value> {
    let format = format.filter(|format| !format.is_null())?;
    match format.get("type").and_then(Value::as_str) {
        Some("text") => None,
        Some("json_object") => Some(json!({ "type": "object", "additionalProperties": true })),
        Some("json_schema") => {
            let schema = format.pointer("/json_schema/schema").filter(|schema| !schema.is_null());
            let Some(schema) = schema else {
                fields.refuse("response_format.json_schema.schema", "is missing");
                return None;
            };
            for slip in answer_schema::slips(schema) {
                let place = if slip.path.is_empty() { "" } else { "." };
                fields
                    .refuse(format!("response_format.json_schema.schema{place}{}", slip.path), slip.message);
            }
            Some(schema.clone())
        }
        _ => {
            fields.refuse("response_format.type", "must be `text`, `json_object` or `json_schema`");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(change: Value) -> Result<ChatRequest, Vec<String>> {
        let mut body =
            json!({ "model": "m", "messages": [{ "role": "user", "content": "Hello" }], "colour": 1 });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        of(&serde_json::from_value(body).unwrap())
            .map_err(|error| error.details().errors.into_iter().map(|e| e.field).collect())
    }

    #[test]
    fn takes_what_openai_takes() {
        let plain = asked(json!({})).unwrap();
        assert_eq!((plain.max_tokens, plain.temperature, plain.schema), (1024, 0.7, None));
        let full = asked(json!({
            "messages": [
                { "role": "developer", "content": "Be brief." },
                { "role": "user", "content": [{ "type": "text", "text": "Hel" }, { "type": "text", "text": "lo" }], "name": "ada" },
                { "role": "assistant", "content": "Hi" }
            ],
            "max_tokens": 5, "max_completion_tokens": 7, "temperature": 0, "top_p": 0.5, "seed": -1, "stop": "\n",
            "n": 1, "tools": [], "response_format": { "type": "text" }, "logprobs": null
        }))
        .unwrap();
        let roles: Vec<_> = full.messages.iter().map(|m| (m.role, m.content.as_str())).collect();
        assert_eq!(roles, [(Role::System, "Be brief."), (Role::User, "Hello"), (Role::Assistant, "Hi")]);
        assert_eq!((full.max_tokens, full.temperature, full.top_p), (7, 0.0, Some(0.5)));
        assert_eq!((full.seed, full.stop), (Some(u64::MAX), vec!["\n".to_owned()]));
        let object = asked(json!({ "response_format": { "type": "json_object" } })).unwrap();
        assert_eq!(object.schema.unwrap()["type"], "object");
        let schema = json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
        let format = json!({ "type": "json_schema", "json_schema": { "name": "a", "schema": schema } });
        assert_eq!(asked(json!({ "response_format": format })).unwrap().schema, Some(schema));
    }

    #[test]
    fn names_what_it_cannot_do() {
        for (change, field) in [
            (json!({ "n": 2 }), "n"),
            (json!({ "tools": [{ "type": "function" }] }), "tools"),
            (json!({ "temperature": 3 }), "temperature"),
            (json!({ "max_tokens": 0 }), "max_tokens"),
            (json!({ "max_completion_tokens": 100_000 }), "max_completion_tokens"),
            (json!({ "messages": [] }), "messages"),
            (json!({ "messages": [{ "role": "tool", "content": "x" }] }), "messages.0.role"),
            (json!({ "messages": [{ "content": "x" }] }), "messages.0.role"),
            (json!({ "messages": [{ "role": "user" }] }), "messages.0.content"),
            (
                json!({ "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": {} }] }] }),
                "messages.0.content",
            ),
            (json!({ "stop": ["a", 1] }), "stop"),
            (json!({ "stop": "" }), "stop"),
            (json!({ "response_format": { "type": "xml" } }), "response_format.type"),
            (json!({ "response_format": { "type": "json_schema" } }), "response_format.json_schema.schema"),
            (
                json!({ "response_format": { "type": "json_schema", "json_schema": { "schema": { "type": "colour" } } } }),
                "response_format.json_schema.schema.type",
            ),
        ] {
            assert_eq!(asked(change.clone()).unwrap_err(), [field], "{change}");
        }
    }
}
