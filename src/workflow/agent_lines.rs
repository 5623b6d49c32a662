//! The lines by which an agent tells its steps in its log: written by the node, read again by the pages that show them as
//! a list. What is told is cut; what the agent itself goes on from is kept elsewhere.

use chrono::{DateTime, Utc};
use std::fmt;

/// Characters of an input or a result that a line shows.
const SHOWN: usize = 600;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// What the model said before it used a tool.
    Thought {
        number: usize,
        text: String,
    },
    /// What it said before it answered.
    Answer {
        number: usize,
        text: String,
    },
    Call {
        tool: String,
        input: String,
    },
    /// `left_out`: characters that the model was not shown.
    Result {
        tool: String,
        left_out: usize,
        text: String,
    },
    Failed {
        tool: String,
        code: String,
        message: String,
    },
    Decided {
        by: String,
        approved: bool,
        tool: String,
        comment: Option<String>,
    },
}

/// The beginning of a long text.
#[must_use]
pub fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thought { number, text } => write!(f, "step {number}, thought: {text}"),
            Self::Answer { number, text } => write!(f, "step {number}, answer: {text}"),
            Self::Call { tool, input } => write!(f, "call of {tool}: {input}"),
            Self::Result { tool, left_out: 0, text } => write!(f, "result of {tool}: {text}"),
            Self::Result { tool, left_out, text } => {
                write!(f, "result of {tool} ({left_out} characters were left out): {text}")
            }
            Self::Failed { tool, code, message } => write!(f, "{tool} failed ({code}): {message}"),
            Self::Decided { by, approved, tool, comment } => {
                let word = if *approved { "approved" } else { "rejected" };
                write!(f, "{by} {word} the call of {tool}")?;
                comment.as_ref().map_or(Ok(()), |comment| write!(f, ": {comment}"))
            }
        }
    }
}

impl Line {
    /// A line of a log; `None` for one that tells something else.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let own = str::to_owned;
        if let Some(rest) = line.strip_prefix("step ") {
            let (number, rest) = rest.split_once(", ")?;
            let number = number.parse().ok()?;
            return match rest.split_once(": ")? {
                ("thought", text) => Some(Self::Thought { number, text: own(text) }),
                ("answer", text) => Some(Self::Answer { number, text: own(text) }),
                _ => None,
            };
        }
        if let Some(rest) = line.strip_prefix("call of ") {
            let (tool, input) = rest.split_once(": ")?;
            return Some(Self::Call { tool: own(tool), input: own(input) });
        }
        if let Some(rest) = line.strip_prefix("result of ") {
            let (head, text) = rest.split_once(": ")?;
            let (tool, left_out) = match head.split_once(" (") {
                Some((tool, note)) => (tool, note.split(' ').next()?.parse().ok()?),
                None => (head, 0),
            };
            return Some(Self::Result { tool: own(tool), left_out, text: own(text) });
        }
        for (word, approved) in [(" approved the call of ", true), (" rejected the call of ", false)] {
            if let Some((by, rest)) = line.split_once(word) {
                let (tool, comment) = match rest.split_once(": ") {
                    Some((tool, comment)) => (tool, Some(own(comment))),
                    None => (rest, None),
                };
                return Some(Self::Decided { by: own(by), approved, tool: own(tool), comment });
            }
        }
        let (tool, rest) = line.split_once(" failed (")?;
        let (code, message) = rest.split_once("): ")?;
        // The name of a tool is one word.
        (!tool.contains(' ')).then(|| Self::Failed {
            tool: own(tool),
            code: own(code),
            message: own(message),
        })
    }
}

/// One step of an agent, as a page shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    pub number: usize,
    pub thought: String,
    /// It ends the work.
    pub is_answer: bool,
    /// How long the model took, in milliseconds.
    pub thought_ms: Option<i64>,
    pub call: Option<Call>,
}

/// The use of a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    pub tool: String,
    pub input: String,
    /// Who decided about it: name, whether it was allowed, why.
    pub decided: Option<(String, bool, Option<String>)>,
    /// What came of it, or the code and the message of a failure.
    pub outcome: Option<Result<String, (String, String)>>,
    pub left_out: usize,
    /// How long it took, in milliseconds, with the time that a person or another run needed.
    pub ms: Option<i64>,
}

