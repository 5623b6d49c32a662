//! candle's networks behind one face.

use candle_core::{DType, Device, Result, Tensor};
use candle_transformers::models::{quantized_llama, quantized_qwen2, quantized_qwen3, qwen3};

/// A network of one of the families, with the memory of one conversation.
pub enum Network {
    Llama(quantized_llama::ModelWeights),
    Qwen2(quantized_qwen2::ModelWeights),
    Qwen3(quantized_qwen3::ModelWeights),
    Qwen3Full(qwen3::ModelForCausalLM),
}

impl Network {
    /// The scores of the token after `tokens`, which come at `position` of the conversation.
    pub fn forward(&mut self, tokens: &[u32], position: usize, device: &Device) -> Result<Vec<f32>> {
        let input = Tensor::new(tokens, device)?.unsqueeze(0)?;
        let scores = match self {
            Self::Llama(network) => network.forward(&input, position),
            Self::Qwen2(network) => network.forward(&input, position),
            Self::Qwen3(network) => network.forward(&input, position),
            Self::Qwen3Full(network) => network.forward(&input, position),
        }?;
        scores.flatten_all()?.to_dtype(DType::F32)?.to_vec1()
    }

    /// Begins a new conversation.
    pub fn forget(&mut self) {
        match self {
            Self::Llama(network) => network.clear_kv_cache(),
            Self::Qwen2(network) => network.clear_kv_cache(),
            Self::Qwen3(network) => network.clear_kv_cache(),
            Self::Qwen3Full(network) => network.clear_kv_cache(),
        }
    }
}
