//! `millrace models list | pull | import | test`.

use super::Failure;
use crate::server::{
    config::{self, Config},
    llm::{
        Caller, ChatMessage, ChatReply, ChatRequest, ChatService, ChatUsage, Models, PullProgress, Truncate,
    },
    state::models_options,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{IsTerminal, Write as _},
    path::Path,
};

fn open(config: &Config) -> Models {
    Models::open(models_options(config))
}

/// Prints the models and their state.
pub fn list() -> Result<(), Failure> {
    let models = open(&config::load()?).list();
    let width = models.iter().map(|m| m.name.len()).max().unwrap_or(0);
    for model in models {
        let state = match (model.installed, model.is_default) {
            (true, true) => "installed, default",
            (true, false) => "installed",
            (false, _) => "not installed",
        };
        let megabytes = model.size_bytes.div_ceil(1_000_000);
        println!(
            "{:width$}  {:9}  {megabytes:>5} MB  {state:18}  {}",
            model.name, model.kind, model.description
        );
    }
    Ok(())
}

/// Fetches a model; if none is named, the best chat model that can be reached and the embedding model.
pub async fn pull(name: Option<&str>) -> Result<(), Failure> {
    let models = open(&config::load()?);
    let bar = Bar::new();
    let pulled = match name {
        Some(_) => models.pull(name, &bar).await.map(|folder| vec![folder]),
        None => models.pull_usual(&bar).await,
    };
    bar.0.finish_and_clear();
    for folder in pulled.map_err(|error| Failure::failed(error.message))? {
        println!("{}", folder.display());
    }
    Ok(())
}

/// Takes a GGUF file into the models folder.
pub async fn import(file: &Path, name: Option<&str>) -> Result<(), Failure> {
    let models = open(&config::load()?);
    let bar = Bar::new();
    let imported = models.import(file, name, &bar).await;
    bar.0.finish_and_clear();
    let imported = imported.map_err(|error| match error.code {
        "model_storage_failed" => Failure::failed(error.message),
        // The file, or the name.
        _ => Failure::misused(error.message),
    })?;
    if let Some(why) = imported.too_large {
        eprintln!("millrace: it is installed, but cannot be loaded now: {why}");
    }
    println!("{}", imported.folder.display());
    eprintln!("Try it: millrace models test {}", imported.name);
    Ok(())
}

/// Asks a model one question and prints its answer; then has it read a page, to know how fast it reads.
pub async fn test(name: Option<&str>, prompt: &str) -> Result<(), Failure> {
    let models = open(&config::load()?);
    let ask = async |prompt: &str, max_tokens: u32, caller: Caller| {
        let messages = vec![ChatMessage::user(prompt)];
        // A model with a short context reads as much of the page as it can.
        let truncate = Some(Truncate::Start);
        let model = name.map(str::to_owned);
        let request = ChatRequest { model, max_tokens, truncate, ..ChatRequest::of(messages) };
        models.chat(request, caller).await.map_err(|error| match error.code {
            "model_file_damaged" => Failure::misused(error.message),
            _ => Failure::failed(error.message),
        })
    };
    let caller = Caller::reading(|text| {
        print!("{text}");
        let _ = std::io::stdout().flush();
    });
    let answer = ask(prompt, SAMPLE_TOKENS, caller).await?;
    println!();
    let read = ask(&PAGE_LINE.repeat(PAGE_LINES), 1, Caller::silent()).await?;
    let memory = models.list().into_iter().find(|view| view.name == answer.model);
    for line in report(&answer, &read.usage, memory.and_then(|view| view.memory_bytes), most_memory()) {
        eprintln!("{line}");
    }
    Ok(())
}

/// Tokens of the sample, at most.
const SAMPLE_TOKENS: u32 = 64;
/// What a model reads to show how fast it does: a page of about 500 tokens.
const PAGE_LINE: &str =
    "The river turns the wheel, the wheel turns the stone, and the stone grinds the corn to flour. ";
const PAGE_LINES: usize = 22;

/// What a test found, a line for each thing.
fn report(
    answer: &ChatReply,
    read: &ChatUsage,
    model_bytes: Option<u64>,
    process_bytes: Option<u64>,
) -> Vec<String> {
    let usage = &answer.usage;
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    let mut lines =
        vec![format!("model   {}, in memory after {:.1} s", answer.model, usage.queue_ms as f64 / 1000.0)];
    let seconds = read.time_to_first_token_ms as f64 / 1000.0;
    if seconds > 0.0 {
        let speed = f64::from(read.prompt_tokens) / seconds;
        lines.push(format!("prompt  {speed:.0} tokens/s ({} tokens in {seconds:.2} s)", read.prompt_tokens));
    }
    lines.push(match usage.tokens_per_second {
        Some(speed) => format!(
            "answer  {speed:.1} tokens/s ({} tokens, the first after {} ms)",
            usage.completion_tokens, usage.time_to_first_token_ms
        ),
        None => format!(
            "answer  {} tokens, the first after {} ms",
            usage.completion_tokens, usage.time_to_first_token_ms
        ),
    });
    let model = model_bytes.map(|bytes| format!("{} MB with a full conversation", megabytes(bytes)));
    let process = process_bytes.map(|bytes| format!("this process took {} MB at most", megabytes(bytes)));
    let memory: Vec<String> = model.into_iter().chain(process).collect();
    if !memory.is_empty() {
        lines.push(format!("memory  {}", memory.join("; ")));
    }
    lines
}

/// The most memory that this process has had, where the system tells.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// A progress bar on a terminal, a line for each step elsewhere.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::no_length();
        if let Ok(style) =
            ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
        {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl PullProgress for Bar {
    fn message(&self, text: &str) {
        self.0.set_message(text.to_owned());
        if !std::io::stderr().is_terminal() {
            eprintln!("{text}");
        }
    }

    fn bytes(&self, done: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.0.set_length(total);
        }
        self.0.set_position(done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::llm::FinishReason;

    #[test]
    fn a_report_has_a_line_for_each_figure() {
        let usage = ChatUsage {
            prompt_tokens: 500,
            completion_tokens: 20,
            time_to_first_token_ms: 250,
            tokens_per_second: Some(63.25),
            queue_ms: 1500,
            constraint_us_per_token: None,
            truncated_tokens: 0,
        };
        let answer = ChatReply {
            text: String::new(),
            value: None,
            model: "m".to_owned(),
            finish_reason: FinishReason::Stop,
            usage: usage.clone(),
        };
        let lines = report(&answer, &usage, Some(123_400_000), None);
        assert_eq!(
            lines,
            [
                "model   m, in memory after 1.5 s",
                "prompt  2000 tokens/s (500 tokens in 0.25 s)",
                "answer  63.2 tokens/s (20 tokens, the first after 250 ms)",
                "memory  124 MB with a full conversation",
            ]
        );
    }
}
