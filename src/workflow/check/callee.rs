//! The workflow that a step starts: which of the owner's it is, by id or name.

use super::{Environment, KnownWorkflow, Problems};
use crate::workflow::catalog::NodeType;
use crate::workflow::document::Node;
use crate::workflow::expression::nearest;
use crate::workflow::ids::WorkflowId;

/// Ids that a message lists at most.
const SHOWN_IDS: usize = 3;

/// Why a text means no workflow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalleeError {
    #[error("There is no workflow `{named}`. {hint}")]
    Unknown { named: String, hint: String },
    #[error(
        "{count} of your workflows are called `{named}`. Rename the others, or write the id instead: {ids}."
    )]
    Ambiguous { named: String, count: usize, ids: String },
}

impl CalleeError {
    /// Stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown_workflow",
            Self::Ambiguous { .. } => "ambiguous_workflow",
        }
    }
}

/// The workflow that the `workflow` field of a step means: the one of that id, else the only one of exactly
/// that name.
///
/// # Errors
/// None or several fit.
pub fn find_workflow<'w>(known: &'w [KnownWorkflow], named: &str) -> Result<&'w KnownWorkflow, CalleeError> {
    let by_id = named.parse::<WorkflowId>().ok().and_then(|id| known.iter().find(|w| w.id == id));
    if let Some(found) = by_id {
        return Ok(found);
    }
    let fitting: Vec<&KnownWorkflow> = known.iter().filter(|w| w.name == named).collect();
    match fitting.as_slice() {
        [only] => Ok(only),
        [] => Err(CalleeError::Unknown { named: named.to_owned(), hint: hint(known, named) }),
        several => {
            let ids: Vec<String> = several.iter().take(SHOWN_IDS).map(|w| w.id.to_string()).collect();
            let more = if several.len() > SHOWN_IDS { ", …" } else { "" };
            Err(CalleeError::Ambiguous {
                named: named.to_owned(),
                count: several.len(),
                ids: ids.join(", ") + more,
            })
        }
    }
}

fn hint(known: &[KnownWorkflow], named: &str) -> String {
    if named.contains("{{") {
        return "Expressions are not evaluated here: write a name or an id.".to_owned();
    }
    match nearest(named, known.iter().map(|w| w.name.as_str())) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "Choose one of yours, or make it first.".to_owned(),
    }
}

/// Reports fields that name no workflow of the owner. A disabled step starts none.
pub(super) fn check(node: &Node, node_type: &NodeType, environment: &Environment, problems: &mut Problems) {
    let Some(known) = environment.workflows.as_ref().filter(|_| !node.settings.disabled) else { return };
    for field in &node_type.fields {
        let is_workflow = field.schema.get("x-widget").is_some_and(|w| w == "workflow");
        let named = node.config.get(&field.name).and_then(|v| v.as_str()).filter(|n| !n.trim().is_empty());
        if let Some(named) = named.filter(|_| is_workflow)
            && let Err(error) = find_workflow(known, named)
        {
            let place = format!("config.{}", field.name);
            problems.error(Some(node), Some(&place), error.code(), error.to_string());
        }
    }
}
