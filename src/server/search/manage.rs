//! Making, finding and removing collections, and removing single documents.

use super::{Search, SearchError, rules, shelf::Shelf};
use crate::{
    api::{
        page::Page,
        vectors::{CollectionBody, CollectionView, DocumentView},
    },
    server::store::{
        StoreError,
        collections::{self, Collection},
        documents,
        page::PageRequest,
    },
    workflow::ids::UserId,
};
use std::sync::Arc;
use uuid::Uuid;

/// Documents removed in one transaction when a collection goes.
const SWEEP: u64 = 500;

impl Search {
    /// Makes an empty collection.
    ///
    /// # Errors
    /// `Field` for a name, a dimension or an embedding model that cannot be, `Store(Unique)` when the name is taken.
    pub async fn create(&self, owner: UserId, body: &CollectionBody) -> Result<CollectionView, SearchError> {
        rules::check_name(&body.name).map_err(|message| SearchError::field("name", message))?;
        let (dimension, embedding) = self.embedders().choose(owner, body).await?;
        let metric = body.metric.unwrap_or_default();
        let write = self.store().write().await?;
        let made =
            collections::create(&write, owner, &body.name, dimension, embedding, metric, self.0.clock.now())
                .await?;
        write.commit().await?;
        Ok(self.view(made))
    }

    /// A page of the owner's collections, newest first.
    ///
    /// # Errors
    /// `Store(Invalid)` for a bad `after`.
    pub async fn list(&self, owner: UserId, page: &PageRequest) -> Result<Page<CollectionView>, SearchError> {
        let Page { items, next } = collections::list(self.store(), owner, page).await?;
        Ok(Page { items: items.into_iter().map(|row| self.view(row)).collect(), next })
    }

    /// The owner's collection of that name.
    ///
    /// # Errors
    /// `UnknownCollection`.
    pub async fn get(&self, owner: UserId, name: &str) -> Result<CollectionView, SearchError> {
        Ok(self.view(self.row(owner, name).await?))
    }

    /// Removes a collection. It is gone for everybody at once; its documents leave the database little by little.
    ///
    /// # Errors
    /// `UnknownCollection`.
    pub async fn delete(&self, owner: UserId, name: &str) -> Result<(), SearchError> {
        let write = self.store().write().await?;
        let id = collections::hide(&write, owner, name, self.0.clock.now()).await.map_err(unknown(name))?;
        write.commit().await?;
        if let Some(shelf) = self.shelves().remove(&id) {
            shelf.leave();
        }
        let search = self.clone();
        tokio::spawn(async move { search.sweep_one(id).await });
        Ok(())
    }

    /// Goes on with removing what an earlier process had begun to remove.
    pub async fn sweep(&self) {
        match collections::hidden(self.store()).await {
            Ok(hidden) => {
                for id in hidden {
                    self.sweep_one(id).await;
                }
            }
            Err(error) => tracing::warn!(%error, "deleted collections wait for the next start: {error}"),
        }
    }

    async fn sweep_one(&self, id: Uuid) {
        let swept = async {
            loop {
                let write = self.store().write().await?;
                let removed = documents::delete_some(&write, id, SWEEP).await?;
                if removed == 0 {
                    collections::remove(&write, id).await?;
                }
                write.commit().await?;
                if removed == 0 {
                    return Ok::<_, StoreError>(());
                }
            }
        };
        if let Err(error) = swept.await {
            tracing::warn!(collection.id = %id, %error, "a deleted collection goes at the next start: {error}");
        }
        Shelf::remove_file(&self.0.tools, id);
    }

    /// A page of documents, newest first.
    ///
    /// # Errors
    /// `UnknownCollection`, `Store(Invalid)` for a bad `after`.
    pub async fn documents(
        &self,
        owner: UserId,
        name: &str,
        page: &PageRequest,
    ) -> Result<Page<DocumentView>, SearchError> {
        let row = self.row(owner, name).await?;
        Ok(documents::list(self.store(), row.id, page).await?)
    }

    /// Removes a document; searches that begin after this do not find it.
    ///
    /// # Errors
    /// `UnknownCollection`, `Store(NotFound)` for the document.
    pub async fn remove(&self, owner: UserId, name: &str, document: Uuid) -> Result<(), SearchError> {
        let row = self.row(owner, name).await?;
        let write = self.store().write().await?;
        let stamp = collections::change(&write, row.id, 0, 1, self.0.clock.now()).await?;
        let seq = documents::delete(&write, row.id, document).await?;
        write.commit().await?;
        let shelf = self.shelves().get(&row.id).cloned();
        if let Some(shelf) = shelf {
            shelf.note_deleted(&self.0.tools, vec![seq], stamp).await;
        }
        Ok(())
    }

    /// The names of all collections of the owner, for the checker.
    ///
    /// # Errors
    /// `Store`.
    pub async fn names(&self, owner: UserId) -> Result<Vec<String>, SearchError> {
        Ok(collections::names(self.store(), owner).await?)
    }

    /// The owner's collection of that name.
    pub(super) async fn row(&self, owner: UserId, name: &str) -> Result<Collection, SearchError> {
        collections::find(self.store(), owner, name).await.map_err(unknown(name))
    }

    /// What is kept in memory of the collection.
    pub(super) fn shelf(&self, row: &Collection) -> Arc<Shelf> {
        Arc::clone(self.shelves().entry(row.id).or_insert_with(|| Arc::new(Shelf::new(row))))
    }

    fn view(&self, row: Collection) -> CollectionView {
        let embedding_model = self.embedders().of(&row).map(str::to_owned);
        CollectionView {
            embeds_text: embedding_model.is_some(),
            embedding_model,
            id: row.id,
            name: row.name,
            dimension: row.dimension,
            metric: row.metric,
            index_kind: row.index_kind,
            document_count: row.document_count,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

fn unknown(name: &str) -> impl Fn(StoreError) -> SearchError + '_ {
    move |error| match error {
        StoreError::NotFound(_) => SearchError::UnknownCollection(name.to_owned()),
        other => other.into(),
    }
}
