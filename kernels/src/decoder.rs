//! A decoder network of the Llama family: Llama itself (SmolLM2), Qwen2 and Qwen3.
//!
//! It reads the tokens of several conversations at once ([`Decoder::read`]): each product meets all of them, so that the
//! weights, which are most of what a token costs, come from memory once for all.

mod conversation;
mod heads;
mod spent;

pub use conversation::Conversation;
pub use spent::{Spent, Step};

use crate::input::{Input, Rounding};
use crate::matrix::Matrix;
use crate::parts::{self, Pairs};
use crate::pool::Pool;
use crate::product::product;
use crate::simd::Level;

/// The numbers of a network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Numbers that stand for a token between the layers.
    pub width: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values; each serves as many heads of queries.
    pub kv_heads: usize,
    /// Numbers of a head.
    pub head: usize,
    /// Numbers of a head that turn with the position.
    pub rotated: usize,
    pub pairs: Pairs,
    /// The angles' base.
    pub rope_base: f32,
    pub epsilon: f32,
    /// Positions there are angles for.
    pub context: usize,
}

/// The weights of a layer. Matrices have a row for each number that comes out.
#[derive(Debug)]
pub struct Layer {
    pub attention_norm: Vec<f32>,
    pub queries: Matrix,
    pub keys: Matrix,
    pub values: Matrix,
    /// Of queries, keys and values (Qwen2).
    pub biases: Option<[Vec<f32>; 3]>,
    /// Of each head of queries and of keys (Qwen3).
    pub head_norms: Option<[Vec<f32>; 2]>,
    pub output: Matrix,
    pub forward_norm: Vec<f32>,
    pub gate: Matrix,
    pub up: Matrix,
    pub down: Matrix,
}

/// A network.
#[derive(Debug)]
pub struct Decoder {
    shape: Shape,
    /// A row for each token.
    table: Matrix,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    /// `None`: the table.
    head: Option<Matrix>,
    /// By position: one for each pair.
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

/// The next tokens of a conversation.
#[derive(Debug)]
pub struct Turn<'a> {
    pub conversation: &'a mut Conversation,
    /// Not empty.
    pub tokens: &'a [u32],
    /// So many of the last tokens are followed by scores.
    pub scored: usize,
}

/// How a network computes: the threads, the instructions, and the memory between the layers.
pub struct Computer {
    pool: Pool,
    level: Level,
    rounding: Rounding,
    input: Input,
    rows: Rows,
    spent: Spent,
}

#[derive(Default)]
struct Rows {
    x: Vec<f32>,
    qkv: Vec<f32>,
    more: Vec<f32>,
    wide: Vec<f32>,
    heads: heads::Work,
}

impl Computer {
    pub fn new(pool: Pool, level: Level, rounding: Rounding) -> Self {
        Self {
            pool,
            level,
            rounding,
            input: Input::default(),
            rows: Rows::default(),
            spent: Spent::default(),
        }
    }

    /// Where the time went, since this was asked last.
    pub fn spent(&mut self) -> Spent {
        std::mem::take(&mut self.spent)
    }
}

/// Why weights make no network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misshapen(pub String);

