//! Copy and paste: what is copied is a workflow file of its own, so that it can go to another workflow or into a mail.

use super::{EditError, Editor, name};
use crate::workflow::catalog;
use crate::workflow::document::Workflow;
use crate::workflow::expression::rename_in_config;
use crate::workflow::file::WorkflowFile;
use crate::workflow::ids::{NodeId, NoteId};

/// The ids of what was pasted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pasted {
    pub nodes: Vec<NodeId>,
    pub notes: Vec<NoteId>,
}

impl Editor {
    /// The nodes and the edges between them, and notes.
    #[must_use]
    pub fn copy(&self, nodes: &[NodeId], notes: &[NoteId]) -> WorkflowFile {
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
            notes: document.notes.iter().filter(|n| notes.contains(&n.id)).cloned().collect(),
        })
    }

    /// Puts copies of a file's nodes, edges and notes in, shifted so that the upper left one stands at `(x, y)`. Names
    /// that are taken get a number, and the references among the copies follow. Gives the new ids.
    ///
    /// # Errors
    /// `TooManyNodes`, `TooManyNotes`.
    pub fn paste(&mut self, file: WorkflowFile, x: f64, y: f64) -> Result<Pasted, EditError> {
        let Workflow { mut nodes, edges, mut notes, .. } = file.into_workflow();
        let places = || {
            let notes = notes.iter().map(|n| (n.position_x, n.position_y));
            nodes.iter().map(|n| (n.position_x, n.position_y)).chain(notes)
        };
        let left = places().map(|(x, _)| x).fold(f64::INFINITY, f64::min);
        let top = places().map(|(_, y)| y).fold(f64::INFINITY, f64::min);
        for note in &mut notes {
            note.position_x += x - left;
            note.position_y += y - top;
        }
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
        let pasted = Pasted {
            nodes: nodes.iter().map(|n| n.id).collect(),
            notes: notes.iter().map(|n| n.id).collect(),
        };
        self.insert(nodes, edges, notes)?;
        Ok(pasted)
    }
}
