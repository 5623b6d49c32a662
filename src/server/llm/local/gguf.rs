//! Loading a GGUF file: one file with the network, the tokenizer and the chat template.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use candle_core::Device;
#[cfg(any(test, feature = "cuda"))]
use candle_core::quantized::QMatMul;
use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use kernels::decoder::Shape;
use kernels::matrix::Matrix;
use kernels::parts::Pairs;
use tokenizers::Tokenizer;
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use super::memory::Needed;
use super::rope;
use super::tokens::Tokens;
use super::weights::{self, Name, Part, Weights};
use super::{LoadOptions, Plan, damage};
use crate::server::llm::chat_template::{CHATML_START, ChatTemplate};
use crate::server::llm::error::{LlmError, first_line};
use crate::server::llm::vocabulary::{TokenText, Vocabulary};

/// What `tokenizer.ggml.token_type` says of a token.
mod token_type {
    pub const UNKNOWN: u32 = 2;
    pub const CONTROL: u32 = 3;
    pub const USER_DEFINED: u32 = 4;
    pub const UNUSED: u32 = 5;
    pub const BYTE: u32 = 6;
}

/// Looks at the file and has a model made of it.
pub fn load<M>(
    file: &Path,
    options: LoadOptions,
    build: impl FnOnce(Plan, &mut dyn Weights) -> Result<M, String>,
) -> Result<M, LlmError> {
    let context_limit = options.context_limit;
    let damaged = |why: String| LlmError::damaged(file, why);
    let opened = File::open(file).map_err(|error| LlmError::io("open the model file", file, &error))?;
    let size = opened.metadata().map_err(|error| LlmError::io("read the model file", file, &error))?.len();
    let mut reader = BufReader::new(opened);
    let content = Content::read(&mut reader).map_err(|error| damaged(first_line(&error)))?;

    let family = text(&content, "general.architecture")
        .ok_or_else(|| damaged("its header does not state general.architecture".to_owned()))?;
    if !["llama", "qwen2", "qwen3"].contains(&family.as_str()) {
        return Err(LlmError::family_unknown(file, &family));
    }
    if let Some(why) = damage::find(&content, &family, size) {
        return Err(damaged(why));
    }
    let context_length = number(&content, &format!("{family}.context_length"))
        .map_or(context_limit, |own| context_limit.min(own as usize));
    if !content.metadata.contains_key("tokenizer.ggml.tokens") {
        return Err(LlmError::lacks(file, "tokenizer_missing", "no tokenizer"));
    }
    let tokens = tokens(&content).map_err(&damaged)?;
    let name =
        |key: &str| number(&content, key).and_then(|id| tokens.tokenizer.id_to_token(id)).unwrap_or_default();
    let source = text(&content, "tokenizer.chat_template");
    if source.is_none() && !tokens.vocabulary.control_names().any(|name| name == CHATML_START) {
        return Err(LlmError::lacks(file, "chat_template_missing", "no chat template"));
    }
    let template = ChatTemplate::new(
        source,
        name("tokenizer.ggml.bos_token_id"),
        name("tokenizer.ggml.eos_token_id"),
        tokens.vocabulary.control_names().map(str::to_owned).collect(),
    )
    .map_err(&damaged)?;

    let needed = Needed::of_gguf(&content, &family, context_length);
    needed.check(file, options.memory_limit)?;
    let shape = shape(&content, &family, context_length).map_err(&damaged)?;
    let layers = number(&content, &format!("{family}.block_count")).unwrap_or(0) as usize;
    let scaling = text(&content, &format!("{family}.rope.scaling.type"));
    let factor = content.metadata.get(&format!("{family}.rope.scaling.factor"));
    let factor = factor.and_then(|factor| factor.to_f32().ok());
    let slower = rope::of_gguf(scaling.as_deref(), factor, shape.rotated).map_err(&damaged)?;
    let mut weights = Tensors { content: &content, reader, slower };
    let plan = Plan { shape, layers, tied: false, tokens, template, memory_bytes: needed.total() };
    build(plan, &mut weights).map_err(&damaged)
}