impl Decoder {
    /// `slower` divides the angle of each pair, in networks that were made longer after their training.
    ///
    /// # Errors
    /// Names the weights that do not fit the shape or each other.
    pub fn new(
        shape: Shape,
        table: Matrix,
        layers: Vec<Layer>,
        norm: Vec<f32>,
        head: Option<Matrix>,
        slower: Option<&[f32]>,
    ) -> Result<Self, Misshapen> {
        check(&shape, &table, &layers, &norm, head.as_ref()).map_err(Misshapen)?;
        let (cosines, sines) = angles(&shape, slower)?;
        Ok(Self { shape, table, layers, norm, head, cosines, sines })
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Tokens there are scores for.
    pub fn vocabulary(&self) -> usize {
        self.table.rows()
    }

    /// An empty conversation.
    pub fn begin(&self) -> Conversation {
        Conversation::new(self.layers.len(), self.shape.kv_heads, self.shape.head)
    }

    /// Bytes of the weights.
    pub fn bytes(&self) -> usize {
        let of_layer = |layer: &Layer| {
            let Layer { queries, keys, values, output, gate, up, down, .. } = layer;
            [queries, keys, values, output, gate, up, down].map(Matrix::bytes).iter().sum::<usize>()
        };
        self.table.bytes()
            + self.head.as_ref().map_or(0, Matrix::bytes)
            + self.layers.iter().map(of_layer).sum::<usize>()
            + (self.cosines.len() + self.sines.len()) * 4
    }

    /// Reads the turns, all at once. Returns the scores of each token of the vocabulary after each of the tokens to be
    /// scored, one row after the other.
    ///
    /// # Panics
    /// If a token is none of the vocabulary, or a conversation would be longer than the context.
    pub fn read(&self, computer: &mut Computer, turns: &mut [Turn<'_>]) -> Vec<f32> {
        let Shape { width, epsilon, .. } = self.shape;
        let Computer { ref pool, level, rounding, ref mut input, ref mut rows, ref mut spent } = *computer;
        spent.begin();
        let Rows { x, qkv, more, wide, heads } = rows;
        let tokens: Vec<u32> = turns.iter().flat_map(|turn| turn.tokens.iter().copied()).collect();
        let count = tokens.len();
        for turn in turns.iter_mut() {
            assert!(turn.conversation.len() + turn.tokens.len() <= self.shape.context);
            turn.conversation.grow(turn.tokens.len());
        }
        x.resize(count * width, 0.0);
        for (token, x) in tokens.iter().zip(x.chunks_exact_mut(width)) {
            self.table.read_row(*token as usize, x);
        }
        let round = |matrix: &Matrix| matrix.format().is_quantised().then_some(rounding);
        let any = |matrices: &[&Matrix]| matrices.iter().find_map(|matrix| round(matrix));
        for (at, layer) in self.layers.iter().enumerate() {
            let three = [&layer.queries, &layer.keys, &layer.values];
            let normed = |token: usize, row: &mut [f32]| {
                parts::rms_norm(&x[token * width..][..width], &layer.attention_norm, epsilon, row);
            };
            input.fill_with(Some(pool), count, width, any(&three), &normed);
            let wide_of = |matrices: &[&Matrix]| matrices.iter().map(|matrix| matrix.rows()).sum::<usize>();
            spent.on(Step::Between);
            qkv.resize(count * wide_of(&three), 0.0);
            product(pool, level, &three, input, qkv);
            spent.on(Step::Queries);

            heads.attend(self, at, turns, qkv, pool, level);
            spent.on(Step::Attention);
            let attended = |token: usize, row: &mut [f32]| heads.write(token, row);
            let columns = layer.output.columns();
            input.fill_with(Some(pool), count, columns, round(&layer.output), &attended);
            more.resize(count * width, 0.0);
            spent.on(Step::Between);
            product(pool, level, &[&layer.output], input, more);
            spent.on(Step::Output);
            parts::add(x, more);

            let both = [&layer.gate, &layer.up];
            let normed = |token: usize, row: &mut [f32]| {
                parts::rms_norm(&x[token * width..][..width], &layer.forward_norm, epsilon, row);
            };
            input.fill_with(Some(pool), count, width, any(&both), &normed);
            let twice = wide_of(&both);
            wide.resize(count * twice, 0.0);
            spent.on(Step::Between);
            product(pool, level, &both, input, wide);
            spent.on(Step::Up);
            let gated = |token: usize, row: &mut [f32]| parts::swiglu(&wide[token * twice..][..twice], row);
            input.fill_with(Some(pool), count, layer.down.columns(), round(&layer.down), &gated);
            spent.on(Step::Between);
            product(pool, level, &[&layer.down], input, more);
            spent.on(Step::Down);
            parts::add(x, more);
        }
        let mut scored = Vec::new();
        let mut first = 0;
        for turn in turns.iter_mut() {
            turn.conversation.advance(turn.tokens.len());
            first += turn.tokens.len();
            scored.extend(first - turn.scored.min(turn.tokens.len())..first);
        }
        if scored.is_empty() {
            return Vec::new();
        }
        let head = self.head.as_ref().unwrap_or(&self.table);
        let normed = |at: usize, row: &mut [f32]| {
            parts::rms_norm(&x[scored[at] * width..][..width], &self.norm, epsilon, row);
        };
        input.fill_with(Some(pool), scored.len(), width, round(head), &normed);
        let mut scores = vec![0.0; scored.len() * head.rows()];
        spent.on(Step::Between);
        product(pool, level, &[head], input, &mut scores);
        spent.on(Step::Head);
        scores
    }

    /// Biases, norms and angles of the queries, keys and values of a token, where they stand.
    fn finish(&self, layer: &Layer, position: usize, row: &mut [f32]) {
        let Shape { heads, kv_heads, head, rotated, pairs, epsilon, .. } = self.shape;
        let (queries, rest) = row.split_at_mut(heads * head);
        let (keys, values) = rest.split_at_mut(kv_heads * head);
        if let Some([of_queries, of_keys, of_values]) = &layer.biases {
            parts::add(queries, of_queries);
            parts::add(keys, of_keys);
            parts::add(values, of_values);
        }
        let angles = position * rotated / 2..(position + 1) * rotated / 2;
        let (cosines, sines) = (&self.cosines[angles.clone()], &self.sines[angles]);
        let norms = layer.head_norms.as_ref();
        let turn = |row: &mut [f32], norm: Option<&Vec<f32>>, scale: f32| {
            for head in row.chunks_exact_mut(head) {
                if let Some(norm) = norm {
                    parts::rms_norm_in_place(head, norm, epsilon);
                }
                parts::rotate(head, cosines, sines, pairs);
                head.iter_mut().for_each(|x| *x *= scale);
            }
        };
        turn(queries, norms.map(|[of_queries, _]| of_queries), 1.0 / (head as f32).sqrt());
        turn(keys, norms.map(|[_, of_keys]| of_keys), 1.0);
    }
}

/// Cosines and sines of the angles by which pairs turn: by position, one for each pair. `slower` divides the angle of each.
///
/// # Errors
/// `slower` is not a number above nought for each pair.
pub fn angles(shape: &Shape, slower: Option<&[f32]>) -> Result<(Vec<f32>, Vec<f32>), Misshapen> {
    let pairs = shape.rotated / 2;
    let sound = |slower: &[f32]| slower.len() == pairs && slower.iter().all(|by| by.is_finite() && *by > 0.0);
    if !slower.is_none_or(sound) {
        return Err(Misshapen(format!("what slows its angles is not {pairs} numbers above nought")));
    }
    let angles = (0..shape.context).flat_map(|position| {
        (0..pairs).map(move |pair| {
            let turns = f64::from(shape.rope_base).powf(-2.0 * pair as f64 / shape.rotated as f64);
            position as f64 * turns / f64::from(slower.map_or(1.0, |slower| slower[pair]))
        })
    });
    Ok(angles.map(|angle| (angle.cos() as f32, angle.sin() as f32)).unzip())
}

/// Says what does not fit.
fn check(
    shape: &Shape,
    table: &Matrix,
    layers: &[Layer],
    norm: &[f32],
    head: Option<&Matrix>,
) -> Result<(), String> {
    let Shape { width, heads, kv_heads, head: of_head, rotated, .. } = *shape;
    let sound = kv_heads > 0
        && heads.is_multiple_of(kv_heads)
        && of_head > 0
        && of_head.is_multiple_of(crate::simd::LANES)
        && rotated <= of_head
        && rotated.is_multiple_of(2);
    if !sound {
        return Err(format!(
            "{heads} heads of {of_head} numbers with {kv_heads} for keys cannot be computed"
        ));
    }
    let matrix = |name: &str, matrix: &Matrix, rows: usize, columns: usize| {
        let fits = (matrix.rows(), matrix.columns()) == (rows, columns);
        if fits { Ok(()) } else { Err(format!("{name} is {matrix:?}, not {rows} x {columns}")) }
    };
    let row = |name: &str, row: &[f32], length: usize| {
        if row.len() == length {
            Ok(())
        } else {
            Err(format!("{name} has {} numbers, not {length}", row.len()))
        }
    };
    matrix("the table of tokens", table, table.rows(), width)?;
    row("the last norm", norm, width)?;
    if let Some(head) = head {
        matrix("the head", head, table.rows(), width)?;
    }
    for (at, layer) in layers.iter().enumerate() {
        let named = |name: &str| format!("{name} of layer {at}");
        let inner = layer.gate.rows();
        row(&named("the first norm"), &layer.attention_norm, width)?;
        row(&named("the second norm"), &layer.forward_norm, width)?;
        matrix(&named("the matrix of queries"), &layer.queries, heads * of_head, width)?;
        matrix(&named("the matrix of keys"), &layer.keys, kv_heads * of_head, width)?;
        matrix(&named("the matrix of values"), &layer.values, kv_heads * of_head, width)?;
        matrix(&named("the output"), &layer.output, width, heads * of_head)?;
        matrix(&named("the gate"), &layer.gate, inner, width)?;
        matrix(&named("the way up"), &layer.up, inner, width)?;
        matrix(&named("the way down"), &layer.down, width, inner)?;
        if let Some([queries, keys, values]) = &layer.biases {
            row(&named("the bias of queries"), queries, heads * of_head)?;
            row(&named("the bias of keys"), keys, kv_heads * of_head)?;
            row(&named("the bias of values"), values, kv_heads * of_head)?;
        }
        for norm in layer.head_norms.iter().flatten() {
            row(&named("the norm of a head"), norm, of_head)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
