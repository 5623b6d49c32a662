//! [`Models`]: the one door to the models, shared by everything that asks.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::catalog::{self, CATALOG, Kind};
use super::library::{self, InstalledModel};
use super::scheduler::{Loader, Scheduler, Sharing};
use super::service::IdentityFuture;
use super::{
    Caller, ChatFuture, ChatRequest, ChatService, Imported, LlmError, PullProgress, import, local, pull,
};
use crate::{
    api::models::{ModelState, ModelView},
    server::config::{ModelDevice, Precision},
    workflow::ids::UserId,
};

/// Where the models are and how they are used.
#[derive(Debug, Clone)]
pub struct ModelsOptions {
    /// One folder per model.
    pub models_dir: PathBuf,
    /// Answers where a request names no model; `None` takes the best installed.
    pub default_chat: Option<String>,
    /// Requests that may wait for one model; the next is refused with `model_busy`.
    pub queue_limit: usize,
    /// Answers that a model makes at the same time.
    pub at_once: usize,
    /// A model that nobody asks for so long leaves the memory; `None`: it stays.
    pub rest_after: Option<Duration>,
    /// Bytes of memory that a model may take at most; what the machine has left is a bound in any case.
    pub memory_limit: Option<u64>,
    /// Bytes of conversations that a model keeps after their end, for those that begin in the same way.
    pub kept_bytes: usize,
    /// Tokens of prompt and answer together, at most; a model's own limit may be lower. Bounds the memory of an answer.
    pub context_limit: usize,
    /// How quantised models compute.
    pub precision: Precision,
    /// Where local models compute.
    pub device: ModelDevice,
    /// Where models are fetched from, without a slash at the end: the hub or a mirror of it.
    pub hub_endpoint: String,
}

/// Bytes of a small model's file. Asked for the capital of France, SmolLM2-135M (92 MB) knows it in full precision and
/// not with rounded activations, here and in llama.cpp.
const SMALL: u64 = 200_000_000;

/// The model hub, unless `HF_ENDPOINT` names a mirror.
const HUB: &str = "https://huggingface.co";

impl ModelsOptions {
    /// The usual settings for the models in that folder.
    pub fn new(models_dir: impl Into<PathBuf>) -> Self {
        let endpoint = std::env::var("HF_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty());
        Self {
            models_dir: models_dir.into(),
            default_chat: None,
            queue_limit: 64,
            at_once: 4,
            rest_after: None,
            memory_limit: None,
            kept_bytes: 512_000_000,
            context_limit: 4096,
            precision: Precision::Auto,
            device: ModelDevice::Cpu,
            hub_endpoint: endpoint.as_deref().unwrap_or(HUB).trim_end_matches('/').to_owned(),
        }
    }
}

/// The models of this server. Cheap to clone; loads a model on its first use and keeps it.
#[derive(Clone)]
pub struct Models {
    inner: Arc<Inner>,
}

struct Inner {
    options: ModelsOptions,
    /// One per model that has been asked, with the files it was asked from.
    schedulers: Mutex<HashMap<String, Arc<Scheduler>>>,
}

impl Models {
    /// Reads nothing and starts nothing yet.
    pub fn open(options: ModelsOptions) -> Self {
        Self { inner: Arc::new(Inner { options, schedulers: Mutex::default() }) }
    }

