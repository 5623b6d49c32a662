//! Loading a GGUF file: one file with the network, the tokenizer and the chat template.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use candle_transformers::models::{quantized_llama, quantized_qwen2, quantized_qwen3};
use tokenizers::Tokenizer;
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use super::memory::Needed;
use super::network::Network;
use super::tokens::Tokens;
use super::widened::Widened;
use super::{LoadOptions, LocalModel, damage};
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

/// Loads the file.
pub fn load(file: &Path, options: LoadOptions) -> Result<LocalModel, LlmError> {
    let context_limit = options.context_limit;
    let damaged = |why: String| LlmError::damaged(file, why);
    let opened = File::open(file).map_err(|error| LlmError::io("open the model file", file, &error))?;
    let size = opened.metadata().map_err(|error| LlmError::io("read the model file", file, &error))?.len();
    let mut reader = BufReader::new(opened);
    let mut content = Content::read(&mut reader).map_err(|error| damaged(first_line(&error)))?;

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
    // candle's llama has rotary tables for so many positions and no more.
    let context_length = match family.as_str() {
        "llama" => context_length.min(quantized_llama::MAX_SEQ_LEN),
        _ => context_length,
    };
    set(&mut content, &format!("{family}.context_length"), context_length as u32);
    // Without this, candle computes Qwen3's rotary tables in half precision, which is wrong from position 2048 on.
    set(&mut content, "general.dtype", 0);

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

    let mut reader = Widened::new(reader, size, &mut content, options.full_precision);
    let needed = Needed::of_gguf(&content, &family, context_length);
    needed.check(file, options.memory_limit)?;
    let device = Device::Cpu;
    let network = match family.as_str() {
        "llama" => {
            quantized_llama::ModelWeights::from_gguf(content, &mut reader, &device).map(Network::Llama)
        }
        "qwen2" => {
            quantized_qwen2::ModelWeights::from_gguf(content, &mut reader, &device).map(Network::Qwen2)
        }
        _ => quantized_qwen3::ModelWeights::from_gguf(content, &mut reader, &device).map(Network::Qwen3),
    }
    .map_err(|error| damaged(first_line(&error)))?;
    let memory_bytes = needed.total();
    Ok(LocalModel { network, tokens, template, device, context_length, memory_bytes, position: 0 })
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
    let kinds = array(content, "tokenizer.ggml.token_type").unwrap_or_default();
    let texts = spellings.iter().enumerate().map(|(id, spelling)| {
        let spelling = spelling.to_string().map_err(|error| first_line(&error))?;
        Ok(match kinds.get(id).and_then(as_number) {
            Some(token_type::UNKNOWN | token_type::CONTROL | token_type::UNUSED) => {
                TokenText::Control(spelling.as_str().into())
            }
            Some(token_type::USER_DEFINED | token_type::BYTE) => TokenText::Bytes(spelling.as_bytes().into()),
            _ => TokenText::from_byte_level(spelling),
        })
    });
    let texts: Vec<TokenText> = texts.collect::<Result<_, String>>()?;
    let ends = ["eos", "eot", "eom"]
        .into_iter()
        .filter_map(|end| number(content, &format!("tokenizer.ggml.{end}_token_id")));
    Ok(Tokens { tokenizer, vocabulary: Vocabulary::new(texts, ends) })
}

fn set(content: &mut Content, key: &str, value: u32) {
    content.metadata.insert(key.to_owned(), Value::U32(value));
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
