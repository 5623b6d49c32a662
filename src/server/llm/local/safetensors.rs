//! Loading a folder in the way of transformers: `config.json`, `tokenizer.json`, `model.safetensors`, and the chat
//! template in `chat_template.jinja` or `tokenizer_config.json`.

use std::path::Path;

use candle_core::DType;
#[cfg(any(test, feature = "cuda"))]
use candle_core::Device;
#[cfg(any(test, feature = "cuda"))]
use candle_core::quantized::QMatMul;
use candle_core::safetensors::SliceSafetensors;
use kernels::decoder::{Conversation, Shape};
use kernels::matrix::{Matrix, Source};
use kernels::parts::Pairs;
use serde::Deserialize;
use serde_json::Value;
use tokenizers::Tokenizer;

use super::memory::Needed;
use super::rope::Rope;
use super::tokens::Tokens;
use super::weights::{Name, Part, Weights};
use super::{LoadOptions, Plan};
use crate::server::llm::chat_template::ChatTemplate;
use crate::server::llm::error::{LlmError, first_line};
use crate::server::llm::vocabulary::{TokenText, Vocabulary};

/// What `config.json` says of the network; names as transformers has them.
#[derive(Debug, Deserialize)]
struct Config {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    rms_norm_eps: f32,
    max_position_embeddings: usize,
    #[serde(default)]
    tie_word_embeddings: bool,
    rope_theta: Option<f32>,
    /// Newer transformers keep what belongs to the angles together.
    rope_parameters: Option<Rope>,
    rope_scaling: Option<Rope>,
}

const FAMILIES: [&str; 3] = ["qwen3", "qwen2", "llama"];

/// Looks at the folder and has a model made of it. The weights stay as they are: of 16 or 32 bits.
pub fn load<M>(
    folder: &Path,
    options: LoadOptions,
    build: impl FnOnce(Plan, &mut dyn Weights) -> Result<M, String>,
) -> Result<M, LlmError> {
    let config_file = folder.join("config.json");
    let config: Value = json(&config_file)?;
    let family = config.get("model_type").and_then(Value::as_str).unwrap_or("unknown");
    if !FAMILIES.contains(&family) {
        return Err(LlmError::family_unknown(&config_file, family));
    }
    let parsed: Config =
        serde_json::from_value(config.clone()).map_err(|error| LlmError::damaged(&config_file, error))?;
    let (shape, slower) = shape(&parsed, options).map_err(|why| LlmError::damaged(&config_file, why))?;
    let (tokens, template) = tokens(folder, &config)?;

    // Read into memory, not mapped: a file that another program cuts short would end this one.
    let weights_file = folder.join("model.safetensors");
    let size = std::fs::metadata(&weights_file).map_or(0, |file| file.len());
    let needed = needed(&parsed, &shape, size);
    needed.check(&weights_file, options.memory_limit)?;
    let bytes = read(&weights_file)?;
    let damaged = |why: String| LlmError::damaged(&weights_file, why);
    let tensors = SliceSafetensors::new(&bytes).map_err(|error| damaged(first_line(&error)))?;
    let layers = parsed.num_hidden_layers;
    let mut weights = Tensors { tensors, slower };
    let (tied, memory_bytes) = (parsed.tie_word_embeddings, needed.total());
    build(Plan { shape, layers, tied, tokens, template, memory_bytes }, &mut weights).map_err(damaged)
}

/// The numbers of the network, and by what its angles are divided.
fn shape(config: &Config, options: LoadOptions) -> Result<(Shape, Option<Vec<f32>>), String> {
    let (width, heads) = (config.hidden_size, config.num_attention_heads);
    let head = config.head_dim.or_else(|| width.checked_div(heads)).ok_or("it has no heads")?;
    let rope = config.rope_parameters.as_ref().or(config.rope_scaling.as_ref());
    let base = rope.and_then(|rope| rope.rope_theta).or(config.rope_theta).unwrap_or(10_000.0);
    let slower = rope.map_or(Ok(None), |rope| rope.slower(base, head))?;
    let shape = Shape {
        width,
        heads,
        kv_heads: config.num_key_value_heads.unwrap_or(heads),
        head,
        rotated: head,
        pairs: Pairs::Halves,
        rope_base: base,
        epsilon: config.rms_norm_eps,
        context: options.context_limit.min(config.max_position_embeddings),
    };
    Ok((shape, slower))
}

/// The file as it was read, and its numbers as they are kept.
fn needed(config: &Config, shape: &Shape, file_size: u64) -> Needed {
    let per_token = Conversation::bytes_per_token(config.num_hidden_layers, shape.kv_heads, shape.head);
    Needed {
        weights: file_size.saturating_mul(2),
        conversation: (per_token as u64).saturating_mul(shape.context as u64),
    }
}

/// The tensors of the file.
struct Tensors<'a> {
    tensors: SliceSafetensors<'a>,
    slower: Option<Vec<f32>>,
}

/// A tensor's type, its shape and its bytes.
type Found<'a> = (Source, Vec<usize>, &'a [u8]);

impl Tensors<'_> {
    fn find(&self, name: &str) -> Result<Option<Found<'_>>, String> {
        let Ok(view) = self.tensors.get(name) else { return Ok(None) };
        let source = match DType::try_from(view.dtype()) {
            Ok(DType::F32) => Source::F32,
            Ok(DType::F16) => Source::F16,
            Ok(DType::BF16) => Source::BF16,
            _ => {
                return Err(format!(
                    "{name} is of {:?}; weights of F32, F16 and BF16 are supported",
                    view.dtype()
                ));
            }
        };
        Ok(Some((source, view.shape().to_vec(), view.data())))
    }
}

