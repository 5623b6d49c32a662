//! The snapshots of a workflow: listing, comparing, putting one back.

use super::{codec::Reply, error::UiError};
use crate::{
    api::{
        page::Page,
        workflows::{VersionDetail, VersionSummary},
    },
    workflow::diff::WorkflowDiff,
};
use leptos::prelude::*;
use server_fn::codec::Json;
use uuid::Uuid;

/// Newest first.
#[server(prefix = "/fn", endpoint = "versions/list", input = Json, output = Reply)]
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
#[server(prefix = "/fn", endpoint = "versions/diff", input = Json, output = Reply)]
pub async fn diff_versions(workflow: Uuid, number: i32, with: Option<i32>) -> Result<WorkflowDiff, UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    Ok(workflows::diff_versions(&state, owner, workflow.into(), number, with).await?)
}

/// One snapshot with its graph.
#[server(prefix = "/fn", endpoint = "versions/get", output = Reply)]
pub async fn get_version(workflow: Uuid, number: i32) -> Result<VersionDetail, UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    Ok(workflows::get_version(&state, owner, workflow.into(), number).await?)
}

/// Puts a version back into the draft, tells as which version the draft is kept, and goes to what has changed.
#[server(prefix = "/fn", endpoint = "versions/restore", output = Reply)]
pub async fn restore_version(workflow: Uuid, number: i32) -> Result<Option<i32>, UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    let restored = workflows::restore_version(&state, owner, workflow.into(), number, None).await?;
    let kept = restored.kept.map_or_else(String::new, |kept| format!("&kept={kept}"));
    leptos_axum::redirect(&format!("/workflows/{workflow}/versions/{number}?restored=1{kept}"));
    Ok(restored.kept)
}
