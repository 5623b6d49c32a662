//! How well and at what cost answers are kept on a schema, with a model of this machine.
//!
//! `millrace-bench-llm schemas [MODEL]`: 200 answers to the 40 schemas of the suite, under budgets of tokens from generous
//! to tight; prints how many follow their schema, and what that costs per token. `MILLRACE_MODELS_DIR` names the folder
//! with the model; `RUNS` changes the number of answers per schema from 5, and `PART=2/3` takes the second third of the
//! suite.
//!
//! `millrace-bench-llm agent MODEL [PROGRAM]`: how many of ten small tasks an agent does with that model. PROGRAM is the
//! server, by default the `millrace` beside this program; `VERBOSE=1` shows the steps.
//!
//! `millrace-bench-llm speed FILE`: tokens per second of the network alone; `make bench-llm` holds them against llama.cpp.

mod agent;
mod speed;

use anyhow::{Context, Result, bail};
use millrace::server::config::Precision;
use millrace::server::llm::{
    Caller, ChatMessage, ChatReply, ChatRequest, ChatService, FinishReason, LlmError, Models, ModelsOptions,
};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, path::PathBuf, time::Instant};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SUITE: &str = include_str!("../../src/tests/fixtures/llm/schemas.json");
/// Longest answers, in turn.
const BUDGETS: [u32; 5] = [192, 96, 72, 128, 64];

#[derive(Deserialize)]
struct Case {
    name: String,
    prompt: String,
    schema: Value,
}

#[derive(Default)]
struct Tally {
    valid: usize,
    ended_early: usize,
    failures: BTreeMap<String, usize>,
    tokens: u64,
    /// Microseconds per token of each answer.
    costs: Vec<f64>,
    speeds: Vec<f64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("schemas") => schemas(arguments.next()).await,
        Some("agent") => agent::measure(arguments.next(), arguments.next().map(PathBuf::from)).await,
        Some("speed") => speed::measure(arguments.next()),
        _ => bail!("usage: millrace-bench-llm schemas [MODEL] | speed FILE | agent MODEL [PROGRAM]"),
    }
}

async fn schemas(model: Option<String>) -> Result<()> {
    let folder = std::env::var_os("MILLRACE_MODELS_DIR").map_or_else(|| "data/models".into(), PathBuf::from);
    // What is measured is the structure, not the wit.
    let models =
        Models::open(ModelsOptions { precision: Precision::Quantised, ..ModelsOptions::new(folder) });
    let all: Vec<Case> = serde_json::from_str(SUITE)?;
    let cases = part(&all, &std::env::var("PART").unwrap_or_else(|_| "1/1".to_owned()))?;
    let runs: usize =
        std::env::var("RUNS").map_or(Ok(5), |runs| runs.parse()).context("RUNS is no number")?;
    let begun = Instant::now();
    let mut tally = Tally::default();
    for case in cases {
        let judge = jsonschema::options().should_validate_formats(true).build(&case.schema)?;
        for run in 0..runs {
            let request = ChatRequest {
                model: model.clone(),
                schema: Some(case.schema.clone()),
                max_tokens: BUDGETS[run % BUDGETS.len()],
                // The first is the likeliest answer, the others are drawn.
                temperature: if run == 0 { 0.0 } else { 0.9 },
                seed: Some(run as u64),
                ..ChatRequest::of(vec![ChatMessage::user(case.prompt.clone())])
            };
            let reply = models.chat(request, Caller::silent()).await;
            tally.count(case, &judge, reply);
        }
    }
    tally.print(cases.len() * runs, begun.elapsed().as_secs_f64());
    Ok(())
}

fn part<'c>(all: &'c [Case], words: &str) -> Result<&'c [Case]> {
    let numbers = words.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    let Some((part, of)): Option<(usize, usize)> = numbers.filter(|(part, of)| *part > 0 && part <= of)
    else {
        bail!("PART is written as 2/3, not {words}");
    };
    Ok(&all[all.len() * (part - 1) / of..all.len() * part / of])
}

impl Tally {
    fn count(&mut self, case: &Case, judge: &jsonschema::Validator, reply: Result<ChatReply, LlmError>) {
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => {
                eprintln!("{}: {error}", case.name);
                *self.failures.entry(error.code.to_owned()).or_default() += 1;
                return;
            }
        };
        self.tokens += u64::from(reply.usage.completion_tokens);
        self.costs.extend(reply.usage.constraint_us_per_token);
        self.speeds.extend(reply.usage.tokens_per_second);
        self.ended_early += usize::from(reply.finish_reason == FinishReason::Length);
        let text: Option<Value> = serde_json::from_str(&reply.text).ok();
        if text.as_ref().is_some_and(|value| judge.is_valid(value) && reply.value.as_ref() == Some(value)) {
            self.valid += 1;
        } else {
            eprintln!("{}: not valid: {}", case.name, reply.text);
            *self.failures.entry("not valid".to_owned()).or_default() += 1;
        }
    }

    fn print(&mut self, asked: usize, seconds: f64) {
        println!("valid: {}/{asked}", self.valid);
        println!("of these brought to their end by max_tokens: {}", self.ended_early);
        for (code, count) in &self.failures {
            println!("failed with {code}: {count}");
        }
        let costs = &mut self.costs;
        costs.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| costs.get((costs.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
        let mean = costs.iter().sum::<f64>() / costs.len() as f64;
        println!(
            "cost of the schema per token, by answer: mean {mean:.0} µs, half below {:.0} µs, 95 of 100 below {:.0} µs",
            at(0.5),
            at(0.95)
        );
        let speed = self.speeds.iter().sum::<f64>() / self.speeds.len() as f64;
        println!("{} tokens in {seconds:.0} s; {speed:.1} tokens/s while answering", self.tokens);
    }
}
