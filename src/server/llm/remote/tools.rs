//! A conversation with tools in OpenAI's words: tools, calls and results on the way there, a call on the way back.

use serde_json::{Value, json};

use super::wire::CallPiece;
use crate::server::llm::grammar::Answers;
use crate::server::llm::{LlmError, ToolTalk};
use crate::workflow::catalog::FINAL;

/// What is asked besides the messages.
pub fn fields(talk: &ToolTalk) -> (Vec<Value>, Option<Value>) {
    let choice = match (talk.must_answer, talk.ends_in_text()) {
        (true, true) => Some(json!("none")),
        (true, false) => Some(json!({ "type": "function", "function": { "name": FINAL } })),
        (false, false) => Some(json!("required")),
        (false, true) => None,
    };
    (talk.tools_of_template(), choice)
}

/// The conversation: calls have numbers, by which results belong to them, and arguments are texts.
pub fn messages(talk: &ToolTalk) -> Vec<Value> {
    let mut messages = talk.messages_of_template(str::to_owned);
    let mut calls = 0;
    for message in &mut messages {
        if let Some(call) = message.pointer_mut("/tool_calls/0") {
            calls += 1;
            call["id"] = json!(id(calls));
            call["function"]["arguments"] = json!(call["function"]["arguments"].to_string());
        } else if message["role"] == "tool" {
            message["tool_call_id"] = json!(id(calls));
        }
    }
    messages
}

fn id(number: usize) -> String {
    format!("call_{number}")
}

/// A call on its way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    index: u32,
    pub name: String,
    pub arguments: String,
}

impl Call {
    /// Takes a piece, and gives what of it is to be shown. Of several calls only the first is made: the others would not
    /// know what came of it.
    pub fn take(call: &mut Option<Self>, piece: CallPiece) -> Option<String> {
        let call = call.get_or_insert_with(|| Self { index: piece.index, ..Self::default() });
        if piece.index != call.index {
            return None;
        }
        // Some services repeat the name with every piece.
        if call.name.is_empty() {
            call.name = piece.function.name.unwrap_or_default();
        }
        let more = match piece.function.arguments {
            Some(Value::String(text)) => text,
            Some(Value::Null) | None => return None,
            Some(whole) => whole.to_string(),
        };
        call.arguments.push_str(&more);
        Some(more)
    }
}

/// The step that was said: a call, or an answer.
///
/// # Errors
/// `output_not_valid` where a call names no tool, or its arguments do not follow the tool's schema.
pub fn step(talk: &ToolTalk, text: &str, call: Option<&Call>) -> Result<Value, LlmError> {
    let wrong = |why: String| LlmError::retryable("output_not_valid", why);
    let Some(call) = call else {
        if talk.ends_in_text() {
            return Ok(talk.answer_of(text));
        }
        // It was to call, and may have written its answer all the same.
        let value = Answers::of(&talk.answer)?.read(super::answer::without_fence(text))?;
        return Ok(talk.step("", &json!({ "name": FINAL, "arguments": { "input": value } })));
    };
    let written = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
    let arguments: Value = serde_json::from_str(written)
        .map_err(|error| wrong(format!("The arguments of `{}` are no JSON: {error}.", call.name)))?;
    let named = json!({ "name": call.name, "arguments": arguments });
    let schema = match talk.tools.iter().find(|tool| tool.name == call.name) {
        Some(tool) => tool.arguments_schema(),
        None if call.name == FINAL && !talk.ends_in_text() => return Ok(talk.step(text, &named)),
        None => return Err(wrong(format!("There is no tool `{}`.", call.name))),
    };
    match Answers::of(&schema)?.fault(&arguments) {
        Some(fault) => Err(wrong(format!("The arguments of `{}` do not fit: {fault}.", call.name))),
        None => Ok(talk.step(text, &named)),
    }
}

