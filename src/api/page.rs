//! A page of a list.

use serde::{Deserialize, Serialize};

/// Newest first. `next` is URL-safe; give it back as `?after=` for the following page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}
