//! Which steps use what one has.

use super::{codec::Reply, error::UiError};
use crate::api::uses::Use;
use leptos::prelude::*;

/// Every step that names something of a kind: `collection`, `table` or `credential`.
#[server(prefix = "/fn", endpoint = "uses/list", output = Reply)]
pub async fn list_uses(kind: String) -> Result<Vec<Use>, UiError> {
    use super::session;
    use crate::server::services::uses;
    let (state, owner) = session::signed_in().await?;
    Ok(uses::list(&state, owner, &kind).await?)
}
