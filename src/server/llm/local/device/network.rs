//! The network of the Llama family in candle's operations, on any of its devices.
//!
//! Weights stay in the bits of their file where candle has products for them; activations are of 32 bits, keys and values
//! of half precision.

use candle_core::quantized::QMatMul;
use candle_core::{D, DType, Device, Module, Result, Tensor};
use candle_nn::ops::{rms_norm, softmax_last_dim};
use candle_nn::rotary_emb::{rope, rope_i};
use kernels::decoder::{Shape, angles};
use kernels::parts::Pairs;

use crate::server::llm::error::first_line;
use crate::server::llm::local::weights::{Name, Part, Weights};

/// Positions that a cache grows by, at least.
const PAGE: usize = 256;

/// A network in the memory of a device.
pub struct Network {
    shape: Shape,
    /// [tokens, width]
    table: QMatMul,
    layers: Vec<Layer>,
    norm: Tensor,
    /// `None`: the table.
    head: Option<QMatMul>,
    /// [context, pairs]
    cosines: Tensor,
    sines: Tensor,
    device: Device,
    vocabulary: usize,
}

/// A product whose rows may be followed by a bias and, of each head, a norm.
struct Heads {
    count: usize,
    product: QMatMul,
    bias: Option<Tensor>,
    norm: Option<Tensor>,
}

struct Layer {
    attention_norm: Tensor,
    queries: Heads,
    keys: Heads,
    values: Heads,
    output: QMatMul,
    forward_norm: Tensor,
    gate: QMatMul,
    up: QMatMul,
    down: QMatMul,
}

/// Keys and values of what was read: of each layer two tensors [heads of keys, room, numbers of a head].
pub struct Cache {
    layers: Vec<Option<[Tensor; 2]>>,
    length: usize,
}

impl Cache {
    /// Forgets what comes after the first `length` tokens.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Writes what is new of a layer behind what is there, and returns all of it in 32 bits.
    fn remember(&mut self, at: usize, new: [&Tensor; 2]) -> Result<[Tensor; 2]> {
        let (heads, count, width) = new[0].dims3()?;
        let total = self.length + count;
        let room = self.layers[at].as_ref().map_or(0, |[keys, _]| keys.dims()[1]);
        if total > room {
            // Twice as much, so that a long answer is copied a few times only.
            let wanted = total.max(room * 2).next_multiple_of(PAGE);
            let grown = |old: Option<&Tensor>| {
                let grown = Tensor::zeros((heads, wanted, width), DType::F16, new[0].device())?;
                if let Some(old) = old.filter(|_| self.length > 0) {
                    grown.slice_set(&old.narrow(1, 0, self.length)?.contiguous()?, 1, 0)?;
                }
                Ok::<_, candle_core::Error>(grown)
            };
            let [keys, values] = self.layers[at].as_ref().map_or([None, None], |[k, v]| [Some(k), Some(v)]);
            self.layers[at] = Some([grown(keys)?, grown(values)?]);
        }
        let Some([keys, values]) = &self.layers[at] else { candle_core::bail!("there is no room") };
        let put = |room: &Tensor, new: &Tensor| {
            room.slice_set(&new.to_dtype(DType::F16)?.contiguous()?, 1, self.length)?;
            room.narrow(1, 0, total)?.to_dtype(DType::F32)
        };
        Ok([put(keys, new[0])?, put(values, new[1])?])
    }
}

