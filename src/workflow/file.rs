//! Workflow files: the document by names instead of ids, for people and for git.

use super::document::{Edge, Node, Settings, Workflow};
use super::ids::{EdgeId, NodeId, NoteId};
use super::notes::{Note, NoteColour, NoteKind};
use super::shape;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The format this program writes.
pub const FORMAT: u64 = 1;

/// A workflow as it stands in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowFile {
    pub format: u64,
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub vars: Map<String, Value>,
    #[serde(default)]
    pub nodes: Vec<FileNode>,
    #[serde(default)]
    pub edges: Vec<FileEdge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<FileNote>,
}

/// A node in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileNode {
    pub name: String,
    pub node_type: String,
    #[serde(default)]
    pub config: Map<String, Value>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub settings: Settings,
    /// `[x, y]` of the upper left corner, in pixels of the canvas.
    #[serde(default, serialize_with = "whole_numbers")]
    pub position: [f64; 2],
}

/// An edge in a file: names of nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEdge {
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_port: Option<String>,
    pub target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_port: Option<String>,
}

/// A note or a frame in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileNote {
    pub kind: NoteKind,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub colour: NoteColour,
    /// As that of a node.
    #[serde(default, serialize_with = "whole_numbers")]
    pub position: [f64; 2],
    /// `[width, height]`, in pixels of the canvas.
    #[serde(serialize_with = "whole_numbers")]
    pub size: [f64; 2],
}

impl From<FileNote> for Note {
    /// With a new id.
    fn from(note: FileNote) -> Self {
        let FileNote { kind, text, colour, position, size } = note;
        Self {
            id: NoteId::new(),
            kind,
            text,
            colour,
            position_x: position[0],
            position_y: position[1],
            width: size[0],
            height: size[1],
        }
    }
}

impl From<&Note> for FileNote {
    fn from(note: &Note) -> Self {
        Self {
            kind: note.kind,
            text: note.text.clone(),
            colour: note.colour,
            position: [note.position_x, note.position_y],
            size: [note.width, note.height],
        }
    }
}

fn is_default(settings: &Settings) -> bool {
    *settings == Settings::default()
}

fn whole_numbers<S: serde::Serializer>(position: &[f64; 2], serializer: S) -> Result<S::Ok, S::Error> {
    let number =
        |n: f64| if n.fract() == 0.0 && n.abs() < 9e15 { Value::from(n as i64) } else { Value::from(n) };
    [number(position[0]), number(position[1])].serialize(serializer)
}

/// Why a text is not a workflow file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct FileError {
    /// Where in the file, such as `nodes[2].config`; empty for the file as a whole.
    pub path: String,
    pub message: String,
}

impl FileError {
    fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    fn text(&self) -> String {
        if self.path.is_empty() { self.message.clone() } else { format!("{}: {}", self.path, self.message) }
    }
}

