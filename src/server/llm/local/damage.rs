//! Finds a damaged GGUF file from its header, before anything is allocated on its word.

use candle_core::quantized::gguf_file::Content;

/// More layers than any model we could run; a wild number would only exhaust the memory.
const MOST_LAYERS: usize = 1024;

/// Says what is wrong with a file of `file_size` bytes and this header; nothing, if every tensor lies inside it and
/// the numbers of the network make sense.
pub fn find(content: &Content, family: &str, file_size: u64) -> Option<String> {
    for (name, tensor) in &content.tensor_infos {
        let elements = tensor
            .shape
            .dims()
            .iter()
            .try_fold(1u64, |product, dim| product.checked_mul(u64::try_from(*dim).ok()?));
        let block = tensor.ggml_dtype.block_size() as u64;
        let end = elements
            .and_then(|elements| (elements / block).checked_mul(tensor.ggml_dtype.type_size() as u64))
            .and_then(|bytes| bytes.checked_add(tensor.offset))
            .and_then(|bytes| bytes.checked_add(content.tensor_data_offset));
        match end {
            Some(end) if end <= file_size => {}
            Some(end) => {
                return Some(format!("\"{name}\" ends at byte {end}, the file at byte {file_size}"));
            }
            None => return Some(format!("the size of \"{name}\" is not a number of bytes")),
        }
    }
    contradiction(content, family)
}

/// The numbers of the header must fit the tensors they describe: tables and conversations are allocated by them.
fn contradiction(content: &Content, family: &str) -> Option<String> {
    let number = |key: &str| {
        let value = content.metadata.get(&format!("{family}.{key}"))?.to_u32().ok()?;
        (value > 0).then_some(value as usize)
    };
    let missing = |key: &str| format!("its header does not state {key}");
    let stated = |key: &str| number(key).ok_or_else(|| missing(key));
    let check = || -> Result<(), String> {
        let layers = stated("block_count")?;
        let width = stated("embedding_length")?;
        let heads = stated("attention.head_count")?;
        let kv_heads = stated("attention.head_count_kv")?;
        stated("context_length")?;
        let head = if family == "qwen3" { stated("attention.key_length")? } else { width / heads };
        let rotated = if family == "llama" { stated("rope.dimension_count")? } else { head };
        let shape = |name: &str| {
            let found = content.tensor_infos.get(name).map(|tensor| tensor.shape.dims());
            match found {
                Some([rows, columns]) => Ok((*rows, *columns)),
                _ => Err(format!("it has no matrix \"{name}\"")),
            }
        };
        let last = format!("blk.{}.attn_output.weight", layers - 1);
        let rows = |heads: usize| heads.checked_mul(head).map(|rows| (rows, width));
        let fits = layers <= MOST_LAYERS
            && shape("token_embd.weight")?.1 == width
            && Some(shape("blk.0.attn_q.weight")?) == rows(heads)
            && Some(shape("blk.0.attn_k.weight")?) == rows(kv_heads)
            && shape(&last).is_ok()
            && heads.is_multiple_of(kv_heads)
            && rotated <= head;
        if fits { Ok(()) } else { Err("its header and its tensors contradict each other".to_owned()) }
    };
    check().err()
}
