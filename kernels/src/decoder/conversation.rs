//! The keys and values of what a network has read, in pages that conversations with the same beginning share.

use std::sync::Arc;

use crate::attention::{PAGE, page_len, remember};

/// What was read. A clone costs nothing: the pages are shared until one of the two goes on in them.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// Of each layer and head: keys, then values.
    pages: Vec<Arc<Vec<u16>>>,
    length: usize,
    layers: usize,
    heads: usize,
    width: usize,
}

impl Conversation {
    pub(super) fn new(layers: usize, heads: usize, width: usize) -> Self {
        Self { pages: Vec::new(), length: 0, layers, heads, width }
    }

    /// Tokens that were read.
    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Forgets what comes after the first `length` tokens.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
        self.pages.truncate(self.length.div_ceil(PAGE));
    }

    /// Bytes of the pages, those that are shared included.
    pub fn bytes(&self) -> usize {
        self.pages.len() * self.page() * 2
    }

    /// Bytes that a token takes in a network of this shape.
    pub fn bytes_per_token(layers: usize, heads: usize, width: usize) -> usize {
        layers * heads * width * 2 * 2
    }

    fn page(&self) -> usize {
        self.layers * self.heads * 2 * page_len(self.width)
    }

    /// Makes room for so many tokens more, in pages of its own.
    pub(super) fn grow(&mut self, tokens: usize) {
        let size = self.page();
        if !self.length.is_multiple_of(PAGE)
            && let Some(last) = self.pages.last_mut()
        {
            // Whoever shares it keeps it as it is.
            Arc::make_mut(last);
        }
        let pages = (self.length + tokens).div_ceil(PAGE);
        self.pages.resize_with(pages, || Arc::new(vec![0; size]));
    }

    /// The tokens were read by all layers.
    pub(super) fn advance(&mut self, tokens: usize) {
        self.length += tokens;
    }

    fn part(&self, layer: usize, head: usize) -> std::ops::Range<usize> {
        let size = 2 * page_len(self.width);
        let at = (layer * self.heads + head) * size;
        at..at + size
    }

    /// Keeps the keys and values of a token, of all heads of a layer. There is room since [`Conversation::grow`].
    pub(super) fn remember(&mut self, layer: usize, position: usize, keys: &[f32], values: &[f32]) {
        for head in 0..self.heads {
            let part = self.part(layer, head);
            let own = head * self.width..(head + 1) * self.width;
            // Since it grew, nobody shares the pages that are written to.
            if let Some(page) = self.pages.get_mut(position / PAGE).and_then(Arc::get_mut) {
                let (to_keys, to_values) = page[part].split_at_mut(page_len(self.width));
                remember(to_keys, to_values, position % PAGE, &keys[own.clone()], &values[own]);
            } else {
                debug_assert!(false, "a page that is shared or missing");
            }
        }
    }

    /// The keys and the values of a head in some pages.
    pub(super) fn views(
        &self,
        layer: usize,
        head: usize,
        pages: std::ops::Range<usize>,
    ) -> (Vec<&[u16]>, Vec<&[u16]>) {
        let part = self.part(layer, head);
        let views = self.pages[pages].iter().map(|page| page[part.clone()].split_at(page_len(self.width)));
        views.unzip()
    }
}
