//! Whom the chat page can talk to.

use super::{codec::Reply, error::UiError};
use crate::api::chat::ChatPartners;
use leptos::prelude::*;

/// Chat models and active workflows.
#[server(prefix = "/fn", endpoint = "chat/partners", output = Reply)]
pub async fn list_chat_partners() -> Result<ChatPartners, UiError> {
    use super::session;
    use crate::server::services::chat;
    let (state, owner) = session::signed_in().await?;
    Ok(chat::partners(&state, owner).await?)
}
