//! [`Models`]: the one door to the models, shared by everything that asks.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::catalog::{self, CATALOG, Kind};
use super::library::{self, InstalledModel};
use super::{ChatReply, ChatRequest, LlmError, PullProgress, TextSink};
use crate::api::models::ModelView;

/// Where the models are and how they are used.
#[derive(Debug, Clone)]
pub struct ModelsOptions {
    /// One folder per model.
    pub models_dir: PathBuf,
    /// Answers where a request names no model; `None` takes the best installed.
    pub default_chat: Option<String>,
    /// Requests that may wait for one model; the next is refused with `model_busy`.
    pub queue_limit: usize,
    /// Tokens of prompt and answer together, at most; a model's own limit may be lower. Bounds the memory of an answer.
    pub context_limit: usize,
}

impl ModelsOptions {
    /// The usual settings for the models in that folder.
    pub fn new(models_dir: impl Into<PathBuf>) -> Self {
        Self { models_dir: models_dir.into(), default_chat: None, queue_limit: 64, context_limit: 4096 }
    }
}

/// The models of this server. Cheap to clone; loads a model on its first use and keeps it.
#[derive(Clone)]
pub struct Models {
    inner: Arc<Inner>,
}

struct Inner {
    options: ModelsOptions,
}

impl Models {
    /// Reads nothing and starts nothing yet.
    pub fn open(options: ModelsOptions) -> Self {
        Self { inner: Arc::new(Inner { options }) }
    }

    /// Waits for the model's turn and answers; `on_text` gets the text as it is made. Dropping the future cancels.
    pub async fn chat(
        &self,
        request: ChatRequest,
        _on_text: TextSink,
        _cancel: CancellationToken,
    ) -> Result<ChatReply, LlmError> {
        let model = self.resolve(request.model.as_deref())?;
        Err(LlmError::generation(format!("\"{}\" cannot be loaded by this build", model.name)))
    }

    /// Every model of the catalogue and every other one on disk.
    pub fn list(&self) -> Vec<ModelView> {
        let installed = library::scan(&self.inner.options.models_dir);
        let default = self.default_chat();
        let on_disk = |name: &str| installed.iter().find(|model| model.name == name);
        let known = CATALOG.iter().map(|entry| {
            let found = on_disk(entry.name);
            ModelView {
                name: entry.name.to_owned(),
                kind: entry.kind.as_str().to_owned(),
                family: entry.family.to_owned(),
                description: entry.description.to_owned(),
                size_bytes: found.map_or(entry.size_bytes, |model| model.size_bytes),
                installed: found.is_some(),
                loaded: false,
                is_default: false,
                queue_length: 0,
                tokens_per_second: None,
            }
        });
        let others =
            installed.iter().filter(|model| catalog::find(&model.name).is_none()).map(|model| ModelView {
                name: model.name.clone(),
                kind: model.kind.as_str().to_owned(),
                family: model.family.clone(),
                description: "Put into the models folder by hand.".to_owned(),
                size_bytes: model.size_bytes,
                installed: true,
                loaded: false,
                is_default: false,
                queue_length: 0,
                tokens_per_second: None,
            });
        let mut views: Vec<ModelView> = known.chain(others).collect();
        for view in &mut views {
            view.is_default = Some(&view.name) == default.as_ref();
        }
        views
    }

    /// The model that answers where a request names none: the configured one, else the best installed.
    pub fn default_chat(&self) -> Option<String> {
        self.inner.options.default_chat.clone().or_else(|| self.installed_chat_names().into_iter().next())
    }

    /// The installed chat models, best first.
    pub fn installed_chat_names(&self) -> Vec<String> {
        let rank = |name: &str| CATALOG.iter().position(|entry| entry.name == name).unwrap_or(CATALOG.len());
        let mut names: Vec<String> = library::scan(&self.inner.options.models_dir)
            .into_iter()
            .filter(|model| model.kind == Kind::Chat)
            .map(|model| model.name)
            .collect();
        names.sort_by_key(|name| rank(name));
        names
    }

    /// Fetches a model of the catalogue (`None`: the best chat model that can be reached) unless it is there and
    /// intact. Returns its folder.
    pub async fn pull(&self, name: Option<&str>, _progress: &dyn PullProgress) -> Result<PathBuf, LlmError> {
        let name = name.unwrap_or("qwen3-0.6b");
        Err(LlmError::new("pull_failed", format!("The model \"{name}\" cannot be fetched by this build.")))
    }

    fn resolve(&self, name: Option<&str>) -> Result<InstalledModel, LlmError> {
        let name = match name {
            Some(name) => name.to_owned(),
            None => self.default_chat().ok_or_else(LlmError::none_installed)?,
        };
        let model = library::find(&self.inner.options.models_dir, &name)
            .ok_or_else(|| LlmError::not_installed(&name, catalog::find(&name).is_some()))?;
        if model.kind != Kind::Chat {
            return Err(LlmError::new(
                "model_not_chat",
                format!("The model \"{name}\" makes vectors, not text. Choose a chat model."),
            ));
        }
        Ok(model)
    }
}