/// The numbers of the network, as the header states them; it was checked that the important ones are there.
fn shape(content: &Content, family: &str, context: usize) -> Result<Shape, String> {
    let stated = |key: &str| number(content, &format!("{family}.{key}")).map(|number| number as usize);
    let needed = |key: &str| stated(key).ok_or_else(|| format!("its header does not state {family}.{key}"));
    let decimal =
        |key: &str| content.metadata.get(&format!("{family}.{key}")).and_then(|value| value.to_f32().ok());
    let (width, heads) = (needed("embedding_length")?, needed("attention.head_count")?);
    let head = stated("attention.key_length").unwrap_or(width / heads);
    Ok(Shape {
        width,
        heads,
        kv_heads: needed("attention.head_count_kv")?,
        head,
        rotated: stated("rope.dimension_count").unwrap_or(head),
        // Files of the Llama family have the rows of queries and keys in another order.
        pairs: if family == "llama" { Pairs::Neighbours } else { Pairs::Halves },
        rope_base: decimal("rope.freq_base").unwrap_or(10_000.0),
        epsilon: decimal("attention.layer_norm_rms_epsilon").unwrap_or(1e-5),
        context,
    })
}

/// The tensors of the file.
struct Tensors<'a, R> {
    content: &'a Content,
    reader: R,
    /// What the header says of the angles, where no tensor does.
    slower: Option<Vec<f32>>,
}

impl<R: Read + Seek> Tensors<'_, R> {
    fn tensor(&mut self, name: &Name, device: &Device) -> Result<Option<QTensor>, String> {
        let name = spelled(name);
        let Some(info) = self.content.tensor_infos.get(&name) else { return Ok(None) };
        let tensor = info.read(&mut self.reader, self.content.tensor_data_offset, device);
        tensor.map(Some).map_err(|error| format!("{name}: {}", first_line(&error)))
    }
}

impl<R: Read + Seek> Weights for Tensors<'_, R> {
    fn matrix(&mut self, name: &Name) -> Result<Option<Matrix>, String> {
        let name_there = spelled(name);
        let Some(info) = self.content.tensor_infos.get(&name_there) else { return Ok(None) };
        let Some(source) = weights::source(info.ggml_dtype) else {
            return self.tensor(name, &Device::Cpu)?.map(|tensor| weights::widened(&tensor)).transpose();
        };
        // Rows go from the file to their place: candle would hold the tensor twice on the way.
        let wrong = |why: String| format!("{name_there}: {why}");
        let (rows, columns) = info.shape.dims2().map_err(|error| wrong(first_line(&error)))?;
        let start = self.content.tensor_data_offset.saturating_add(info.offset);
        let read = self.reader.seek(SeekFrom::Start(start));
        let read = read.and_then(|_| Matrix::read(source, rows, columns, &mut self.reader));
        let matrix = read.map_err(|error| wrong(error.to_string()))?;
        matrix.map(Some).ok_or_else(|| wrong(weights::uneven(rows, columns)))
    }

    #[cfg(any(test, feature = "cuda"))]
    fn product(&mut self, name: &Name, device: &Device) -> Result<Option<QMatMul>, String> {
        let product = self.tensor(name, device)?.map(QMatMul::from_qtensor).transpose();
        product.map_err(|error| first_line(&error))
    }

    fn row(&mut self, name: &Name) -> Result<Option<Vec<f32>>, String> {
        let row = self.tensor(name, &Device::Cpu)?.map(|tensor| weights::row(&tensor)).transpose()?;
        Ok(if name.part == Part::Slower { row.or_else(|| self.slower.take()) } else { row })
    }
}

