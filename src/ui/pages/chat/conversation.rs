//! A conversation as it is kept and sent. Pure.

use serde_json::{Value, json};
use uuid::Uuid;

/// How an answer stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Outcome {
    /// On its way.
    #[default]
    Open,
    Whole,
    /// The tokens that were allowed ran out.
    Cut,
    /// Somebody stopped it, or left.
    Stopped,
    /// What happened and what to do next.
    Failed(String),
}

/// What is known of an answer besides its text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    pub outcome: Outcome,
    /// Who answers, as people read it.
    pub by: String,
    /// What happens before the first word.
    pub status: String,
    /// Milliseconds from the question to the first word.
    pub first_ms: Option<f64>,
    /// Tokens a second after the first, as they came here.
    pub speed: Option<f64>,
    /// Workflow and run, where a workflow answered.
    pub run: Option<(Uuid, Uuid)>,
    /// Exchanges at the beginning that did not fit into the model's context.
    pub left_out: usize,
}

/// A question and its answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exchange {
    pub question: String,
    pub answer: String,
    pub about: About,
}

/// What is kept in the browser.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub model: String,
    pub system: String,
    pub temperature: f64,
    /// Tokens of an answer, at most; a whole number.
    pub limit: f64,
    pub exchanges: Vec<Exchange>,
}

impl Default for Kept {
    fn default() -> Self {
        let (model, system) = (String::new(), String::new());
        Self { model, system, temperature: 0.7, limit: 1024.0, exchanges: Vec::new() }
    }
}

impl Kept {
    #[must_use]
    pub fn write(&self) -> String {
        let exchanges: Vec<Value> = self.exchanges.iter().map(write).collect();
        json!({
            "model": self.model, "system": self.system, "temperature": self.temperature, "limit": self.limit,
            "exchanges": exchanges,
        })
        .to_string()
    }

