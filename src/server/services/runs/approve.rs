//! A person's answer to an `approval` step.

use super::summary;
use crate::{
    api::runs::{RunAccepted, RunApprove},
    server::{
        error::AppError,
        services::{Fields, accounts},
        state::AppState,
        store::{self, approvals::Decision},
    },
    workflow::ids::{RunId, UserId, WorkflowId},
};
use axum::http::StatusCode;

const COMMENT_CHARS: usize = 10_000;

/// Writes the decision down; the engine goes on from it.
///
/// # Errors
/// 404; 422 for a node that is not there or a long comment; 409 `not_waiting` when the node waits for nobody: it was
/// decided before, has not come to that point, or the run has ended.
pub async fn approve(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
    body: RunApprove,
) -> Result<RunAccepted, AppError> {
    let source = store::again::source(&state.store, owner, workflow, run).await?;
    let document = store::engine_runs::document(&state.store, source.version_id).await?;
    let mut fields = Fields::default();
    if body.comment.as_ref().is_some_and(|comment| comment.chars().count() > COMMENT_CHARS) {
        fields.refuse("comment", format!("is longer than {COMMENT_CHARS} characters"));
    }
    let node = document.node_named(&body.node).map(|node| node.id);
    if node.is_none() {
        fields.refuse("node", "is not a step of this run; take the name of one that waits");
    }
    fields.check()?;
    let node = node.ok_or_else(|| AppError::not_found("step"))?;
    let by = accounts::me(state, owner).await?.username;
    let decision = Decision { approved: body.approved, comment: body.comment, by, at: state.clock.now() };
    let write = state.store.write().await?;
    let awaited = store::approvals::awaited(&write, owner, workflow, run, node).await?;
    let written = match awaited {
        Some(seq) => store::approvals::decide(&write, run, node, seq, &decision).await?,
        None => false,
    };
    if !written {
        return Err(AppError::new(
            StatusCode::CONFLICT,
            "not_waiting",
            format!(
                "The step \"{}\" waits for no approval: it was decided, it has not come to that, or the run has ended. \
                 Load the run to see where it stands.",
                body.node
            ),
        ));
    }
    write.commit().await?;
    state.engine.poke(run);
    tracing::info!(run_id = %run, approved = decision.approved, "a person decided about a step of run {run}");
    let status = summary(state, owner, workflow, run).await?.status;
    Ok(RunAccepted { run_id: run.0, status })
}
