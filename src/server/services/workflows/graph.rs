//! Changes to the graph of a draft. Each raises the revision.

use super::rules;
use crate::{
    api::workflows::{EdgeBody, EdgeView, GraphBody, NodeBody, NodeView, WorkflowDetail},
    server::{
        error::AppError,
        state::AppState,
        store::{self, graph},
    },
    workflow::ids::{EdgeId, NodeId, UserId, WorkflowId},
};

/// Replaces the whole graph.
///
/// # Errors
/// 404, 409 `stale_revision`, 422 with the fields that keep it from being a graph.
pub async fn put_graph(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    body: GraphBody,
) -> Result<WorkflowDetail, AppError> {
    let nodes = body.nodes.iter().map(rules::node_of).collect();
    let edges = body.edges.iter().cloned().map(Into::into).collect();
    rules::check_graph(state, nodes, edges, body.notes.clone().unwrap_or_default())?;
    let write = state.store.write().await?;
    let saved = graph::put(&write, owner, id, &body, state.clock.now()).await?;
    write.commit().await?;
    Ok(saved)
}

/// The nodes of a workflow.
///
/// # Errors
/// 404.
pub async fn get_nodes(state: &AppState, owner: UserId, id: WorkflowId) -> Result<Vec<NodeView>, AppError> {
    Ok(store::workflows::get(&state.store, owner, id).await?.nodes)
}

/// One node.
///
/// # Errors
/// 404.
pub async fn get_node(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    node: NodeId,
) -> Result<NodeView, AppError> {
    Ok(graph::get_node(&state.store, owner, id, node).await?)
}

/// Adds a node.
///
/// # Errors
/// 404, 409 for a taken name or a stale revision, 422 with the fields that break a rule.
pub async fn create_node(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    body: NodeBody,
    revision: Option<i64>,
) -> Result<NodeView, AppError> {
    rules::check_node(state, &body)?;
    let write = state.store.write().await?;
    rules::check_room(state, store::workflows::get(&write, owner, id).await?.nodes.len())?;
    let made = graph::create_node(&write, owner, id, body, revision, state.clock.now()).await?;
    write.commit().await?;
    Ok(made)
}

/// Replaces a node; settings that the body leaves out stay.
///
/// # Errors
/// As [`create_node`].
pub async fn update_node(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    node: NodeId,
    body: NodeBody,
    revision: Option<i64>,
) -> Result<NodeView, AppError> {
    rules::check_node(state, &body)?;
    let write = state.store.write().await?;
    let changed = graph::update_node(&write, owner, id, node, body, revision, state.clock.now()).await?;
    write.commit().await?;
    Ok(changed)
}

/// Removes a node and its edges.
///
/// # Errors
/// 404, 409 `stale_revision`.
pub async fn delete_node(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    node: NodeId,
    revision: Option<i64>,
) -> Result<(), AppError> {
    let write = state.store.write().await?;
    graph::delete_node(&write, owner, id, node, revision, state.clock.now()).await?;
    Ok(write.commit().await?)
}

/// The edges of a workflow.
///
/// # Errors
/// 404.
pub async fn get_edges(state: &AppState, owner: UserId, id: WorkflowId) -> Result<Vec<EdgeView>, AppError> {
    Ok(store::workflows::get(&state.store, owner, id).await?.edges)
}

/// Adds an edge.
///
/// # Errors
/// 404, 409 for an edge that is there already or a stale revision, 422 for unknown nodes.
pub async fn create_edge(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    body: EdgeBody,
    revision: Option<i64>,
) -> Result<EdgeView, AppError> {
    rules::check_edge(&body)?;
    let write = state.store.write().await?;
    let made = graph::create_edge(&write, owner, id, body, revision, state.clock.now()).await?;
    write.commit().await?;
    Ok(made)
}

/// Removes an edge.
///
/// # Errors
/// 404, 409 `stale_revision`.
pub async fn delete_edge(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    edge: EdgeId,
    revision: Option<i64>,
) -> Result<(), AppError> {
    let write = state.store.write().await?;
    graph::delete_edge(&write, owner, id, edge, revision, state.clock.now()).await?;
    Ok(write.commit().await?)
}
