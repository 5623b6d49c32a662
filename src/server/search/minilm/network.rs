//! The network: weights from `model.safetensors`, matrix products by candle, the rest by `kernels`.

use super::words;
use crate::server::llm::LlmError;
use candle_core::{DType, Device, Tensor, safetensors};
use kernels::bert::{self, Norm};
use serde::Deserialize;
use std::{collections::HashMap, path::Path};
use tokenizers::Tokenizer;

/// What `config.json` says of the network.
#[derive(Debug, Deserialize)]
struct Config {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    hidden_act: String,
    layer_norm_eps: f64,
}

/// A product with a learned matrix; the bias is added by whoever comes next.
#[derive(Debug)]
struct Linear {
    /// Inputs by outputs.
    weight: Tensor,
    bias: Vec<f32>,
}

impl Linear {
    fn apply(&self, rows: Vec<f32>) -> candle_core::Result<Vec<f32>> {
        let inputs = self.weight.dim(0)?;
        let shape = (rows.len() / inputs, inputs);
        let rows = Tensor::from_vec(rows, shape, &Device::Cpu)?;
        rows.matmul(&self.weight)?.flatten_all()?.to_vec1()
    }
}

#[derive(Debug)]
struct Layer {
    /// Queries, keys and values in one product.
    attend: Linear,
    mix: Linear,
    after_mix: Norm,
    widen: Linear,
    narrow: Linear,
    after_narrow: Norm,
}

/// The model in memory.
pub struct Network {
    cutter: Tokenizer,
    width: usize,
    words: Vec<f32>,
    /// The kind of token, always the first, is part of them.
    positions: Vec<f32>,
    before: Norm,
    layers: Vec<Layer>,
}

impl Network {
    /// Reads a model's folder. Takes a tenth of a second and blocks.
    ///
    /// # Errors
    /// `model_file_damaged` when a part is missing or does not fit.
    pub fn load(folder: &Path) -> Result<Self, LlmError> {
        let cutter = words::cutter(folder)?;
        let read = |name: &str| {
            let file = folder.join(name);
            std::fs::read(&file).map_err(|error| LlmError::io("read the model file", &file, &error))
        };
        let config: Config = serde_json::from_slice(&read("config.json")?)
            .map_err(|error| LlmError::damaged(&folder.join("config.json"), error))?;
        let file = folder.join("model.safetensors");
        let weights = Weights::of(&read("model.safetensors")?)
            .map_err(|error| LlmError::damaged(&file, first_line(&error)))?;
        Self::with(cutter, &config, &weights).map_err(|error| LlmError::damaged(&file, first_line(&error)))
    }

    fn with(cutter: Tokenizer, config: &Config, weights: &Weights) -> candle_core::Result<Self> {
        let width = config.hidden_size;
        if config.num_attention_heads * bert::HEAD != width || config.hidden_act != "gelu" {
            candle_core::bail!("config.json describes another network than MiniLM's");
        }
        let norm = |name: &str| {
            Ok::<_, candle_core::Error>(Norm {
                scale: weights.numbers(&format!("{name}.weight"), width)?,
                shift: weights.numbers(&format!("{name}.bias"), width)?,
                epsilon: config.layer_norm_eps as f32,
            })
        };
        let mut positions = weights.numbers("embeddings.position_embeddings.weight", 512 * width)?;
        let kind = weights.numbers("embeddings.token_type_embeddings.weight", 2 * width)?;
        for row in positions.chunks_mut(width) {
            row.iter_mut().zip(&kind).for_each(|(x, kind)| *x += kind);
        }
        let layers = (0..config.num_hidden_layers)
            .map(|index| {
                let name = |part: &str| format!("encoder.layer.{index}.{part}");
                Ok(Layer {
                    attend: weights.linear(
                        &["query", "key", "value"].map(|part| name(&format!("attention.self.{part}"))),
                        width,
                    )?,
                    mix: weights.linear(&[name("attention.output.dense")], width)?,
                    after_mix: norm(&name("attention.output.LayerNorm"))?,
                    widen: weights.linear(&[name("intermediate.dense")], width)?,
                    narrow: weights.linear(&[name("output.dense")], 4 * width)?,
                    after_narrow: norm(&name("output.LayerNorm"))?,
                })
            })
            .collect::<candle_core::Result<_>>()?;
        let words = weights.all("embeddings.word_embeddings.weight")?;
        Ok(Self { cutter, width, words, positions, before: norm("embeddings.LayerNorm")?, layers })
    }

