//! Fields that want a list (`x-result`) and surely get something else.

use super::Problems;
use super::types::{Types, kinds};
use crate::workflow::catalog::{NodeType, schema::type_word};
use crate::workflow::expression::{Form, Outline, outline};
use serde_json::Value;

pub(super) fn check(types: &Types<'_>, index: usize, node_type: &NodeType, problems: &mut Problems) {
    let node = types.graph.node(index);
    for field in &node_type.fields {
        let wants_list = field.schema.get("x-result").is_some_and(|r| r == "array");
        let text = node.config.get(&field.name).and_then(Value::as_str).filter(|_| wants_list);
        if let Some(text) = text
            && let Some(kind) = kind_of(types, text, index)
        {
            let message = format!(
                "`{}` needs a list, and `{}` is {kind}. Use an expression that gives a list.",
                field.name, text
            );
            problems.error(Some(node), Some(&format!("config.{}", field.name)), "not_a_list", message);
        }
    }
}

/// The kind of the template's value in words, where it is known and no list.
fn kind_of(types: &Types<'_>, template: &str, index: usize) -> Option<String> {
    match outline(template, Form::Template)? {
        Outline::Kind(kind) => (kind != "array").then(|| type_word(kind).to_owned()),
        Outline::Path(root, steps) => {
            let schema = types.at_path(&root, &steps, index)?;
            let kinds = kinds(&schema);
            let is_none = !kinds.is_empty() && !kinds.contains(&"array");
            is_none.then(|| kinds.into_iter().map(type_word).collect::<Vec<_>>().join(" or "))
        }
    }
}
