//! What an agent has done so far, read from the steps that were written down.

use super::{
    NodeContext, NodeError,
    call::{Decided, Outcome},
    tools::Tool,
};
use crate::server::hex::hex;
use crate::{
    server::{
        llm::ChatReply,
        store::{
            approvals::Decision,
            checkpoints::{CALL, DECISION, FIRST, OBSERVATION, StoredStep, THOUGHT},
        },
    },
    workflow::{
        agent_lines::{Line, shown},
        catalog::FINAL,
    },
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The steps of an agent, in their order.
#[derive(Debug, Default)]
pub struct Story {
    pub turns: Vec<Turn>,
    /// What is told of it, when it was written down.
    lines: Vec<(DateTime<Utc>, String)>,
}

/// One step: what the model said, and what came of it.
#[derive(Debug, Clone)]
pub struct Turn {
    pub said: Said,
    /// The number under which the call was written down.
    pub call: Option<i64>,
    pub decided: Option<Decided>,
    pub observed: Option<Outcome>,
}

/// What the model said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub thought: String,
    /// The tool that it wants to use, or the word for an answer.
    pub tool: String,
    /// What the tool gets, or the answer.
    pub input: Value,
    /// For which task.
    #[serde(default)]
    pub task: String,
    pub model: String,
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
}

/// What the model's document looks like.
#[derive(Deserialize)]
struct Document {
    thought: String,
    action: Action,
}

#[derive(Deserialize)]
struct Action {
    tool: String,
    input: Value,
}

/// What the model cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    pub prompt: u64,
    pub completion: u64,
    /// The prompt of the last step: the next one is longer.
    pub last_prompt: u64,
}

impl Tokens {
    pub fn all(self) -> u64 {
        self.prompt + self.completion
    }
}

impl Said {
    /// The step in a model's answer.
    pub fn of(reply: &ChatReply, is_last: bool) -> Result<Self, NodeError> {
        let wrong = |why: String| {
            NodeError::passing(
                "output_not_valid",
                format!(
                    "The model \"{}\" wrote no step of an agent: {why}. Try again, or take another model.",
                    reply.model
                ),
            )
        };
        let document = reply.value.clone().unwrap_or_default();
        let Document { thought, action } =
            serde_json::from_value(document).map_err(|error| wrong(error.to_string()))?;
        if is_last && action.tool != FINAL {
            return Err(wrong("it was its last, and no answer".to_owned()));
        }
        Ok(Self {
            thought,
            tool: action.tool,
            input: action.input,
            task: String::new(),
            model: reply.model.clone(),
            prompt_tokens: reply.usage.prompt_tokens,
            completion_tokens: reply.usage.completion_tokens,
        })
    }

    pub fn is_final(&self) -> bool {
        self.tool == FINAL
    }

    pub fn payload(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// What is written down before the tool is used.
    pub fn call(&self) -> Value {
        json!({ "tool": self.tool, "input": self.input })
    }

    /// What the model is reminded of having said.
    pub fn document(&self) -> Value {
        json!({ "thought": self.thought, "action": { "tool": self.tool, "input": self.input } })
    }

    pub fn line(&self, number: usize) -> String {
        let text = self.thought.clone();
        match self.is_final() {
            true => Line::Answer { number, text }.to_string(),
            false => Line::Thought { number, text }.to_string(),
        }
    }

    pub fn call_line(&self) -> String {
        Line::Call { tool: self.tool.clone(), input: shown(&self.input.to_string()) }.to_string()
    }
}

impl Turn {
    pub fn of(said: Said) -> Self {
        Self { said, call: None, decided: None, observed: None }
    }

    /// The next step follows it.
    pub fn is_over(&self) -> bool {
        self.observed.is_some()
    }

