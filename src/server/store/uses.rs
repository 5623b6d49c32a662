//! Steps of the owner's workflows by their type, with their configs: what tells which of them use something.

use super::{
    Read, StoreError,
    entities::{nodes, workflows},
};
use crate::workflow::ids::{UserId, WorkflowId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::Value;
use uuid::Uuid;

/// One step and the workflow that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub workflow: WorkflowId,
    pub name: String,
    pub node_type: String,
    pub config: Value,
}

/// The steps of these types in the drafts of the owner's live workflows.
///
/// # Errors
/// `Unavailable`.
pub async fn steps_of_types(
    db: &impl Read,
    owner: UserId,
    node_types: &[&str],
) -> Result<Vec<Step>, StoreError> {
    let live = workflows::Entity::find()
        .select_only()
        .column(workflows::Column::Id)
        .filter(workflows::Column::UserId.eq(owner.0))
        .filter(workflows::Column::DeletedAt.is_null())
        .into_query();
    let rows: Vec<(Uuid, String, String, Value)> = nodes::Entity::find()
        .select_only()
        .columns([
            nodes::Column::WorkflowId,
            nodes::Column::Name,
            nodes::Column::NodeType,
            nodes::Column::Config,
        ])
        .filter(nodes::Column::WorkflowId.in_subquery(live))
        .filter(nodes::Column::NodeType.is_in(node_types.iter().copied()))
        .order_by_desc(nodes::Column::WorkflowId)
        .order_by_asc(nodes::Column::Name)
        .into_tuple()
        .all(db.connection())
        .await?;
    let step = |(workflow, name, node_type, config)| Step {
        workflow: WorkflowId(workflow),
        name,
        node_type,
        config,
    };
    Ok(rows.into_iter().map(step).collect())
}
