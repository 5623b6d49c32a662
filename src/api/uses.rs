//! Which steps use a collection, a table or a credential.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One step that names something of the account's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The name in the step's config, as it stands there.
    pub target: String,
    pub workflow_id: Uuid,
    pub workflow_name: String,
    pub node_name: String,
}
