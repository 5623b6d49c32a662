//! What node types do: one file per type, behind the trait [`NodeHandler`]. What they look like is in
//! `workflow::catalog`; when they run is the engine's.

mod agent;
mod approval;
mod condition;
mod context;
mod db_query;
mod db_write;
mod delay;
mod effect;
mod faiss_search;
mod for_each;
mod http_request;
mod llm_call;
mod patience;
#[cfg(feature = "chaos")]
mod probe;
mod step;
mod steps;
mod sub_workflow;
mod tables;
#[cfg(test)]
mod tests;
mod transform;
mod vector_add;

pub use crate::server::secrets::Redactor;
pub(crate) use context::Log;
pub use context::{GlobalContext, LogLevel, LogLine, NodeContext, RunInfo, TokenSink, WaitingSink};
pub use effect::Effect;
pub use step::{Children, ItemInput, NodeStep, Resource, Then, Wait, WaitKind};
pub use steps::{Held, NewStep, Places, StepSink, Steps};
use tables::Elsewhere;
pub use tables::Tables;

use crate::{
    server::{
        llm::{ChatModels, ChatService, Models},
        outbound::Outbound,
        search::Search,
        secrets::Secrets,
        store::{files::Files, llm_cache::Answers},
    },
    workflow::catalog,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc, time::Duration};

/// What a handler gives back.
pub type NodeFuture<'a> = Pin<Box<dyn Future<Output = Result<NodeStep, NodeError>> + Send + 'a>>;

/// The behaviour of one node type.
///
/// What a handler does by itself it does at least once: an attempt that was under way when the process died runs again.
/// An [`Effect`] that it gives back is done exactly once.
pub trait NodeHandler: Send + Sync {
    /// Runs one attempt. Dropping the future cancels it; long work off the runtime watches `context.cancel`.
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a>;

    /// What it uses that there is little of; attempts queue for it, fairly between owners and their runs.
    fn resource(&self) -> Option<Resource> {
        None
    }

    /// Whether it writes down steps inside the step, and is to be told those that are written down already.
    fn keeps_steps(&self) -> bool {
        false
    }

    /// Whether an attempt does nothing but compute its output, so that one in vain harms nobody.
    fn is_pure(&self) -> bool {
        false
    }
}

/// What an attempt made.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeOutput {
    pub output: Value,
    /// The port it is emitted on; `None` is the first one of the node type.
    pub port: Option<String>,
    /// Tokens, model, bytes; null where there is nothing to tell.
    pub usage: Value,
    /// What becomes durable together with the completion of the step.
    pub effect: Option<Effect>,
}

impl NodeOutput {
    /// An output on the first port, without usage or effect.
    #[must_use]
    pub fn of(output: Value) -> Self {
        Self { output, port: None, usage: Value::Null, effect: None }
    }
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NodeError {
    /// Stable, for programs.
    pub code: String,
    /// What happened and what to do next. The engine puts the node's name before it.
    pub message: String,
    /// The same attempt may succeed later.
    pub retryable: bool,
    /// When it is retried, not sooner than this.
    pub retry_after: Option<Duration>,
}

impl NodeError {
    /// An error that comes again however often the step is tried.
    #[must_use]
    pub fn permanent(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), retryable: false, retry_after: None }
    }

    /// An error that another attempt may not meet.
    #[must_use]
    pub fn passing(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { retryable: true, ..Self::permanent(code, message) }
    }
}

/// The config in the form of its struct.
fn config<T: DeserializeOwned>(config: &Map<String, Value>) -> Result<T, NodeError> {
    T::deserialize(config)
        .map_err(|e| NodeError::permanent("bad_config", format!("{e}; correct the settings of this step")))
}

/// The collections, where there are any.
fn collections(search: &Option<Search>) -> Result<&Search, NodeError> {
    let none = || NodeError::permanent("no_collections", "There are no collections where this runs.");
    search.as_ref().ok_or_else(none)
}

/// The tables, where there are any.
fn tables_of(tables: &Option<Tables>) -> Result<&Tables, NodeError> {
    let none = || NodeError::permanent("no_tables", "There are no tables where this runs.");
    tables.as_ref().ok_or_else(none)
}

/// What handlers work with; each is cheap to clone.
#[derive(Clone)]
pub struct Parts {
    pub chat: ChatModels,
    /// Answers of models that may be taken again.
    pub answers: Answers,
    /// Absent where there is no database for them.
    pub tables: Option<Tables>,
    pub search: Option<Search>,
    pub outbound: Outbound,
    pub secrets: Secrets,
    pub files: Files,
}

impl Parts {
    /// Models and nothing else: there are no collections, no request is sent, no credential is known. For tests.
    #[must_use]
    pub fn bare(models: Models) -> Self {
        Self {
            chat: ChatModels::only(models),
            answers: Answers::none(),
            tables: None,
            search: None,
            outbound: Outbound::none(),
            secrets: Secrets::none(),
            files: Files::none(),
        }
    }
}

/// The handlers by node type; cheap to clone.
#[derive(Clone, Default)]
pub struct NodeRegistry(Arc<HashMap<&'static str, Arc<dyn NodeHandler>>>);

impl NodeRegistry {
    /// Every node type of the catalogue.
    #[must_use]
    pub fn standard(parts: Parts) -> Self {
        let Parts { chat, answers, tables, search, outbound, secrets, files } = parts;
        let elsewhere = Elsewhere::new(secrets.clone(), outbound.clone());
        let chat: Arc<dyn ChatService> = Arc::new(chat);
        let toolbox = agent::Toolbox {
            http: http_request::HttpRequest::new(outbound.clone(), secrets.clone(), files.clone()),
            search: faiss_search::FaissSearch::new(search.clone()),
            query: db_query::DbQuery::new(tables.clone(), elsewhere.clone()),
        };
        let registry = Self::default()
            .with("transform", transform::Transform)
            .with("condition", condition::Condition)
            .with("llm_call", llm_call::LlmCall::new(Arc::clone(&chat), answers))
            .with("agent", agent::Agent::new(chat, toolbox))
            .with("faiss_search", faiss_search::FaissSearch::new(search.clone()))
            .with("vector_add", vector_add::VectorAdd::new(search))
            .with("http_request", http_request::HttpRequest::new(outbound, secrets, files))
            .with("db_write", db_write::DbWrite::new(tables.clone(), elsewhere.clone()))
            .with("db_query", db_query::DbQuery::new(tables, elsewhere))
            .with("delay", delay::Delay)
            .with("approval", approval::Approval)
            .with("sub_workflow", sub_workflow::SubWorkflow)
            .with_max_items(catalog::MAX_ITEMS);
        #[cfg(feature = "chaos")]
        let registry = probe::offer(registry);
        registry
    }

    /// The same with another limit on the items of a `for_each`.
    #[must_use]
    pub fn with_max_items(self, max_items: usize) -> Self {
        self.with("for_each", for_each::ForEach::new(max_items))
    }

    /// The same with one more type, or with another behaviour of a type.
    #[must_use]
    pub fn with(self, node_type: &'static str, handler: impl NodeHandler + 'static) -> Self {
        let mut handlers = Arc::unwrap_or_clone(self.0);
        handlers.insert(node_type, Arc::new(handler));
        Self(Arc::new(handlers))
    }

    /// The handler of a type.
    #[must_use]
    pub fn get(&self, node_type: &str) -> Option<Arc<dyn NodeHandler>> {
        self.0.get(node_type).cloned()
    }
}
