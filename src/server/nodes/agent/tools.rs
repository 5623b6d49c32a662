//! The tools of an agent: what the model may fill in, and how that becomes a call of what the other node types do.

use super::{NodeContext, NodeError, Resource};
use crate::{
    server::nodes::{db_query::DbQuery, faiss_search::FaissSearch, http_request::HttpRequest},
    workflow::catalog::{self, AgentTool, Method, ToolKind, answer_schema},
};
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Rows that a question gives where the tool says nothing.
const ROWS: u64 = 20;

/// What tools are made of.
pub struct Toolbox {
    pub http: HttpRequest,
    pub search: FaissSearch,
    pub query: DbQuery,
}

/// One tool of one agent.
pub struct Tool {
    pub config: AgentTool,
    /// For the model.
    pub description: String,
    /// JSON Schema of what the model gives it.
    pub input: Value,
}

impl Tool {
    pub fn name(&self) -> &str {
        self.config.name()
    }

    pub fn is_workflow(&self) -> bool {
        self.config.kind == ToolKind::Workflow
    }
}

impl Toolbox {
    /// The tools that a config lists.
    pub async fn tools(&self, context: &NodeContext, configs: &[AgentTool]) -> Result<Vec<Tool>, NodeError> {
        let mut tools: Vec<Tool> = Vec::with_capacity(configs.len());
        for config in configs {
            if tools.iter().any(|tool| tool.name() == config.name()) {
                let message =
                    format!("Two tools are called `{}`; give each a name of its own.", config.name());
                return Err(NodeError::permanent("bad_config", message));
            }
            let own = config.description.as_deref().unwrap_or_default().trim();
            let usual = self.usual_description(context, config).await;
            let description = if own.is_empty() { usual } else { format!("{own} {usual}") };
            tools.push(Tool { config: config.clone(), description, input: input_of(config) });
        }
        Ok(tools)
    }

    async fn usual_description(&self, context: &NodeContext, tool: &AgentTool) -> String {
        let named = |name: &Option<String>| name.clone().unwrap_or_default();
        match tool.kind {
            ToolKind::HttpRequest => match base(tool) {
                Some(base) => format!("Sends a request below {base} and gives status and body."),
                None => "Sends a request to an address of the web and gives status and body.".to_owned(),
            },
            ToolKind::FaissSearch => {
                format!(
                    "Finds documents of the collection {} by their meaning.",
                    named(&tool.collection_name)
                )
            }
            ToolKind::DbQuery => {
                let table = named(&tool.table);
                let columns = match tool.credential {
                    None => self.query.columns(context, &table).await,
                    Some(_) => Vec::new(),
                };
                let columns = match columns.is_empty() {
                    true => String::new(),
                    false => format!(" Columns: {}.", columns.join(", ")),
                };
                format!(
                    "Gives rows of the table {table} that meet all conditions of `where`, such as {{\"column\": \"value\"}} \
                     or {{\"column\": {{\"gte\": 5}}}} (eq, ne, gt, gte, lt, lte, in, contains).{columns}"
                )
            }
            ToolKind::Workflow => {
                format!("Runs the workflow {} and gives its output.", named(&tool.workflow))
            }
        }
    }

    /// Uses a tool that is no workflow.
    pub async fn call(
        &self,
        context: &NodeContext,
        tool: &Tool,
        input: &Value,
        key: &str,
    ) -> Result<Value, NodeError> {
        let config = &tool.config;
        match config.kind {
            ToolKind::HttpRequest => {
                let request = http_config(config, input)?;
                let _place = context.place(Resource::Http).await;
                let reply = self.http.call(context, &request, key).await?.output;
                // Headers would fill the prompt and help no model.
                Ok(json!({ "status": reply["status"], "body": reply["body"] }))
            }
            ToolKind::FaissSearch => self.search.find(context, search_config(config, input)?).await,
            ToolKind::DbQuery => self.query.ask(context, &query_config(config, input)?).await,
            ToolKind::Workflow => {
                Err(NodeError::permanent("internal_error", "a workflow is run by the engine, not here"))
            }
        }
    }
}