    /// The same whenever this call is made again, also by a run that resumes this one; another for another call, even in
    /// the same place.
    pub fn key(&self, context: &NodeContext) -> String {
        let hash = Sha256::new()
            .chain_update(context.idempotency_key())
            .chain_update(self.call.unwrap_or_default().to_be_bytes())
            .chain_update(self.said.call().to_string())
            .finalize();
        hex(hash)
    }
}

impl Story {
    /// Reads what was written down for that task. What cannot be read, of another version of Millrace, is passed over.
    pub fn of(steps: &[StoredStep], task: &str) -> Self {
        let mut story = Self::default();
        let mut is_ours = false;
        for (seq, step) in (FIRST..).zip(steps) {
            if step.kind == THOUGHT {
                is_ours = step.payload.get("task").is_some_and(|of| of == task);
            }
            if !is_ours {
                continue;
            }
            let line = story.read(seq, step);
            story.lines.extend(line.map(|line| (step.at, line)));
        }
        story
    }

    fn read(&mut self, seq: i64, step: &StoredStep) -> Option<String> {
        let number = self.turns.len() + 1;
        match step.kind.as_str() {
            THOUGHT => {
                let said = Said::deserialize(&step.payload).ok()?;
                let line = said.line(number);
                self.turns.push(Turn::of(said));
                Some(line)
            }
            CALL => {
                let turn = self.turns.last_mut()?;
                turn.call = Some(seq);
                Some(turn.said.call_line())
            }
            DECISION => {
                let turn = self.turns.last_mut()?;
                let decided = Decided::of(Decision::deserialize(&step.payload).ok()?);
                let line = decided.line(&turn.said.tool);
                turn.decided = Some(decided);
                Some(line)
            }
            OBSERVATION => {
                let turn = self.turns.last_mut()?;
                let observed = Outcome::read(&step.payload);
                let line = observed.line(&turn.said.tool);
                turn.observed = Some(observed);
                Some(line)
            }
            _ => None,
        }
    }

    /// The log of an attempt that goes on tells everything that was done before it. What a person decided or a child run
    /// gave is news: nobody could tell it when it was written down.
    pub fn recall(&self, context: &NodeContext, tools: &[Tool]) {
        let is_news = self.turns.last().is_some_and(|turn| match turn.observed {
            Some(_) => tools.iter().any(|tool| tool.name() == turn.said.tool && tool.is_workflow()),
            None => turn.decided.is_some(),
        });
        for (place, (at, line)) in self.lines.iter().enumerate() {
            context.recall(line, *at, !(is_news && place + 1 == self.lines.len()));
        }
    }

    pub fn called(&mut self, seq: i64) {
        if let Some(turn) = self.turns.last_mut() {
            turn.call = Some(seq);
        }
    }

    pub fn observed(&mut self, outcome: Outcome) {
        if let Some(turn) = self.turns.last_mut() {
            turn.observed = Some(outcome);
        }
    }

    /// How often the last call was made before.
    pub fn same_before(&self) -> usize {
        let Some((last, before)) = self.turns.split_last() else { return 0 };
        let is_same = |turn: &&Turn| turn.said.tool == last.said.tool && turn.said.input == last.said.input;
        before.iter().filter(is_same).count()
    }

    /// How many calls before the last one may have started child runs: each has an index of its own.
    pub fn children_before(&self, tools: &[Tool]) -> i32 {
        let runs =
            |turn: &&Turn| tools.iter().any(|tool| tool.name() == turn.said.tool && tool.is_workflow());
        let before = self.turns.split_last().map_or(&[][..], |(_, before)| before);
        i32::try_from(before.iter().filter(runs).count()).unwrap_or(i32::MAX)
    }

    pub fn tokens(&self) -> Tokens {
        self.turns.iter().fold(Tokens::default(), |sum, turn| Tokens {
            prompt: sum.prompt + u64::from(turn.said.prompt_tokens),
            completion: sum.completion + u64::from(turn.said.completion_tokens),
            last_prompt: u64::from(turn.said.prompt_tokens),
        })
    }
}
