//! A workflow as a model: the last message is its input, its output the answer.

use super::{Answering, Told, done, question};
use crate::{
    api::{
        chat::ChatEvent,
        events::{EventKind, RunEvent},
        openai::{ChatBody, TokenUsage},
        runs::{RunCreate, RunDetail, RunStatus},
        workflows::WorkflowSummary,
    },
    server::{
        error::AppError,
        services::{
            models::remote::WORKFLOW_PREFIX,
            runs::{self, StartOptions},
            workflows,
        },
        state::AppState,
        store,
    },
    workflow::{
        document::Workflow,
        ids::{RunId, UserId, WorkflowId},
    },
};
use axum::http::StatusCode;
use futures::StreamExt as _;
use serde_json::Value;
use tokio::sync::{
    mpsc::{self, UnboundedSender},
    oneshot,
};
use tokio_util::sync::CancellationToken;

/// Workflows of one page of the list.
const PAGE: u64 = 200;

/// The active workflows of an account.
pub async fn active(state: &AppState, owner: UserId) -> Result<Vec<WorkflowSummary>, AppError> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = workflows::list(state, owner, after, PAGE).await?;
        found.extend(page.items.into_iter().filter(|workflow| workflow.is_active));
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Starts a run and gives its answer. The run is cancelled when nobody waits for it any more.
pub async fn ask(
    state: &AppState,
    owner: UserId,
    name: &str,
    body: &ChatBody,
) -> Result<Answering, AppError> {
    let id = find(state, owner, name).await?;
    let Some(last) = body.messages.last() else {
        return Err(AppError::field("messages", "are missing; the last one is the input of the workflow"));
    };
    let field = || format!("messages.{}.content", body.messages.len() - 1);
    let input = question::text(&last.content).map_err(|what| AppError::field(field(), what))?;
    let create = RunCreate { input_data: Value::String(input), use_pinned: false };
    let document = Workflow::from(&workflows::get(state, owner, id).await?);
    let unheard = CancellationToken::new();
    let ends = unheard.clone().drop_guard();
    let (told, events) = mpsc::unbounded_channel();
    let (tell, begun) = oneshot::channel();
    let state = state.clone();
    // Not in the caller's time: one who leaves while the run begins takes it along, too.
    tokio::spawn(async move {
        let run = match runs::start(&state, owner, id, create, StartOptions::api(None)).await {
            Ok(accepted) => RunId(accepted.run_id),
            Err(error) => return drop(tell.send(Err(error))),
        };
        drop(told.send(Ok(ChatEvent::Run { workflow_id: id.0, run_id: run.0 })));
        drop(tell.send(Ok(())));
        let following = Following { state: state.clone(), owner, id, run, speaker: speaker(&document), told };
        tokio::select! {
            biased;
            () = following.follow() => {}
            () = unheard.cancelled() => {
                // It may have ended by now.
                if let Err(error) = runs::cancel(&state, owner, id, run).await {
                    tracing::debug!(run_id = %run, %error, "a run that nobody waits for was not cancelled");
                }
            }
        }
    });
    begun.await.map_err(AppError::internal)??;
    Ok(Answering { model: body.model.clone(), events, _ends: ends })
}

/// The active workflow of that name or id.
async fn find(state: &AppState, owner: UserId, name: &str) -> Result<WorkflowId, AppError> {
    let missing = |code, message| Err(AppError::new(StatusCode::NOT_FOUND, code, message));
    let id = match store::children::resolve(&state.store, owner, name).await? {
        store::children::Resolved::Found(id) => id,
        store::children::Resolved::Unknown => {
            return Err(super::not_found(&format!("{WORKFLOW_PREFIX}{name}")));
        }
        store::children::Resolved::Ambiguous(count) => {
            return missing(
                "model_ambiguous",
                format!(
                    "{count} workflows are called `{name}`. Name the one that is meant by its id, as in `workflow/ID`."
                ),
            );
        }
    };
    if !workflows::get(state, owner, id).await?.is_active {
        return missing(
            "workflow_inactive",
            format!("The workflow `{name}` is switched off. Switch it on in Millrace to call it."),
        );
    }
    Ok(id)
}

/// The one step whose text is the answer, if there is one: the only end of the graph, a model that answers with text.
fn speaker(document: &Workflow) -> Option<String> {
    let mut ends =
        document.nodes.iter().filter(|node| document.edges.iter().all(|edge| edge.source_node_id != node.id));
    let (Some(end), None) = (ends.next(), ends.next()) else { return None };
    let is_text = end.config.get("output_schema").is_none_or(Value::is_null);
    (end.node_type == "llm_call" && is_text && !end.settings.disabled).then(|| end.name.clone())
}

/// A run whose answer somebody waits for.
struct Following {
    state: AppState,
    owner: UserId,
    id: WorkflowId,
    run: RunId,
    speaker: Option<String>,
    told: UnboundedSender<Told>,
}

impl Following {
    async fn follow(self) {
        let last = self.answer().await;
        drop(self.told.send(last));
    }