/// The steps that a log tells, which began then.
pub fn steps<'l>(
    began: Option<DateTime<Utc>>,
    lines: impl IntoIterator<Item = (DateTime<Utc>, &'l str)>,
) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut before, mut called) = (began, None);
    for (at, line) in lines {
        let Some(line) = Line::read(line) else { continue };
        let since = |from: Option<DateTime<Utc>>| from.map(|from| (at - from).num_milliseconds().max(0));
        let is_answer = matches!(line, Line::Answer { .. });
        let call = steps.last_mut().and_then(|step| step.call.as_mut());
        match line {
            Line::Thought { number, text } | Line::Answer { number, text } => {
                steps.push(Step { number, thought: text, is_answer, thought_ms: since(before), call: None });
            }
            Line::Call { tool, input } => {
                called = Some(at);
                if let Some(step) = steps.last_mut() {
                    step.call = Some(Call { tool, input, ..Call::default() });
                }
            }
            Line::Decided { by, approved, comment, .. } => {
                if let Some(call) = call {
                    call.decided = Some((by, approved, comment));
                }
            }
            Line::Result { left_out, text, .. } => {
                if let Some(call) = call {
                    (call.outcome, call.left_out, call.ms) = (Some(Ok(text)), left_out, since(called));
                }
            }
            Line::Failed { code, message, .. } => {
                if let Some(call) = call {
                    (call.outcome, call.ms) = (Some(Err((code, message))), since(called));
                }
            }
        }
        before = Some(at);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(text: &str) -> String {
        text.to_owned()
    }

    fn told() -> Vec<Line> {
        vec![
            Line::Thought { number: 1, text: own("I ask: who, what?") },
            Line::Call { tool: own("api"), input: own("{\"q\": \"a: b (c)\"}") },
            Line::Decided {
                by: own("ada l"),
                approved: true,
                tool: own("api"),
                comment: Some(own("go: on")),
            },
            Line::Decided { by: own("ada"), approved: false, tool: own("api"), comment: None },
            Line::Result { tool: own("api"), left_out: 0, text: own("{\"a\": 1}\nmore: lines") },
            Line::Result { tool: own("api"), left_out: 12, text: own("x failed (y): z") },
            Line::Failed { tool: own("api"), code: own("timeout"), message: own("it took (too): long") },
            Line::Answer { number: 2, text: own("") },
        ]
    }

    #[test]
    fn what_is_written_is_read_again() {
        for line in told() {
            assert_eq!(Line::read(&line.to_string()), Some(line.clone()), "{line}");
        }
        for other in
            ["", "a step was brought to its shortest end", "GET https://x.org gave 200", "step x, thought: y"]
        {
            assert_eq!(Line::read(other), None, "{other}");
        }
    }

    #[test]
    fn lines_come_together_as_steps() {
        let at = |ms: i64| DateTime::from_timestamp_millis(1_800_000_000_000 + ms).unwrap();
        let lines: Vec<String> = told().iter().map(ToString::to_string).collect();
        let log = [(10, 0), (11, 1), (12, 2), (13, 9), (41, 4), (50, 7)]
            .map(|(ms, line)| (at(ms), lines.get(line)));
        let other = own("GET https://x.org gave 200");
        let steps = steps(Some(at(0)), log.iter().map(|(at, line)| (*at, line.unwrap_or(&other).as_str())));
        assert_eq!(steps.len(), 2);
        let call = steps[0].call.clone().unwrap();
        assert_eq!(
            (steps[0].number, steps[0].thought_ms, call.ms, call.left_out),
            (1, Some(10), Some(30), 0)
        );
        assert_eq!(call.decided, Some((own("ada l"), true, Some(own("go: on")))));
        assert_eq!(call.outcome, Some(Ok(own("{\"a\": 1}\nmore: lines"))));
        assert!(steps[1].is_answer && steps[1].call.is_none() && steps[1].thought_ms == Some(9));
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(shown("short"), "short");
        assert_eq!(shown(&"ä".repeat(700)).chars().count(), 601);
    }
}
