//! A conversation with tools for models that were trained to use them: their chat template has its own form for tools,
//! calls and results, and a call is written as `<tool_call>{"name": …, "arguments": …}</tool_call>`.

use crate::workflow::catalog::FINAL;
use serde_json::{Value, json};

/// What a call begins with, in the families that have a form of their own (Qwen).
pub const CALL: &str = "<tool_call>";
/// The field that holds an input which is no object.
const WRAPPED: &str = "input";
/// Characters of a thought that are kept.
const THOUGHT_CHARS: usize = 300;

/// The whole conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolTalk {
    pub tools: Vec<ToolSpec>,
    pub turns: Vec<ToolTurn>,
    /// JSON Schema of the answer; for a text the model may simply end.
    pub answer: Value,
    /// No tool may be called any more.
    pub must_answer: bool,
}

/// A tool as a template tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// JSON Schema of its input.
    pub input: Value,
}

/// One turn.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolTurn {
    System(String),
    User(String),
    Call { thought: String, tool: String, input: Value },
    Result(String),
}

impl ToolSpec {
    fn is_object(&self) -> bool {
        self.input.get("type").is_some_and(|kind| kind == "object")
    }

    /// Arguments are always an object.
    pub fn arguments_schema(&self) -> Value {
        if self.is_object() { self.input.clone() } else { wrapped(&self.input) }
    }

    fn arguments(&self, input: &Value) -> Value {
        if self.is_object() { input.clone() } else { json!({ WRAPPED: input }) }
    }
}

fn wrapped(schema: &Value) -> Value {
    json!({
        "type": "object", "properties": { WRAPPED: schema }, "required": [WRAPPED], "additionalProperties": false,
    })
}

impl ToolTalk {
    /// Whether the model may answer by ending its turn.
    pub fn ends_in_text(&self) -> bool {
        self.answer.get("type").is_some_and(|kind| kind == "string") && self.answer.get("enum").is_none()
    }

    /// As templates want them.
    pub fn tools_of_template(&self) -> Vec<Value> {
        let own =
            self.tools.iter().map(|tool| function(&tool.name, &tool.description, &tool.arguments_schema()));
        let last = function(FINAL, "Gives your answer and ends the work.", &wrapped(&self.answer));
        own.chain((!self.ends_in_text()).then_some(last)).collect()
    }

    /// As templates want them, with what stands in a message changed by `cut`.
    pub fn messages_of_template(&self, cut: impl Fn(&str) -> String) -> Vec<Value> {
        let turns = self.turns.iter().map(|turn| match turn {
            ToolTurn::System(text) => json!({ "role": "system", "content": cut(text) }),
            ToolTurn::User(text) => json!({ "role": "user", "content": cut(text) }),
            ToolTurn::Result(text) => json!({ "role": "tool", "content": cut(text) }),
            ToolTurn::Call { thought, tool, input } => {
                let spec = self.tools.iter().find(|spec| spec.name == *tool);
                let arguments = spec.map_or_else(|| input.clone(), |spec| spec.arguments(input));
                json!({
                    "role": "assistant", "content": cut(thought),
                    "tool_calls": [{ "type": "function", "function": { "name": tool, "arguments": arguments } }],
                })
            }
        });
        turns.collect()
    }

    /// JSON Schema of what stands between the marks of a call.
    pub fn call_schema(&self) -> Value {
        let call = |name: &str, arguments: Value| {
            json!({
                "type": "object",
                "properties": { "name": { "type": "string", "enum": [name] }, "arguments": arguments },
                "required": ["name", "arguments"],
                "additionalProperties": false,
            })
        };
        let tools = self.tools.iter().filter(|_| !self.must_answer);
        let mut calls: Vec<Value> = tools.map(|tool| call(&tool.name, tool.arguments_schema())).collect();
        if !self.ends_in_text() {
            calls.push(call(FINAL, wrapped(&self.answer)));
        }
        match calls.len() {
            1 => calls.remove(0),
            _ => json!({ "anyOf": calls }),
        }
    }

