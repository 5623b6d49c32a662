//! What node types do: one file per type, behind the trait NodeHandler.
