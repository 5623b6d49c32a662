//! Templates as the gallery shows them: what is in them and what they would touch, without their configs.

use crate::workflow::{
    document::Workflow,
    notes::{NoteColour, NoteKind},
};
use serde::{Deserialize, Serialize};

/// A template, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateCard {
    /// Stable name, such as `classify-and-branch`.
    pub slug: String,
    pub name: String,
    pub description: String,
    pub graph: Outline,
    pub touches: Touches,
}

/// A graph as far as it takes to draw it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outline {
    pub steps: Vec<OutlineStep>,
    pub wires: Vec<OutlineWire>,
    /// Frames and notes, from the ground up.
    #[serde(default)]
    pub papers: Vec<OutlinePaper>,
}

/// A frame or a note as a box in its colour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutlinePaper {
    pub is_frame: bool,
    pub colour: NoteColour,
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutlineStep {
    pub name: String,
    pub node_type: String,
    pub x: f64,
    pub y: f64,
}

/// Steps by their places in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutlineWire {
    pub source: u32,
    pub port: Option<String>,
    pub target: u32,
}

/// What a workflow reaches outside of itself. A name that is computed stands as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touches {
    /// Other computers that it sends requests to.
    pub hosts: Vec<String>,
    pub tables: Vec<String>,
    pub collections: Vec<String>,
    pub credentials: Vec<String>,
}

impl Touches {
    /// Whether it stays within its own runs.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.hosts.is_empty()
            && self.tables.is_empty()
            && self.collections.is_empty()
            && self.credentials.is_empty()
    }
}

impl From<&Workflow> for Outline {
    fn from(document: &Workflow) -> Self {
        let place = |id| document.nodes.iter().position(|n| n.id == id).and_then(|i| u32::try_from(i).ok());
        let steps = document.nodes.iter().map(|node| OutlineStep {
            name: node.name.clone(),
            node_type: node.node_type.clone(),
            x: node.position_x,
            y: node.position_y,
        });
        let wires = document.edges.iter().filter_map(|edge| {
            Some(OutlineWire {
                source: place(edge.source_node_id)?,
                port: edge.source_port.clone(),
                target: place(edge.target_node_id)?,
            })
        });
        let mut papers: Vec<_> = document
            .notes
            .iter()
            .map(|note| OutlinePaper {
                is_frame: note.kind == NoteKind::Frame,
                colour: note.colour,
                x: note.position_x,
                y: note.position_y,
                width: note.width,
                height: note.height,
            })
            .collect();
        papers.sort_by_key(|paper| !paper.is_frame);
        Self { steps: steps.collect(), wires: wires.collect(), papers }
    }
}
