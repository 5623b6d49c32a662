//! The chat page: whom an account can talk to. Answers come the way of `/v1` (see `services::openai`).

use super::{
    models::{self, remote::WORKFLOW_PREFIX},
    openai,
};
use crate::{
    api::chat::{ChatPartner, ChatPartners},
    server::{error::AppError, state::AppState},
    workflow::ids::UserId,
};

/// The chat models, the default one first, and the active workflows.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn partners(state: &AppState, owner: UserId) -> Result<ChatPartners, AppError> {
    let here = state.models.installed_chat_names();
    let default = models::default_chat(state);
    let mut items: Vec<ChatPartner> = models::chat_names(state, owner)
        .await?
        .into_iter()
        .map(|name| ChatPartner {
            is_remote: !here.contains(&name),
            model: name.clone(),
            name,
            workflow: None,
        })
        .collect();
    items.sort_by_key(|partner| Some(&partner.model) != default.as_ref());
    let workflows = openai::active_workflows(state, owner).await?;
    for workflow in &workflows {
        // Where several have the name, only the id says which is meant.
        let is_alone = workflows.iter().filter(|other| other.name == workflow.name).count() == 1;
        let called = if is_alone { workflow.name.clone() } else { workflow.id.to_string() };
        items.push(ChatPartner {
            model: format!("{WORKFLOW_PREFIX}{called}"),
            name: workflow.name.clone(),
            workflow: Some(workflow.id),
            is_remote: false,
        });
    }
    Ok(ChatPartners { account: owner.0, items })
}