/// What the model fills in.
fn input_of(tool: &AgentTool) -> Value {
    let object = |properties: Value, required: &[&str]| {
        json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        })
    };
    match tool.kind {
        ToolKind::HttpRequest => {
            let place = if base(tool).is_some() { "path" } else { "url" };
            let methods = methods(tool);
            let mut properties = Map::new();
            if methods.len() > 1 || methods[0] != Method::Get {
                let words: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
                properties.insert("method".to_owned(), json!({ "type": "string", "enum": words }));
            }
            properties.insert(place.to_owned(), json!({ "type": "string" }));
            let flat = json!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } });
            properties.insert("query".to_owned(), flat);
            if methods.iter().any(|method| method.changes()) {
                properties.insert("body".to_owned(), json!({}));
            }
            object(Value::Object(properties), &[place])
        }
        ToolKind::FaissSearch => object(json!({ "query": { "type": "string" } }), &["query"]),
        ToolKind::DbQuery => object(
            json!({
                "where": { "type": "object" },
                "order": { "type": "array", "items": { "type": "string" }, "maxItems": 4 },
                "limit": { "type": "integer", "minimum": 1, "maximum": tool.limit.unwrap_or(ROWS) },
            }),
            &[],
        ),
        ToolKind::Workflow => match &tool.parameters {
            Some(schema @ Value::Object(_)) => answer_schema::inlined(&answer_schema::closed_objects(schema)),
            _ => json!({ "type": "string" }),
        },
    }
}

fn methods(tool: &AgentTool) -> Vec<Method> {
    if tool.methods.is_empty() { vec![Method::Get] } else { tool.methods.clone() }
}

/// The address that all requests begin with.
fn base(tool: &AgentTool) -> Option<&str> {
    tool.url.as_deref().map(str::trim).filter(|url| !url.is_empty())
}

/// A mistake of the model's, which it is told.
fn mistake(message: impl Into<String>) -> NodeError {
    NodeError::permanent("bad_input", message)
}

fn http_config(tool: &AgentTool, input: &Value) -> Result<catalog::HttpRequest, NodeError> {
    let methods = methods(tool);
    let method = match input.get("method") {
        None | Some(Value::Null) => methods[0],
        Some(word) => parse(word.clone())?,
    };
    if !methods.contains(&method) {
        return Err(mistake(format!("{} is not allowed here.", method.as_str())));
    }
    let text = |key: &str| input.get(key).and_then(Value::as_str).unwrap_or_default().trim();
    let url = match base(tool) {
        Some(base) => below(base, text("path"))?,
        None => text("url").to_owned(),
    };
    let mut config = json!({
        "method": method, "url": url, "headers": tool.headers,
        "query": input.get("query").filter(|query| query.is_object()).cloned().unwrap_or_else(|| json!({})),
        // The model reads the status like the rest.
        "fail_on_status": false,
    });
    if let Some(body) = input.get("body").filter(|body| !body.is_null() && method.changes()) {
        config["body"] = body.clone();
    }
    if let Some(credential) = &tool.credential {
        config["credential"] = json!(credential);
    }
    parse(config)
}

/// An address that begins with the one of the tool, whatever the model wrote.
fn below(base: &str, path: &str) -> Result<String, NodeError> {
    let allowed = Url::parse(base).map_err(|error| {
        NodeError::permanent("bad_config", format!("The address of the tool is none: {error}."))
    })?;
    // Many models write the whole address all the same.
    let path = path.strip_prefix(base).unwrap_or(path);
    let written = match path {
        "" => base.to_owned(),
        path if path.starts_with('?') => format!("{base}{path}"),
        path => format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/')),
    };
    let url =
        Url::parse(&written).map_err(|error| mistake(format!("`{written}` is no address: {error}.")))?;
    let root = allowed.path().trim_end_matches('/');
    let is_below = url.origin() == allowed.origin()
        && url.username() == allowed.username()
        && (url.path().trim_end_matches('/') == root
            || url.path().strip_prefix(root).is_some_and(|rest| rest.starts_with('/')));
    if !is_below {
        return Err(mistake(format!("Only addresses that begin with {base} may be asked.")));
    }
    Ok(url.into())
}

