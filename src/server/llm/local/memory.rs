//! What a model takes of the memory, and whether so much is left: refused before it is loaded, not killed while it is.

use std::path::Path;

use candle_core::quantized::gguf_file::Content;
use kernels::matrix::{Format, Matrix, Source};

use super::weights;
use crate::server::llm::error::LlmError;

/// Memory of a model, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    pub weights: u64,
    /// Keys and values of a conversation that fills the context.
    pub conversation: u64,
}

impl Needed {
    pub fn total(self) -> u64 {
        self.weights.saturating_add(self.conversation)
    }

    /// Of a file whose header was checked, as its tensors are loaded.
    pub fn of_gguf(content: &Content, family: &str, context_length: usize) -> Self {
        let stored = content.tensor_infos.values().map(|tensor| {
            let format = weights::source(tensor.ggml_dtype).map_or(Format::F16, Source::format);
            match tensor.shape.dims() {
                [rows, columns] => Matrix::bytes_of(format, *rows, *columns) as u64,
                _ => tensor.shape.elem_count() as u64 * 4,
            }
        });
        let number = |key: &str| {
            let value = content.metadata.get(&format!("{family}.{key}"));
            value.and_then(|value| value.to_u32().ok()).map_or(0, u64::from)
        };
        let width = number("embedding_length") / number("attention.head_count").max(1);
        let head = match number("attention.key_length") {
            0 => width,
            stated => stated,
        };
        let per_token = number("block_count") * number("attention.head_count_kv") * head * 2 * 2;
        Self { weights: stored.sum::<u64>(), conversation: per_token * context_length as u64 }
    }

    /// # Errors
    /// `model_too_large`, where it is known how much is left and that is too little. `most` is what may be used at
    /// all.
    pub fn check(self, file: &Path, most: Option<u64>) -> Result<(), LlmError> {
        let left = match (available(), most) {
            (Some(left), Some(most)) => left.min(most),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => return Ok(()),
        };
        if self.total() <= left {
            return Ok(());
        }
        let mb = |bytes: u64| bytes.div_ceil(1_000_000);
        Err(LlmError::new(
            "model_too_large",
            format!(
                "The model file {} needs about {} MB of memory ({} MB for its weights, {} MB for a full conversation) \
                 and {} MB may be used. Free some memory, raise MILLRACE_MODEL_MEMORY_BYTES if it is set, or choose a \
                 smaller model.",
                file.display(),
                mb(self.total()),
                mb(self.weights),
                mb(self.conversation),
                left / 1_000_000
            ),
        ))
    }
}

/// Bytes that this process may still take: of the machine, or of its control group if that has less. `None` where the
/// system does not tell.
fn available() -> Option<u64> {
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| machine(&text));
    let group = |limit: &str, usage: &str, stat: &str| {
        let read = |name: &str| std::fs::read_to_string(Path::new("/sys/fs/cgroup").join(name)).ok();
        group(&read(limit)?, &read(usage)?, &read(stat).unwrap_or_default())
    };
    let group = group("memory.max", "memory.current", "memory.stat").or_else(|| {
        group("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat")
    });
    match (machine, group) {
        (Some(machine), Some(group)) => Some(machine.min(group)),
        (machine, group) => machine.or(group),
    }
}

/// `MemAvailable` of `/proc/meminfo`, there in KiB.
fn machine(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// What is left of a control group; files in its cache can give way.
fn group(limit: &str, usage: &str, stat: &str) -> Option<u64> {
    let limit: u64 = limit.trim().parse().ok()?;
    let usage: u64 = usage.trim().parse().ok()?;
    let cached =
        stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.trim().parse::<u64>().ok());
    Some(limit.saturating_sub(usage.saturating_sub(cached.unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_system_tells() {
        assert_eq!(machine("MemTotal:  10 kB\nMemAvailable:    3 kB\n"), Some(3072));
        assert_eq!(machine("MemTotal: 10 kB"), None);
        assert_eq!(group("1000\n", "900\n", "anon 1\ninactive_file 300\n"), Some(400));
        assert_eq!(group("1000", "1200", ""), Some(0));
        assert_eq!(group("max\n", "900\n", ""), None, "no limit");
    }

    #[test]
    fn refuses_what_does_not_fit_and_names_the_numbers() {
        let needed = Needed { weights: 90_000_000, conversation: 20_000_000 };
        assert!(needed.check(Path::new("m.gguf"), Some(110_000_000)).is_ok());
        let error = needed.check(Path::new("m.gguf"), Some(109_000_000)).unwrap_err();
        assert_eq!((error.code, error.retryable), ("model_too_large", false));
        assert!(error.message.contains("110 MB") && error.message.contains("109 MB"), "{error}");
    }
}
