//! Loading a folder in the way of transformers: `config.json`, `tokenizer.json`, `model.safetensors`, and the chat
//! template in `chat_template.jinja` or `tokenizer_config.json`.

use std::path::Path;

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use candle_transformers::models::qwen3;
use serde_json::Value;
use tokenizers::Tokenizer;

use super::memory::Needed;
use super::network::Network;
use super::tokens::Tokens;
use super::{LoadOptions, LocalModel};
use crate::server::llm::chat_template::ChatTemplate;
use crate::server::llm::error::{LlmError, first_line};
use crate::server::llm::vocabulary::{TokenText, Vocabulary};

/// Loads the folder, always in full precision.
pub fn load(folder: &Path, options: LoadOptions) -> Result<LocalModel, LlmError> {
    let config_file = folder.join("config.json");
    let config: Value = json(&config_file)?;
    let family = config.get("model_type").and_then(Value::as_str).unwrap_or("unknown");
    if family != "qwen3" {
        return Err(LlmError::family_unknown(&config_file, family));
    }
    let mut parsed: qwen3::Config = serde_json::from_value(with_defaults(config.clone()))
        .map_err(|error| LlmError::damaged(&config_file, error))?;
    let context_length = options.context_limit.min(parsed.max_position_embeddings);
    parsed.max_position_embeddings = context_length;

    let (tokens, template) = tokens(folder, &config)?;

    // Read into memory, not mapped: a file that another program cuts short would end this one.
    let weights_file = folder.join("model.safetensors");
    let size = std::fs::metadata(&weights_file).map_or(0, |file| file.len());
    let needed = needed(&parsed, size, context_length);
    needed.check(&weights_file, options.memory_limit)?;
    let bytes = read(&weights_file)?;
    let device = Device::Cpu;
    let network = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &device)
        .and_then(|weights| qwen3::ModelForCausalLM::new(&parsed, weights))
        .map_err(|error| LlmError::damaged(&weights_file, first_line(&error)))?;
    let network = Network::Qwen3Full(network);
    let memory_bytes = needed.total();
    Ok(LocalModel { network, tokens, template, device, context_length, memory_bytes, position: 0 })
}

/// The file as it was read, and its numbers, of two bytes mostly, as f32.
fn needed(config: &qwen3::Config, file_size: u64, context_length: usize) -> Needed {
    let per_token = config.num_hidden_layers * config.num_key_value_heads * config.head_dim * 2 * 4;
    Needed {
        weights: file_size.saturating_mul(3),
        conversation: (per_token as u64).saturating_mul(context_length as u64),
    }
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
    let vocabulary = Vocabulary::new(texts.collect(), end_ids(folder, config));

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

/// Newer transformers leave out what is usual and moved `rope_theta` into `rope_parameters`.
fn with_defaults(mut config: Value) -> Value {
    let theta = config.pointer("/rope_parameters/rope_theta").cloned();
    if let Some(fields) = config.as_object_mut() {
        let mut usual = |key: &str, value: Value| {
            fields.entry(key).or_insert(value);
        };
        usual("rope_theta", theta.unwrap_or_else(|| Value::from(1_000_000.0)));
        usual("attention_bias", Value::from(false));
        usual("tie_word_embeddings", Value::from(false));
        usual("use_sliding_window", Value::from(false));
        usual("max_window_layers", Value::from(0));
        usual("hidden_act", Value::from("silu"));
    }
    config
}

fn json(file: &Path) -> Result<Value, LlmError> {
    serde_json::from_slice(&read(file)?).map_err(|error| LlmError::damaged(file, error))
}

fn read(file: &Path) -> Result<Vec<u8>, LlmError> {
    std::fs::read(file).map_err(|error| LlmError::io("read the model file", file, &error))
}