impl Weights for Tensors<'_> {
    fn matrix(&mut self, name: &Name) -> Result<Option<Matrix>, String> {
        let name = spelled(name);
        let Some((source, shape, bytes)) = self.find(&name)? else { return Ok(None) };
        let matrix = match shape.as_slice() {
            [rows, columns] => Matrix::new(source, *rows, *columns, bytes),
            _ => None,
        };
        matrix.map(Some).ok_or_else(|| format!("{name} is no matrix, but {shape:?}"))
    }

    #[cfg(any(test, feature = "cuda"))]
    fn product(&mut self, name: &Name, device: &Device) -> Result<Option<QMatMul>, String> {
        let name = spelled(name);
        if self.find(&name)?.is_none() {
            return Ok(None);
        }
        let tensor = self.tensors.load(&name, device).and_then(|tensor| tensor.to_dtype(DType::F32));
        tensor.map(|tensor| Some(QMatMul::Tensor(tensor))).map_err(|error| first_line(&error))
    }

    fn row(&mut self, name: &Name) -> Result<Option<Vec<f32>>, String> {
        if name.part == Part::Slower {
            return Ok(self.slower.take());
        }
        let name = spelled(name);
        let Some((source, shape, bytes)) = self.find(&name)? else { return Ok(None) };
        let [length] = shape.as_slice() else { return Err(format!("{name} is no row, but {shape:?}")) };
        let mut row = vec![0.0; *length];
        // One row of a matrix of one row.
        let matrix = Matrix::new(source, 1, *length, bytes).ok_or_else(|| format!("{name} is empty"))?;
        matrix.read_row(0, &mut row);
        Ok(Some(row))
    }
}

fn spelled(Name { part, is_bias }: &Name) -> String {
    let (layer, name) = match *part {
        Part::Table => (None, "model.embed_tokens"),
        Part::Norm => (None, "model.norm"),
        Part::Head => (None, "lm_head"),
        Part::Slower => (None, "model.rope"),
        Part::AttentionNorm(layer) => (Some(layer), "input_layernorm"),
        Part::Queries(layer) => (Some(layer), "self_attn.q_proj"),
        Part::Keys(layer) => (Some(layer), "self_attn.k_proj"),
        Part::Values(layer) => (Some(layer), "self_attn.v_proj"),
        Part::QueryNorm(layer) => (Some(layer), "self_attn.q_norm"),
        Part::KeyNorm(layer) => (Some(layer), "self_attn.k_norm"),
        Part::Output(layer) => (Some(layer), "self_attn.o_proj"),
        Part::ForwardNorm(layer) => (Some(layer), "post_attention_layernorm"),
        Part::Gate(layer) => (Some(layer), "mlp.gate_proj"),
        Part::Up(layer) => (Some(layer), "mlp.up_proj"),
        Part::Down(layer) => (Some(layer), "mlp.down_proj"),
    };
    let layer = layer.map(|layer| format!("model.layers.{layer}.")).unwrap_or_default();
    format!("{layer}{name}.{}", if *is_bias { "bias" } else { "weight" })
}

fn tokens(folder: &Path, config: &Value) -> Result<(Tokens, ChatTemplate), LlmError> {
    let tokenizer_file = folder.join("tokenizer.json");
    let tokenizer = Tokenizer::from_bytes(read(&tokenizer_file)?)
        .map_err(|error| LlmError::damaged(&tokenizer_file, first_line(&error)))?;
    let added = tokenizer.get_added_tokens_decoder();
    let size = (0u32..)
        .zip(0..tokenizer.get_vocab_size(true))
        .map(|(id, _)| id)
        .chain(added.keys().copied())
        .max()
        .map_or(0, |last| last + 1);
    let texts = (0..size).map(|id| match (added.get(&id), tokenizer.id_to_token(id)) {
        (Some(token), _) if token.special => TokenText::Control(token.content.as_str().into()),
        (Some(token), _) => TokenText::Bytes(token.content.as_bytes().into()),
        (None, Some(spelling)) => TokenText::from_byte_level(&spelling),
        (None, None) => TokenText::Control("".into()),
    });
    let vocabulary = Vocabulary::new(texts, end_ids(folder, config));

    let settings = json(&folder.join("tokenizer_config.json")).unwrap_or(Value::Null);
    let setting = |key: &str| settings.get(key).and_then(Value::as_str).map(str::to_owned);
    let source =
        std::fs::read_to_string(folder.join("chat_template.jinja")).ok().or_else(|| setting("chat_template"));
    let template = ChatTemplate::new(
        source,
        setting("bos_token").unwrap_or_default(),
        setting("eos_token").unwrap_or_default(),
        vocabulary.control_names().map(str::to_owned).collect(),
    )
    .map_err(|why| LlmError::damaged(&tokenizer_file, why))?;
    Ok((Tokens { tokenizer, vocabulary }, template))
}

/// `eos_token_id` is a number or a list of them, in either file.
fn end_ids(folder: &Path, config: &Value) -> Vec<u32> {
    let generation = json(&folder.join("generation_config.json")).unwrap_or(Value::Null);
    [&generation, config]
        .into_iter()
        .filter_map(|file| file.get("eos_token_id"))
        .flat_map(|ids| ids.as_array().cloned().unwrap_or_else(|| vec![ids.clone()]))
        .filter_map(|id| id.as_u64().and_then(|id| u32::try_from(id).ok()))
        .collect()
}

fn json(file: &Path) -> Result<Value, LlmError> {
    serde_json::from_slice(&read(file)?).map_err(|error| LlmError::damaged(file, error))
}

fn read(file: &Path) -> Result<Vec<u8>, LlmError> {
    std::fs::read(file).map_err(|error| LlmError::io("read the model file", file, &error))
}