    /// What is not there, or of another kind, is as at the beginning: another version may have written it.
    #[must_use]
    pub fn read(kept: &str) -> Self {
        let kept: Value = serde_json::from_str(kept).unwrap_or_default();
        let usual = Self::default();
        let limit = kept["limit"].as_f64().filter(|limit| *limit >= 1.0);
        let exchanges = kept["exchanges"].as_array().map_or(&[][..], Vec::as_slice);
        Self {
            model: text(&kept["model"]),
            system: text(&kept["system"]),
            temperature: kept["temperature"].as_f64().unwrap_or(usual.temperature),
            limit: limit.unwrap_or(usual.limit),
            exchanges: exchanges.iter().map(read).collect(),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn write(exchange: &Exchange) -> Value {
    let Exchange { question, answer, about } = exchange;
    let outcome = match &about.outcome {
        // Whoever reads this comes after the page that waited for it.
        Outcome::Open | Outcome::Stopped => "stopped",
        Outcome::Whole => "whole",
        Outcome::Cut => "cut",
        Outcome::Failed(_) => "failed",
    };
    let why = match &about.outcome {
        Outcome::Failed(why) => why.as_str(),
        _ => "",
    };
    let run = about.run.map(|(workflow, run)| [workflow.to_string(), run.to_string()]);
    json!({
        "question": question, "answer": answer, "outcome": outcome, "why": why, "by": about.by,
        "first_ms": about.first_ms, "speed": about.speed, "run": run, "left_out": about.left_out,
    })
}

fn read(kept: &Value) -> Exchange {
    let outcome = match kept["outcome"].as_str() {
        Some("whole") => Outcome::Whole,
        Some("cut") => Outcome::Cut,
        Some("failed") => Outcome::Failed(text(&kept["why"])),
        _ => Outcome::Stopped,
    };
    let id = |place: usize| kept["run"][place].as_str().and_then(|id| id.parse().ok());
    let about = About {
        outcome,
        by: text(&kept["by"]),
        status: String::new(),
        first_ms: kept["first_ms"].as_f64(),
        speed: kept["speed"].as_f64(),
        run: id(0).zip(id(1)),
        left_out: kept["left_out"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or_default(),
    };
    Exchange { question: text(&kept["question"]), answer: text(&kept["answer"]), about }
}

/// What is sent for a question that follows these exchanges. What has no answer is not part of the conversation.
#[must_use]
pub fn asked(kept: &Kept, left_out: usize, question: &str, is_workflow: bool) -> Value {
    let turn = |role: &str, content: &str| json!({ "role": role, "content": content });
    let mut messages = Vec::new();
    if !is_workflow {
        if !kept.system.trim().is_empty() {
            messages.push(turn("system", &kept.system));
        }
        for exchange in answered(kept).skip(left_out) {
            messages.push(turn("user", &exchange.question));
            messages.push(turn("assistant", &exchange.answer));
        }
    }
    messages.push(turn("user", question));
    json!({ "model": kept.model, "messages": messages, "temperature": kept.temperature, "max_tokens": kept.limit as u32 })
}

/// The exchanges that the model is told of.
pub fn answered(kept: &Kept) -> impl Iterator<Item = &Exchange> {
    kept.exchanges.iter().filter(|exchange| !exchange.answer.trim().is_empty())
}

/// `63 tokens/s, first after 0.2 s`, as far as it is known.
#[must_use]
pub fn speed(about: &About) -> String {
    let speed = about.speed.map(|speed| match speed {
        fast if fast >= 10.0 => format!("{fast:.0} tokens/s"),
        slow => format!("{slow:.1} tokens/s"),
    });
    let first = about.first_ms.map(|ms| format!("first after {:.1} s", ms / 1000.0));
    speed.into_iter().chain(first).collect::<Vec<_>>().join(", ")
}

/// Tokens a second between the first word and the last.
#[must_use]
pub fn rate(tokens: u64, first_at: f64, last_at: f64) -> Option<f64> {
    let after_first = tokens.checked_sub(1)? as f64;
    (after_first > 0.0 && last_at > first_at).then(|| after_first * 1000.0 / (last_at - first_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(question: &str, answer: &str, outcome: Outcome) -> Exchange {
        let about = About { outcome, by: "m".to_owned(), ..About::default() };
        Exchange { question: question.to_owned(), answer: answer.to_owned(), about }
    }

    fn kept() -> Kept {
        Kept {
            model: "m".to_owned(),
            system: "Be brief.".to_owned(),
            temperature: 0.2,
            limit: 64.0,
            exchanges: vec![
                exchange("1", "one", Outcome::Whole),
                exchange("2", "", Outcome::Failed("Busy.".to_owned())),
                exchange("3", "thr", Outcome::Stopped),
            ],
        }
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let mut before = kept();
        before.exchanges[0].about.first_ms = Some(212.0);
        before.exchanges[0].about.run = Some((Uuid::from_u128(1), Uuid::from_u128(2)));
        before.exchanges[2].about.left_out = 2;
        assert_eq!(Kept::read(&before.write()), before);
        // The page was left in the middle of an answer.
        before.exchanges[2].about.outcome = Outcome::Open;
        assert_eq!(Kept::read(&before.write()).exchanges[2].about.outcome, Outcome::Stopped);
        for other in ["", "[]", "{\"exchanges\":7,\"limit\":-1}"] {
            assert_eq!(Kept::read(other), Kept::default(), "{other}");
        }
    }

    #[test]
    fn what_was_not_answered_is_not_sent() {
        let contents = |body: &Value| -> Vec<String> {
            body["messages"].as_array().unwrap().iter().map(|turn| text(&turn["content"])).collect()
        };
        let body = asked(&kept(), 0, "4", false);
        assert_eq!(contents(&body), ["Be brief.", "1", "one", "3", "thr", "4"]);
        assert_eq!((&body["temperature"], &body["max_tokens"]), (&json!(0.2), &json!(64)));
        assert_eq!(contents(&asked(&kept(), 1, "4", false)), ["Be brief.", "3", "thr", "4"]);
        assert_eq!(contents(&asked(&kept(), 0, "4", true)), ["4"]);
    }

    #[test]
    fn speeds_read_well() {
        let about = |speed, first_ms| About { speed, first_ms, ..About::default() };
        assert_eq!(speed(&about(Some(63.4), Some(212.0))), "63 tokens/s, first after 0.2 s");
        assert_eq!(speed(&about(Some(4.26), None)), "4.3 tokens/s");
        assert_eq!(speed(&about(None, Some(1500.0))), "first after 1.5 s");
        assert_eq!(rate(11, 1000.0, 1500.0), Some(20.0));
        assert_eq!((rate(1, 1.0, 2.0), rate(0, 1.0, 2.0), rate(9, 5.0, 5.0)), (None, None, None));
    }
}
