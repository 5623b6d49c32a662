//! Identifiers: newtypes over UUID v7, so that a run's id cannot stand where a node's belongs.
//! Making one reads the clock and the random source; nothing else here does.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new time-ordered id.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "each call gives another value")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(s).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

id!(
    /// An account.
    UserId
);
id!(
    /// A workflow, whatever its version.
    WorkflowId
);
id!(
    /// A node; stable over renames and versions.
    NodeId
);
id!(
    /// An edge between two ports.
    EdgeId
);
id!(
    /// A note or a frame.
    NoteId
);
id!(
    /// An immutable snapshot of a workflow.
    VersionId
);
id!(
    /// One execution of a version.
    RunId
);
id!(
    /// What starts a workflow by itself.
    TriggerId
);