impl Network {
    /// # Errors
    /// Says what is wrong with the weights, or with the device.
    pub fn new(
        shape: Shape,
        layers: usize,
        tied: bool,
        from: &mut dyn Weights,
        device: &Device,
    ) -> std::result::Result<Self, String> {
        let Shape { width, heads, kv_heads, head: of_head, rotated, .. } = shape;
        let sound = kv_heads > 0
            && heads.is_multiple_of(kv_heads)
            && rotated > 0
            && rotated <= of_head
            && rotated.is_multiple_of(2);
        if !sound {
            return Err(format!(
                "{heads} heads of {of_head} numbers with {kv_heads} for keys cannot be computed"
            ));
        }
        let mut reader = Reader { from, device };
        let (table, vocabulary) = reader.table(width)?;
        let norm = reader.row(Part::Norm, false, width)?.ok_or("it lacks the last norm")?;
        let head = if tied { None } else { reader.product_if_there(Part::Head, vocabulary, width)? };
        let layers = (0..layers).map(|at| reader.layer(at, &shape)).collect::<std::result::Result<_, _>>()?;
        let slower = reader.from.row(&Name { part: Part::Slower, is_bias: false })?;
        let (cosines, sines) = angles(&shape, slower.as_deref()).map_err(|why| why.0)?;
        let by_position = |numbers| reader.tensor(numbers)?.reshape((shape.context, rotated / 2));
        let (cosines, sines) = (by_position(cosines), by_position(sines));
        let told = |error| first_line(&error);
        let (cosines, sines) = (cosines.map_err(told)?, sines.map_err(told)?);
        let device = device.clone();
        Ok(Self { shape, table, layers, norm, head, cosines, sines, device, vocabulary })
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Tokens there are scores for.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    pub fn begin(&self) -> Cache {
        Cache { layers: self.layers.iter().map(|_| None).collect(), length: 0 }
    }

    /// Reads `tokens` (not empty, within the vocabulary and the context). Returns the scores after each of the last
    /// `scored`, one row after the other.
    ///
    /// # Errors
    /// Those of the device; the cache is as long as before then.
    pub fn read(&self, cache: &mut Cache, tokens: &[u32], scored: usize) -> Result<Vec<f32>> {
        let (count, eps) = (tokens.len(), self.shape.epsilon);
        let mut x = self.table.embedding(&Tensor::new(tokens, &self.device)?)?.to_dtype(DType::F32)?;
        let mask = if count > 1 { Some(self.mask(cache.length, count)?) } else { None };
        for (at, layer) in self.layers.iter().enumerate() {
            let normed = rms_norm(&x, &layer.attention_norm, eps)?;
            let attended = self.attend(at, cache, &normed, mask.as_ref())?;
            x = (x + layer.output.forward(&attended)?)?;
            let normed = rms_norm(&x, &layer.forward_norm, eps)?;
            let gated = (layer.gate.forward(&normed)?.silu()? * layer.up.forward(&normed)?)?;
            x = (x + layer.down.forward(&gated)?)?;
        }
        let scored = scored.min(count);
        let scores = if scored == 0 {
            Vec::new()
        } else {
            let last = rms_norm(&x.narrow(0, count - scored, scored)?.contiguous()?, &self.norm, eps)?;
            self.head.as_ref().unwrap_or(&self.table).forward(&last)?.flatten_all()?.to_vec1()?
        };
        cache.length += count;
        Ok(scores)
    }

    /// What each of `count` tokens after `before` others may not look at: what comes after it.
    fn mask(&self, before: usize, count: usize) -> Result<Tensor> {
        let total = before + count;
        let row =
            |at: usize| (0..total).map(move |to| if to <= before + at { 0.0 } else { f32::NEG_INFINITY });
        Tensor::from_vec((0..count).flat_map(row).collect(), (count, total), &self.device)
    }

    /// `normed` is [tokens, width]; returns [tokens, heads * numbers of a head].
    fn attend(&self, at: usize, cache: &mut Cache, normed: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
        let Shape { heads, kv_heads, head: of_head, epsilon, .. } = self.shape;
        let layer = &self.layers[at];
        let count = normed.dim(0)?;
        let before = cache.length;
        let of = |part: &Heads| -> Result<Tensor> {
            let mut rows = part.product.forward(normed)?;
            if let Some(bias) = &part.bias {
                rows = rows.broadcast_add(bias)?;
            }
            let mut rows = rows.reshape((count, part.count, of_head))?;
            if let Some(norm) = &part.norm {
                rows = rms_norm(&rows.contiguous()?, norm, epsilon)?;
            }
            rows.transpose(0, 1)?.contiguous()
        };
        let queries = (self.turn(&of(&layer.queries)?, before)? * (1.0 / (of_head as f64).sqrt()))?;
        let new = [&self.turn(&of(&layer.keys)?, before)?, &of(&layer.values)?];
        let [keys, values] = cache.remember(at, new)?;
        // The heads of queries that one of keys serves stand one below the other, so that keys are not repeated.
        let group = heads / kv_heads;
        let scores = queries.reshape((kv_heads, group * count, of_head))?.matmul(&keys.t()?)?;
        let total = before + count;
        let mut scores = scores.reshape((heads, count, total))?;
        if let Some(mask) = mask {
            scores = scores.broadcast_add(mask)?;
        }
        let shares = softmax_last_dim(&scores)?.reshape((kv_heads, group * count, total))?;
        let attended = shares.matmul(&values)?.reshape((heads, count, of_head))?;
        attended.transpose(0, 1)?.contiguous()?.reshape((count, heads * of_head))
    }

    /// Turns [heads, tokens, numbers of a head] by the angles of the tokens' positions.
    fn turn(&self, rows: &Tensor, before: usize) -> Result<Tensor> {
        let Shape { rotated, head: of_head, pairs, .. } = self.shape;
        let count = rows.dim(1)?;
        let (cosines, sines) = (self.cosines.narrow(0, before, count)?, self.sines.narrow(0, before, count)?);
        let part = rows.narrow(D::Minus1, 0, rotated)?.contiguous()?.unsqueeze(0)?;
        let turned = match pairs {
            Pairs::Halves => rope(&part, &cosines, &sines)?,
            Pairs::Neighbours => rope_i(&part, &cosines, &sines)?,
        };
        let turned = turned.squeeze(0)?;
        if rotated == of_head {
            return Ok(turned);
        }
        Tensor::cat(&[&turned, &rows.narrow(D::Minus1, rotated, of_head - rotated)?], D::Minus1)
    }
}

/// Weights on their way to a device.
struct Reader<'a> {
    from: &'a mut dyn Weights,
    device: &'a Device,
}

