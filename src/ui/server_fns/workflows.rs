//! Workflows: listing, making, reading, saving, deleting.

use super::{codec::Reply, error::UiError};
use crate::{
    api::{
        page::Page,
        templates::TemplateCard,
        workflows::{GraphBody, NextStep, WorkflowSummary},
    },
    workflow::{check::KnownWorkflow, document::Workflow},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use server_fn::codec::Json;
use uuid::Uuid;

/// Newest first, with their last runs.
#[server(prefix = "/fn", endpoint = "workflows/list", output = Reply)]
pub async fn list_workflows(after: Option<String>) -> Result<Page<WorkflowSummary>, UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    Ok(workflows::list(&state, owner, after, 200).await?)
}

/// What keeps those of these drafts from running that have errors.
#[server(prefix = "/fn", endpoint = "workflows/next-steps", input = Json, output = Reply)]
pub async fn next_steps(workflows: Vec<Uuid>) -> Result<Vec<NextStep>, UiError> {
    use super::session;
    use crate::server::services::workflows as service;
    let (state, owner) = session::signed_in().await?;
    Ok(service::next_steps(&state, owner, workflows.into_iter().map(Into::into).collect()).await?)
}

/// Every workflow by id and name: what steps may start.
#[server(prefix = "/fn", endpoint = "workflows/known", output = Reply)]
pub async fn list_known_workflows() -> Result<Vec<KnownWorkflow>, UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    Ok(workflows::known(&state, owner).await?)
}

/// What a workflow is called.
#[server(prefix = "/fn", endpoint = "workflows/name", output = Reply)]
pub async fn workflow_name(id: Uuid) -> Result<String, UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    Ok(workflows::get(&state, owner, id.into()).await?.name)
}

/// A workflow as the editor opens it: without what it does not show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenWorkflow {
    pub id: Uuid,
    pub is_active: bool,
    pub revision: i64,
    pub document: Workflow,
}

/// One workflow with its graph.
#[server(prefix = "/fn", endpoint = "workflows/get", output = Reply)]
pub async fn get_workflow(id: Uuid) -> Result<OpenWorkflow, UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    let detail = workflows::get(&state, owner, id.into()).await?;
    Ok(OpenWorkflow {
        id: detail.id,
        is_active: detail.is_active,
        revision: detail.revision,
        document: Workflow::from(&detail),
    })
}

/// Makes an empty workflow and goes to it.
#[server(prefix = "/fn", endpoint = "workflows/create", output = Reply)]
pub async fn create_workflow(name: String, description: String) -> Result<(), UiError> {
    use super::session;
    use crate::{api::workflows::WorkflowBody, server::services::workflows};
    let (state, owner) = session::signed_in().await?;
    let made =
        workflows::create(&state, owner, WorkflowBody { name, description, ..WorkflowBody::default() })
            .await?;
    leptos_axum::redirect(&format!("/workflows/{}", made.id));
    Ok(())
}

/// What there is to start from.
#[server(prefix = "/fn", endpoint = "workflows/templates", output = Reply)]
pub async fn list_templates() -> Result<Vec<TemplateCard>, UiError> {
    use super::session;
    use crate::server::services::workflows;
    session::signed_in().await?;
    Ok(workflows::template_cards()?)
}

/// The same as JSON: the start page hands it on to the part of the program that draws them, unread.
#[server(prefix = "/fn", endpoint = "workflows/templates-text", output = Reply)]
pub async fn templates_text() -> Result<String, UiError> {
    Ok(serde_json::to_string(&list_templates().await?).unwrap_or_default())
}

/// Makes a workflow from a template and goes to it.
#[server(prefix = "/fn", endpoint = "workflows/from-template", output = Reply)]
pub async fn create_from_template(template: String) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    let made = workflows::create_from_template(&state, owner, &template).await?;
    leptos_axum::redirect(&format!("/workflows/{}", made.id));
    Ok(())
}

/// Gives a workflow another name and description; everything else stays. Gives the name as it is now.
#[server(prefix = "/fn", endpoint = "workflows/rename", output = Reply)]
pub async fn rename_workflow(id: Uuid, name: String, description: String) -> Result<String, UiError> {
    use super::session;
    use crate::{api::workflows::WorkflowBody, server::services::workflows};
    let (state, owner) = session::signed_in().await?;
    let now = workflows::get(&state, owner, id.into()).await?;
    let body = WorkflowBody { name, description, input_schema: now.input_schema, ..WorkflowBody::default() };
    // Only on what was just read: a schema saved in between is not written over.
    Ok(workflows::update(&state, owner, id.into(), body, Some(now.revision)).await?.name)
}

/// Sets the JSON Schema of a workflow's input, or takes it out; everything else stays. Gives the new revision; 409 if
/// somebody saved a change in between.
#[server(prefix = "/fn", endpoint = "workflows/set-input", input = Json, output = Reply)]
pub async fn set_input_schema(id: Uuid, input_schema: Option<Value>, revision: i64) -> Result<i64, UiError> {
    use super::session;
    use crate::{api::workflows::WorkflowBody, server::services::workflows};
    let (state, owner) = session::signed_in().await?;
    let now = workflows::get(&state, owner, id.into()).await?;
    let body = WorkflowBody {
        name: now.name,
        description: now.description,
        input_schema,
        ..WorkflowBody::default()
    };
    Ok(workflows::update(&state, owner, id.into(), body, Some(revision)).await?.revision)
}

/// Saves the whole graph. Gives the new revision; 409 if somebody saved another one in between.
#[server(prefix = "/fn", endpoint = "workflows/save-graph", input = Json, output = Reply)]
pub async fn save_graph(id: Uuid, graph: GraphBody) -> Result<i64, UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    Ok(workflows::put_graph(&state, owner, id.into(), graph).await?.revision)
}

/// Hides a workflow and cancels its runs.
#[server(prefix = "/fn", endpoint = "workflows/delete", output = Reply)]
pub async fn delete_workflow(id: Uuid) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    workflows::delete(&state, owner, id.into(), None).await?;
    Ok(())
}