fn spelled(Name { part, is_bias }: &Name) -> String {
    let (layer, name) = match *part {
        Part::Table => (None, "token_embd"),
        Part::Norm => (None, "output_norm"),
        Part::Head => (None, "output"),
        Part::Slower => (None, "rope_freqs"),
        Part::AttentionNorm(layer) => (Some(layer), "attn_norm"),
        Part::Queries(layer) => (Some(layer), "attn_q"),
        Part::Keys(layer) => (Some(layer), "attn_k"),
        Part::Values(layer) => (Some(layer), "attn_v"),
        Part::QueryNorm(layer) => (Some(layer), "attn_q_norm"),
        Part::KeyNorm(layer) => (Some(layer), "attn_k_norm"),
        Part::Output(layer) => (Some(layer), "attn_output"),
        Part::ForwardNorm(layer) => (Some(layer), "ffn_norm"),
        Part::Gate(layer) => (Some(layer), "ffn_gate"),
        Part::Up(layer) => (Some(layer), "ffn_up"),
        Part::Down(layer) => (Some(layer), "ffn_down"),
    };
    let layer = layer.map(|layer| format!("blk.{layer}.")).unwrap_or_default();
    format!("{layer}{name}.{}", if *is_bias { "bias" } else { "weight" })
}

fn tokens(content: &Content) -> Result<Tokens, String> {
    let mut tokenizer = Tokenizer::from_gguf(content).map_err(|error| first_line(&error))?;
    // candle knows how few of the models split a text into words; for the others it takes GPT-2's way and puts a
    // space before each piece, even after a control token, which none of our families wants.
    match text(content, "tokenizer.ggml.pre").as_deref() {
        Some("qwen2" | "llama3" | "llama-bpe" | "smaug-bpe") => {}
        pre => {
            let words = ByteLevel::new(false, true, true);
            let split: PreTokenizerWrapper = match pre {
                Some("smollm" | "refact" | "command-r") => {
                    Sequence::new(vec![Digits::new(true).into(), words.into()]).into()
                }
                _ => words.into(),
            };
            tokenizer.with_pre_tokenizer(Some(split));
            tokenizer.with_normalizer(None::<NormalizerWrapper>).map_err(|error| first_line(&error))?;
        }
    }
    let spellings = array(content, "tokenizer.ggml.tokens").ok_or("it has no list of tokens")?;
    let spellings: Vec<&String> = spellings
        .iter()
        .map(Value::to_string)
        .collect::<Result<_, _>>()
        .map_err(|error| first_line(&error))?;
    let kinds = array(content, "tokenizer.ggml.token_type").unwrap_or_default();
    let texts = spellings.iter().enumerate().map(|(id, spelling)| match kinds.get(id).and_then(as_number) {
        Some(token_type::UNKNOWN | token_type::CONTROL | token_type::UNUSED) => {
            TokenText::Control(spelling.as_str().into())
        }
        Some(token_type::USER_DEFINED | token_type::BYTE) => TokenText::Bytes(spelling.as_bytes().into()),
        _ => TokenText::from_byte_level(spelling),
    });
    let ends = ["eos", "eot", "eom"]
        .into_iter()
        .filter_map(|end| number(content, &format!("tokenizer.ggml.{end}_token_id")));
    Ok(Tokens { tokenizer, vocabulary: Vocabulary::new(texts, ends) })
}

fn text(content: &Content, key: &str) -> Option<String> {
    content.metadata.get(key)?.to_string().ok().cloned()
}

fn number(content: &Content, key: &str) -> Option<u32> {
    as_number(content.metadata.get(key)?)
}

fn array<'a>(content: &'a Content, key: &str) -> Option<&'a [Value]> {
    content.metadata.get(key)?.to_vec().ok().map(Vec::as_slice)
}

fn as_number(value: &Value) -> Option<u32> {
    match value {
        Value::I32(number) => u32::try_from(*number).ok(),
        other => other.to_u32().ok(),
    }
}
