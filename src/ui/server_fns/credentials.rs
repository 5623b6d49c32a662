//! Named secrets: their values go in and never come out.

use super::{codec::Reply, error::UiError};
use crate::api::credentials::{Credential, CredentialCreate, CredentialUpdate};
use leptos::prelude::*;
use server_fn::codec::Json;
use uuid::Uuid;

/// Every credential of the account, without its value.
#[server(prefix = "/fn", endpoint = "credentials/list", output = Reply)]
pub async fn list_credentials() -> Result<Vec<Credential>, UiError> {
    use super::session;
    use crate::server::services::credentials;
    let (state, owner) = session::signed_in().await?;
    Ok(credentials::list(&state, owner).await?)
}

/// Seals a new one.
#[server(prefix = "/fn", endpoint = "credentials/create", input = Json, output = Reply)]
pub async fn create_credential(body: CredentialCreate) -> Result<Credential, UiError> {
    use super::session;
    use crate::server::services::credentials;
    let (state, owner) = session::signed_in().await?;
    Ok(credentials::create(&state, owner, body).await?)
}

/// Gives one another value, and other hosts where those are named.
#[server(prefix = "/fn", endpoint = "credentials/update", input = Json, output = Reply)]
pub async fn update_credential(id: Uuid, body: CredentialUpdate) -> Result<Credential, UiError> {
    use super::session;
    use crate::server::services::credentials;
    let (state, owner) = session::signed_in().await?;
    Ok(credentials::replace(&state, owner, id, body).await?)
}

/// Steps that name it fail from now on.
#[server(prefix = "/fn", endpoint = "credentials/delete", output = Reply)]
pub async fn delete_credential(id: Uuid) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::credentials;
    let (state, owner) = session::signed_in().await?;
    Ok(credentials::delete(&state, owner, id).await?)
}
