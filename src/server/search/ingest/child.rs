//! The child process that reads a file: `millrace extract KIND`, the file on standard input, what is found on standard
//! output, one line of JSON each. It limits itself before it reads a byte. Without its parent it finds its pipes closed.

use super::{
    error::IngestError,
    kind::Kind,
    read::{Found, ReadOptions, read},
    section::Section,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};
use std::{
    io::{BufWriter, Read as _, Write},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Deeply nested files are an error, but not one that normal files run into.
const STACK_BYTES: usize = 64 << 20;

/// What the child may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// On top of what the program itself takes.
    pub memory_bytes: u64,
    /// Of processor time.
    pub seconds: u64,
}

/// One line from the child. The last one is `End` or `Failed`; a child that ends without it has come to harm.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    Section(Section),
    Warning(String),
    Failed(IngestError),
    End,
}

/// Reads standard input as a file of that kind. Never returns an error: it is written to standard output.
pub fn run(kind: Kind, options: ReadOptions, limits: Limits) {
    // Panics are caught and told as errors; their text is for nobody.
    std::panic::set_hook(Box::new(|_| {}));
    if let Err(error) = limit(limits) {
        say(&Line::Failed(IngestError::new("internal", format!("The limits could not be set: {error}."))));
        return;
    }
    let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || work(kind, options));
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(())) => {}
        Ok(Err(_)) => say(&Line::Failed(IngestError::damaged(kind.word(), "its structure is broken"))),
        Err(error) => say(&Line::Failed(IngestError::too_complex(format!("could not be read ({error})")))),
    }
}

fn work(kind: Kind, options: ReadOptions) {
    let mut bytes = Vec::new();
    if std::io::stdin().lock().read_to_end(&mut bytes).is_err() {
        return;
    }
    let mut output = BufWriter::new(std::io::stdout().lock());
    let read = catch_unwind(AssertUnwindSafe(|| {
        read(kind, &bytes, &options, &mut |found| {
            let line = match found {
                Found::Section(section) => Line::Section(section),
                Found::Warning(text) => Line::Warning(text),
            };
            // Nobody listens any more: stop.
            write(&mut output, &line).map_err(|_| IngestError::new("cancelled", "The upload was cancelled."))
        })
    }));
    let last = match read {
        Ok(Ok(())) => Line::End,
        Ok(Err(error)) => Line::Failed(error),
        Err(_) => Line::Failed(IngestError::damaged(kind.word(), "its structure is broken")),
    };
    let _ = write(&mut output, &last).and_then(|()| output.flush());
}

fn write(output: &mut impl Write, line: &Line) -> std::io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}

fn say(line: &Line) {
    let mut output = std::io::stdout().lock();
    let _ = write(&mut output, line).and_then(|()| output.flush());
}

/// No more memory and time than agreed, no files written, no core dumps, a low priority.
fn limit(limits: Limits) -> std::io::Result<()> {
    let hard = |value: u64| Rlimit { current: Some(value), maximum: Some(value) };
    let memory = limits.memory_bytes.saturating_add(own_memory()).saturating_add(STACK_BYTES as u64);
    setrlimit(Resource::As, hard(memory))?;
    setrlimit(Resource::Cpu, hard(limits.seconds))?;
    setrlimit(Resource::Fsize, hard(0))?;
    setrlimit(Resource::Core, hard(0))?;
    // A machine that does not let us be modest reads files all the same.
    let _ = rustix::process::nice(10);
    Ok(())
}

/// Bytes of address space that this process has before it reads anything.
fn own_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmSize:"))
        .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    // Where it cannot be asked, what the program takes at most.
    kilobytes.map_or(4 << 30, |kilobytes| kilobytes << 10)
}
