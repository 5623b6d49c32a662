//! The snapshots of a workflow: listing, comparing, putting one back.

use super::error::UiError;
use crate::{
    api::{
        page::Page,
        workflows::{VersionSummary, WorkflowDetail},
    },
    workflow::diff::WorkflowDiff,
};
use leptos::prelude::*;
use server_fn::codec::Json;
use uuid::Uuid;

/// Newest first.
#[server(prefix = "/fn", endpoint = "versions/list", input = Json)]
pub async fn list_versions(
    workflow: Uuid,
    after: Option<String>,
    limit: u32,
) -> Result<Page<VersionSummary>, UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    Ok(workflows::list_versions(&state, owner, workflow.into(), after, u64::from(limit)).await?)
}

/// What changed from one version to another; `with: None` is the draft.
#[server(prefix = "/fn", endpoint = "versions/diff", input = Json)]
pub async fn diff_versions(workflow: Uuid, number: i32, with: Option<i32>) -> Result<WorkflowDiff, UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    Ok(workflows::diff_versions(&state, owner, workflow.into(), number, with).await?)
}

/// Puts a version back into the draft; what the draft was becomes a version first.
#[server(prefix = "/fn", endpoint = "versions/restore", input = Json)]
pub async fn restore_version(workflow: Uuid, number: i32) -> Result<WorkflowDetail, UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    Ok(workflows::restore_version(&state, owner, workflow.into(), number, None).await?)
}