    /// The tokens of each text.
    pub fn tokens(&self, texts: &[String]) -> Result<Vec<Vec<u32>>, LlmError> {
        words::tokens(&self.cutter, texts)
    }

    /// A vector of length 1 for each text, given by its tokens.
    pub fn embed(&self, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, LlmError> {
        self.forward(texts).map_err(|error| LlmError::generation(first_line(&error)))
    }

    fn forward(&self, texts: &[Vec<u32>]) -> candle_core::Result<Vec<Vec<f32>>> {
        let width = self.width;
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        let mut rows = Vec::with_capacity(lengths.iter().sum::<usize>() * width);
        for text in texts {
            for (token, position) in text.iter().zip(self.positions.chunks(width)) {
                let at = usize::try_from(*token).unwrap_or(usize::MAX).saturating_mul(width);
                let Some(word) = self.words.get(at..at.saturating_add(width)) else {
                    candle_core::bail!("the tokenizer knows a token that the network does not");
                };
                rows.extend(word.iter().zip(position).map(|(word, position)| word + position));
            }
        }
        self.before.apply(&mut rows);
        for layer in &self.layers {
            let qkv = layer.attend.apply(rows.clone())?;
            let seen = bert::attention(&qkv, &layer.attend.bias, &lengths, width);
            let mixed = layer.mix.apply(seen)?;
            layer.after_mix.add_and_apply(&mut rows, &mixed, &layer.mix.bias);
            let mut wide = layer.widen.apply(rows.clone())?;
            bert::bias_gelu(&mut wide, &layer.widen.bias);
            let narrow = layer.narrow.apply(wide)?;
            layer.after_narrow.add_and_apply(&mut rows, &narrow, &layer.narrow.bias);
        }
        Ok(bert::pool(&rows, &lengths, width))
    }
}

/// The tensors of the file by name.
struct Weights(HashMap<String, Tensor>);

impl Weights {
    fn of(bytes: &[u8]) -> candle_core::Result<Self> {
        safetensors::load_buffer(bytes, &Device::Cpu).map(Self)
    }

    fn tensor(&self, name: &str) -> candle_core::Result<Tensor> {
        // Some writers put the kind of network before every name.
        let found = self.0.get(name).or_else(|| self.0.get(&format!("bert.{name}")));
        match found {
            Some(tensor) => tensor.to_dtype(DType::F32),
            None => candle_core::bail!("the part {name} is missing"),
        }
    }

    fn all(&self, name: &str) -> candle_core::Result<Vec<f32>> {
        self.tensor(name)?.flatten_all()?.to_vec1()
    }

    fn numbers(&self, name: &str, count: usize) -> candle_core::Result<Vec<f32>> {
        let numbers = self.all(name)?;
        if numbers.len() != count {
            candle_core::bail!("the part {name} has {} numbers instead of {count}", numbers.len());
        }
        Ok(numbers)
    }

    /// The products of those names, side by side as one.
    fn linear(&self, names: &[String], inputs: usize) -> candle_core::Result<Linear> {
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            let weight = self.tensor(&format!("{name}.weight"))?;
            let (outputs, found) = weight.dims2()?;
            if found != inputs {
                candle_core::bail!("the part {name} takes {found} numbers instead of {inputs}");
            }
            bias.extend(self.numbers(&format!("{name}.bias"), outputs)?);
            weights.push(weight);
        }
        Ok(Linear { weight: Tensor::cat(&weights, 0)?.t()?.contiguous()?, bias })
    }
}

/// candle's errors may carry a whole backtrace after their first line.
fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}
