//! `vector_add`: puts texts into a collection. An attempt that runs again adds nothing twice: what is there already, by
//! content and metadata, is not stored again.

use super::{
    LogLevel, NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, NodeStep, config, patience::insist,
};
use crate::{
    server::{
        search::{CollectionBody, Duplicates, NewDocument, Search, SearchError},
        store::StoreError,
    },
    workflow::{
        catalog::{self, AddedDocument, AddedTexts},
        ids::UserId,
    },
};
use serde_json::{Map, json};

pub struct VectorAdd {
    search: Option<Search>,
}

impl VectorAdd {
    pub fn new(search: Option<Search>) -> Self {
        Self { search }
    }

    async fn add(&self, context: &NodeContext) -> Result<NodeStep, NodeError> {
        let config: catalog::VectorAdd = config(&context.node_config)?;
        let search = super::collections(&self.search)?;
        let (owner, name) = (context.global_context.owner, config.collection_name.as_str());
        let mut documents = documents_of(&config);
        if let Some(chunk) = &config.chunk {
            documents = split(search, documents, chunk).await?;
        }
        if documents.is_empty() {
            context.log(LogLevel::Info, "there was nothing to add");
            return Ok(NodeOutput::of(json!({ "added": 0, "skipped": 0, "ids": [] })).into());
        }
        let dimension = documents.iter().find_map(|document| document.vector.as_ref()).map(Vec::len);
        insist(|| make_if_missing(search, owner, name, dimension)).await?;
        let done = insist(|| search.add(owner, name, documents.clone(), Duplicates::Skip)).await?;
        context.log(
            LogLevel::Info,
            format!("{} documents added to \"{name}\", {} were there", done.added, done.skipped),
        );
        let output = json!({ "added": done.added, "skipped": done.skipped, "ids": done.ids });
        Ok(NodeOutput::of(output).into())
    }
}

impl NodeHandler for VectorAdd {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(self.add(context))
    }
}

fn documents_of(config: &catalog::VectorAdd) -> Vec<NewDocument> {
    let plain =
        |content: &String| NewDocument { content: content.clone(), metadata: Map::new(), vector: None };
    let whole = |document: &AddedDocument| NewDocument {
        content: document.content.clone(),
        metadata: document.metadata.clone().unwrap_or_default(),
        vector: document.vector.clone(),
    };
    match (&config.texts, &config.documents) {
        (Some(AddedTexts::One(text)), _) => vec![plain(text)],
        (Some(AddedTexts::Many(texts)), _) => texts.iter().map(plain).collect(),
        (None, Some(documents)) => documents.iter().map(whole).collect(),
        (None, None) => Vec::new(),
    }
}

/// The parts of each text, with its metadata; a document with a vector of its own stays whole.
async fn split(
    search: &Search,
    documents: Vec<NewDocument>,
    chunk: &catalog::Chunk,
) -> Result<Vec<NewDocument>, SearchError> {
    let mut parts = Vec::new();
    for document in documents {
        if document.vector.is_some() {
            parts.push(document);
            continue;
        }
        let NewDocument { content, metadata, vector: _ } = document;
        for content in search.split(content, chunk.size, chunk.overlap).await? {
            parts.push(NewDocument { content, metadata: metadata.clone(), vector: None });
        }
    }
    Ok(parts)
}

/// As wide as the first given vector, else as the embedding model's.
async fn make_if_missing(
    search: &Search,
    owner: UserId,
    name: &str,
    dimension: Option<usize>,
) -> Result<(), SearchError> {
    match search.get(owner, name).await {
        Err(SearchError::UnknownCollection(_)) => {}
        found => return found.map(drop),
    }
    let dimension = dimension.and_then(|numbers| u32::try_from(numbers).ok());
    let body = CollectionBody { name: name.to_owned(), dimension, ..CollectionBody::default() };
    match search.create(owner, &body).await {
        // Another step was quicker.
        Ok(_) | Err(SearchError::Store(StoreError::Unique(_))) => Ok(()),
        Err(SearchError::Field { message, .. }) => Err(SearchError::field("collection_name", message)),
        Err(error) => Err(error),
    }
}
