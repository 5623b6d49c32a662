//! `millrace extract KIND`: reads one file on standard input under limits. Started by the server, not by people.

use super::MISUSED;
use crate::server::search::ingest::{
    Kind, ReadOptions, Rows,
    child::{self, Limits},
};
use clap::Args;
use std::process::ExitCode;

#[derive(Args)]
pub struct ExtractArguments {
    kind: String,
    /// Bytes.
    #[arg(long)]
    memory: u64,
    /// Of processor time.
    #[arg(long)]
    seconds: u64,
    /// Documents.
    #[arg(long)]
    sections: usize,
    /// Rows that follow each other share a document.
    #[arg(long)]
    grouped: bool,
}

pub fn extract(arguments: &ExtractArguments) -> ExitCode {
    let Some(kind) = Kind::from_word(&arguments.kind) else {
        eprintln!("millrace: there is no kind of file \"{}\"", arguments.kind);
        return ExitCode::from(MISUSED);
    };
    let rows = if arguments.grouped { Rows::Grouped } else { Rows::Each };
    let options = ReadOptions { rows, max_sections: arguments.sections };
    child::run(kind, options, Limits { memory_bytes: arguments.memory, seconds: arguments.seconds });
    ExitCode::SUCCESS
}
