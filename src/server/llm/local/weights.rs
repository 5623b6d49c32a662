//! A network from the weights of a file, whatever the file calls them.

use candle_core::Device;
#[cfg(any(test, feature = "cuda"))]
use candle_core::quantized::QMatMul;
use candle_core::quantized::{GgmlDType, QTensor};
use kernels::decoder::{Decoder, Layer, Misshapen};
use kernels::matrix::{Matrix, Source};

use super::Plan;
use crate::server::llm::error::first_line;

/// A network's matrices and rows, one after the other. Errors say what is wrong with the file.
pub trait Weights {
    /// `None` if the file has none of that name.
    fn matrix(&mut self, name: &Name) -> Result<Option<Matrix>, String>;
    fn row(&mut self, name: &Name) -> Result<Option<Vec<f32>>, String>;
    /// A matrix in the memory of a device, as candle multiplies with it.
    #[cfg(any(test, feature = "cuda"))]
    fn product(&mut self, name: &Name, device: &Device) -> Result<Option<QMatMul>, String>;
}

/// What weights are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Table,
    Norm,
    Head,
    /// By what the angle of each pair is divided.
    Slower,
    AttentionNorm(usize),
    Queries(usize),
    Keys(usize),
    Values(usize),
    QueryNorm(usize),
    KeyNorm(usize),
    Output(usize),
    ForwardNorm(usize),
    Gate(usize),
    Up(usize),
    Down(usize),
}

/// Some weights: of a product, or what is added afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    pub part: Part,
    pub is_bias: bool,
}

/// Reads all weights of the network.
pub fn network(plan: &Plan, from: &mut dyn Weights) -> Result<Decoder, String> {
    let named = |part| Name { part, is_bias: false };
    let mut all = Vec::new();
    for at in 0..plan.layers {
        all.push(layer(at, from)?);
    }
    let table = there(from.matrix(&named(Part::Table))?, "the table of tokens")?;
    let norm = there(from.row(&named(Part::Norm))?, "the last norm")?;
    let head = if plan.tied { None } else { from.matrix(&named(Part::Head))? };
    let slower = from.row(&named(Part::Slower))?;
    Decoder::new(plan.shape, table, all, norm, head, slower.as_deref()).map_err(|Misshapen(why)| why)
}

fn there<T>(found: Option<T>, name: &str) -> Result<T, String> {
    found.ok_or_else(|| format!("it lacks {name}"))
}

fn layer(at: usize, from: &mut dyn Weights) -> Result<Layer, String> {
    let lacking = |name: &str| format!("{name} of layer {at}");
    let mut matrix = |part, name: &str| there(from.matrix(&Name { part, is_bias: false })?, &lacking(name));
    let queries = matrix(Part::Queries(at), "the matrix of queries")?;
    let keys = matrix(Part::Keys(at), "the matrix of keys")?;
    let values = matrix(Part::Values(at), "the matrix of values")?;
    let output = matrix(Part::Output(at), "the output")?;
    let gate = matrix(Part::Gate(at), "the gate")?;
    let up = matrix(Part::Up(at), "the way up")?;
    let down = matrix(Part::Down(at), "the way down")?;
    let mut row = |part, is_bias| from.row(&Name { part, is_bias });
    let attention_norm = there(row(Part::AttentionNorm(at), false)?, &lacking("the first norm"))?;
    let forward_norm = there(row(Part::ForwardNorm(at), false)?, &lacking("the second norm"))?;
    let of_heads = (row(Part::QueryNorm(at), false)?, row(Part::KeyNorm(at), false)?);
    let head_norms = match of_heads {
        (Some(queries), Some(keys)) => Some([queries, keys]),
        (None, None) => None,
        _ => return Err(format!("it has one of the two {}", lacking("norms of heads"))),
    };
    let biases = [Part::Queries(at), Part::Keys(at), Part::Values(at)].map(|part| row(part, true));
    let biases = match biases {
        [Ok(Some(queries)), Ok(Some(keys)), Ok(Some(values))] => Some([queries, keys, values]),
        [Ok(None), Ok(None), Ok(None)] => None,
        [Err(why), ..] | [_, Err(why), _] | [.., Err(why)] => return Err(why),
        _ => return Err(format!("it has some of the {}", lacking("biases"))),
    };
    Ok(Layer {
        attention_norm,
        queries,
        keys,
        values,
        biases,
        head_norms,
        output,
        forward_norm,
        gate,
        up,
        down,
    })
}

/// How a type of GGUF files is kept; `None` for those that are widened to half precision.
pub fn source(dtype: GgmlDType) -> Option<Source> {
    Some(match dtype {
        GgmlDType::F32 => Source::F32,
        GgmlDType::F16 => Source::F16,
        GgmlDType::BF16 => Source::BF16,
        GgmlDType::Q4_0 => Source::Q4_0,
        GgmlDType::Q4_1 => Source::Q4_1,
        GgmlDType::Q5_0 => Source::Q5_0,
        GgmlDType::Q5_1 => Source::Q5_1,
        GgmlDType::Q8_0 => Source::Q8_0,
        GgmlDType::Q4K => Source::Q4K,
        GgmlDType::Q6K => Source::Q6K,
        _ => return None,
    })
}

/// A matrix of a GGUF file that is of none of these types.
pub fn widened(tensor: &QTensor) -> Result<Matrix, String> {
    let (rows, columns) = tensor.shape().dims2().map_err(|error| first_line(&error))?;
    let wide = tensor.dequantize(&Device::Cpu).and_then(|wide| QTensor::quantize(&wide, GgmlDType::F16));
    let wide = wide.map_err(|error| first_line(&error))?;
    let bytes = wide.data().map_err(|error| first_line(&error))?;
    Matrix::new(Source::F16, rows, columns, &bytes).ok_or_else(|| uneven(rows, columns))
}

pub fn uneven(rows: usize, columns: usize) -> String {
    format!("a matrix of {rows} x {columns} numbers is not of whole blocks")
}

/// A row of a GGUF file.
pub fn row(tensor: &QTensor) -> Result<Vec<f32>, String> {
    let plain = tensor.dequantize(&Device::Cpu).and_then(|plain| plain.flatten_all()?.to_vec1::<f32>());
    plain.map_err(|error| first_line(&error))
}
