//! Adding documents: checked, embedded, stored in one transaction.

use super::{Search, SearchError, rules};
use crate::server::hex::hex;
use crate::{
    api::vectors::DocumentsAdded,
    server::store::{
        collections::{self, Collection},
        documents::{self, NewDocument as Row},
    },
    workflow::ids::UserId,
};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use uuid::Uuid;

/// A document to add.
#[derive(Debug, Clone, Default)]
pub struct NewDocument {
    pub content: String,
    pub metadata: Map<String, Value>,
    /// `None`: made of the content.
    pub vector: Option<Vec<f32>>,
}

/// What becomes of a document that is there already: the same content, metadata and given vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// It is stored once more.
    Keep,
    /// It is not stored again; its id is given.
    Skip,
    /// The same for every document with this content, whatever its metadata: a text that has moved within its file is not
    /// new.
    SkipText,
}

impl Search {
    /// Adds documents, all or none. Dropping the future before it has stored them cancels.
    ///
    /// # Errors
    /// `UnknownCollection`; `Field` for `texts.N`, `metadatas.N` or `vectors.N`; `Model` when the embedding model does not
    /// answer.
    pub async fn add(
        &self,
        owner: UserId,
        name: &str,
        documents: Vec<NewDocument>,
        duplicates: Duplicates,
    ) -> Result<DocumentsAdded, SearchError> {
        let row = self.row(owner, name).await?;
        self.check(&row, &documents)?;
        let mut entries = Vec::with_capacity(documents.len());
        for (place, document) in documents.into_iter().enumerate() {
            let hash = hash_of(&document, duplicates);
            let vector = match document.vector {
                Some(vector) => {
                    Some(rules::given_vector(&format!("vectors.{place}"), vector, row.dimension, row.metric)?)
                }
                None => None,
            };
            entries.push(Entry { hash, content: document.content, metadata: document.metadata, vector });
        }
        let mut known = match duplicates {
            Duplicates::Skip | Duplicates::SkipText => self.known(self.store(), row.id, &entries).await?,
            Duplicates::Keep => HashMap::new(),
        };
        self.embed_missing(owner, &row, &mut entries, &known).await?;

        let now = self.0.clock.now();
        let write = self.store().write().await?;
        if duplicates != Duplicates::Keep {
            // Whoever adds the same at the same time waits here, and is seen.
            collections::lock(&write, row.id).await?;
            known = self.known(&write, row.id, &entries).await?;
        }
        let (mut rows, mut ids) = (Vec::new(), Vec::with_capacity(entries.len()));
        let mut skipped = 0;
        for entry in entries {
            if let Some(id) = known.get(&entry.hash) {
                ids.push(*id);
                skipped += 1;
                continue;
            }
            let Entry { hash, content, metadata, vector: Some(vector) } = entry else {
                // Deleted between the two looks, so that it has no vector yet.
                return Err(SearchError::Busy);
            };
            let id = Uuid::now_v7();
            if duplicates != Duplicates::Keep {
                known.insert(hash.clone(), id);
            }
            ids.push(id);
            rows.push(Row { id, content, content_hash: hash, metadata, vector });
        }
        let added = rows.len() as u64;
        if added > 0 {
            let stamp = collections::change(&write, row.id, added, 0, now).await?;
            documents::insert(&write, row.id, stamp.next_seq, &rows, now).await?;
        }
        write.commit().await?;
        if added > 0 {
            self.bring_up_to_date(owner, &row);
        }
        Ok(DocumentsAdded { ids, added, skipped })
    }

