//! Copy and paste: what is copied is a workflow file of its own, so that it can go to another workflow or into a mail.

use super::{EditError, Editor, name};
use crate::workflow::catalog;
use crate::workflow::document::Workflow;
use crate::workflow::expression::rename_in_config;
use crate::workflow::file::WorkflowFile;
use crate::workflow::ids::NodeId;

impl Editor {
    /// The nodes and the edges between them.
    #[must_use]
    pub fn copy(&self, nodes: &[NodeId]) -> WorkflowFile {
        let document = self.document();
        WorkflowFile::from_workflow(&Workflow {
            name: document.name.clone(),
            description: String::new(),
            input_schema: None,
            vars: serde_json::Map::new(),
            nodes: document.nodes.iter().filter(|n| nodes.contains(&n.id)).cloned().collect(),
            edges: document
                .edges
                .iter()
                .filter(|e| nodes.contains(&e.source_node_id) && nodes.contains(&e.target_node_id))
                .cloned()
                .collect(),
        })
    }

    /// Puts copies of a file's nodes and edges in, shifted so that the upper left one stands at `(x, y)`. Names that
    /// are taken get a number, and the references among the copies follow. Gives the new ids.
    ///
    /// # Errors
    /// `TooManyNodes`.
    pub fn paste(&mut self, file: WorkflowFile, x: f64, y: f64) -> Result<Vec<NodeId>, EditError> {
        let Workflow { mut nodes, edges, .. } = file.into_workflow();
        let left = nodes.iter().map(|n| n.position_x).fold(f64::INFINITY, f64::min);
        let top = nodes.iter().map(|n| n.position_y).fold(f64::INFINITY, f64::min);
        let mut taken = self.names();
        // No new name may be one of the copies' own either, or a later renaming would catch it too.
        taken.extend(nodes.iter().map(|n| n.name.clone()));
        let own = self.names();
        for index in 0..nodes.len() {
            nodes[index].position_x += x - left;
            nodes[index].position_y += y - top;
            let old = nodes[index].name.clone();
            if !own.contains(&old) {
                continue;
            }
            let new = name::free(&old, &taken);
            taken.insert(new.clone());
            for node in &mut nodes {
                rename_in_config(catalog::find(&node.node_type), &mut node.config, &old, &new);
            }
            nodes[index].name = new;
        }
        let ids = nodes.iter().map(|n| n.id).collect();
        self.insert(nodes, edges)?;
        Ok(ids)
    }
}