    /// The step that a call means, in the form that other models write.
    pub fn step(&self, thought: &str, call: &Value) -> Value {
        let name = call.get("name").and_then(Value::as_str).unwrap_or_default();
        let arguments = call.get("arguments").cloned().unwrap_or_default();
        let is_wrapped = match self.tools.iter().find(|tool| tool.name == name) {
            Some(tool) => !tool.is_object(),
            None => true,
        };
        let input = match is_wrapped {
            true => arguments.get(WRAPPED).cloned().unwrap_or_default(),
            false => arguments,
        };
        step(thought, name, input)
    }

    /// The step that a text without a call means.
    pub fn answer_of(&self, text: &str) -> Value {
        step("", FINAL, json!(text.trim()))
    }

    /// With half of its longest result; `None` where there is nothing left to shorten.
    pub fn shorter(&self) -> Option<Self> {
        let mut talk = self.clone();
        let longest = talk.turns.iter_mut().filter_map(|turn| match turn {
            ToolTurn::Result(text) if text.len() > 40 => Some(text),
            _ => None,
        });
        let text = longest.max_by_key(|text| text.len())?;
        text.truncate(text.floor_char_boundary(text.len() / 2));
        text.push('…');
        Some(talk)
    }
}

fn step(thought: &str, tool: &str, input: Value) -> Value {
    let thought: String = thought.trim().chars().take(THOUGHT_CHARS).collect();
    json!({ "thought": thought, "action": { "tool": tool, "input": input } })
}

fn function(name: &str, description: &str, parameters: &Value) -> Value {
    json!({
        "type": "function",
        "function": { "name": name, "description": description, "parameters": parameters },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(answer: Value) -> ToolTalk {
        let text =
            ToolSpec { name: "say".into(), description: "Says.".into(), input: json!({ "type": "string" }) };
        let input = json!({ "type": "object", "properties": { "q": { "type": "string" } } });
        let find = ToolSpec { name: "find".into(), description: "Finds.".into(), input };
        let turns = vec![
            ToolTurn::User("Go.".into()),
            ToolTurn::Call { thought: "hm".into(), tool: "say".into(), input: json!("hi") },
            ToolTurn::Result("x".repeat(100)),
        ];
        ToolTalk { tools: vec![text, find], turns, answer, must_answer: false }
    }

    #[test]
    fn inputs_that_are_no_objects_stand_in_one() {
        let talk = talk(json!({ "type": "string" }));
        let call = &talk.messages_of_template(str::to_owned)[1]["tool_calls"][0]["function"];
        assert_eq!(call["arguments"], json!({ "input": "hi" }));
        let step = talk.step(" hm\n", &json!({ "name": "say", "arguments": { "input": "hi" } }));
        assert_eq!(step, json!({ "thought": "hm", "action": { "tool": "say", "input": "hi" } }));
        let step = talk.step("", &json!({ "name": "find", "arguments": { "q": "x" } }));
        assert_eq!(step["action"], json!({ "tool": "find", "input": { "q": "x" } }));
        assert_eq!(talk.answer_of(" 42 ")["action"], json!({ "tool": "final", "input": "42" }));
    }

    #[test]
    fn an_answer_with_a_schema_is_a_call() {
        let mut talk = talk(json!({ "type": "integer" }));
        assert_eq!(talk.call_schema()["anyOf"].as_array().map(Vec::len), Some(3));
        talk.must_answer = true;
        assert_eq!(talk.call_schema()["properties"]["name"]["enum"], json!(["final"]));
        let step = talk.step("", &json!({ "name": "final", "arguments": { "input": 7 } }));
        assert_eq!(step["action"]["input"], 7);
    }

    #[test]
    fn the_longest_result_gives_way() {
        let mut next = Some(talk(json!({ "type": "string" })));
        let mut rounds = 0;
        while let Some(talk) = next.as_ref().and_then(ToolTalk::shorter) {
            next = Some(talk);
            rounds += 1;
        }
        assert_eq!(rounds, 2);
    }
}
