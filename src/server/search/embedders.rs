//! Which model makes the vectors of a collection: the one of this machine, or one elsewhere that its owner added.

use super::{Embedder, SearchError, rules};
use crate::{
    api::vectors::CollectionBody,
    server::{
        llm::{Embedded, LlmError, RemoteModel, Remotes},
        store::collections::{Collection, EmbeddingModel},
    },
    workflow::ids::UserId,
};
use std::sync::Arc;

/// The embedding models that collections can have.
pub struct Embedders {
    here: Arc<dyn Embedder>,
    elsewhere: Option<Remotes>,
}

impl Embedders {
    /// That of this machine and those elsewhere.
    #[must_use]
    pub fn new(here: Arc<dyn Embedder>, elsewhere: Remotes) -> Self {
        Self { here, elsewhere: Some(elsewhere) }
    }

    /// That of this machine and no others.
    #[must_use]
    pub fn only(here: Arc<dyn Embedder>) -> Self {
        Self { here, elsewhere: None }
    }

    /// That of this machine.
    #[must_use]
    pub fn here(&self) -> &Arc<dyn Embedder> {
        &self.here
    }

    /// The owner's embedding model of that name elsewhere.
    ///
    /// # Errors
    /// `models_unavailable`.
    pub async fn find(&self, owner: UserId, name: &str) -> Result<Option<RemoteModel>, LlmError> {
        let Some(remotes) = &self.elsewhere else { return Ok(None) };
        Ok(remotes.find(owner, name).await?.filter(|model| model.dimension.is_some()))
    }

    /// Asks a model elsewhere.
    ///
    /// # Errors
    /// As [`Remotes::embed`].
    pub async fn ask(
        &self,
        owner: UserId,
        model: &RemoteModel,
        texts: &[String],
    ) -> Result<Embedded, LlmError> {
        match &self.elsewhere {
            Some(remotes) => remotes.embed(owner, model, texts).await,
            None => Err(unknown(&model.name)),
        }
    }

    /// The numbers in each vector of a new collection, and its model if that is elsewhere.
    pub(super) async fn choose(
        &self,
        owner: UserId,
        body: &CollectionBody,
    ) -> Result<(u32, Option<EmbeddingModel>), SearchError> {
        let name = body.embedding_model.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let (dimension, model) = match name {
            None => (body.dimension.unwrap_or_else(|| self.here.dimension()), None),
            Some(name) if name == self.here.model() => (self.here.dimension(), None),
            Some(name) => match self.find(owner, name).await? {
                Some(RemoteModel { name, model: source, dimension: Some(dimension), .. }) => {
                    (dimension, Some(EmbeddingModel { name, source }))
                }
                _ => {
                    let message = format!(
                        "is \"{name}\", which is no embedding model of yours; the Models page lists them and adds more"
                    );
                    return Err(SearchError::field("embedding_model", message));
                }
            },
        };
        if let (Some(name), Some(wanted)) = (name, body.dimension.filter(|wanted| *wanted != dimension)) {
            let message =
                format!("is {wanted}, but the vectors of {name} have {dimension} numbers; leave it out");
            return Err(SearchError::field("dimension", message));
        }
        if !(1..=rules::WIDEST).contains(&dimension) {
            return Err(SearchError::field("dimension", format!("must be from 1 to {}", rules::WIDEST)));
        }
        Ok((dimension, model))
    }

    /// The name of the model that makes a collection's vectors; `None`: its owner does.
    pub(super) fn of<'a>(&'a self, row: &'a Collection) -> Option<&'a str> {
        match &row.embedding {
            Some(model) => Some(&model.name),
            None => (row.dimension == self.here.dimension()).then(|| self.here.model()),
        }
    }

    /// Why texts are no use to a collection without a model.
    pub(super) fn lacking(&self, row: &Collection) -> String {
        format!(
            "is missing: the vectors of this collection have {} numbers, those of {} have {}",
            row.dimension,
            self.here.model(),
            self.here.dimension()
        )
    }

    /// The vectors of texts for a collection.
    pub(super) async fn embed(
        &self,
        owner: UserId,
        row: &Collection,
        texts: Vec<String>,
    ) -> Result<Vec<Vec<f32>>, LlmError> {
        let Some(kept) = &row.embedding else { return self.here.embed(texts).await };
        let found = self.find(owner, &kept.name).await?.ok_or_else(|| gone(row, kept))?;
        if found.model != kept.source {
            return Err(changed(row, kept, &found));
        }
        if found.dimension != Some(row.dimension) {
            return Err(widened(row, &found));
        }
        Ok(self.ask(owner, &found, &texts).await?.vectors)
    }
}

fn unknown(name: &str) -> LlmError {
    LlmError::new("unknown_embedding_model", format!("There is no embedding model \"{name}\" here."))
}

fn gone(row: &Collection, EmbeddingModel { name, source }: &EmbeddingModel) -> LlmError {
    LlmError::new(
        "unknown_embedding_model",
        format!(
            "The collection \"{}\" has its vectors from the model \"{name}\", which is no embedding model of yours any more. \
             Add \"{source}\" again under that name on the Models page, or make a new collection.",
            row.name
        ),
    )
}

fn changed(
    row: &Collection,
    EmbeddingModel { name, source }: &EmbeddingModel,
    found: &RemoteModel,
) -> LlmError {
    LlmError::new(
        "embedding_model_changed",
        format!(
            "The collection \"{}\" has its vectors from \"{source}\", and \"{name}\" is \"{}\" now; vectors of different models \
             cannot be compared. Remove the model and add \"{source}\" under that name, or make a new collection.",
            row.name, found.model
        ),
    )
}

fn widened(row: &Collection, found: &RemoteModel) -> LlmError {
    LlmError::new(
        "embedding_dimension_changed",
        format!(
            "The vectors of the collection \"{}\" have {} numbers, and those of the model \"{}\" have {} now. Make a new \
             collection with it and add the documents there.",
            row.name,
            row.dimension,
            found.name,
            found.dimension.unwrap_or_default()
        ),
    )
}
