//! Which version child runs follow: the draft as it is when their step begins, frozen.

use super::{Driver, NodeError, Stopped};
use crate::{
    server::store::{StoreError, children, versions, workflows},
    workflow::{
        check::{self, Environment, Problem, Severity},
        document::Workflow,
        ids::{VersionId, WorkflowId},
    },
};
use serde_json::Value;

/// A workflow and its frozen version.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub workflow: WorkflowId,
    pub version: VersionId,
}

impl Target {
    /// From what a waiting step keeps.
    pub(super) fn of(kept: &Value) -> Option<Self> {
        let id = |key: &str| kept.get(key).and_then(Value::as_str)?.parse().ok();
        Some(Self { workflow: WorkflowId(id("workflow_id")?), version: VersionId(id("version_id")?) })
    }
}

impl Driver {
    /// Finds and freezes the workflow that is named by id or name.
    pub(super) async fn target(&self, name: &str) -> Result<Result<Target, NodeError>, Stopped> {
        if self.run.depth >= self.core.limits.depth {
            return Ok(Err(NodeError::permanent(
                "too_deep",
                format!(
                    "child runs may be {} deep; does this workflow start itself without an end?",
                    self.core.limits.depth
                ),
            )));
        }
        let (store, owner) = (self.core.store.clone(), self.run.owner);
        let found = match self.insist(|| children::resolve(&store, owner, name)).await? {
            children::Resolved::Found(workflow) => workflow,
            children::Resolved::Unknown => {
                return Ok(Err(NodeError::permanent(
                    "unknown_workflow",
                    format!("there is no workflow `{name}`; choose one that exists"),
                )));
            }
            children::Resolved::Ambiguous(_) => {
                return Ok(Err(NodeError::permanent(
                    "ambiguous_workflow",
                    format!("several workflows are called `{name}`; choose one by its id"),
                )));
            }
        };
        let document = match self.insist_or_gone(|| workflows::get(&store, owner, found)).await? {
            Some(detail) => Workflow::from(&detail),
            None => {
                return Ok(Err(NodeError::permanent(
                    "unknown_workflow",
                    format!("the workflow `{name}` was deleted; choose another"),
                )));
            }
        };
        // Models and other workflows are not known here; what lacks them fails where it needs them.
        let problems = check::check(&document, &Environment::default());
        // What is not in the catalogue may have a behaviour all the same: the steps of tests.
        let behaves = |problem: &Problem| {
            let node = problem.node_id.and_then(|id| document.node(id));
            problem.code == "unknown_node_type"
                && node.is_some_and(|node| self.core.nodes.get(&node.node_type).is_some())
        };
        let is_bad = |problem: &&Problem| problem.severity == Severity::Error && !behaves(problem);
        if let Some(problem) = problems.iter().find(is_bad) {
            let at = problem.node.as_ref().map(|node| format!("{node}: ")).unwrap_or_default();
            return Ok(Err(NodeError::permanent(
                "workflow_has_problems",
                format!("the workflow `{name}` cannot run: {at}{}", problem.message),
            )));
        }
        let now = self.core.clock.now();
        let frozen = self
            .insist_or_gone(|| async {
                let write = store.write().await?;
                let version = versions::find_or_create(&write, owner, found, &document, now).await?;
                write.commit().await?;
                Ok(version)
            })
            .await?;
        Ok(frozen.map(|version| Target { workflow: found, version: VersionId(version.id) }).ok_or_else(
            || NodeError::permanent("unknown_workflow", format!("the workflow `{name}` was deleted")),
        ))
    }

    /// Asks until there is an answer; `None` where what is asked for does not exist.
    async fn insist_or_gone<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        ask: impl Fn() -> F,
    ) -> Result<Option<T>, Stopped> {
        self.insist(|| {
            let answer = ask();
            async {
                match answer.await {
                    Ok(found) => Ok(Some(found)),
                    Err(StoreError::NotFound(_)) => Ok(None),
                    Err(error) => Err(error),
                }
            }
        })
        .await
    }
}
