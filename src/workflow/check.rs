//! Problems that can be known before a run, each with its node and field. Validation never executes anything.

mod agent;
mod callee;
mod collection;
mod config;
mod credential;
mod fields;
mod graph;
mod lists;
mod memory;
mod reach;
mod settings;
mod structure;
mod types;
mod upstream;

pub use callee::{CalleeError, find_workflow};
pub use graph::order;
pub use memory::Memory;
pub(super) use structure::name_mistake;
pub use structure::{StructureError, structure};
pub use upstream::{Upstream, upstream};

use super::document::{Node, Workflow};
use super::ids::{NodeId, WorkflowId};
use serde::{Deserialize, Serialize};

/// One thing that is wrong, or may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Problem {
    /// The node's name; `None` where the whole workflow is meant.
    pub node: Option<String>,
    #[cfg_attr(feature = "ssr", schema(value_type = Option<uuid::Uuid>))]
    pub node_id: Option<NodeId>,
    /// Dotted path of the field, such as `config.prompt_template`.
    pub field: Option<String>,
    pub code: String,
    pub message: String,
    pub severity: Severity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The run is refused.
    Error,
    /// The run may go well.
    Warning,
}

/// Steps that a workflow may have, unless the configuration says otherwise.
pub const MAX_NODES: usize = 1_000;
/// Characters of a node's or workflow's name.
pub const MAX_NAME_CHARS: usize = 200;

/// What is known of the place where the workflow shall run. The browser and the command line may know nothing of it.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Names of the installed chat models; `None`: not known, models are not checked.
    pub installed_models: Option<Vec<String>>,
    /// How bad it is that a model is not installed.
    pub missing_model: Severity,
    pub max_nodes: usize,
    /// The owner's workflows, which `sub_workflow` and `for_each` may start; `None`: not known, not checked.
    pub workflows: Option<Vec<KnownWorkflow>>,
    /// Names of the owner's collections; `None`: not known, not checked.
    pub collections: Option<Vec<String>>,
    /// Names of the owner's tables; `None`: not known, not checked.
    pub tables: Option<Vec<String>>,
    /// The owner's credentials; `None`: not known, not checked.
    pub credentials: Option<Vec<KnownCredential>>,
}

/// A credential that steps may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCredential {
    pub id: uuid::Uuid,
    pub name: String,
    /// `bearer`, `basic`, …
    pub kind: String,
}

/// A workflow that others may start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownWorkflow {
    pub id: WorkflowId,
    pub name: String,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            installed_models: None,
            missing_model: Severity::Warning,
            max_nodes: MAX_NODES,
            workflows: None,
            collections: None,
            tables: None,
            credentials: None,
        }
    }
}

/// Everything that is wrong with a workflow, in a fixed order: the workflow itself, then its nodes in their order, each
/// with its name, settings, edges, config and references.
#[must_use]
pub fn check(workflow: &Workflow, environment: &Environment) -> Vec<Problem> {
    check_again(workflow, environment, &mut Memory::default())
}

/// The same with what is remembered of the check before, for an editor that checks after every change.
#[must_use]
pub fn check_again(workflow: &Workflow, environment: &Environment, memory: &mut Memory) -> Vec<Problem> {
    let mut problems = Problems(Vec::new());
    settings::check_workflow(workflow, environment, &mut problems);
    let graph = graph::Graph::new(workflow);
    graph.check_cycles(&mut problems);
    graph.check_dangling(&mut problems);
    let reach = reach::Reach::new(&graph);
    let types = types::Types::new(&graph, &reach);
    for (index, node) in workflow.nodes.iter().enumerate() {
        settings::check_node(node, &mut problems);
        graph.check_edges(index, &mut problems);
        reach.check_runs(index, &mut problems);
        config::check(&types, index, (environment, memory), &mut problems);
    }
    memory.turn();
    problems.0
}

/// Whether a run may start: no problem is an error.
#[must_use]
pub fn can_run(problems: &[Problem]) -> bool {
    problems.iter().all(|p| p.severity != Severity::Error)
}

/// Collects problems.
struct Problems(Vec<Problem>);

impl Problems {
    fn add(
        &mut self,
        severity: Severity,
        node: Option<&Node>,
        field: Option<&str>,
        code: &str,
        message: impl Into<String>,
    ) {
        self.0.push(Problem {
            node: node.map(|n| n.name.clone()),
            node_id: node.map(|n| n.id),
            field: field.map(str::to_owned),
            code: code.to_owned(),
            message: message.into(),
            severity,
        });
    }

    fn error(&mut self, node: Option<&Node>, field: Option<&str>, code: &str, message: impl Into<String>) {
        self.add(Severity::Error, node, field, code, message);
    }

    fn warning(&mut self, node: Option<&Node>, field: Option<&str>, code: &str, message: impl Into<String>) {
        self.add(Severity::Warning, node, field, code, message);
    }
}
