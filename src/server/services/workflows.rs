//! Workflows: the draft, its nodes and edges, versions, the checker's report, templates.
//! A draft may be incomplete; only what is not a graph is refused here. `validate` reports the rest.

mod graph;
mod next_steps;
mod rules;
mod templates;
mod versions;

pub use crate::server::store::workflows::DraftHead;
pub use graph::{
    create_edge, create_node, delete_edge, delete_node, get_edges, get_node, get_nodes, put_graph,
    update_node,
};
pub use next_steps::next_steps;
pub use templates::{create_from_document, create_from_template, template_cards, templates};
pub use versions::{diff_versions, get_version, list_versions, restore_version};

use super::{page_request, triggers};
use crate::{
    api::{
        page::Page,
        problem::{Problem, Validation},
        workflows::{WorkflowBody, WorkflowDetail, WorkflowSummary},
    },
    server::{error::AppError, state::AppState, store},
    workflow::{
        catalog::{self, Field, FieldKind},
        check::{self, Environment, KnownWorkflow, Severity},
        document::Workflow,
        ids::{UserId, WorkflowId},
    },
};

/// A page of the owner's workflows, newest first; `limit` from 1 to 200.
///
/// # Errors
/// 422 for a bad `limit` or `after`.
pub async fn list(
    state: &AppState,
    owner: UserId,
    after: Option<String>,
    limit: u64,
) -> Result<Page<WorkflowSummary>, AppError> {
    Ok(store::workflows::list(&state.store, owner, &page_request(after, limit)?).await?)
}

/// Makes an empty workflow.
///
/// # Errors
/// 422 with the fields that break a rule.
pub async fn create(state: &AppState, owner: UserId, body: WorkflowBody) -> Result<WorkflowDetail, AppError> {
    rules::check_body(&body)?;
    let write = state.store.write().await?;
    let made = store::workflows::create(&write, owner, &body, state.clock.now()).await?;
    write.commit().await?;
    Ok(made)
}

/// A workflow with its nodes and edges.
///
/// # Errors
/// 404.
pub async fn get(state: &AppState, owner: UserId, id: WorkflowId) -> Result<WorkflowDetail, AppError> {
    Ok(store::workflows::get(&state.store, owner, id).await?)
}

/// What changes when the draft does; tells whether the workflow is the owner's, too.
///
/// # Errors
/// 404 if it is not.
pub async fn head(state: &AppState, owner: UserId, id: WorkflowId) -> Result<DraftHead, AppError> {
    Ok(store::workflows::head(&state.store, owner, id).await?)
}

/// Replaces name, description, input schema and what else the body holds. `revision`: the one that the edit
/// started from, if the caller wants to be told of another.
///
/// # Errors
/// 404, 409 `stale_revision`, 422 with the fields that break a rule.
pub async fn update(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    body: WorkflowBody,
    revision: Option<i64>,
) -> Result<WorkflowDetail, AppError> {
    rules::check_body(&body)?;
    let write = state.store.write().await?;
    let was_active = store::triggers::lock_workflow(&write, owner, id).await?;
    let changed = store::workflows::update(&write, owner, id, &body, revision, state.clock.now()).await?;
    if changed.is_active != was_active {
        triggers::switch(state, &write, owner, id, changed.is_active).await?;
    }
    write.commit().await?;
    state.alarm.ring();
    Ok(changed)
}

/// Switches a workflow's triggers on or off; everything else stays. What was missed while they were off is not made up for.
///
/// # Errors
/// 404.
pub async fn set_active(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    is_active: bool,
) -> Result<WorkflowDetail, AppError> {
    let write = state.store.write().await?;
    let was_active = store::triggers::lock_workflow(&write, owner, id).await?;
    if is_active != was_active {
        store::workflows::set_active(&write, owner, id, is_active, state.clock.now()).await?;
        triggers::switch(state, &write, owner, id, is_active).await?;
        write.commit().await?;
        state.alarm.ring();
    }
    get(state, owner, id).await
}

/// Hides a workflow and cancels its unfinished runs.
///
/// # Errors
/// 404, 409 `stale_revision`.
pub async fn delete(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    revision: Option<i64>,
) -> Result<(), AppError> {
    let write = state.store.write().await?;
    store::workflows::delete(&write, owner, id, revision, state.clock.now()).await?;
    triggers::switch(state, &write, owner, id, false).await?;
    write.commit().await?;
    for run in store::runs::unfinished_of(&state.store, owner, id).await? {
        super::runs::cancel_quietly(state, run).await;
    }
    Ok(())
}

/// Every live workflow of the owner by id and name, newest first: what steps may start.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn known(state: &AppState, owner: UserId) -> Result<Vec<KnownWorkflow>, AppError> {
    Ok(store::children::known(&state.store, owner).await?)
}

/// What the checker says about the draft.
///
/// # Errors
/// 404.
pub async fn validate(state: &AppState, owner: UserId, id: WorkflowId) -> Result<Validation, AppError> {
    let detail = get(state, owner, id).await?;
    Ok(Validation { problems: problems(state, owner, &Workflow::from(&detail)).await? })
}

/// What the checker says about a document on this server: with its models, its limits and the owner's workflows.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn problems(
    state: &AppState,
    owner: UserId,
    document: &Workflow,
) -> Result<Vec<Problem>, AppError> {
    // What its tools name stands deeper than a field.
    let has_agent = document.nodes.iter().any(|node| node.node_type == "agent");
    let environment = Environment {
        installed_models: match uses(document, names_a_model) {
            true => Some(super::models::chat_names(state, owner).await?),
            false => None,
        },
        missing_model: Severity::Error,
        max_nodes: state.config.limits.max_nodes,
        workflows: match has_agent || uses(document, names_a_workflow) {
            true => Some(store::children::known(&state.store, owner).await?),
            false => None,
        },
        collections: match has_agent || uses(document, names_a_collection) {
            true => Some(state.search.names(owner).await?),
            false => None,
        },
        tables: match has_agent {
            true => Some(store::data_tables::names(&state.store, owner).await?),
            false => None,
        },
        credentials: match has_agent || uses(document, |field| field.kind == FieldKind::Credential) {
            true => Some(store::credentials::known(&state.store, owner).await?),
            false => None,
        },
    };
    Ok(check::check(document, &environment))
}

/// Whether any step has such a field.
fn uses(document: &Workflow, is_meant: impl Fn(&Field) -> bool) -> bool {
    let types = document.nodes.iter().filter_map(|node| catalog::find(&node.node_type));
    types.flat_map(|node_type| &node_type.fields).any(is_meant)
}

fn names_a_model(field: &Field) -> bool {
    field.schema.get("x-widget").is_some_and(|widget| widget == "model")
}

fn names_a_workflow(field: &Field) -> bool {
    field.schema.get("x-widget").is_some_and(|widget| widget == "workflow")
}

fn names_a_collection(field: &Field) -> bool {
    field.schema.get("x-widget").is_some_and(|widget| widget == "collection")
}
