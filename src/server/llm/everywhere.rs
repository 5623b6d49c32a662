//! [`ChatModels`]: the chat models of this machine and those elsewhere behind one door, by name.

use super::service::IdentityFuture;
use super::{Caller, ChatFuture, ChatRequest, ChatService, LlmError, Models, RemoteModel, Remotes};
use crate::workflow::ids::UserId;

/// Answers from this machine or from elsewhere; cheap to clone.
#[derive(Clone)]
pub struct ChatModels {
    local: Models,
    remote: Option<Remotes>,
}

impl ChatModels {
    #[must_use]
    pub fn new(local: Models, remote: Remotes) -> Self {
        Self { local, remote: Some(remote) }
    }

    /// Only those of this machine.
    #[must_use]
    pub fn only(local: Models) -> Self {
        Self { local, remote: None }
    }

    /// The model elsewhere that a name means to an owner. A model of this machine comes first: what is asked of it does
    /// not leave the house.
    ///
    /// # Errors
    /// `models_unavailable`; `model_not_chat` for an embedding model.
    pub async fn elsewhere(
        &self,
        name: Option<&str>,
        owner: Option<UserId>,
    ) -> Result<Option<(UserId, RemoteModel)>, LlmError> {
        let (Some(name), Some(owner), Some(remote)) = (name, owner, &self.remote) else { return Ok(None) };
        if self.local.knows(name) {
            return Ok(None);
        }
        match remote.find(owner, name).await? {
            Some(model) if model.dimension.is_some() => Err(LlmError::new(
                "model_not_chat",
                format!("The model \"{name}\" makes vectors, not text. Choose a chat model."),
            )),
            found => Ok(found.map(|model| (owner, model))),
        }
    }
}

impl ChatService for ChatModels {
    fn chat(&self, request: ChatRequest, caller: Caller) -> ChatFuture<'_> {
        Box::pin(async move {
            match (self.elsewhere(request.model.as_deref(), caller.owner).await?, &self.remote) {
                (Some((owner, model)), Some(remote)) => remote.chat(owner, &model, request, caller).await,
                _ => self.local.chat(request, caller).await,
            }
        })
    }

    fn identity<'a>(&'a self, model: Option<&'a str>, owner: Option<UserId>) -> IdentityFuture<'a> {
        Box::pin(async move {
            match self.elsewhere(model, owner).await {
                Ok(Some((_, remote))) => Some(remote.identity()),
                Ok(None) => self.local.identity(model, owner).await,
                Err(_) => None,
            }
        })
    }
}
