//! `agent`: a model that uses tools, one step after the other, until it has an answer.

mod tool;

pub use tool::{AgentTool, FINAL, ToolKind};

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, answer_schema, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The config with its expressions evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// What the agent shall find out or do. `{input}` and `{{ nodes.name.field }}` are filled in.
    #[schemars(title = "Task", length(min = 1), extend("x-expression" = "text", "x-widget" = "textarea", "x-order" = 1, "x-start" = "{input}"))]
    pub prompt_template: String,
    /// Instructions that hold for the whole work: the role, the tone, what to take care of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "System message", extend("x-expression" = "text", "x-widget" = "textarea", "x-order" = 2))]
    pub system: Option<String>,
    /// Name of the model. Empty: the default model. Small models use tools poorly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Model", extend("x-expression" = "text", "x-widget" = "model", "x-order" = 3))]
    pub model: Option<String>,
    /// What the agent may use: addresses of the web, a collection to search, a table to read, a workflow to run. It fills in
    /// what each one takes, and can use nothing else.
    #[serde(default)]
    #[schemars(title = "Tools", length(max = 32), extend("x-expression" = "data", "x-widget" = "tools", "x-order" = 4))]
    pub tools: Vec<AgentTool>,
    /// How often the model is asked, at most. In its last step it can only answer.
    #[serde(default = "default_max_steps")]
    #[schemars(title = "Steps", range(min = 1, max = 50), extend("x-expression" = "data", "x-order" = 5))]
    pub max_steps: u32,
    /// Each step, and so the answer, has at most this many tokens (about three quarters of a word each).
    #[serde(default = "default_max_tokens")]
    #[schemars(title = "Longest step", range(min = 16, max = 32768), extend("x-expression" = "data", "x-order" = 6))]
    pub max_tokens: u32,
    /// Tokens of all prompts and answers together. When they are nearly used up, the agent has to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Token budget", range(min = 100), extend("x-expression" = "data", "x-order" = 7))]
    pub token_budget: Option<u64>,
    /// Characters of a tool's result that the model is shown; the middle of longer ones is left out.
    #[serde(default = "default_result_chars")]
    #[schemars(title = "Longest result", range(min = 100, max = 200_000), extend("x-expression" = "data", "x-order" = 8))]
    pub result_chars: u32,
    /// The answer is JSON that follows this schema; the model cannot write anything else. The output of the step is the
    /// value, so that `input.field` works in the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Output schema", with = "Option<Map<String, Value>>", extend("x-widget" = "schema", "x-order" = 9))]
    pub output_schema: Option<Value>,
}

fn default_max_steps() -> u32 {
    8
}

fn default_max_tokens() -> u32 {
    512
}

fn default_result_chars() -> u32 {
    2000
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "agent",
    title: "Agent",
    description: "Lets a model use tools, step by step, until it has an answer. Each step is kept: a crash repeats none.",
    category: Category::Model,
    icon: "bot",
    inputs: &["in"],
    outputs: &["out", "error"],
    nature: Nature { retryable: true, ..Nature::NONE },
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<Agent>();
    NodeType { sketch: &SKETCH, fields: Field::of(&config_schema), config_schema, extra_check, output }
}

fn extra_check(config: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    if let Some(schema @ Value::Object(_)) = config.get("output_schema") {
        problems.extend(answer_schema::problems_of("output_schema", schema));
    }
    if let Some(Value::Array(tools)) = config.get("tools") {
        tool::check(tools, problems);
    }
}

fn output(config: &Map<String, Value>) -> Value {
    match config.get("output_schema") {
        Some(schema @ Value::Object(_)) => answer_schema::inlined(&answer_schema::closed_objects(schema)),
        _ => json!({ "type": "string" }),
    }
}

#[cfg(test)]
mod tests {
    use crate::workflow::catalog;
    use serde_json::{Map, Value, json};

    fn problems(change: Value) -> Vec<(String, &'static str)> {
        let mut config: Map<String, Value> = json!({ "prompt_template": "x" }).as_object().cloned().unwrap();
        config.extend(change.as_object().cloned().unwrap());
        let found = catalog::find("agent").unwrap().check_config(&config);
        found.into_iter().map(|p| (p.field, p.code)).collect()
    }

    #[test]
    fn tools_say_what_they_need() {
        let good = json!({ "tools": [
            { "type": "http_request", "url": "https://api.example.com/v1" },
            { "type": "faiss_search", "collection_name": "docs", "top_k": 3 },
            { "type": "db_query", "table": "orders", "where": { "owner": "{{ input.user }}" } },
            { "type": "workflow", "workflow": "send", "name": "send_mail", "require_approval": true,
              "parameters": { "type": "object", "properties": { "to": { "type": "string" } } } },
        ] });
        assert!(problems(good.clone()).is_empty(), "{:?}", problems(good));
        let field = |name: &str| format!("tools.0.{name}");
        for (tool, expected) in [
            (json!({ "type": "faiss_search" }), (field("collection_name"), "missing_field")),
            (json!({ "type": "db_query", "table": " " }), (field("table"), "missing_field")),
            (json!({ "type": "workflow" }), (field("workflow"), "missing_field")),
            (json!({ "type": "workflow", "workflow": "{{ input }}" }), (field("workflow"), "not_allowed")),
            (json!({ "type": "workflow", "workflow": "w", "table": "t" }), (field("table"), "not_allowed")),
            (json!({ "type": "http_request", "url": "ftp://x" }), (field("url"), "invalid_url")),
            (json!({ "type": "http_request", "name": "a b" }), (field("name"), "bad_name")),
            (json!({ "type": "http_request", "name": "final" }), (field("name"), "bad_name")),
            (
                json!({ "type": "http_request", "headers": { "Host": "x" } }),
                (field("headers.Host"), "not_allowed"),
            ),
            (
                json!({ "type": "db_query", "table": "t", "where": { "a": { "like": 1 } } }),
                (field("where.a"), "bad_filter"),
            ),
            (
                json!({ "type": "workflow", "workflow": "w", "parameters": { "type": "strin" } }),
                (field("parameters.type"), "wrong_type"),
            ),
            (json!({ "type": "shell" }), (field("type"), "not_allowed")),
        ] {
            let found = problems(json!({ "tools": [tool.clone()] }));
            assert!(found.iter().any(|(f, _)| *f == expected.0), "{tool}: {found:?}");
            if expected.1 != "wrong_type" {
                assert!(found.contains(&expected), "{tool}: {found:?}");
            }
        }
    }

    #[test]
    fn each_tool_has_a_name_of_its_own() {
        let twice = json!({ "tools": [{ "type": "http_request" }, { "type": "http_request" }] });
        assert_eq!(problems(twice), [("tools.1.name".to_owned(), "duplicate")]);
        let named =
            json!({ "tools": [{ "type": "http_request" }, { "type": "http_request", "name": "other" }] });
        assert!(problems(named.clone()).is_empty(), "{:?}", problems(named));
    }
}
