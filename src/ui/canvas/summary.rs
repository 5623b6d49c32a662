//! The two lines on a card that say what its node does.

use crate::{ui::components::time::duration, workflow::document::Node};
use serde_json::Value;

/// What matters of a config: a main line, and a line of details above it where there are any.
#[must_use]
pub fn summary(node: &Node) -> (Option<String>, String) {
    let text =
        |key: &str| node.config.get(key).and_then(Value::as_str).map(first_words).filter(|t| !t.is_empty());
    match node.node_type.as_str() {
        "llm_call" => {
            let choices = node
                .config
                .get("choices")
                .and_then(Value::as_array)
                .map(|list| list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" / "));
            let details = text("model").into_iter().chain(choices).collect::<Vec<_>>().join(" · ");
            let details = if details.is_empty() { "Default model".to_owned() } else { details };
            (Some(details), text("prompt_template").unwrap_or_else(|| "No prompt yet".to_owned()))
        }
        "condition" => (None, text("condition").unwrap_or_else(|| "No condition yet".to_owned())),
        "transform" => {
            if let Some(Value::Object(fields)) = node.config.get("fields") {
                let names = fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                return (
                    Some("Fields".to_owned()),
                    if names.is_empty() { "No fields yet".to_owned() } else { names },
                );
            }
            (None, text("expression").unwrap_or_else(|| "Nothing to compute yet".to_owned()))
        }
        "delay" => match node.config.get("seconds").and_then(Value::as_f64) {
            Some(seconds) => (Some("Waits".to_owned()), duration((seconds * 1000.0) as i64)),
            None => (
                Some("Waits until".to_owned()),
                text("until").or(text("seconds")).unwrap_or_else(|| "No time yet".to_owned()),
            ),
        },
        "agent" => {
            let tools = node.config.get("tools").and_then(Value::as_array).map_or(0, Vec::len);
            let with = match tools {
                0 => "Without tools".to_owned(),
                1 => "With one tool".to_owned(),
                many => format!("With {many} tools"),
            };
            (Some(with), text("prompt_template").unwrap_or_else(|| "No task yet".to_owned()))
        }
        "approval" => {
            (Some("Asks a person".to_owned()), text("message").unwrap_or_else(|| "No message yet".to_owned()))
        }
        "for_each" | "sub_workflow" => {
            let workflow = text("workflow").unwrap_or_else(|| "No workflow yet".to_owned());
            let items = if node.node_type == "for_each" { "items" } else { "input" };
            let given =
                node.config.get(items).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
            (Some(workflow), given.as_deref().map_or_else(|| "{{ input }}".to_owned(), first_words))
        }
        "http_request" => {
            let method = text("method").unwrap_or_else(|| "GET".to_owned());
            let address =
                text("url").filter(|u| u != "https://").unwrap_or_else(|| "No address yet".to_owned());
            (Some(method), address)
        }
        "db_write" | "db_query" => {
            let what = match (node.node_type.as_str(), text("mode").as_deref()) {
                ("db_query", _) => "Reads rows of",
                (_, Some("upsert")) => "Inserts or changes rows of",
                _ => "Inserts rows into",
            };
            (Some(what.to_owned()), text("table").unwrap_or_else(|| "No table yet".to_owned()))
        }
        "faiss_search" | "vector_add" => {
            let what = text("query").filter(|_| node.node_type == "faiss_search");
            let name = text("collection_name").unwrap_or_else(|| "No collection yet".to_owned());
            match what {
                Some(query) => (Some(name), query),
                None => (None, name),
            }
        }
        other => {
            let first = node.config.values().find_map(Value::as_str).map(first_words).unwrap_or_default();
            (Some(other.to_owned()), first)
        }
    }
}

/// Enough for the card, on one line.
fn first_words(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = line.char_indices().nth(120) {
        line.truncate(cut);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(node_type: &str, config: Value) -> Node {
        serde_json::from_value(json!({
            "id": uuid::Uuid::from_u128(1), "name": "n", "node_type": node_type, "config": config
        }))
        .unwrap()
    }

    #[test]
    fn cards_say_what_matters() {
        let call = node(
            "llm_call",
            json!({"prompt_template": "Is this\n\n urgent? {input}", "choices": ["yes", "no"]}),
        );
        assert_eq!(summary(&call), (Some("yes / no".to_owned()), "Is this urgent? {input}".to_owned()));
        let fields = node("transform", json!({"fields": {"name": "input.n", "age": "input.a"}}));
        assert_eq!(summary(&fields), (Some("Fields".to_owned()), "name, age".to_owned()));
        let each = node("for_each", json!({"items": "{{ input }}", "workflow": "Price one"}));
        assert_eq!(summary(&each), (Some("Price one".to_owned()), "{{ input }}".to_owned()));
        let call = node("http_request", json!({"method": "POST", "url": "https://api.example.org/v1"}));
        assert_eq!(summary(&call), (Some("POST".to_owned()), "https://api.example.org/v1".to_owned()));
        let write = node("db_write", json!({"table": "orders", "mode": "upsert"}));
        assert_eq!(summary(&write), (Some("Inserts or changes rows of".to_owned()), "orders".to_owned()));
        let search = node("faiss_search", json!({"collection_name": "Handbook", "query": "{{ input }}"}));
        assert_eq!(summary(&search), (Some("Handbook".to_owned()), "{{ input }}".to_owned()));
        assert_eq!(summary(&node("delay", json!({"seconds": 90}))).1, "1 min 30 s");
        assert_eq!(summary(&node("condition", json!({"condition": "  "}))).1, "No condition yet");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let call = node("llm_call", json!({"prompt_template": "ü".repeat(500)}));
        assert_eq!(summary(&call).1.chars().count(), 120);
    }
}
