//! The command line: `millrace serve`, `run`, `validate` and the rest. Wires the parts of the server together.

mod config;
mod serve;

use super::config::ConfigError;
use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

/// The run failed, or what was asked could not be done.
pub const FAILED: u8 = 1;
/// The arguments, a file or a setting are wrong.
pub const MISUSED: u8 = 2;

#[derive(Parser)]
#[command(name = "millrace", version, about = "AI workflows: draw them, run them, see what every step did.")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the interface and the API.
    Serve,
    /// Print every setting, its value and where it came from.
    Config,
}

/// What went wrong, and the exit code it gives.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    pub message: String,
}

impl Failure {
    /// Something could not be done (exit code 1).
    pub fn failed(message: impl std::fmt::Display) -> Self {
        Self { code: FAILED, message: message.to_string() }
    }

    /// A file, an argument or a setting is wrong (exit code 2).
    pub fn misused(message: impl std::fmt::Display) -> Self {
        Self { code: MISUSED, message: message.to_string() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::misused(error)
    }
}

/// Reads the arguments, does what they say, gives the exit code.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(command) = arguments.command else {
        return match Arguments::command().print_help() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(FAILED),
        };
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("millrace: cannot start: {error}");
            return ExitCode::from(FAILED);
        }
    };
    match runtime.block_on(execute(command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.message.is_empty() {
                eprintln!("millrace: {}", failure.message);
            }
            ExitCode::from(failure.code)
        }
    }
}

async fn execute(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve => serve::serve().await,
        Command::Config => config::print(),
    }
}
