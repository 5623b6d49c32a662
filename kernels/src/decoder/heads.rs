//! Attention of all heads of a layer, cut into pieces for the threads.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::{Decoder, Shape, Turn};
use crate::attention::{PAGE, Part, Queries, attend, merge};
use crate::pool::Pool;
use crate::simd::Level;

/// Tokens of a turn that are one piece of work.
const TOKENS: usize = 16;
/// A long conversation that a single token looks at is cut into so many pages.
const PAGES: usize = 4;

/// What is done for a layer, kept for the next.
#[derive(Default)]
pub struct Work {
    pieces: Vec<Piece>,
    made: Vec<Mutex<Made>>,
    /// By token: the pieces of the first head that look at its turn, and its place in them.
    tokens: Vec<(Range<usize>, usize)>,
    /// By token: its position in its conversation.
    positions: Vec<usize>,
    heads: usize,
    kv_heads: usize,
    head: usize,
}

#[derive(Default)]
struct Made {
    part: Part,
    queries: Vec<f32>,
    seen: Vec<usize>,
    scratch: Vec<f32>,
}

/// Some tokens of a turn, one head of keys, some pages. The pieces of a token stand one after the other: by head, then
/// by pages.
#[derive(Debug, Clone)]
struct Piece {
    turn: usize,
    /// Of all tokens.
    first: usize,
    tokens: usize,
    /// The position of the first.
    position: usize,
    head: usize,
    pages: Range<usize>,
}

impl Work {
    /// Finishes `qkv`, keeps the keys and values and attends to them. [`Work::write`] then has the result.
    pub(super) fn attend(
        &mut self,
        decoder: &Decoder,
        layer: usize,
        turns: &mut [Turn<'_>],
        qkv: &mut [f32],
        pool: &Pool,
        level: Level,
    ) {
        let Shape { heads, kv_heads, head, .. } = decoder.shape;
        let width = (heads + 2 * kv_heads) * head;
        if layer == 0 {
            self.plan(decoder.shape, turns, pool.threads());
        }
        let positions = &self.positions;
        let finish = |token: usize, row: &mut [f32]| {
            decoder.finish(&decoder.layers[layer], positions[token], row);
        };
        if positions.len() < TOKENS {
            qkv.chunks_exact_mut(width).enumerate().for_each(|(token, row)| finish(token, row));
        } else {
            pool.each_row(qkv, width, finish);
        }
        let mut token = 0;
        for turn in turns.iter_mut() {
            for _ in turn.tokens {
                let (keys, values) = qkv[token * width..][..width][heads * head..].split_at(kv_heads * head);
                turn.conversation.remember(layer, positions[token], keys, values);
                token += 1;
            }
        }
        let (turns, qkv): (&[Turn<'_>], &[f32]) = (turns, qkv);
        pool.run(self.pieces.len(), &|at| {
            let piece = &self.pieces[at];
            let mut made = self.made[at].lock().unwrap_or_else(PoisonError::into_inner);
            let Made { part, queries, seen, scratch } = &mut *made;
            queries.clear();
            seen.clear();
            let served = heads / kv_heads;
            for token in 0..piece.tokens {
                let row = &qkv[(piece.first + token) * width..];
                queries.extend_from_slice(&row[piece.head * served * head..][..served * head]);
                let all = piece.position + token + 1;
                let here = all.min(piece.pages.end * PAGE) - piece.pages.start * PAGE;
                seen.extend(std::iter::repeat_n(here, served));
            }
            let (keys, values) = turns[piece.turn].conversation.views(layer, piece.head, piece.pages.clone());
            let asked = Queries { queries, seen, width: head, keys: &keys, values: &values };
            attend(level, &asked, scratch, part);
        });
    }

    /// The same for all layers.
    fn plan(&mut self, shape: Shape, turns: &[Turn<'_>], threads: usize) {
        (self.heads, self.kv_heads, self.head) = (shape.heads, shape.kv_heads, shape.head);
        self.pieces.clear();
        self.tokens.clear();
        self.positions.clear();
        let few = turns.len() * shape.kv_heads < threads * 8;
        let mut first = 0;
        for (turn, asked) in turns.iter().enumerate() {
            let begun = asked.conversation.len();
            self.positions.extend(begun..begun + asked.tokens.len());
            for start in (0..asked.tokens.len()).step_by(TOKENS) {
                let tokens = TOKENS.min(asked.tokens.len() - start);
                let position = begun + start;
                let pages = (position + tokens).div_ceil(PAGE);
                // All tokens of a piece must see something of each run of pages.
                let each = if few && tokens == 1 && pages > 2 * PAGES { PAGES } else { pages };
                let from = self.pieces.len();
                for head in 0..shape.kv_heads {
                    for page in (0..pages).step_by(each) {
                        let pages = page..pages.min(page + each);
                        self.pieces.push(Piece { turn, first: first + start, tokens, position, head, pages });
                    }
                }
                let runs = (self.pieces.len() - from) / shape.kv_heads;
                self.tokens.extend((0..tokens).map(|token| (from..from + runs, token)));
            }
            first += asked.tokens.len();
        }
        self.made.resize_with(self.pieces.len().max(self.made.len()), Mutex::default);
    }

    /// What the heads made for a token, side by side.
    pub fn write(&self, token: usize, row: &mut [f32]) {
        let served = self.heads / self.kv_heads;
        let (first, place) = &self.tokens[token];
        for (kv_head, row) in row.chunks_exact_mut(served * self.head).enumerate() {
            let runs = first.start + kv_head * first.len()..first.end + kv_head * first.len();
            let made: Vec<_> = self.made[runs]
                .iter()
                .map(|made| made.lock().unwrap_or_else(PoisonError::into_inner))
                .collect();
            for (head, row) in row.chunks_exact_mut(self.head).enumerate() {
                let query = place * served + head;
                match made.as_slice() {
                    [only] => merge(&[(&only.part, query)], self.head, row),
                    parts => {
                        let parts: Vec<_> = parts.iter().map(|made| (&made.part, query)).collect();
                        merge(&parts, self.head, row);
                    }
                }
            }
        }
    }
}
