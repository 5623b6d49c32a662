//! What keeps a draft from being saved.

use crate::{
    api::{
        problem::FieldError,
        workflows::{EdgeBody, NodeBody, WorkflowBody},
    },
    server::{error::AppError, services::Fields, state::AppState},
    workflow::{
        check,
        document::{Edge, Node, Workflow},
        ids::NodeId,
        notes::Note,
    },
};

const NAME_CHARS: usize = check::MAX_NAME_CHARS;
const DESCRIPTION_CHARS: usize = 10_000;
const PORT_CHARS: usize = 100;

/// Name and description of a workflow.
pub(super) fn check_body(body: &WorkflowBody) -> Result<(), AppError> {
    let mut fields = Fields::default();
    fields.line("name", &body.name, 1, NAME_CHARS);
    if body.description.chars().count() > DESCRIPTION_CHARS {
        fields.refuse("description", format!("is longer than {DESCRIPTION_CHARS} characters"));
    }
    fields.check()
}

/// A whole graph: ids, names and ends of edges; and notes.
pub(super) fn check_graph(
    state: &AppState,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    notes: Vec<Note>,
) -> Result<(), AppError> {
    structure(state, nodes, edges, notes, "")
}

/// A node by itself; whether its name is taken is the store's to say.
pub(super) fn check_node(state: &AppState, body: &NodeBody) -> Result<(), AppError> {
    let node = Node {
        id: NodeId::new(),
        name: body.name.clone(),
        node_type: body.node_type.clone(),
        config: body.config.clone(),
        settings: body.settings.clone().unwrap_or_default(),
        position_x: body.position_x,
        position_y: body.position_y,
    };
    structure(state, vec![node], Vec::new(), Vec::new(), "nodes.0.")
}

/// The ports of an edge; whether its nodes exist is the store's to say.
pub(super) fn check_edge(body: &EdgeBody) -> Result<(), AppError> {
    let mut fields = Fields::default();
    for (field, port) in [("source_port", &body.source_port), ("target_port", &body.target_port)] {
        if let Some(port) = port {
            fields.line(field, port, 1, PORT_CHARS);
        }
    }
    fields.check()
}

/// One more node would be too many.
pub(super) fn check_room(state: &AppState, nodes: usize) -> Result<(), AppError> {
    let max = state.config.limits.max_nodes;
    if nodes < max {
        return Ok(());
    }
    Err(AppError::field("nodes", format!("a workflow may have {max} nodes (MILLRACE_MAX_NODES); split it")))
}

fn structure(
    state: &AppState,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    notes: Vec<Note>,
    prefix: &str,
) -> Result<(), AppError> {
    let document = Workflow {
        name: "draft".to_owned(),
        description: String::new(),
        input_schema: None,
        vars: serde_json::Map::new(),
        nodes,
        edges,
        notes,
    };
    let errors: Vec<FieldError> = check::structure(&document, Some(state.config.limits.max_nodes))
        .into_iter()
        .map(|error| FieldError {
            field: error.field.strip_prefix(prefix).unwrap_or(&error.field).to_owned(),
            message: error.message.trim_end_matches('.').to_owned(),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(AppError::fields(errors)) }
}

/// The same node as a part of a document; its config does not matter here.
pub(super) fn node_of(view: &crate::api::workflows::NodeView) -> Node {
    Node {
        id: NodeId(view.id),
        name: view.name.clone(),
        node_type: view.node_type.clone(),
        config: serde_json::Map::new(),
        settings: view.settings.clone(),
        position_x: view.position_x,
        position_y: view.position_y,
    }
}
