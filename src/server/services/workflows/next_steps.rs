//! What keeps drafts from running: the first error of each, for the list of workflows.

use super::{get, problems};
use crate::{
    api::workflows::NextStep,
    server::{error::AppError, state::AppState},
    workflow::{
        check::Severity,
        document::Workflow,
        ids::{UserId, WorkflowId},
    },
};

/// How many are looked at for one list.
const AT_MOST: usize = 50;

/// For those of the workflows that have errors; ids that lead nowhere, and more than 50, are left out.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn next_steps(
    state: &AppState,
    owner: UserId,
    workflows: Vec<WorkflowId>,
) -> Result<Vec<NextStep>, AppError> {
    let mut all = Vec::new();
    for id in workflows.into_iter().take(AT_MOST) {
        let Ok(detail) = get(state, owner, id).await else { continue };
        let found = problems(state, owner, &Workflow::from(&detail)).await?;
        let mut errors = found.into_iter().filter(|problem| problem.severity == Severity::Error);
        if let Some(first) = errors.next() {
            let errors = u32::try_from(errors.count() + 1).unwrap_or(u32::MAX);
            all.push(NextStep { workflow: id.0, errors, node: first.node, message: first.message });
        }
    }
    Ok(all)
}