type Read<T> = std::result::Result<T, String>;

impl Reader<'_> {
    fn tensor(&self, numbers: Vec<f32>) -> Result<Tensor> {
        let length = numbers.len();
        Tensor::from_vec(numbers, length, self.device)
    }

    fn row(&mut self, part: Part, is_bias: bool, length: usize) -> Read<Option<Tensor>> {
        let Some(row) = self.from.row(&Name { part, is_bias })? else { return Ok(None) };
        if row.len() != length {
            return Err(format!("{part:?} has {} numbers, not {length}", row.len()));
        }
        self.tensor(row).map(Some).map_err(|error| first_line(&error))
    }

    fn norm(&mut self, part: Part, length: usize) -> Read<Tensor> {
        self.row(part, false, length)?.ok_or_else(|| format!("it lacks {part:?}"))
    }

    fn table(&mut self, width: usize) -> Read<(QMatMul, usize)> {
        let name = Name { part: Part::Table, is_bias: false };
        let table = self.from.product(&name, self.device)?.ok_or("it lacks the table of tokens")?;
        match dims(&table)? {
            (rows, columns) if columns == width => Ok((table, rows)),
            (rows, columns) => {
                Err(format!("the table of tokens is {rows} x {columns}, not {rows} x {width}"))
            }
        }
    }

    fn product_if_there(&mut self, part: Part, rows: usize, columns: usize) -> Read<Option<QMatMul>> {
        let Some(product) = self.from.product(&Name { part, is_bias: false }, self.device)? else {
            return Ok(None);
        };
        let found = dims(&product)?;
        if found == (rows, columns) {
            return Ok(Some(product));
        }
        Err(format!("{part:?} is {} x {}, not {rows} x {columns}", found.0, found.1))
    }

    fn product(&mut self, part: Part, rows: usize, columns: usize) -> Read<QMatMul> {
        self.product_if_there(part, rows, columns)?.ok_or_else(|| format!("it lacks {part:?}"))
    }

    fn heads(&mut self, part: Part, norm: Option<Part>, count: usize, shape: &Shape) -> Read<Heads> {
        let rows = count * shape.head;
        Ok(Heads {
            count,
            product: self.product(part, rows, shape.width)?,
            bias: self.row(part, true, rows)?,
            norm: norm.map_or(Ok(None), |norm| self.row(norm, false, shape.head))?,
        })
    }

    fn layer(&mut self, at: usize, shape: &Shape) -> Read<Layer> {
        let Shape { width, heads, kv_heads, head, .. } = *shape;
        let name = Name { part: Part::Gate(at), is_bias: false };
        let gate =
            self.from.product(&name, self.device)?.ok_or_else(|| format!("it lacks {:?}", name.part))?;
        let inner = dims(&gate)?.0;
        if dims(&gate)?.1 != width {
            return Err(format!("{:?} has {} columns, not {width}", name.part, dims(&gate)?.1));
        }
        Ok(Layer {
            attention_norm: self.norm(Part::AttentionNorm(at), width)?,
            queries: self.heads(Part::Queries(at), Some(Part::QueryNorm(at)), heads, shape)?,
            keys: self.heads(Part::Keys(at), Some(Part::KeyNorm(at)), kv_heads, shape)?,
            values: self.heads(Part::Values(at), None, kv_heads, shape)?,
            output: self.product(Part::Output(at), width, heads * head)?,
            forward_norm: self.norm(Part::ForwardNorm(at), width)?,
            gate,
            up: self.product(Part::Up(at), inner, width)?,
            down: self.product(Part::Down(at), width, inner)?,
        })
    }
}

/// Rows and columns.
fn dims(product: &QMatMul) -> Read<(usize, usize)> {
    let dims = match product {
        QMatMul::QTensor(tensor) => tensor.shape().dims2(),
        QMatMul::Tensor(tensor) | QMatMul::TensorF16(tensor) => tensor.dims2(),
    };
    dims.map_err(|error| first_line(&error))
}
