//! What a step changes in Millrace's own database. It is not done by the step: the journal does it in the transaction that
//! makes the step's completion durable, so that it happens exactly once.

use crate::server::store::data_tables::RowsWrite;
use std::sync::Arc;

/// A change that becomes durable together with the completion of the step that asked for it. What the database refuses
/// becomes the failure of that step.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Rows for a table that is there already, with every column they name.
    Rows(Arc<RowsWrite>),
}
