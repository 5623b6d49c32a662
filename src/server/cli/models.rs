//! `millrace models list | pull | test`.

use super::Failure;
use crate::server::{
    config::{self, Config},
    llm::{Caller, ChatMessage, ChatRequest, ChatService, Models, PullProgress},
    state::models_options,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write as _};

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

/// Asks a model one question and prints its answer and its speed.
pub async fn test(name: Option<&str>, prompt: &str) -> Result<(), Failure> {
    let models = open(&config::load()?);
    let messages = vec![ChatMessage::user(prompt)];
    let request = ChatRequest { model: name.map(str::to_owned), max_tokens: 64, ..ChatRequest::of(messages) };
    let caller = Caller::reading(|text| {
        print!("{text}");
        let _ = std::io::stdout().flush();
    });
    let reply = models.chat(request, caller).await.map_err(|error| match error.code {
        "model_file_damaged" => Failure::misused(error.message),
        _ => Failure::failed(error.message),
    })?;
    println!();
    let usage = reply.usage;
    let speed = usage.tokens_per_second.map_or_else(String::new, |s| format!(", {s:.1} tokens a second"));
    eprintln!(
        "{}: {} tokens after {} of prompt, the first after {} ms{speed}",
        reply.model, usage.completion_tokens, usage.prompt_tokens, usage.time_to_first_token_ms
    );
    Ok(())
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