fn search_config(tool: &AgentTool, input: &Value) -> Result<catalog::FaissSearch, NodeError> {
    let mut config = json!({ "collection_name": tool.collection_name, "query": input.get("query") });
    if let Some(top_k) = tool.top_k {
        config["top_k"] = json!(top_k);
    }
    if let Some(filter) = &tool.filter {
        config["filter"] = json!(filter);
    }
    parse(config)
}

fn query_config(tool: &AgentTool, input: &Value) -> Result<catalog::DbQuery, NodeError> {
    let most = tool.limit.unwrap_or(ROWS).max(1);
    let mut filter = match input.get("where") {
        Some(Value::Object(filter)) => filter.clone(),
        _ => Map::new(),
    };
    // What the tool says of a column holds, whatever the model says of it.
    filter.extend(tool.conditions.clone().unwrap_or_default());
    let mut config = json!({
        "table": tool.table,
        "limit": input.get("limit").and_then(Value::as_u64).unwrap_or(most).clamp(1, most),
    });
    if !filter.is_empty() {
        config["where"] = Value::Object(filter);
    }
    if let Some(order) = input.get("order").filter(|order| !order.is_null()) {
        config["order"] = order.clone();
    }
    if let Some(credential) = &tool.credential {
        config["credential"] = json!(credential);
    }
    parse(config)
}

fn parse<T: DeserializeOwned>(config: Value) -> Result<T, NodeError> {
    serde_json::from_value(config).map_err(|error| mistake(format!("The input does not fit: {error}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(config: Value) -> AgentTool {
        serde_json::from_value(config).unwrap()
    }

    fn address(base: &str, path: &str) -> Result<String, String> {
        let tool = tool(json!({ "type": "http_request", "url": base }));
        http_config(&tool, &json!({ "path": path })).map(|config| config.url).map_err(|error| error.code)
    }

    #[test]
    fn requests_stay_below_the_address_of_the_tool() {
        let base = "https://api.example.com/v1";
        for (path, url) in [
            ("", "https://api.example.com/v1"),
            ("users/7", "https://api.example.com/v1/users/7"),
            ("/users", "https://api.example.com/v1/users"),
            ("?q=1", "https://api.example.com/v1?q=1"),
            ("https://api.example.com/v1/users", "https://api.example.com/v1/users"),
            ("//evil.example.org/x", "https://api.example.com/v1/evil.example.org/x"),
            ("@evil.example.org", "https://api.example.com/v1/@evil.example.org"),
        ] {
            assert_eq!(address(base, path).as_deref(), Ok(url), "{path}");
        }
        for path in ["../admin", "a/../../admin", "%2e%2e/admin", "..\\admin"] {
            assert_eq!(address(base, path), Err("bad_input".to_owned()), "{path}");
        }
        // A host is not a beginning of another host.
        assert_eq!(
            address("https://api.example.com", ".evil.org/").as_deref(),
            Ok("https://api.example.com/.evil.org/")
        );
    }

    #[test]
    fn only_methods_of_the_tool_are_used() {
        let tool =
            tool(json!({ "type": "http_request", "methods": ["GET", "POST"], "headers": { "X-A": "1" } }));
        let post = json!({ "method": "POST", "url": "https://x.org", "body": { "a": 1 } });
        let config = http_config(&tool, &post).unwrap();
        assert_eq!(
            (config.method, config.body, config.fail_on_status),
            (Method::Post, Some(json!({ "a": 1 })), false)
        );
        assert_eq!(config.headers["X-A"], "1");
        let delete = json!({ "method": "DELETE", "url": "https://x.org" });
        assert_eq!(http_config(&tool, &delete).unwrap_err().code, "bad_input");
    }

    #[test]
    fn conditions_of_the_tool_hold_whatever_the_model_asks_for() {
        let tool =
            tool(json!({ "type": "db_query", "table": "orders", "where": { "owner": "ada" }, "limit": 5 }));
        let asked =
            json!({ "where": { "owner": { "ne": "" }, "open": true }, "limit": 100, "order": ["-_id"] });
        let config = query_config(&tool, &asked).unwrap();
        assert_eq!(config.filter, Some(json!({ "owner": "ada", "open": true })));
        assert_eq!((config.limit, config.order.as_slice()), (5, ["-_id".to_owned()].as_slice()));
        assert_eq!(query_config(&tool, &json!({})).unwrap().filter, Some(json!({ "owner": "ada" })));
    }
}