    /// Every model of the catalogue, every other one on disk, and those in memory whose files have gone.
    pub fn list(&self) -> Vec<ModelView> {
        let installed = library::scan(&self.inner.options.models_dir);
        let default = self.default_chat();
        let mut views: Vec<ModelView> = CATALOG
            .iter()
            .map(|entry| {
                let on_disk = installed.iter().find(|model| model.name == entry.name);
                let size_bytes = on_disk.map_or(entry.size_bytes, |model| model.size_bytes);
                view(entry.name, entry.kind, (entry.family, entry.description), size_bytes, on_disk.is_some())
            })
            .collect();
        for model in installed.iter().filter(|model| catalog::find(&model.name).is_none()) {
            let told = match &model.source {
                Some(source) => format!("{}.", sentence(source)),
                None => "Put into the models folder by hand.".to_owned(),
            };
            views.push(view(&model.name, model.kind, (&model.family, &told), model.size_bytes, true));
        }
        let schedulers = self.schedulers();
        for name in schedulers.iter().filter(|(_, scheduler)| scheduler.is_loaded()).map(|(name, _)| name) {
            if views.iter().all(|view| view.name != *name) {
                let told = ("unknown", "Its files were removed; it answers until it leaves the memory.");
                views.push(view(name, Kind::Chat, told, 0, false));
            }
        }
        for view in &mut views {
            view.is_default = Some(&view.name) == default.as_ref();
            if let Some(scheduler) = schedulers.get(&view.name) {
                let state = scheduler.state();
                if view.installed || state != ModelState::Installed {
                    view.state = state;
                }
                view.loaded = scheduler.is_loaded();
                view.memory_bytes = scheduler.memory_bytes();
                view.queue_length = scheduler.queue_length();
                view.tokens_per_second = scheduler.last_speed();
            }
        }
        views
    }

    /// The model that answers where a request names none: the configured one, else the best installed.
    pub fn default_chat(&self) -> Option<String> {
        self.inner.options.default_chat.clone().or_else(|| self.installed_chat_names().into_iter().next())
    }

    /// Whether a name means a model of this machine: one on disk, in memory or of the catalogue.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        catalog::find(name).is_some()
            || self.schedulers().get(name).is_some_and(|scheduler| scheduler.is_loaded())
            || library::find(&self.inner.options.models_dir, name).is_some()
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
    pub async fn pull(&self, name: Option<&str>, progress: &dyn PullProgress) -> Result<PathBuf, LlmError> {
        let options = &self.inner.options;
        let folder = pull::pull(&options.models_dir, &options.hub_endpoint, name, progress).await?;
        // The files may have been replaced: the next request loads them.
        if let Some(name) = folder.file_name().and_then(|name| name.to_str())
            && self.schedulers().get(name).is_some_and(|scheduler| !scheduler.is_loaded())
        {
            self.schedulers().remove(name);
        }
        Ok(folder)
    }

    /// Takes a GGUF file of this machine into the models folder, under that name or one made of the file's own.
    ///
    /// # Errors
    /// What is wrong with the file or the name, and what to do.
    pub async fn import(
        &self,
        file: &Path,
        name: Option<&str>,
        progress: &dyn PullProgress,
    ) -> Result<Imported, LlmError> {
        let ModelsOptions { models_dir, context_limit, memory_limit, .. } = &self.inner.options;
        let options = local::LoadOptions {
            context_limit: *context_limit,
            // As large as it must be, and no larger: it is only looked at.
            full_precision: false,
            memory_limit: *memory_limit,
            kept_bytes: 0,
        };
        import::import(models_dir, file, name, options, progress).await
    }

    /// Fetches what a new installation needs: the best chat model that can be reached and the embedding model. What is
    /// there and intact stays. Returns the folders.
    ///
    /// # Errors
    /// The first failure, after both were tried.
    pub async fn pull_usual(&self, progress: &dyn PullProgress) -> Result<Vec<PathBuf>, LlmError> {
        let embedding = CATALOG.iter().find(|entry| entry.kind == Kind::Embedding).map(|entry| entry.name);
        let chat = self.pull(None, progress).await;
        let mut folders = Vec::new();
        if embedding.is_some() {
            folders.push(self.pull(embedding, progress).await?);
        }
        folders.insert(0, chat?);
        Ok(folders)
    }

    /// The folder of an installed embedding model.
    ///
    /// # Errors
    /// `model_not_installed`, with what to do.
    pub fn embedding_folder(&self, name: &str) -> Result<PathBuf, LlmError> {
        let found = library::find(&self.inner.options.models_dir, name);
        match found.map(|model| model.weights) {
            Some(library::Weights::Safetensors(folder)) => Ok(folder),
            _ => Err(LlmError::not_installed(name, catalog::find(name).is_some())),
        }
    }