impl WorkflowFile {
    /// Reads a file's text.
    ///
    /// # Errors
    /// Not JSON, another format, unknown or missing fields, edges to nodes that are not there: each with its place.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let value: Value =
            serde_json::from_str(text).map_err(|e| FileError::new("", format!("This is not JSON: {e}.")))?;
        Self::from_value(value)
    }

    /// Reads a file's JSON.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_value(value: Value) -> Result<Self, FileError> {
        let Value::Object(mut object) = value else {
            return Err(FileError::new(
                "",
                "A workflow file is a JSON object with `format`, `name`, `nodes` and `edges`.",
            ));
        };
        match object.get("format").map(Value::as_u64) {
            Some(Some(FORMAT)) => {}
            Some(Some(newer)) if newer > FORMAT => {
                return Err(FileError::new(
                    "format",
                    format!(
                        "This file has format {newer}; this Millrace reads up to {FORMAT}. Update Millrace."
                    ),
                ));
            }
            Some(_) => return Err(FileError::new("format", format!("`format` must be {FORMAT}."))),
            None => {
                return Err(FileError::new(
                    "format",
                    format!("`format` is missing; add `\"format\": {FORMAT}`."),
                ));
            }
        }
        // Nodes and edges one by one, so that a mistake is named with its place.
        let nodes = entries(&mut object, "nodes")?;
        let edges = entries(&mut object, "edges")?;
        let notes = entries(&mut object, "notes")?;
        let mut file: Self =
            serde_json::from_value(Value::Object(object)).map_err(|e| FileError::new("", sentence(&e)))?;
        file.nodes = nodes;
        file.edges = edges;
        file.notes = notes;
        file.check_names()?;
        Ok(file)
    }

    fn check_names(&self) -> Result<(), FileError> {
        let mut known = HashMap::new();
        for (index, node) in self.nodes.iter().enumerate() {
            if let Some(first) = known.insert(node.name.as_str(), index) {
                let message =
                    format!("`{}` is the name of nodes[{first}] already. Names must differ.", node.name);
                return Err(FileError::new(format!("nodes[{index}].name"), message));
            }
        }
        for (index, edge) in self.edges.iter().enumerate() {
            for (field, name) in [("source", &edge.source), ("target", &edge.target)] {
                if !known.contains_key(name.as_str()) {
                    let near = super::expression::nearest(name, self.nodes.iter().map(|n| n.name.as_str()));
                    let hint = near.map_or(String::new(), |n| format!(" Did you mean `{n}`?"));
                    return Err(FileError::new(
                        format!("edges[{index}].{field}"),
                        format!("There is no node `{name}`.{hint}"),
                    ));
                }
            }
        }
        Ok(())
    }

    /// The document, with new ids.
    #[must_use]
    pub fn into_workflow(self) -> Workflow {
        let nodes: Vec<Node> = self
            .nodes
            .into_iter()
            .map(|node| Node {
                id: NodeId::new(),
                name: node.name,
                node_type: node.node_type,
                config: node.config,
                settings: node.settings,
                position_x: node.position[0],
                position_y: node.position[1],
            })
            .collect();
        let ids: HashMap<&str, NodeId> = nodes.iter().map(|n| (n.name.as_str(), n.id)).collect();
        let edges = self
            .edges
            .into_iter()
            .filter_map(|edge| {
                Some(Edge {
                    id: EdgeId::new(),
                    source_node_id: *ids.get(edge.source.as_str())?,
                    source_port: edge.source_port,
                    target_node_id: *ids.get(edge.target.as_str())?,
                    target_port: edge.target_port,
                })
            })
            .collect();
        Workflow {
            name: self.name,
            description: self.description,
            input_schema: self.input_schema,
            vars: self.vars,
            nodes,
            edges,
            notes: self.notes.into_iter().map(Note::from).collect(),
        }
    }

    /// The file of a document. Edges whose nodes are gone are left out.
    #[must_use]
    pub fn from_workflow(workflow: &Workflow) -> Self {
        let names: HashMap<NodeId, &str> = workflow.nodes.iter().map(|n| (n.id, n.name.as_str())).collect();
        let nodes = workflow
            .nodes
            .iter()
            .map(|node| FileNode {
                name: node.name.clone(),
                node_type: node.node_type.clone(),
                config: node.config.clone(),
                settings: node.settings.clone(),
                position: [node.position_x, node.position_y],
            })
            .collect();
        let edges = workflow
            .edges
            .iter()
            .filter_map(|edge| {
                Some(FileEdge {
                    source: (*names.get(&edge.source_node_id)?).to_owned(),
                    source_port: edge.source_port.clone(),
                    target: (*names.get(&edge.target_node_id)?).to_owned(),
                    target_port: edge.target_port.clone(),
                })
            })
            .collect();
        Self {
            format: FORMAT,
            name: workflow.name.clone(),
            description: workflow.description.clone(),
            input_schema: workflow.input_schema.clone(),
            vars: workflow.vars.clone(),
            nodes,
            edges,
            notes: workflow.notes.iter().map(FileNote::from).collect(),
        }
    }

    /// The file's text: indented, with a newline at its end; positions and sizes on one line each.
    #[must_use]
    pub fn to_text(&self) -> String {
        let pretty = serde_json::to_string_pretty(self).unwrap_or_default();
        let mut text = String::with_capacity(pretty.len());
        let mut lines = pretty.lines();
        while let Some(line) = lines.next() {
            text.push_str(line);
            if matches!(line.trim_end(), "      \"position\": [" | "      \"size\": [") {
                for part in [lines.next(), lines.next(), lines.next()].into_iter().flatten() {
                    text.push_str(part.trim());
                    if part.ends_with(',') {
                        text.push(' ');
                    }
                }
            }
            text.push('\n');
        }
        text
    }
}

fn entries<T: serde::de::DeserializeOwned + Serialize>(
    object: &mut Map<String, Value>,
    key: &str,
) -> Result<Vec<T>, FileError> {
    match object.remove(key) {
        Some(Value::Array(items)) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                let place = format!("{key}[{index}]");
                let entry = T::deserialize(&item).map_err(|e| FileError::new(place.clone(), sentence(&e)))?;
                match shape::list_for_object(&item, &entry) {
                    Some(inner) if inner.is_empty() => {
                        Err(FileError::new(place, "This must be a JSON object, not a list."))
                    }
                    Some(inner) => Err(FileError::new(
                        format!("{place}.{inner}"),
                        "This must be a JSON object, not a list.",
                    )),
                    None => Ok(entry),
                }
            })
            .collect(),
        Some(_) => Err(FileError::new(key, format!("`{key}` must be a list."))),
        None if key != "nodes" => Ok(Vec::new()),
        None => Err(FileError::new(key, format!("`{key}` is missing."))),
    }
}

fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}
