//! What is needed to draw a step and to speak of it: everything of a node type but its form and rules. Apart from those,
//! so that pages that only show steps do not carry the checker and its expressions with them.

use super::{
    agent, approval, condition, db_query, db_write, delay, faiss_search, for_each, http_request, llm_call,
    sub_workflow, transform, vector_add,
};

/// The face of a node type.
#[derive(Debug)]
pub struct Sketch {
    /// The word in `node_type`.
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub category: Category,
    /// Name of an icon of the interface.
    pub icon: &'static str,
    pub inputs: &'static [&'static str],
    /// Output ports; `error` is last.
    pub outputs: &'static [&'static str],
    pub nature: Nature,
}

static SKETCHES: [&Sketch; 13] = [
    &llm_call::SKETCH,
    &agent::SKETCH,
    &http_request::SKETCH,
    &transform::SKETCH,
    &condition::SKETCH,
    &for_each::SKETCH,
    &sub_workflow::SKETCH,
    &delay::SKETCH,
    &approval::SKETCH,
    &db_write::SKETCH,
    &db_query::SKETCH,
    &faiss_search::SKETCH,
    &vector_add::SKETCH,
];

/// The sketch of the node type of that name.
#[must_use]
pub fn sketch(name: &str) -> Option<&'static Sketch> {
    SKETCHES.into_iter().find(|s| s.name == name)
}

impl Sketch {
    /// Where an edge without `source_port` leaves: `out`, else the first port.
    #[must_use]
    pub fn default_output(&self) -> &'static str {
        self.outputs.iter().find(|p| **p == "out").or(self.outputs.first()).copied().unwrap_or("out")
    }
}

/// What the checker has to know of how a node type behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Nature {
    /// It can fail in a way that another attempt may mend.
    pub retryable: bool,
    /// It waits for time, a person or other runs: a limit on the time of an attempt means nothing to it.
    pub waits: bool,
    /// Its output is its input.
    pub passes_input: bool,
}

impl Nature {
    /// Nothing special.
    pub const NONE: Self = Self { retryable: false, waits: false, passes_input: false };
}

/// Where the palette shows a node type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    Model,
    Data,
    Http,
    Logic,
    Flow,
    Human,
}

impl Category {
    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Data => "data",
            Self::Http => "http",
            Self::Logic => "logic",
            Self::Flow => "flow",
            Self::Human => "human",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::workflow::catalog;

    #[test]
    fn every_type_of_the_catalogue_can_be_drawn() {
        for kind in catalog::all() {
            assert!(std::ptr::eq(catalog::sketch(kind.name).unwrap(), kind.sketch), "{}", kind.name);
        }
    }
}
