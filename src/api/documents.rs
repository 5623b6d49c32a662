//! Between the wire types of a graph and the document: the one place where each field is named.

use super::workflows::{EdgeView, GraphBody, NodeView, WorkflowDetail};
use crate::workflow::{
    document::{Edge, Node, Workflow},
    ids::{EdgeId, NodeId},
};

impl From<NodeView> for Node {
    fn from(view: NodeView) -> Self {
        Self {
            id: NodeId(view.id),
            name: view.name,
            node_type: view.node_type,
            config: view.config,
            settings: view.settings,
            position_x: view.position_x,
            position_y: view.position_y,
        }
    }
}

impl From<Node> for NodeView {
    fn from(node: Node) -> Self {
        Self {
            id: node.id.0,
            name: node.name,
            node_type: node.node_type,
            config: node.config,
            settings: node.settings,
            position_x: node.position_x,
            position_y: node.position_y,
        }
    }
}

impl From<EdgeView> for Edge {
    fn from(view: EdgeView) -> Self {
        Self {
            id: EdgeId(view.id),
            source_node_id: NodeId(view.source_node_id),
            source_port: view.source_port,
            target_node_id: NodeId(view.target_node_id),
            target_port: view.target_port,
        }
    }
}

impl From<Edge> for EdgeView {
    fn from(edge: Edge) -> Self {
        Self {
            id: edge.id.0,
            source_node_id: edge.source_node_id.0,
            source_port: edge.source_port,
            target_node_id: edge.target_node_id.0,
            target_port: edge.target_port,
        }
    }
}

/// The draft as a document: what is checked, digested and frozen.
impl From<&WorkflowDetail> for Workflow {
    fn from(detail: &WorkflowDetail) -> Self {
        Self {
            name: detail.name.clone(),
            description: detail.description.clone(),
            input_schema: detail.input_schema.clone(),
            vars: detail.vars.clone(),
            nodes: detail.nodes.iter().cloned().map(Node::from).collect(),
            edges: detail.edges.iter().cloned().map(Edge::from).collect(),
            notes: detail.notes.clone(),
        }
    }
}

impl GraphBody {
    /// The graph of a document, as an edit of that revision.
    #[must_use]
    pub fn of(document: &Workflow, revision: i64) -> Self {
        Self {
            revision,
            nodes: document.nodes.iter().cloned().map(NodeView::from).collect(),
            edges: document.edges.iter().cloned().map(EdgeView::from).collect(),
            notes: Some(document.notes.clone()),
        }
    }
}
