//! The node types: what their configs, ports and outputs look like. Not what they do (`server::nodes`).
//! A new type is one file here and one line in `TYPES`.

mod agent;
pub mod answer_schema;
mod approval;
mod condition;
mod db_query;
mod db_write;
mod delay;
mod faiss_search;
mod field;
mod for_each;
mod http_request;
mod llm_call;
#[cfg(feature = "chaos")]
pub mod probe;
pub mod schema;
mod sketch;
mod sub_workflow;
mod transform;
mod vector_add;

pub use agent::{Agent, AgentTool, FINAL, ToolKind};
pub use approval::Approval;
pub use condition::Condition;
pub use db_query::{DbQuery, MAX_QUERY_ROWS};
pub use db_write::{DbWrite, DbWriteMode};
pub use delay::{Delay, LONGEST_WAIT_SECONDS, not_a_time, parse_time, too_long};
pub use faiss_search::{FaissSearch, Mode as SearchBy};
pub use field::{Field, FieldKind};
pub use for_each::{ForEach, MAX_ITEMS, OnError};
pub use http_request::{BodyKind, HttpRequest, Method, ResponseKind, header_mistake};
pub use llm_call::{CutPrompt, LlmCall};
pub use schema::FieldProblem;
pub use sketch::{Category, Nature, Sketch, sketch};
pub use sub_workflow::SubWorkflow;
pub use transform::Transform;
pub use vector_add::{Chunk, Document as AddedDocument, Texts as AddedTexts, VectorAdd};

use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// The registry.
static TYPES: LazyLock<Vec<NodeType>> = LazyLock::new(|| {
    let types = [
        llm_call::node_type(),
        agent::node_type(),
        http_request::node_type(),
        transform::node_type(),
        condition::node_type(),
        for_each::node_type(),
        sub_workflow::node_type(),
        delay::node_type(),
        approval::node_type(),
        db_write::node_type(),
        db_query::node_type(),
        faiss_search::node_type(),
        vector_add::node_type(),
    ];
    #[cfg(feature = "chaos")]
    let types = types.into_iter().chain(probe::offered());
    types.into_iter().collect()
});

/// Where a node without an explicit target port takes its input.
pub const INPUT_PORT: &str = "in";
/// The port that a failed node emits on, where an edge leaves it.
pub const ERROR_PORT: &str = "error";

/// One node type of the catalogue.
#[derive(Debug)]
pub struct NodeType {
    pub sketch: &'static Sketch,
    /// JSON Schema of `config` with titles, descriptions, defaults and the form's hints (`x-…`).
    pub config_schema: Value,
    /// The fields of `config_schema`, in the order of the form.
    pub fields: Vec<Field>,
    /// What the schema cannot say.
    pub(crate) extra_check: fn(&Map<String, Value>, &mut Vec<FieldProblem>),
    /// JSON Schema of the output under this config.
    pub(crate) output: fn(&Map<String, Value>) -> Value,
}

/// Every node type, in the order of the palette.
#[must_use]
pub fn all() -> &'static [NodeType] {
    &TYPES
}

/// The node type of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static NodeType> {
    all().iter().find(|t| t.name == name)
}

impl std::ops::Deref for NodeType {
    type Target = Sketch;

    fn deref(&self) -> &Sketch {
        self.sketch
    }
}

impl NodeType {
    /// Where an edge without `source_port` leaves.
    #[must_use]
    pub fn default_output(&self) -> &'static str {
        self.sketch.default_output()
    }

    /// What is wrong with a config as it is written: a string of one `{{ expression }}` may stand where a number,
    /// a list or any other value is wanted.
    #[must_use]
    pub fn check_config(&self, config: &Map<String, Value>) -> Vec<FieldProblem> {
        let mut problems = schema::check(&self.config_schema, config, schema::Stage::Written);
        (self.extra_check)(config, &mut problems);
        problems
    }

    /// What is wrong with a config whose expressions have been evaluated. Bare-expression fields hold any value then.
    #[must_use]
    pub fn check_rendered(&self, config: &Map<String, Value>) -> Vec<FieldProblem> {
        schema::check(&self.config_schema, config, schema::Stage::Rendered)
    }

    /// JSON Schema of what the node gives under this config; `{}` where anything may come.
    #[must_use]
    pub fn output_schema(&self, config: &Map<String, Value>) -> Value {
        (self.output)(config)
    }

    /// A config that a new node starts with: the fields that must be there or have a start, and nothing that has a
    /// default.
    #[must_use]
    pub fn new_config(&self) -> Map<String, Value> {
        self.fields
            .iter()
            .filter(|f| f.required || f.schema.get("x-start").is_some())
            .map(|f| (f.name.clone(), f.schema.get("x-start").cloned().unwrap_or_else(|| json!(""))))
            .collect()
    }

    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// The entry of `GET /api/node-types`.
    #[must_use]
    pub fn view(&self) -> Value {
        json!({
            "node_type": self.name,
            "title": self.title,
            "description": self.description,
            "category": self.category.as_str(),
            "icon": self.icon,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "config_schema": self.config_schema,
            "output_schema": self.output_schema(&Map::new()),
        })
    }
}

/// Whether a field is there and not null.
fn is_set(config: &Map<String, Value>, field: &str) -> bool {
    config.get(field).is_some_and(|v| !v.is_null())
}
