//! Keyset paging, newest first, by time-ordered id.

use super::StoreError;
use crate::api::page::Page;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

/// Which part of a list.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// How many items; the service checks 1 to 200.
    pub limit: u64,
    /// `next` of the page before; `None` for the first.
    pub after: Option<String>,
}

impl PageRequest {
    /// The first page.
    #[must_use]
    pub fn first(limit: u64) -> Self {
        Self { limit, after: None }
    }

    /// The id after which the page begins.
    pub(super) fn after_id(&self) -> Result<Option<Uuid>, StoreError> {
        self.after
            .as_deref()
            .map(|text| {
                URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| Uuid::from_slice(&bytes).ok()).ok_or_else(
                    || StoreError::Invalid {
                        field: "after".to_owned(),
                        message: "is not a value that `next` of a page has given; leave it out to start anew"
                            .to_owned(),
                    },
                )
            })
            .transpose()
    }

    /// Makes a page of up to `limit + 1` rows, the last of which only tells that there is more.
    pub(super) fn page<T>(&self, mut items: Vec<T>, id: impl Fn(&T) -> Uuid) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let next = if items.len() > limit {
            items.truncate(limit);
            items.last().map(|last| URL_SAFE_NO_PAD.encode(id(last).as_bytes()))
        } else {
            None
        };
        Page { items, next }
    }
}
