//! Which steps use a collection, a table or a credential: asked before one of those is deleted.

use crate::{
    api::uses::Use,
    server::{
        error::AppError,
        state::AppState,
        store::{self, uses::Step},
    },
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
    let names: Vec<_> = types.iter().map(|t| t.name).chain([AGENT]).collect();
    let workflows = store::children::known(&state.store, owner).await?;
    let steps = store::uses::steps_of_types(&state.store, owner, &names).await?;
    let uses = steps.into_iter().flat_map(|step| {
        let workflow = workflows.iter().find(|w| w.id == step.workflow);
        let named = workflow.map(|workflow| {
            targets(&step, &types, kind).into_iter().map(move |target| Use {
                target,
                workflow_id: workflow.id.0,
                workflow_name: workflow.name.clone(),
                node_name: step.name.clone(),
            })
        });
        named.into_iter().flatten().collect::<Vec<_>>()
    });
    Ok(uses.collect())
}

/// The node type whose tools name things, deeper than a field.
const AGENT: &str = "agent";

/// What a step names of a kind, each once.
fn targets(step: &Step, types: &[&NodeType], kind: &str) -> Vec<String> {
    let text = |config: &Value, field: &str| config.get(field).and_then(Value::as_str).map(str::to_owned);
    // With a credential a table is one of another database.
    let is_elsewhere =
        |config: &Value| kind == "table" && text(config, "credential").is_some_and(|name| !name.is_empty());
    if step.node_type == AGENT {
        let field = match kind {
            "collection" => "collection_name",
            "table" | "credential" => kind,
            _ => return Vec::new(),
        };
        let tools = step.config.get("tools").and_then(Value::as_array).into_iter().flatten();
        let mut named: Vec<_> =
            tools.filter(|tool| !is_elsewhere(tool)).filter_map(|tool| text(tool, field)).collect();
        named.sort();
        named.dedup();
        return named;
    }
    let node_type = types.iter().find(|t| t.name == step.node_type);
    let mut fields = node_type.into_iter().flat_map(|node_type| fields(node_type, kind));
    if is_elsewhere(&step.config) {
        return Vec::new();
    }
    fields.find_map(|field| text(&step.config, field)).into_iter().collect()
}

/// The fields of a node type that name something of a kind.
fn fields<'a>(node_type: &'a NodeType, kind: &'a str) -> impl Iterator<Item = &'a str> {
    node_type
        .fields
        .iter()
        .filter(move |field| field.schema.get("x-widget").and_then(Value::as_str) == Some(kind))
        .map(|field| field.name.as_str())
}