/// What is said to a model whose call cannot be made, as messages that follow the conversation.
pub fn correction(text: &str, Call { name, arguments, .. }: &Call, why: &LlmError) -> Vec<Value> {
    let id = "call_again";
    let function = json!({ "name": name, "arguments": arguments });
    vec![
        json!({ "role": "assistant", "content": text, "tool_calls": [{ "id": id, "type": "function", "function": function }] }),
        json!({ "role": "tool", "tool_call_id": id, "content": format!("The call was not made: {why} Call again.") }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::llm::{ToolSpec, ToolTurn};

    fn talk(answer: Value) -> ToolTalk {
        let spec =
            |name: &str, input: Value| ToolSpec { name: name.into(), description: "Does.".into(), input };
        let object =
            json!({ "type": "object", "properties": { "q": { "type": "integer" } }, "required": ["q"] });
        ToolTalk {
            tools: vec![spec("say", json!({ "type": "string" })), spec("find", object)],
            turns: vec![
                ToolTurn::User("Go.".into()),
                ToolTurn::Call { thought: "hm".into(), tool: "find".into(), input: json!({ "q": 1 }) },
                ToolTurn::Result("found".into()),
                ToolTurn::Call { thought: String::new(), tool: "say".into(), input: json!("hi") },
                ToolTurn::Result("said".into()),
            ],
            answer,
            must_answer: false,
        }
    }

    fn call(name: &str, arguments: &str) -> Call {
        Call { index: 0, name: name.into(), arguments: arguments.into() }
    }

    fn piece(index: u32, name: Option<&str>, arguments: Value) -> CallPiece {
        serde_json::from_value(
            json!({ "index": index, "function": { "name": name, "arguments": arguments } }),
        )
        .unwrap()
    }

    #[test]
    fn calls_have_numbers_and_arguments_are_texts() {
        let messages = messages(&talk(json!({ "type": "string" })));
        assert_eq!(
            messages[1],
            json!({ "role": "assistant", "content": "hm", "tool_calls": [
                { "type": "function", "function": { "name": "find", "arguments": "{\"q\":1}" }, "id": "call_1" }
            ] })
        );
        assert_eq!(messages[2], json!({ "role": "tool", "content": "found", "tool_call_id": "call_1" }));
        assert_eq!(messages[3]["tool_calls"][0]["function"]["arguments"], "{\"input\":\"hi\"}");
        assert_eq!(messages[4]["tool_call_id"], "call_2");
    }

    #[test]
    fn who_must_answer_is_told_so() {
        let (mut text, mut number) = (talk(json!({ "type": "string" })), talk(json!({ "type": "integer" })));
        assert_eq!(fields(&text).1, None);
        assert_eq!((fields(&number).0.len(), fields(&number).1), (3, Some(json!("required"))));
        text.must_answer = true;
        number.must_answer = true;
        assert_eq!((fields(&text).0.len(), fields(&text).1), (2, Some(json!("none"))));
        assert_eq!(fields(&number).1.unwrap()["function"]["name"], "final");
    }

    #[test]
    fn a_call_comes_in_pieces_and_the_first_counts() {
        let mut so_far = None;
        assert_eq!(Call::take(&mut so_far, piece(0, Some("find"), json!(""))), Some(String::new()));
        assert_eq!(Call::take(&mut so_far, piece(0, Some("find"), json!("{\"q\""))), Some("{\"q\"".into()));
        assert_eq!(Call::take(&mut so_far, piece(1, Some("say"), json!("{}"))), None);
        Call::take(&mut so_far, piece(0, None, json!(":2}")));
        assert_eq!(so_far, Some(call("find", "{\"q\":2}")));
        let mut whole = None;
        Call::take(&mut whole, piece(0, Some("find"), json!({ "q": 3 })));
        assert_eq!(whole, Some(call("find", "{\"q\":3}")));
    }

    #[test]
    fn what_was_said_is_a_step_or_a_mistake() {
        let (text, number) = (talk(json!({ "type": "string" })), talk(json!({ "type": "integer" })));
        let found = step(&text, "hm", Some(&call("find", "{\"q\":2}"))).unwrap();
        assert_eq!(found, json!({ "thought": "hm", "action": { "tool": "find", "input": { "q": 2 } } }));
        let said = step(&text, "", Some(&call("say", "{\"input\":\"hi\"}"))).unwrap();
        assert_eq!(said["action"]["input"], "hi");
        assert_eq!(step(&text, " 42 ", None).unwrap()["action"], json!({ "tool": "final", "input": "42" }));
        assert_eq!(step(&number, "```json\n42\n```", None).unwrap()["action"]["input"], 42);
        assert_eq!(step(&number, "", Some(&call("final", "{\"input\":7}"))).unwrap()["action"]["input"], 7);
        for (talk, said, call, says) in [
            (&text, "", Some(call("find", "{\"q\":\"x\"}")), "q"),
            (&text, "", Some(call("find", "{\"q\":")), "no JSON"),
            (&text, "", Some(call("fly", "{}")), "no tool `fly`"),
            (&number, "I think it is seven.", None, "does not follow"),
        ] {
            let error = step(talk, said, call.as_ref()).unwrap_err();
            assert!(error.code == "output_not_valid" && error.message.contains(says), "{error}");
            if let Some(call) = call {
                let again = correction(said, &call, &error);
                assert_eq!(again[0]["tool_calls"][0]["id"], again[1]["tool_call_id"]);
                assert!(again[1]["content"].as_str().unwrap().contains(says), "{again:?}");
            }
        }
    }
}
