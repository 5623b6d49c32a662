//! One call of a tool: what it waits for, and what came of it.

use super::{NodeError, story::Turn, tools::Tool};
use crate::{
    server::{
        nodes::{Children, Then, Wait, WaitKind},
        store::approvals::Decision,
    },
    workflow::agent_lines::{Line, shown},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// What comes next for a call that was written down.
pub enum Next {
    /// A person is asked; given the number that the decision gets.
    Wait(Box<dyn FnOnce(i64) -> Wait + Send>),
    /// A child run does it.
    Children(Run),
    /// It is not made.
    Refused(Outcome),
    /// It is made here.
    Use,
}

/// A workflow that a tool runs.
pub struct Run {
    pub workflow: String,
    pub input: Value,
}

impl Run {
    /// The child run with that index, whose output gets that number.
    pub fn children(self, first: i32, seq: i64) -> Children {
        Children {
            workflow: self.workflow,
            items: Arc::new(vec![self.input]),
            input: Arc::new(|_, input| Ok(input.clone())),
            concurrency: 1,
            collect: true,
            list: false,
            first,
            then: Then::Again(seq),
        }
    }
}

impl Tool {
    /// What comes next for a call of this tool.
    pub fn next(&self, turn: &Turn) -> Next {
        match &turn.decided {
            None if self.config.require_approval => {
                let message = format!(
                    "The agent wants to use {}: {}\nInput: {}",
                    self.name(),
                    turn.said.thought,
                    turn.said.input
                );
                Next::Wait(Box::new(move |seq| Wait {
                    due_at: None,
                    value: json!({ "message": message }),
                    kind: WaitKind::Approval,
                    then: Then::Again(seq),
                }))
            }
            Some(decided) if !decided.approved => Next::Refused(Outcome::rejected(decided)),
            _ if self.is_workflow() => Next::Children(Run {
                workflow: self.config.workflow.clone().unwrap_or_default(),
                input: turn.said.input.clone(),
            }),
            _ => Next::Use,
        }
    }
}

/// What a person said to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub approved: bool,
    comment: Option<String>,
    by: String,
}

impl Decided {
    pub fn of(decision: Decision) -> Self {
        let comment = decision.comment.filter(|comment| !comment.trim().is_empty());
        Self { approved: decision.approved, comment, by: decision.by }
    }

    pub fn line(&self, tool: &str) -> String {
        let (by, comment) = (self.by.clone(), self.comment.clone());
        Line::Decided { by, approved: self.approved, tool: tool.to_owned(), comment }.to_string()
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub result: Result<Value, (String, String)>,
    /// Characters that were left out.
    pub left_out: usize,
}

impl Outcome {
    pub fn of(result: Result<Value, NodeError>) -> Self {
        let result = result.map_err(|error| (error.code, error.message));
        Self { result, left_out: 0 }
    }

    fn failed(code: &str, message: impl Into<String>) -> Self {
        Self { result: Err((code.to_owned(), message.into())), left_out: 0 }
    }

    /// The third call of the same.
    pub fn again() -> Self {
        Self::failed(
            "repeated_call",
            "You have made this very call twice already and know its result. It was not made again. Do something else, \
             or give your final answer.",
        )
    }

    pub fn unknown(tool: &str) -> Self {
        Self::failed("unknown_tool", format!("There is no tool `{tool}`. Use one of those that you have."))
    }

    fn rejected(decided: &Decided) -> Self {
        let why = decided.comment.as_ref().map(|why| format!(" They said: {why}")).unwrap_or_default();
        Self::failed("rejected", format!("A person did not allow this call; it was not made.{why}"))
    }

    /// As it was written down, here or by the engine for a child run.
    pub fn read(payload: &Value) -> Self {
        let text = |key: &str| {
            let found = payload.get("error").and_then(|error| error.get(key)).and_then(Value::as_str);
            found.unwrap_or_default().to_owned()
        };
        let result = match payload.get("output") {
            Some(output) => Ok(output.clone()),
            None => Err((text("code"), text("message"))),
        };
        let left_out = payload.get("left_out").and_then(Value::as_u64).unwrap_or_default();
        Self { result, left_out: usize::try_from(left_out).unwrap_or(usize::MAX) }
    }

    pub fn payload(&self) -> Value {
        match &self.result {
            Ok(output) if self.left_out > 0 => json!({ "output": output, "left_out": self.left_out }),
            Ok(output) => json!({ "output": output }),
            Err((code, message)) => json!({ "error": { "code": code, "message": message } }),
        }
    }

    /// With at most so many characters: beginning and end of what is longer.
    pub fn cut(self, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let Ok(output) = &self.result else {
            return Self {
                result: self.result.map_err(|(code, message)| (code, shorter(&message, limit).0)),
                ..self
            };
        };
        match shorter(&text_of(output), limit) {
            (_, 0) => self,
            (text, left_out) => Self { result: Ok(Value::String(text)), left_out: self.left_out + left_out },
        }
    }

    /// For the model.
    pub fn text(&self) -> String {
        match &self.result {
            Ok(output) => text_of(output),
            Err((code, message)) => format!("The call failed ({code}): {message}"),
        }
    }

    pub fn line(&self, tool: &str) -> String {
        let (tool, left_out) = (tool.to_owned(), self.left_out);
        match &self.result {
            Ok(_) => Line::Result { tool, left_out, text: shown(&self.text()) },
            Err((code, message)) => Line::Failed { tool, code: code.clone(), message: shown(message) },
        }
        .to_string()
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Beginning and end of a text that is too long, with a note in between, and how many characters are not there.
fn shorter(text: &str, limit: usize) -> (String, usize) {
    let length = text.chars().count();
    if length <= limit {
        return (text.to_owned(), 0);
    }
    let (head, tail) = (limit - limit / 4, limit / 4);
    let place = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(place, _)| place);
    let left_out = length - head - tail;
    let note = format!("\n[… {left_out} characters are left out here …]\n");
    (format!("{}{note}{}", &text[..place(head)], &text[place(length - tail)..]), left_out)
}