    async fn answer(&self) -> Told {
        let Self { state, owner, id, run, .. } = self;
        let mut said = String::new();
        if let Some(events) = runs::events(state, *owner, *id, *run, None).await? {
            let mut events = std::pin::pin!(events);
            while let Some(event) = events.next().await {
                self.tell_step(&event);
                self.speak(&event, &mut said);
            }
        }
        let detail = runs::get(state, *owner, *id, *run).await?;
        let answer = answer_of(&detail)?;
        // The step may have been tried again, with another text.
        let Some(rest) = answer.strip_prefix(said.as_str()) else {
            return Err(AppError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "answer_changed",
                format!("A step of the run {run} was tried again, and its answer is another one. Ask again."),
            ));
        };
        if !rest.is_empty() {
            drop(self.told.send(Ok(ChatEvent::Text(rest.to_owned()))));
        }
        Ok(done("stop", tokens(&detail)))
    }

    /// Tells which step runs, and what it waits for.
    fn tell_step(&self, event: &RunEvent) {
        let text = |key: &str| event.payload.get(key).and_then(Value::as_str).map(str::to_owned);
        let waits = match event.kind {
            EventKind::NodeStarted => None,
            EventKind::LlmWaiting => text("message"),
            EventKind::NodeWaiting => Some("Its run shows for what.".to_owned()),
            _ => return,
        };
        if let Some(name) = text("node") {
            drop(self.told.send(Ok(ChatEvent::Step { name, waits })));
        }
    }

    /// Passes the text of the speaker on, as far as it continues what was said.
    fn speak(&self, event: &RunEvent, said: &mut String) {
        let payload = &event.payload;
        let is_speaker = || payload.get("node").and_then(Value::as_str) == self.speaker.as_deref();
        if event.kind != EventKind::LlmToken || self.speaker.is_none() || !is_speaker() {
            return;
        }
        let offset = payload.get("offset").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let text = payload.get("text").and_then(Value::as_str).unwrap_or_default();
        let fresh = offset.and_then(|offset| text.get(said.len().checked_sub(offset)?..));
        if let Some(fresh) = fresh.filter(|fresh| !fresh.is_empty()) {
            said.push_str(fresh);
            drop(self.told.send(Ok(ChatEvent::Text(fresh.to_owned()))));
        }
    }
}

/// The output of the run: that of its only end, or all of them by their names.
fn answer_of(detail: &RunDetail) -> Result<String, AppError> {
    let summary = &detail.run.summary;
    let failed = |code, what: String| Err(AppError::new(StatusCode::UNPROCESSABLE_ENTITY, code, what));
    match summary.status {
        RunStatus::Completed => {}
        RunStatus::Cancelled => {
            return failed("run_cancelled", format!("The run {} was cancelled. Ask again.", summary.id));
        }
        _ => {
            let why = summary.error_message.clone().unwrap_or_default();
            return failed(
                "run_failed",
                format!(
                    "The run {} failed: {}. Its page in Millrace shows what every step did.",
                    summary.id,
                    why.trim_end_matches('.')
                ),
            );
        }
    }
    let output = match &detail.run.output_data {
        Value::Object(ends) if ends.len() == 1 => ends.values().next().unwrap_or(&Value::Null),
        other => other,
    };
    Ok(match output {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// What the models of the run read and wrote.
fn tokens(detail: &RunDetail) -> TokenUsage {
    let sum = |key: &str| {
        detail.node_executions.iter().filter_map(|step| step.usage.get(key).and_then(Value::as_u64)).sum()
    };
    TokenUsage::of(sum("prompt_tokens"), sum("completion_tokens"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_with_the_voice_of_the_only_end() {
        let document = |ends: &[(&str, Value)], edges: Value| -> Workflow {
            let node = |(index, (kind, config)): (usize, &(&str, Value))| serde_json::json!({ "name": format!("n{index}"), "node_type": kind, "config": config, "position": [0, 0] });
            let nodes: Vec<_> = ends.iter().enumerate().map(node).collect();
            let file = serde_json::json!({ "format": 1, "name": "Test", "nodes": nodes, "edges": edges });
            crate::workflow::file::WorkflowFile::from_value(file).expect("a workflow").into_workflow()
        };
        let ask = || ("llm_call", serde_json::json!({ "prompt_template": "{input}" }));
        let edge = serde_json::json!([{ "source": "n0", "target": "n1" }]);
        assert_eq!(speaker(&document(&[ask(), ask()], edge.clone())).as_deref(), Some("n1"));
        assert_eq!(speaker(&document(&[ask(), ask()], serde_json::json!([]))), None);
        let plain = ("transform", serde_json::json!({ "expression": "input" }));
        assert_eq!(speaker(&document(&[ask(), plain], edge.clone())), None);
        let strict = (
            "llm_call",
            serde_json::json!({ "prompt_template": "x", "output_schema": { "type": "object" } }),
        );
        assert_eq!(speaker(&document(&[ask(), strict], edge)), None);
    }
}
