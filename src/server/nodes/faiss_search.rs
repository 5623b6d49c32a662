//! `faiss_search`: finds the documents of a collection that fit a question.

use super::{
    LogLevel, NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, config, patience::insist,
};
use crate::{
    server::search::{Search, SearchError, SearchMode, Wanted},
    workflow::catalog,
};
use serde_json::{Value, json};

pub struct FaissSearch {
    search: Option<Search>,
}

impl FaissSearch {
    pub fn new(search: Option<Search>) -> Self {
        Self { search }
    }

    /// The documents that a config asks for.
    pub async fn find(
        &self,
        context: &NodeContext,
        config: catalog::FaissSearch,
    ) -> Result<Value, NodeError> {
        let mode = match config.mode {
            catalog::SearchBy::Vector => SearchMode::Vector,
            catalog::SearchBy::Lexical => SearchMode::Lexical,
            catalog::SearchBy::Hybrid => SearchMode::Hybrid,
        };
        let wanted = Wanted {
            // A form leaves an empty text behind; with a vector that is no question.
            query: config.query.filter(|text| config.vector.is_none() || !text.trim().is_empty()),
            vector: config.vector,
            top_k: Some(config.top_k),
            min_score: config.min_score,
            filter: config.filter.map(Value::Object),
            mode,
        };
        let owner = context.global_context.owner;
        let search = super::collections(&self.search)?;
        let hits = insist(|| search.search(owner, &config.collection_name, wanted.clone())).await?;
        context
            .log(LogLevel::Info, format!("{} documents of \"{}\" fit", hits.len(), config.collection_name));
        let found: Vec<Value> = hits
            .into_iter()
            .map(|hit| {
                json!({ "id": hit.id, "content": hit.content, "metadata": hit.metadata, "score": hit.score })
            })
            .collect();
        Ok(Value::Array(found))
    }
}

impl NodeHandler for FaissSearch {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(async {
            let config: catalog::FaissSearch = config(&context.node_config)?;
            Ok(NodeOutput::of(self.find(context, config).await?).into())
        })
    }
}

impl From<SearchError> for NodeError {
    fn from(error: SearchError) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
            retryable: error.retryable(),
            retry_after: None,
        }
    }
}
