//! Keys for programs.

use super::{codec::Reply, error::UiError};
use crate::api::auth::{ApiKey, ApiKeyCreated, Scope};
use leptos::prelude::*;
use server_fn::codec::Json;
use uuid::Uuid;

/// Every key of the account, without its secret.
#[server(prefix = "/fn", endpoint = "api-keys/list", output = Reply)]
pub async fn list_api_keys() -> Result<Vec<ApiKey>, UiError> {
    use super::session;
    use crate::server::services::accounts;
    let (state, owner) = session::signed_in().await?;
    Ok(accounts::list_api_keys(&state, owner).await?)
}

/// Makes a key; the reply is the only place that ever shows it.
#[server(prefix = "/fn", endpoint = "api-keys/create", input = Json, output = Reply)]
pub async fn create_api_key(name: String, scopes: Vec<Scope>) -> Result<ApiKeyCreated, UiError> {
    use super::session;
    use crate::{api::auth::ApiKeyCreate, server::services::accounts};
    let (state, owner) = session::signed_in().await?;
    Ok(accounts::create_api_key(&state, owner, ApiKeyCreate { name, scopes, expires_at: None }).await?)
}

/// From now on the key opens nothing.
#[server(prefix = "/fn", endpoint = "api-keys/delete", output = Reply)]
pub async fn delete_api_key(id: Uuid) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::accounts;
    let (state, owner) = session::signed_in().await?;
    Ok(accounts::delete_api_key(&state, owner, id).await?)
}
