//! Asks whoever sits at the terminal what an `approval` step of a run wants to know.

use crate::api::{
    events::{EventKind, RunEvent},
    runs::RunApprove,
};
use serde_json::Value;
use std::io::Write as _;
use tokio::sync::oneshot;

/// What a step wants to know.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// Name of the node.
    pub node: String,
    message: String,
}

impl Question {
    /// The question that an event tells of, if it does.
    pub fn of(event: &RunEvent) -> Option<Self> {
        let text = |key: &str| event.payload.get(key).and_then(Value::as_str);
        if event.kind != EventKind::NodeWaiting || text("kind") != Some("approval") {
            return None;
        }
        Some(Self { node: text("node")?.to_owned(), message: text("message").unwrap_or_default().to_owned() })
    }

    /// The answer from standard input; `None` when that has ended.
    pub async fn answer(&self) -> Option<RunApprove> {
        eprintln!("? {}: {}", self.node, self.message);
        loop {
            eprint!("  yes or no, and a comment if you like: ");
            let _ = std::io::stderr().flush();
            let line = next_line().await?;
            if let Some((approved, comment)) = decision(&line) {
                return Some(RunApprove { node: self.node.clone(), approved, comment });
            }
        }
    }
}

/// On a thread of its own, which the end of the program need not wait for.
async fn next_line() -> Option<String> {
    let (sender, line) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        // Nobody waits for it any more after Ctrl+C.
        let _ = sender.send(matches!(read, Ok(bytes) if bytes > 0).then_some(line));
    });
    line.await.ok().flatten()
}

/// The first word decides, the rest is the comment.
fn decision(line: &str) -> Option<(bool, Option<String>)> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let approved = match word.trim_end_matches([',', '.', ':', ';']).to_lowercase().as_str() {
        "y" | "yes" => true,
        "n" | "no" => false,
        _ => return None,
    };
    let comment = rest.trim();
    Some((approved, (!comment.is_empty()).then(|| comment.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::decision;

    #[test]
    fn the_first_word_decides() {
        let comment = |text: &str| Some(text.to_owned());
        for (line, expected) in [
            ("y\n", Some((true, None))),
            ("  YES \r\n", Some((true, None))),
            ("no, too early\n", Some((false, comment("too early")))),
            ("n\tnot  so\n", Some((false, comment("not  so")))),
            ("\n", None),
            ("nope\n", None),
            ("maybe yes\n", None),
        ] {
            assert_eq!(decision(line), expected, "{line:?}");
        }
    }
}
