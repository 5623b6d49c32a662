//! The catalogue of node types.

use crate::{api::node_types::NodeTypeView, workflow::catalog};
use serde_json::Map;

/// Every node type, in the order of the palette.
#[must_use]
pub fn list() -> Vec<NodeTypeView> {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    catalog::all()
        .iter()
        .map(|t| NodeTypeView {
            node_type: t.name.to_owned(),
            title: t.title.to_owned(),
            description: t.description.to_owned(),
            category: t.category.as_str().to_owned(),
            icon: t.icon.to_owned(),
            inputs: words(t.inputs),
            outputs: words(t.outputs),
            config_schema: t.config_schema.clone(),
            output_schema: t.output_schema(&Map::new()),
        })
        .collect()
}
