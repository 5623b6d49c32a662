//! Nodes and edges of a draft. Every change checks and raises the revision of the workflow in its transaction.

use super::{
    Read, StoreError, Write,
    entities::{edges, nodes},
    json, notes, workflows,
};
use crate::{
    api::workflows::{EdgeBody, EdgeView, GraphBody, NodeBody, NodeView, WorkflowDetail},
    workflow::ids::{EdgeId, NodeId, UserId, WorkflowId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Set,
    sea_query::{Expr, Query},
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Rows of one statement; SQLite takes 32,766 values.
const ROWS: usize = 1000;

/// Replaces the whole graph, and the notes where there are some in the body; ids are the client's. Nothing happens, and
/// the revision stays, if all is the same.
///
/// # Errors
/// `NotFound`, `Stale`, `Unique` for names and ids, `Invalid` for NUL characters and for edges to unknown nodes.
pub async fn put(
    write: &Write,
    owner: UserId,
    id: WorkflowId,
    body: &GraphBody,
    now: DateTime<Utc>,
) -> Result<WorkflowDetail, StoreError> {
    let row = workflows::lock(write, owner, id, Some(body.revision)).await?;
    let has_new_graph = replace(write, id, &body.nodes, &body.edges).await?;
    let has_new_notes = match &body.notes {
        Some(new) => notes::replace(write, &row, new).await?,
        None => false,
    };
    if has_new_graph || has_new_notes {
        workflows::raise(write, &row, now).await?;
    }
    workflows::get(write, owner, id).await
}

/// Makes the stored graph equal to this one; tells whether anything changed.
pub(super) async fn replace(
    write: &Write,
    id: WorkflowId,
    new_nodes: &[NodeView],
    new_edges: &[EdgeView],
) -> Result<bool, StoreError> {
    let known: HashSet<Uuid> = new_nodes.iter().map(|node| node.id).collect();
    for (i, edge) in new_edges.iter().enumerate() {
        check_ends(&known, &format!("edges.{i}."), edge.source_node_id, edge.target_node_id)?;
        refuse_nul_in_edge(&format!("edges.{i}."), edge)?;
    }
    for (i, node) in new_nodes.iter().enumerate() {
        refuse_nul_in_node(&format!("nodes.{i}."), node)?;
    }
    let (old_nodes, old_edges) = load(write, id).await?;
    let old: HashMap<Uuid, &NodeView> = old_nodes.iter().map(|node| (node.id, node)).collect();
    let changed: Vec<&NodeView> = new_nodes.iter().filter(|node| old.get(&node.id) != Some(node)).collect();
    let gone = old_nodes.iter().map(|node| node.id).filter(|node| !known.contains(node));
    // Changed nodes are removed and made again: two of them may have swapped their names.
    let removed: Vec<Uuid> =
        gone.chain(changed.iter().map(|node| node.id).filter(|id| old.contains_key(id))).collect();
    let same_edges = {
        let mut before = old_edges.clone();
        let mut after = new_edges.to_vec();
        before.sort_by_key(|edge| edge.id);
        after.sort_by_key(|edge| edge.id);
        before == after
    };
    if removed.is_empty() && changed.is_empty() && same_edges {
        return Ok(false);
    }
    // Edges go first and come last: they refer to nodes.
    edges::Entity::delete_many().filter(edges::Column::WorkflowId.eq(id.0)).exec(write.connection()).await?;
    for ids in removed.chunks(ROWS) {
        nodes::Entity::delete_many()
            .filter(nodes::Column::WorkflowId.eq(id.0))
            .filter(nodes::Column::Id.is_in(ids.iter().copied()))
            .exec(write.connection())
            .await?;
    }
    for some in changed.chunks(ROWS) {
        insert_nodes(write, id, some).await?;
    }
    for some in new_edges.chunks(ROWS) {
        let rows = some.iter().map(|edge| edge_row(id, edge));
        edges::Entity::insert_many(rows).exec_without_returning(write.connection()).await?;
    }
    Ok(true)
}

/// Adds a node.
///
/// # Errors
/// `NotFound`, `Stale`, `Unique("name")`, `Invalid` for NUL characters.
pub async fn create_node(
    write: &Write,
    owner: UserId,
    id: WorkflowId,
    body: NodeBody,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<NodeView, StoreError> {
    let workflow = workflows::lock(write, owner, id, expected).await?;
    let node = node_of_body(NodeId::new().0, body);
    refuse_nul_in_node("", &node)?;
    insert_nodes(write, id, &[&node]).await?;
    workflows::raise(write, &workflow, now).await?;
    Ok(node)
}

/// One node.
///
/// # Errors
/// `NotFound` for the workflow or the node.
pub async fn get_node(
    db: &impl Read,
    owner: UserId,
    id: WorkflowId,
    node: NodeId,
) -> Result<NodeView, StoreError> {
    workflows::find(db, owner, id).await?;
    let row = nodes::Entity::find_by_id(node.0)
        .filter(nodes::Column::WorkflowId.eq(id.0))
        .one(db.connection())
        .await?
        .ok_or_else(StoreError::missing("node"))?;
    node_view(row)
}

/// Replaces a node; settings that the body leaves out stay.
///
/// # Errors
/// `NotFound`, `Stale`, `Unique("name")`, `Invalid` for NUL characters.
pub async fn update_node(
    write: &Write,
    owner: UserId,
    id: WorkflowId,
    node: NodeId,
    body: NodeBody,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<NodeView, StoreError> {
    let workflow = workflows::lock(write, owner, id, expected).await?;
    let before = get_node(write, owner, id, node).await?;
    let settings = body.settings.clone().unwrap_or_else(|| before.settings.clone());
    let after = NodeView { settings, ..node_of_body(node.0, body) };
    if before == after {
        return Ok(after);
    }
    refuse_nul_in_node("", &after)?;
    let update = Query::update()
        .table(nodes::Entity)
        .values(NODE_COLUMNS.into_iter().zip(node_row(write, id, &after)?))
        .and_where(nodes::Column::Id.eq(node.0))
        .to_owned();
    write.connection().execute(&update).await?;
    workflows::raise(write, &workflow, now).await?;
    Ok(after)
}

/// Removes a node and its edges.
///
/// # Errors
/// `NotFound`, `Stale`.
pub async fn delete_node(
    write: &Write,
    owner: UserId,
    id: WorkflowId,
    node: NodeId,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let workflow = workflows::lock(write, owner, id, expected).await?;
    let done = nodes::Entity::delete_many()
        .filter(nodes::Column::WorkflowId.eq(id.0))
        .filter(nodes::Column::Id.eq(node.0))
        .exec(write.connection())
        .await?;
    if done.rows_affected == 0 {
        return Err(StoreError::NotFound("node"));
    }
    workflows::raise(write, &workflow, now).await
}

/// Adds an edge.
///
/// # Errors
/// `NotFound`, `Stale`, `Unique("edge")`, `Invalid` when an end is not a node of this workflow.
pub async fn create_edge(
    write: &Write,
    owner: UserId,
    id: WorkflowId,
    body: EdgeBody,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<EdgeView, StoreError> {
    let workflow = workflows::lock(write, owner, id, expected).await?;
    let (nodes, _) = load(write, id).await?;
    let known = nodes.iter().map(|node| node.id).collect();
    check_ends(&known, "", body.source_node_id, body.target_node_id)?;
    let edge = EdgeView {
        id: EdgeId::new().0,
        source_node_id: body.source_node_id,
        source_port: body.source_port,
        target_node_id: body.target_node_id,
        target_port: body.target_port,
    };
    refuse_nul_in_edge("", &edge)?;
    edge_row(id, &edge).insert(write.connection()).await?;
    workflows::raise(write, &workflow, now).await?;
    Ok(edge)
}

/// Removes an edge.
///
/// # Errors
/// `NotFound`, `Stale`.
pub async fn delete_edge(
    write: &Write,
    owner: UserId,
    id: WorkflowId,
    edge: EdgeId,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let workflow = workflows::lock(write, owner, id, expected).await?;
    let done = edges::Entity::delete_many()
        .filter(edges::Column::WorkflowId.eq(id.0))
        .filter(edges::Column::Id.eq(edge.0))
        .exec(write.connection())
        .await?;
    if done.rows_affected == 0 {
        return Err(StoreError::NotFound("edge"));
    }
    workflows::raise(write, &workflow, now).await
}

/// All nodes and edges of a workflow whose owner was checked, oldest first.
pub(super) async fn load(
    db: &impl Read,
    id: WorkflowId,
) -> Result<(Vec<NodeView>, Vec<EdgeView>), StoreError> {
    let nodes = nodes::Entity::find()
        .filter(nodes::Column::WorkflowId.eq(id.0))
        .order_by_asc(nodes::Column::Id)
        .all(db.connection())
        .await?;
    let edges = edges::Entity::find()
        .filter(edges::Column::WorkflowId.eq(id.0))
        .order_by_asc(edges::Column::Id)
        .all(db.connection())
        .await?;
    let nodes = nodes.into_iter().map(node_view).collect::<Result<Vec<_>, _>>()?;
    Ok((nodes, edges.into_iter().map(edge_view).collect()))
}

fn node_of_body(id: Uuid, body: NodeBody) -> NodeView {
    NodeView {
        id,
        name: body.name,
        node_type: body.node_type,
        config: body.config,
        settings: body.settings.unwrap_or_default(),
        position_x: body.position_x,
        position_y: body.position_y,
    }
}

const NODE_COLUMNS: [nodes::Column; 8] = [
    nodes::Column::Id,
    nodes::Column::WorkflowId,
    nodes::Column::Name,
    nodes::Column::NodeType,
    nodes::Column::Config,
    nodes::Column::Settings,
    nodes::Column::PositionX,
    nodes::Column::PositionY,
];

/// Not by active models: their JSON would lose the order of its keys, see `json`.
async fn insert_nodes(write: &Write, workflow: WorkflowId, some: &[&NodeView]) -> Result<(), StoreError> {
    let mut insert = Query::insert();
    insert.into_table(nodes::Entity).columns(NODE_COLUMNS);
    for node in some {
        insert.values_panic(node_row(write, workflow, node)?);
    }
    write.connection().execute(&insert).await?;
    Ok(())
}

/// The values of `NODE_COLUMNS`.
fn node_row(write: &Write, workflow: WorkflowId, node: &NodeView) -> Result<[Expr; 8], StoreError> {
    let backend = write.backend();
    Ok([
        node.id.into(),
        workflow.0.into(),
        node.name.as_str().into(),
        node.node_type.as_str().into(),
        json::value(backend, &node.config)?,
        json::value(backend, &node.settings)?,
        node.position_x.into(),
        node.position_y.into(),
    ])
}

fn node_view(row: nodes::Model) -> Result<NodeView, StoreError> {
    Ok(NodeView {
        id: row.id,
        name: row.name,
        node_type: row.node_type,
        config: workflows::object(row.config)?,
        settings: serde_json::from_value(row.settings).map_err(StoreError::damaged)?,
        position_x: row.position_x,
        position_y: row.position_y,
    })
}

fn edge_row(workflow: WorkflowId, edge: &EdgeView) -> edges::ActiveModel {
    edges::ActiveModel {
        id: Set(edge.id),
        workflow_id: Set(workflow.0),
        source_node_id: Set(edge.source_node_id),
        source_port: Set(edge.source_port.clone().unwrap_or_default()),
        target_node_id: Set(edge.target_node_id),
        target_port: Set(edge.target_port.clone().unwrap_or_default()),
    }
}

fn edge_view(row: edges::Model) -> EdgeView {
    let port = |text: String| (!text.is_empty()).then_some(text);
    EdgeView {
        id: row.id,
        source_node_id: row.source_node_id,
        source_port: port(row.source_port),
        target_node_id: row.target_node_id,
        target_port: port(row.target_port),
    }
}

fn check_ends(known: &HashSet<Uuid>, path: &str, source: Uuid, target: Uuid) -> Result<(), StoreError> {
    for (field, id) in [("source_node_id", source), ("target_node_id", target)] {
        if !known.contains(&id) {
            return Err(StoreError::Invalid {
                field: format!("{path}{field}"),
                message: format!("{id} is not a node of this workflow; name one that is"),
            });
        }
    }
    Ok(())
}

fn refuse_nul_in_node(path: &str, node: &NodeView) -> Result<(), StoreError> {
    json::refuse_nul(&format!("{path}name"), &node.name)?;
    json::refuse_nul(&format!("{path}node_type"), &node.node_type)?;
    for (key, value) in &node.config {
        json::refuse_nul(&format!("{path}config"), key)?;
        json::refuse_nul_inside(&format!("{path}config.{key}"), value)?;
    }
    if let Some(pinned) = &node.settings.pinned_output {
        json::refuse_nul_inside(&format!("{path}settings.pinned_output"), pinned)?;
    }
    json::refuse_nul(&format!("{path}settings.note"), node.settings.note.as_deref().unwrap_or_default())
}

fn refuse_nul_in_edge(path: &str, edge: &EdgeView) -> Result<(), StoreError> {
    json::refuse_nul(&format!("{path}source_port"), edge.source_port.as_deref().unwrap_or_default())?;
    json::refuse_nul(&format!("{path}target_port"), edge.target_port.as_deref().unwrap_or_default())
}
