//! Fields for expressions and prompts: colours, completion of what is upstream, the result on real data below. What is
//! pure is in the modules; this is the field, and what all fields of the page share.

mod complete;
mod entry;
mod field;
mod knowing;
mod known;
mod menu;
mod preview;
mod sample;
mod text;
mod tokens;
mod words;

pub(super) use field::CodeField;
pub(super) use knowing::Knowing;
pub(super) use known::{kind_of, path_text, short};

use crate::workflow::{
    catalog::{Field, FieldKind},
    expression::Form,
    ids::NodeId,
};
use std::sync::Arc;

/// What a path is called while it is dragged.
pub(super) const PATH_TYPE: &str = "application/x-millrace-path";

/// Which field of which node a text belongs to.
#[derive(Clone)]
pub(super) struct Place {
    pub node: NodeId,
    pub field: Arc<Field>,
}

impl Place {
    /// How the texts of the field are read; `None`: as they stand.
    pub fn form(&self) -> Option<Form> {
        match self.field.kind {
            FieldKind::Bare => Some(Form::Bare),
            FieldKind::Text | FieldKind::Data => Some(Form::Template),
            FieldKind::PerItem => Some(Form::ItemTemplate),
            FieldKind::Literal | FieldKind::Credential => None,
        }
    }
}
