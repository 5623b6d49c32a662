//! Which steps use a collection, a table or a credential: asked before one of those is deleted.

use crate::{
    api::uses::Use,
    server::{error::AppError, state::AppState, store},
    workflow::{
        catalog::{self, NodeType},
        ids::UserId,
    },
};
use serde_json::Value;

/// Every step of the owner's workflows that names something of a kind (`collection`, `table`, `credential`): the kinds
/// are those that the catalogue gives fields of configs as `x-widget`. Names that are computed are not known before a run.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn list(state: &AppState, owner: UserId, kind: &str) -> Result<Vec<Use>, AppError> {
    let types: Vec<_> = catalog::all().iter().filter(|t| fields(t, kind).next().is_some()).collect();
    let names: Vec<_> = types.iter().map(|t| t.name).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let workflows = store::children::known(&state.store, owner).await?;
    let steps = store::uses::steps_of_types(&state.store, owner, &names).await?;
    let uses = steps.into_iter().filter_map(|step| {
        let node_type = types.iter().find(|t| t.name == step.node_type)?;
        // With a credential a table is one of another database.
        if kind == "table"
            && step.config.get("credential").and_then(Value::as_str).is_some_and(|c| !c.is_empty())
        {
            return None;
        }
        let target = fields(node_type, kind).find_map(|field| step.config.get(field)?.as_str())?.to_owned();
        let workflow = workflows.iter().find(|w| w.id == step.workflow)?;
        Some(Use {
            target,
            workflow_id: workflow.id.0,
            workflow_name: workflow.name.clone(),
            node_name: step.name,
        })
    });
    Ok(uses.collect())
}

/// The fields of a node type that name something of a kind.
fn fields<'a>(node_type: &'a NodeType, kind: &'a str) -> impl Iterator<Item = &'a str> {
    node_type
        .fields
        .iter()
        .filter(move |field| field.schema.get("x-widget").and_then(Value::as_str) == Some(kind))
        .map(|field| field.name.as_str())
}