    /// The scheduler of the model, started on first use. A model in memory is asked even if its files have gone.
    fn scheduler(&self, name: Option<&str>) -> Result<Arc<Scheduler>, LlmError> {
        let name = match name {
            Some(name) => name.to_owned(),
            None => self.default_chat().ok_or_else(LlmError::none_installed)?,
        };
        if let Some(scheduler) = self.schedulers().get(&name).filter(|scheduler| scheduler.is_loaded()) {
            return Ok(scheduler.clone());
        }
        resolve(&self.inner.options.models_dir, &name)?;
        let mut schedulers = self.schedulers();
        if let Some(scheduler) = schedulers.get(&name) {
            return Ok(scheduler.clone());
        }
        let ModelsOptions { queue_limit, at_once, rest_after, .. } = self.inner.options;
        let scheduler =
            Scheduler::start(&name, Sharing { queue_limit, at_once, rest_after }, self.loader(&name))?;
        Ok(schedulers.entry(name).or_insert(Arc::new(scheduler)).clone())
    }

    /// Looks for the files each time: they may have been replaced, or be gone, since the model was loaded last.
    fn loader(&self, name: &str) -> Loader {
        let ModelsOptions { models_dir, context_limit, precision, device, memory_limit, kept_bytes, .. } =
            self.inner.options.clone();
        let name = name.to_owned();
        Box::new(move || {
            let InstalledModel { weights, size_bytes, .. } = resolve(&models_dir, &name)?;
            let full_precision = match precision {
                Precision::Full => true,
                Precision::Quantised => false,
                Precision::Auto => size_bytes <= SMALL,
            };
            let options = local::LoadOptions { context_limit, full_precision, memory_limit, kept_bytes };
            local::open(&weights, options, device)
        })
    }

    fn schedulers(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Scheduler>>> {
        self.inner.schedulers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChatService for Models {
    fn chat(&self, request: ChatRequest, caller: Caller) -> ChatFuture<'_> {
        Box::pin(async move { self.scheduler(request.model.as_deref())?.ask(request, caller).await })
    }

    fn identity<'a>(&'a self, model: Option<&'a str>, _owner: Option<UserId>) -> IdentityFuture<'a> {
        Box::pin(async move {
            let name = model.map(str::to_owned).or_else(|| self.default_chat())?;
            let file = library::find(&self.inner.options.models_dir, &name)?.identity();
            let ModelsOptions { precision, device, .. } = &self.inner.options;
            Some(format!("{name} {file} {precision:?} {device}"))
        })
    }
}

/// A model that rests; `told` is its family and its description.
/// `imported from a.gguf` as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn view(name: &str, kind: Kind, told: (&str, &str), size_bytes: u64, installed: bool) -> ModelView {
    ModelView {
        name: name.to_owned(),
        kind: kind.as_str().to_owned(),
        family: told.0.to_owned(),
        description: told.1.to_owned(),
        size_bytes,
        installed,
        state: if installed { ModelState::Installed } else { ModelState::NotInstalled },
        loaded: false,
        memory_bytes: None,
        is_default: false,
        queue_length: 0,
        tokens_per_second: None,
        dimension: None,
        remote: false,
        endpoint: None,
    }
}

/// The chat model of that name on disk.
fn resolve(models_dir: &Path, name: &str) -> Result<InstalledModel, LlmError> {
    let model = library::find(models_dir, name)
        .ok_or_else(|| LlmError::not_installed(name, catalog::find(name).is_some()))?;
    if model.kind != Kind::Chat {
        return Err(LlmError::new(
            "model_not_chat",
            format!("The model \"{name}\" makes vectors, not text. Choose a chat model."),
        ));
    }
    Ok(model)
}
