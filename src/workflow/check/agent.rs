//! What the tools of an agent name: workflows, collections, tables and credentials of the owner.

use super::{Environment, Problems, callee, collection, credential};
use crate::workflow::catalog::AgentTool;
use crate::workflow::document::{Node, Workflow};
use crate::workflow::expression::nearest;
use serde::Deserialize as _;
use serde_json::Value;

/// Reports tools of what is not there. A disabled agent uses none; a tool that cannot be read is the schema's business.
pub(super) fn check(workflow: &Workflow, node: &Node, environment: &Environment, problems: &mut Problems) {
    if node.node_type != "agent" || node.settings.disabled {
        return;
    }
    let tools = node.config.get("tools").and_then(Value::as_array);
    for (index, tool) in tools.into_iter().flatten().enumerate() {
        let Ok(tool) = AgentTool::deserialize(tool) else { continue };
        let place = |field: &str| format!("config.tools.{index}.{field}");
        let named = |name: &Option<String>| {
            name.clone().filter(|name| !name.trim().is_empty() && !name.contains('{'))
        };
        if let (Some(named), Some(known)) = (named(&tool.workflow), &environment.workflows)
            && let Err(error) = callee::find_workflow(known, &named)
        {
            problems.error(Some(node), Some(&place("workflow")), error.code(), error.to_string());
        }
        if let Some(named) = named(&tool.collection_name) {
            collection::look(workflow, node, (&named, &place("collection_name")), environment, problems);
        }
        if let (Some(named), Some(known), None) = (named(&tool.table), &environment.tables, &tool.credential)
        {
            look_for_table(workflow, node, (&named, &place("table")), known, problems);
        }
        if let Some(named) = named(&tool.credential) {
            let kinds = tool.kind.credential_kinds();
            credential::look(node, (&named, &place("credential")), kinds, environment, problems);
        }
    }
}

/// A step of the same workflow may make the table.
fn look_for_table(
    workflow: &Workflow,
    node: &Node,
    (named, place): (&str, &str),
    known: &[String],
    problems: &mut Problems,
) {
    let mut makers = workflow.nodes.iter().filter(|n| n.node_type == "db_write" && !n.settings.disabled);
    let is_made = |maker: &Node| {
        maker.config.get("table").and_then(Value::as_str).is_some_and(|t| t == named || t.contains('{'))
    };
    if known.iter().any(|k| k == named) || makers.any(is_made) {
        return;
    }
    let hint = match nearest(named, known.iter().map(String::as_str)) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "Make it on the Tables page, or choose another.".to_owned(),
    };
    let message = format!("There is no table `{named}`. {hint}");
    problems.warning(Some(node), Some(place), "unknown_table", message);
}

#[cfg(test)]
mod tests {
    use crate::workflow::{
        check::{Environment, KnownCredential, KnownWorkflow, check},
        file::WorkflowFile,
        ids::WorkflowId,
    };
    use serde_json::{Value, json};

    fn found(tool: Value) -> Vec<(String, String)> {
        let file = json!({"format": 1, "name": "w", "nodes": [
            {"name": "Agent", "node_type": "agent", "config": {"prompt_template": "x", "model": "m", "tools": [tool]}},
        ], "edges": []});
        let workflow = WorkflowFile::from_value(file).unwrap().into_workflow();
        let environment = Environment {
            installed_models: Some(vec!["m".into()]),
            workflows: Some(vec![KnownWorkflow { id: WorkflowId::new(), name: "send".into() }]),
            collections: Some(vec!["docs".into()]),
            tables: Some(vec!["orders".into()]),
            credentials: Some(vec![KnownCredential {
                id: uuid::Uuid::nil(),
                name: "key".into(),
                kind: "bearer".into(),
            }]),
            ..Environment::default()
        };
        let problems = check(&workflow, &environment);
        problems.into_iter().map(|p| (p.field.unwrap_or_default(), p.code)).collect()
    }

    #[test]
    fn tools_name_what_is_there() {
        for good in [
            json!({"type": "workflow", "workflow": "send"}),
            json!({"type": "faiss_search", "collection_name": "docs"}),
            json!({"type": "db_query", "table": "orders"}),
            json!({"type": "http_request", "credential": "key"}),
        ] {
            let problems = found(good.clone());
            assert!(problems.is_empty(), "{good}: {problems:?}");
        }
        for (bad, field, code) in [
            (json!({"type": "workflow", "workflow": "sned"}), "workflow", "unknown_workflow"),
            (
                json!({"type": "faiss_search", "collection_name": "doc"}),
                "collection_name",
                "unknown_collection",
            ),
            (json!({"type": "db_query", "table": "order"}), "table", "unknown_table"),
            (json!({"type": "http_request", "credential": "kye"}), "credential", "unknown_credential"),
            (
                json!({"type": "db_query", "table": "t", "credential": "key"}),
                "credential",
                "wrong_credential_kind",
            ),
        ] {
            assert_eq!(found(bad.clone()), [(format!("config.tools.0.{field}"), code.to_owned())], "{bad}");
        }
    }
}
