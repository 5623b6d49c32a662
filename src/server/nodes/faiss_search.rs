//! `faiss_search`: finds the documents of a collection that fit a question.

use super::{LogLevel, NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, NodeStep, config};
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

    async fn find(&self, context: &NodeContext) -> Result<NodeStep, NodeError> {
        let config: catalog::FaissSearch = config(&context.node_config)?;
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
        let hits = super::collections(&self.search)?.search(owner, &config.collection_name, wanted).await?;
        context
            .log(LogLevel::Info, format!("{} documents of \"{}\" fit", hits.len(), config.collection_name));
        let found: Vec<Value> = hits
            .into_iter()
            .map(|hit| {
                json!({ "id": hit.id, "content": hit.content, "metadata": hit.metadata, "score": hit.score })
            })
            .collect();
        Ok(NodeOutput::of(Value::Array(found)).into())
    }
}

impl NodeHandler for FaissSearch {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(self.find(context))
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
