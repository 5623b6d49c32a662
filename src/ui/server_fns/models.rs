//! The models of this installation, and those elsewhere that the account added.

use super::{codec::Reply, error::UiError};
use crate::api::models::{ModelView, RemoteModelCreate, RemoteModelTest};
use leptos::prelude::*;
use server_fn::codec::Json;

/// Installed ones, those that can be pulled, and those elsewhere.
#[server(prefix = "/fn", endpoint = "models/list", output = Reply)]
pub async fn list_models() -> Result<Vec<ModelView>, UiError> {
    use super::session;
    use crate::server::services::models;
    let (state, owner) = session::signed_in().await?;
    Ok(models::list_for(&state, owner).await?.items)
}

/// Adds one of another service.
#[server(prefix = "/fn", endpoint = "models/add", input = Json, output = Reply)]
pub async fn add_model(body: RemoteModelCreate) -> Result<ModelView, UiError> {
    use super::session;
    use crate::server::services::models;
    let (state, owner) = session::signed_in().await?;
    Ok(models::remote::create(&state, owner, body).await?)
}

/// Steps that name it fail from now on.
#[server(prefix = "/fn", endpoint = "models/remove", output = Reply)]
pub async fn remove_model(name: String) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::models;
    let (state, owner) = session::signed_in().await?;
    Ok(models::remote::delete(&state, owner, &name).await?)
}

/// Asks one of another service for a word.
#[server(prefix = "/fn", endpoint = "models/test", output = Reply)]
pub async fn test_model(name: String) -> Result<RemoteModelTest, UiError> {
    use super::session;
    use crate::server::services::models;
    let (state, owner) = session::signed_in().await?;
    Ok(models::remote::test(&state, owner, &name).await?)
}
