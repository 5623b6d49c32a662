//! The models of this installation.

use super::{codec::Reply, error::UiError};
use crate::api::models::ModelView;
use leptos::prelude::*;

/// Installed ones and those that can be pulled.
#[server(prefix = "/fn", endpoint = "models/list", output = Reply)]
pub async fn list_models() -> Result<Vec<ModelView>, UiError> {
    use super::session;
    use crate::server::services::models;
    let (state, _) = session::signed_in().await?;
    Ok(models::list(&state).await?.items)
}