    fn check(&self, row: &Collection, documents: &[NewDocument]) -> Result<(), SearchError> {
        if documents.is_empty() {
            return Err(SearchError::field("texts", "is empty; give at least one document"));
        }
        if documents.len() > rules::MOST_AT_ONCE {
            let message = format!("holds more than {} documents; send them in parts", rules::MOST_AT_ONCE);
            return Err(SearchError::field("texts", message));
        }
        if row.document_count + documents.len() as u64 > rules::MOST_DOCUMENTS {
            let message =
                format!("are too many: a collection holds up to {} documents", rules::MOST_DOCUMENTS);
            return Err(SearchError::field("texts", message));
        }
        let embeds = self.embedders().of(row).is_some();
        for (place, document) in documents.iter().enumerate() {
            let text = || format!("texts.{place}");
            if document.content.len() > rules::LONGEST_TEXT {
                let message = format!("is longer than {} bytes; split it", rules::LONGEST_TEXT);
                return Err(SearchError::field(text(), message));
            }
            if document.content.contains('\0') {
                return Err(SearchError::field(text(), "has the NUL character; remove it"));
            }
            if document.vector.is_none() && !embeds {
                let message = format!("{}; give a vector for each document", self.embedders().lacking(row));
                return Err(SearchError::field(format!("vectors.{place}"), message));
            }
            if document.vector.is_none() && document.content.trim().is_empty() {
                return Err(SearchError::field(text(), "is empty"));
            }
            if has_nul(&document.metadata) {
                return Err(SearchError::field(
                    format!("metadatas.{place}"),
                    "has the NUL character; remove it",
                ));
            }
        }
        Ok(())
    }

    async fn known(
        &self,
        db: &impl crate::server::store::Read,
        collection: Uuid,
        entries: &[Entry],
    ) -> Result<HashMap<String, Uuid>, SearchError> {
        let hashes: Vec<String> = entries.iter().map(|entry| entry.hash.clone()).collect();
        Ok(documents::with_hashes(db, collection, &hashes).await?)
    }

    /// Makes the vectors of those that have none and are not known.
    async fn embed_missing(
        &self,
        owner: UserId,
        row: &Collection,
        entries: &mut [Entry],
        known: &HashMap<String, Uuid>,
    ) -> Result<(), SearchError> {
        let missing =
            || entries.iter().filter(|entry| entry.vector.is_none() && !known.contains_key(&entry.hash));
        let texts: Vec<String> = missing().map(|entry| entry.content.clone()).collect();
        if texts.is_empty() {
            return Ok(());
        }
        let mut made = self.embedders().embed(owner, row, texts).await?.into_iter();
        for entry in entries.iter_mut().filter(|e| e.vector.is_none() && !known.contains_key(&e.hash)) {
            let vector = made.next().unwrap_or_default();
            entry.vector = Some(rules::given_vector("texts", vector, row.dimension, row.metric)?);
        }
        Ok(())
    }

    /// So that the next search need not, if the collection is in use.
    fn bring_up_to_date(&self, owner: UserId, row: &Collection) {
        let shelf = self.shelf(row);
        if !shelf.is_loaded() {
            return;
        }
        let (search, name) = (self.clone(), row.name.clone());
        tokio::spawn(async move {
            if let Ok(row) = search.row(owner, &name).await {
                // A search that comes meanwhile waits for the same; if it fails here, it is told there.
                let _ = shelf.vectors(&search.0.tools, &row).await;
            }
        });
    }
}

/// A document on its way.
struct Entry {
    hash: String,
    content: String,
    metadata: Map<String, Value>,
    vector: Option<Vec<f32>>,
}

/// SHA-256 over content, metadata and given vector, in hexadecimal; by the text alone as if it had no metadata.
fn hash_of(document: &NewDocument, duplicates: Duplicates) -> String {
    let mut digest = Sha256::new();
    digest.update((document.content.len() as u64).to_le_bytes());
    digest.update(&document.content);
    match duplicates {
        Duplicates::SkipText => digest.update("{}"),
        _ => digest.update(Value::Object(document.metadata.clone()).to_string()),
    }
    for number in document.vector.iter().flatten() {
        digest.update(number.to_le_bytes());
    }
    hex(digest.finalize())
}

fn has_nul(metadata: &Map<String, Value>) -> bool {
    fn inside(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(items) => items.iter().any(inside),
            Value::Object(map) => has_nul(map),
            _ => false,
        }
    }
    metadata.iter().any(|(key, value)| key.contains('\0') || inside(value))
}
