//! `millrace run FILE`: one run without a server or an account, on a database that is gone afterwards.

use super::{FAILED, Failure, MISUSED, ask::Question, file, validate};
use crate::{
    api::{
        auth::RegisterRequest,
        events::{EventKind, RunEvent},
        runs::{RunCreate, RunDetail, RunStatus},
    },
    server::{
        clock::Clock,
        config::{self, ServerConfig},
        error::AppError,
        services::{
            accounts,
            runs::{self, StartOptions},
            workflows,
        },
        state::AppState,
        telemetry,
    },
    workflow::{
        document::Workflow,
        ids::{RunId, UserId, WorkflowId},
    },
};
use futures::StreamExt;
use serde_json::Value;
use std::{io::Write as _, path::Path};

/// Runs the workflow of a file and prints its output as JSON; what happens goes to stderr.
pub async fn run(path: &Path, input: Option<&str>, quiet: bool) -> Result<(), Failure> {
    let config = config::load()?;
    // What happens is told below; the log only says what went wrong, unless somebody asks.
    let usual = config.server.log == ServerConfig::default().log;
    telemetry::start_logging(if usual { "error" } else { &config.server.log });
    let document = file::workflow(path)?;
    let input = file::input(input)?;
    let state = AppState::temporary(config, Clock::system()).await.map_err(Failure::failed)?;
    let result = execute(&state, document, input, quiet).await;
    state.close().await;
    let detail = result?;
    let output = serde_json::to_string_pretty(&detail.run.output_data).map_err(Failure::failed)?;
    match detail.run.summary.status {
        RunStatus::Completed => super::print(&format!("{output}\n")),
        status => Err(Failure {
            // A model file that is cut short is a wrong file, not a run that went wrong.
            code: match detail.run.summary.error_code.as_deref() {
                Some("model_file_damaged") => MISUSED,
                _ => FAILED,
            },
            message: match detail.run.summary.error_message {
                Some(message) => format!("the run {}: {message}", status.as_str()),
                None => format!("the run was {}", status.as_str()),
            },
        }),
    }
}

async fn execute(
    state: &AppState,
    document: Workflow,
    input: Value,
    quiet: bool,
) -> Result<RunDetail, Failure> {
    let owner = accounts::create(
        state,
        RegisterRequest {
            username: "command-line".to_owned(),
            email: "command-line@localhost".to_owned(),
            password: format!("{:032x}", rand::random::<u128>()),
        },
    )
    .await
    .map_err(refused)?
    .id;
    let workflow = workflows::create_from_document(state, owner, document).await.map_err(refused)?.id.into();
    let body = RunCreate { input_data: input, use_pinned: false };
    let options = StartOptions { trigger: "cli", ..StartOptions::manual() };
    let run = runs::start(state, owner, workflow, body, options).await.map_err(refused)?.run_id.into();
    let events = runs::events(state, owner, workflow, run, None).await.map_err(refused)?;
    if let Some(events) = events {
        let mut events = std::pin::pin!(events);
        let mut told = Progress { streaming: false, quiet };
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(event) => {
                        told.tell(&event);
                        if let Some(question) = Question::of(&event) {
                            decide(state, owner, workflow, run, &question).await?;
                        }
                    }
                    None => break,
                },
                _ = tokio::signal::ctrl_c() => {
                    // The terminal event ends the loop.
                    let _ = runs::cancel(state, owner, workflow, run).await;
                }
            }
        }
    }
    runs::get(state, owner, workflow, run).await.map_err(refused)
}

/// Lets the person at the terminal decide; without one the run cannot go on.
async fn decide(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
    question: &Question,
) -> Result<(), Failure> {
    let answer = tokio::select! {
        answer = question.answer() => answer,
        _ = tokio::signal::ctrl_c() => {
            let _ = runs::cancel(state, owner, workflow, run).await;
            return Ok(());
        }
    };
    match answer {
        Some(answer) => {
            if let Err(error) = runs::approve(state, owner, workflow, run, answer).await {
                eprintln!("  {error}");
            }
            Ok(())
        }
        None => Err(Failure {
            code: FAILED,
            message: format!(
                "the step \"{}\" waits for an approval and standard input has ended; start it from a terminal, or on a server",
                question.node
            ),
        }),
    }
}

/// The file or the input is not good for a run.
fn refused(error: AppError) -> Failure {
    let mut message = error.to_string();
    for problem in error.problems() {
        message.push_str("\n  ");
        message.push_str(&validate::line(problem));
    }
    let code = if error.status().is_client_error() { MISUSED } else { FAILED };
    Failure { code, message }
}

/// Tells on stderr what happens.
struct Progress {
    /// In the middle of a line of text from a model.
    streaming: bool,
    quiet: bool,
}

impl Progress {
    fn tell(&mut self, event: &RunEvent) {
        if self.quiet {
            return;
        }
        let text = |key: &str| event.payload.get(key).and_then(Value::as_str).unwrap_or_default();
        if event.kind == EventKind::LlmToken {
            eprint!("{}", text("text"));
            let _ = std::io::stderr().flush();
            self.streaming = true;
            return;
        }
        if self.streaming {
            eprintln!();
            self.streaming = false;
        }
        let node = text("node");
        match event.kind {
            EventKind::NodeStarted => eprintln!("> {node}"),
            EventKind::NodeCompleted => {
                let ms = event.payload.get("duration_ms").and_then(Value::as_i64).unwrap_or_default();
                eprintln!("  {node} done in {ms} ms");
            }
            EventKind::NodeFailed => eprintln!("  {node} failed: {}", text("message")),
            EventKind::NodeSkipped => eprintln!("  {node} skipped"),
            EventKind::NodeWaiting if text("kind") == "timer" => {
                eprintln!("  {node} waits until {}", text("due_at"));
            }
            EventKind::NodeRetrying => eprintln!("  {node} is tried again: {}", text("message")),
            EventKind::LlmWaiting if !text("message").is_empty() => {
                eprintln!("  {node}: {}", text("message"))
            }
            EventKind::Log => eprintln!("  {node}: {}", text("message")),
            _ => {}
        }
    }
}
