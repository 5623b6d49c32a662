//! The chat page: with whom one can talk, and what is told while an answer is on its way.

use super::openai::TokenUsage;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Somebody to talk to: a model, or an active workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatPartner {
    /// As `POST /api/chat` takes it.
    pub model: String,
    /// For people.
    pub name: String,
    /// The workflow that answers; null for a model.
    pub workflow: Option<Uuid>,
    /// A model of another service: what is asked of it leaves this machine.
    pub is_remote: bool,
}

/// Whom an account can talk to: models, the default one first, then workflows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatPartners {
    /// Conversations are kept in the browser, one place for each account.
    pub account: Uuid,
    pub items: Vec<ChatPartner>,
}

/// What happens on the way to an answer. On the stream of `POST /api/chat` each is the data of one event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatEvent {
    /// A workflow answers: this run of it.
    Run { workflow_id: Uuid, run_id: Uuid },
    /// The model is busy with others: so many requests come first. Told again as they become fewer.
    Waiting { ahead: u32 },
    /// The model is brought into memory.
    Loading {},
    /// The model has begun.
    Started {},
    /// A step of the workflow runs, or waits for what `waits` says.
    Step { name: String, waits: Option<String> },
    /// The next piece of the answer.
    Text(String),
    /// The answer is complete.
    Done(ChatDone),
    /// There is no answer, or no more of it.
    Failed(ChatFailure),
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ChatDone {
    /// `stop`, or `length` where the tokens that were allowed ran out.
    pub finish_reason: String,
    pub usage: TokenUsage,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ChatFailure {
    /// Stable, for programs.
    pub code: String,
    /// What happened and what to do next.
    pub message: String,
}

impl ChatEvent {
    /// Reads the data of an event; `None` for kinds that are not known. By hand: a derived reader of all this would be
    /// the largest part of the page that needs it.
    #[must_use]
    pub fn read(data: &str) -> Option<Self> {
        let data: Value = serde_json::from_str(data).ok()?;
        let (kind, body) = data.as_object()?.iter().next()?;
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        let id = |key: &str| body.get(key)?.as_str()?.parse::<Uuid>().ok();
        Some(match kind.as_str() {
            "run" => Self::Run { workflow_id: id("workflow_id")?, run_id: id("run_id")? },
            "waiting" => Self::Waiting { ahead: u32::try_from(body.get("ahead")?.as_u64()?).ok()? },
            "loading" => Self::Loading {},
            "started" => Self::Started {},
            "step" => Self::Step { name: text("name")?, waits: text("waits") },
            "text" => Self::Text(body.as_str()?.to_owned()),
            "done" => {
                let tokens = |key: &str| body.get("usage")?.get(key)?.as_u64();
                let usage = TokenUsage::of(tokens("prompt_tokens")?, tokens("completion_tokens")?);
                Self::Done(ChatDone { finish_reason: text("finish_reason")?, usage })
            }
            "failed" => Self::Failed(ChatFailure { code: text("code")?, message: text("message")? }),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_as_it_was_meant() {
        let id = Uuid::from_u128(7);
        for event in [
            ChatEvent::Run { workflow_id: id, run_id: Uuid::from_u128(8) },
            ChatEvent::Waiting { ahead: 2 },
            ChatEvent::Loading {},
            ChatEvent::Started {},
            ChatEvent::Step { name: "Ask".to_owned(), waits: None },
            ChatEvent::Step { name: "Ask".to_owned(), waits: Some("2 requests come first.".to_owned()) },
            ChatEvent::Text("ü\n\"".to_owned()),
            ChatEvent::Done(ChatDone { finish_reason: "stop".to_owned(), usage: TokenUsage::of(3, 4) }),
            ChatEvent::Failed(ChatFailure { code: "model_busy".to_owned(), message: "Later.".to_owned() }),
        ] {
            let told = serde_json::to_string(&event).unwrap();
            assert_eq!(ChatEvent::read(&told), Some(event), "{told}");
        }
        for other in ["", "1", "{}", "{\"colour\":1}", "{\"waiting\":{}}"] {
            assert_eq!(ChatEvent::read(other), None, "{other}");
        }
    }
}
