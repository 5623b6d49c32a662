//! The chat and embedding models of this installation, and those elsewhere that an account added.

pub mod remote;

use crate::{
    api::models::{ModelList, ModelState},
    server::{error::AppError, llm::PullProgress, state::AppState},
    workflow::ids::UserId,
};
use std::path::PathBuf;

/// Installed models and those that can be fetched.
///
/// # Errors
/// 500 when the models folder cannot be read.
pub async fn list(state: &AppState) -> Result<ModelList, AppError> {
    let models = state.models.clone();
    let mut items = tokio::task::spawn_blocking(move || models.list()).await.map_err(AppError::internal)?;
    let embedder = state.search.embedder();
    if let Some(view) = items.iter_mut().find(|view| view.name == embedder.model()) {
        let state = embedder.state();
        view.loaded = state.loaded;
        if state.loaded {
            view.state = ModelState::Ready;
        }
        view.queue_length = state.queue_length;
        view.tokens_per_second = state.tokens_per_second;
    }
    Ok(ModelList { items })
}

/// The same with the models elsewhere of an account.
///
/// # Errors
/// As [`list`]; 503 when the database does not answer.
pub async fn list_for(state: &AppState, owner: UserId) -> Result<ModelList, AppError> {
    let mut all = list(state).await?;
    all.items.extend(remote::list(state, owner).await?);
    Ok(all)
}

/// Names of the chat models that steps of an account may ask.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn chat_names(state: &AppState, owner: UserId) -> Result<Vec<String>, AppError> {
    let mut names = state.models.installed_chat_names();
    names.extend(remote::names(state, owner).await?);
    Ok(names)
}

/// Fetches a model, the best one if none is named, and gives its folder.
///
/// # Errors
/// When the name is unknown or no source can be reached.
pub async fn pull(
    state: &AppState,
    name: Option<&str>,
    progress: &dyn PullProgress,
) -> Result<PathBuf, AppError> {
    Ok(state.models.pull(name, progress).await?)
}

/// The model that answers where a step names none.
#[must_use]
pub fn default_chat(state: &AppState) -> Option<String> {
    state.models.default_chat()
}
